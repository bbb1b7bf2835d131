"""Decoding and preprocessing, the same for training, calibration and evaluation, and the training pool."""

import io
import multiprocessing
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

RESIZE, CROP = 112, 96


def resize_and_crop(picture, resize=RESIZE, crop=CROP):
    """Short side to `resize` (bilinear, long side rounded down), then the centre `crop`; uint8 [crop,crop,3]."""
    width, height = picture.size
    short = min(width, height)
    width, height = resize * width // short, resize * height // short
    resized = picture.convert("RGB").resize((width, height), Image.BILINEAR)
    left, top = round((width - crop) / 2), round((height - crop) / 2)
    return np.asarray(resized.crop((left, top, left + crop, top + crop)))


def _training_picture(split, index):
    from render import jpeg_bytes, render  # here, so that evaluation needs no renderer

    picture, label = render(split, index)
    return resize_and_crop(Image.open(io.BytesIO(jpeg_bytes(picture))), crop=RESIZE), label


def training_pool(split, count, work):
    """`count` pictures as uint8 [N,112,112,3] and their labels; rendered once, then kept in the folder `work`."""
    pixels_file, labels_file = Path(work) / f"{split}-{count}.npy", Path(work) / f"{split}-{count}-labels.npy"
    if not labels_file.exists():
        pixels_file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.lib.format.open_memmap(pixels_file, "w+", np.uint8, (count, RESIZE, RESIZE, 3))
        labels = np.zeros(count, np.int64)
        with multiprocessing.Pool(2) as workers:
            for index, (picture, label) in enumerate(workers.imap(partial(_training_picture, split), range(count), chunksize=50)):
                pixels[index], labels[index] = picture, label
        pixels.flush()
        np.save(labels_file, labels)
    return np.load(pixels_file, mmap_mode="r"), np.load(labels_file)
