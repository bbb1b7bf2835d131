"""Writes the trained networks as ONNX: python3 export.py --work FOLDER

BatchNormalization nodes are kept, so that Whittle has some to fold; SqueezeNet has none, as in the paper.
The logits PyTorch gives for the evaluation pictures go to FOLDER/NAME.npy, for cards.py to compare.
"""

import argparse
import io
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from networks import NETWORKS, without_norm
from pictures import CROP, resize_and_crop
from preprocess import PREPROCESS, STARTER

OPSET = 17
SIZE_LIMIT_BYTES = int(1.9 * 2**20)


def evaluation_batch(name):
    names = [line.split()[0] for line in (STARTER / "dataset" / "eval.txt").read_text().splitlines()]
    pixels = [resize_and_crop(Image.open(STARTER / "dataset" / "eval" / file)) for file in names]
    mean, std = (np.array(PREPROCESS[name][key], np.float32) for key in ("mean", "std"))
    return torch.from_numpy(((np.stack(pixels) - mean) / std).astype(np.float32)).permute(0, 3, 1, 2).contiguous()


def export(name, work):
    network = NETWORKS[name]()
    network.load_state_dict(torch.load(work / f"{name}.pt"))
    network.eval()
    if name == "squeezenet-starter":
        network = without_norm(network)
    # Only the outermost flag, which no layer reads: the exporter then shares tensors that are one tensor, not those that
    # happen to be equal (a block's and its shortcut's BatchNorm biases), and needs no Identity nodes for them.
    network.training = True
    buffer = io.BytesIO()
    torch.onnx.export(
        network,
        torch.zeros(1, 3, CROP, CROP),
        buffer,
        opset_version=OPSET,
        # PRESERVE with a network in eval mode: nothing is folded and BatchNorm stays in inference mode.
        training=torch.onnx.TrainingMode.PRESERVE,
        do_constant_folding=False,
        input_names=["input"],
        output_names=["logits"],
        dynamic_axes={"input": {0: "batch"}, "logits": {0: "batch"}},
    )
    model = buffer.getvalue()
    assert len(model) <= SIZE_LIMIT_BYTES, f"{name}.onnx is {len(model)} bytes, over the limit of {SIZE_LIMIT_BYTES}"
    (STARTER / "models").mkdir(parents=True, exist_ok=True)
    (STARTER / "models" / f"{name}.onnx").write_bytes(model)
    network.eval()
    with torch.no_grad():
        np.save(work / f"{name}.npy", network(evaluation_batch(name)).numpy())
    print(f"{name}: {len(model)} bytes")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True)
    torch.set_num_threads(1)
    work = parser.parse_args().work
    for name in NETWORKS:
        export(name, work)
