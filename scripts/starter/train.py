"""Trains one starter network: python3 train.py NAME --work FOLDER

Writes FOLDER/NAME.pt. The pictures never touch the evaluation split: accuracy shown while training
is on fresh pictures of the train split, beyond those trained on.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn

from networks import NETWORKS
from pictures import CROP, RESIZE, training_pool
from preprocess import PREPROCESS

SEED = 7
BATCH = 64
PICTURES = 16000
HELD_OUT = 500
WARMUP_PASSES = 6  # over pictures without clutter: from cluttered ones alone learning starts very late
EPOCHS = {"mobilenetv2-starter": 17, "resnet-starter": 16, "squeezenet-starter": 18}
STOP_AFTER = {"squeezenet-starter": 18}  # of its 24 passes: cut short for lack of time, with the learning rate still falling
SCHEDULE = {  # of AdamW's learning rate, one cycle
    "mobilenetv2-starter": {"max_lr": 4e-3, "pct_start": 0.15, "div_factor": 8},
    "resnet-starter": {"max_lr": 3e-3, "pct_start": 0.2, "div_factor": 25},
    "squeezenet-starter": {"max_lr": 3e-3, "pct_start": 0.15, "div_factor": 8},
}


def augmented(pixels, indices, rng):
    """Random crop, turn by quarter turns, mirror, and swap of colour channels; uint8 [B,96,96,3]."""
    batch = np.empty((len(indices), CROP, CROP, 3), np.uint8)
    for row, index in enumerate(indices):
        left, top = rng.integers(0, RESIZE - CROP + 1, 2)
        picture = np.rot90(pixels[index, top : top + CROP, left : left + CROP], rng.integers(4))
        if rng.random() < 0.5:
            picture = picture[:, ::-1]
        batch[row] = picture[..., rng.permutation(3)] if rng.random() < 0.3 else picture
    return batch


def to_tensor(batch, name):
    mean, std = (torch.tensor(PREPROCESS[name][key]) for key in ("mean", "std"))
    tensor = (torch.from_numpy(np.ascontiguousarray(batch)).float() - mean) / std
    return tensor.permute(0, 3, 1, 2)  # a view: stays channels-last, the fast layout on CPUs


def initialise(network):
    """He initialisation; SqueezeNet's classifier is followed by a ReLU and starts with every class open."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            if module.bias is None:
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            else:
                nn.init.normal_(module.weight, std=0.02)
                nn.init.constant_(module.bias, 1.0)


@torch.no_grad()
def accuracy(network, pixels, labels, name):
    network.eval()
    edge = (RESIZE - CROP) // 2
    right = 0
    for start in range(0, len(labels), 100):
        batch = pixels[start : start + 100, edge : edge + CROP, edge : edge + CROP]
        right += (network(to_tensor(batch, name)).argmax(1).numpy() == labels[start : start + 100]).sum()
    return 100 * right / len(labels)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("name", choices=NETWORKS)
    parser.add_argument("--work", type=Path, required=True)
    options = parser.parse_args()

    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    warmup = training_pool("warmup", PICTURES // 4, options.work)
    pixels, labels = training_pool("train", PICTURES, options.work)
    held_out, (pixels, labels) = (pixels[-HELD_OUT:], labels[-HELD_OUT:]), (pixels[:-HELD_OUT], labels[:-HELD_OUT])
    network = NETWORKS[options.name]().to(memory_format=torch.channels_last)
    initialise(network)
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=0.02)
    passes = [warmup] * WARMUP_PASSES + [(pixels, labels)] * EPOCHS[options.name]
    total_steps = sum(len(pass_labels) // BATCH for _, pass_labels in passes)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, total_steps=total_steps, **SCHEDULE[options.name])
    for number, (pixels, labels) in enumerate(passes):
        network.train()
        order, total, start = rng.permutation(len(labels)), 0.0, time.time()
        steps = len(labels) // BATCH
        for step in range(steps):
            indices = order[step * BATCH : (step + 1) * BATCH]
            logits = network(to_tensor(augmented(pixels, indices, rng), options.name))
            loss = nn.functional.cross_entropy(logits, torch.from_numpy(labels[indices]), label_smoothing=0.05)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 2.0)
            optimizer.step()
            schedule.step()
            total += loss.item()
        top1 = accuracy(network, *held_out, options.name)
        seconds = time.time() - start
        print(f"{options.name} pass {number + 1}/{len(passes)}: loss {total / steps:.3f}, held-out {top1:.1f} %, {seconds:.0f} s", flush=True)
        torch.save(network.state_dict(), options.work / f"{options.name}.pt")
        if number + 1 == STOP_AFTER.get(options.name):
            break


if __name__ == "__main__":
    main()
