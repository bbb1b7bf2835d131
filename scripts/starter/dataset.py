"""Writes resources/starter/dataset: 400 evaluation and 200 calibration pictures with their labels."""

import json
import shutil

from preprocess import STARTER
from render import jpeg_bytes, render
from shapes import LABEL_NAMES

COUNTS = {"eval": 400, "calibration": 200}


def main():
    folder = STARTER / "dataset"
    for split, count in COUNTS.items():
        shutil.rmtree(folder / split, ignore_errors=True)
        (folder / split).mkdir(parents=True)
        lines = []
        for index in range(count):
            picture, label = render(split, index)
            name = f"{split}-{index:03}.jpg"
            (folder / split / name).write_bytes(jpeg_bytes(picture))
            lines.append(f"{name} {label}\n")
        (folder / f"{split}.txt").write_text("".join(lines))
    description = {
        "name": "starter-pictures",
        "labels": "starter-10",
        "labelNames": LABEL_NAMES,
        **{split: {"images": split, "labels": f"{split}.txt"} for split in COUNTS},
    }
    (folder / "dataset.json").write_text(json.dumps(description, indent=2) + "\n")


if __name__ == "__main__":
    main()
