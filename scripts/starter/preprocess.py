"""Where the pack lives and what each network is fed: (pixel - mean) / std on the 0..255 scale, RGB."""

from pathlib import Path

STARTER = Path(__file__).resolve().parents[2] / "resources" / "starter"
TF_RANGE = {"mean": [127.5] * 3, "std": [127.5] * 3}
IMAGENET_RANGE = {"mean": [123.675, 116.28, 103.53], "std": [58.395, 57.12, 57.375]}
# As their large relatives are usually fed, so that a mix-up of preprocessing shows.
PREPROCESS = {
    "mobilenetv2-starter": TF_RANGE,
    "resnet-starter": IMAGENET_RANGE,
    "squeezenet-starter": IMAGENET_RANGE,
}
