"""Measures the exported networks and writes their cards: python3 cards.py --work FOLDER

Everything is measured with ONNX Runtime on the stored JPEG files, preprocessed as the card says.
Needs onnxruntime, numpy and pillow, not PyTorch.
"""

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

from pictures import CROP, RESIZE, resize_and_crop
from preprocess import PREPROCESS, STARTER

TITLES = {
    "mobilenetv2-starter": "MobileNetV2 starter (small relative, 96 px)",
    "resnet-starter": "ResNet starter (small relative with bottlenecks, 96 px)",
    "squeezenet-starter": "SqueezeNet starter (small relative, 96 px)",
}
DATASET = STARTER / "dataset"
LARGEST_DIFFERENCE = 1e-4


def logits_of(model, pixels, name):
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    mean, std = (np.array(PREPROCESS[name][key], np.float32) for key in ("mean", "std"))
    batch = ((pixels - mean) / std).astype(np.float32).transpose(0, 3, 1, 2)
    return session.run(["logits"], {"input": np.ascontiguousarray(batch)})[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--work", type=Path, required=True)
    work = parser.parse_args().work
    label_names = json.loads((DATASET / "dataset.json").read_text())["labelNames"]
    rows = [line.split() for line in (DATASET / "eval.txt").read_text().splitlines()]
    labels = np.array([int(label) for _, label in rows])
    pixels = np.stack([resize_and_crop(Image.open(DATASET / "eval" / file)) for file, _ in rows])
    for name, title in TITLES.items():
        model = (STARTER / "models" / f"{name}.onnx").read_bytes()
        logits = logits_of(model, pixels, name)
        difference = np.abs(logits - np.load(work / f"{name}.npy")).max()
        assert difference < LARGEST_DIFFERENCE, f"{name}: ONNX Runtime and PyTorch differ by {difference}"
        ranked = np.argsort(-logits, axis=1, kind="stable")
        top1 = 100 * float((ranked[:, 0] == labels).mean())
        top5 = 100 * float((ranked[:, :5] == labels[:, None]).any(1).mean())
        card = {
            "name": name,
            "title": title,
            "file": f"{name}.onnx",
            "sha256": hashlib.sha256(model).hexdigest(),
            "bytes": len(model),
            "licence": "Apache-2.0",
            "source": "trained by scripts/starter on pictures rendered by scripts/starter/render.py",
            "task": "image-classification",
            "labels": "starter-10",
            "labelNames": label_names,
            "input": {"name": "input", "layout": "NCHW", "channels": "RGB", "height": CROP, "width": CROP},
            "output": {"name": "logits", "classes": len(label_names)},
            "preprocess": {"resize": RESIZE, "crop": CROP, "interpolation": "bilinear", **PREPROCESS[name]},
            "reference": {"dataset": f"starter/eval ({len(labels)} images)", "top1": round(top1, 2), "top5": round(top5, 2)},
        }
        (STARTER / "models" / f"{name}.card.json").write_text(json.dumps(card, indent=2) + "\n")
        print(f"{name}: {len(model)} bytes, top-1 {top1:.2f} %, top-5 {top5:.2f} %, off PyTorch by {difference:.1e}")
        per_class = [f"{label_names[c]} {100 * (ranked[labels == c, 0] == c).mean():.0f}" for c in range(len(label_names))]
        print("  " + ", ".join(per_class))


if __name__ == "__main__":
    main()
