"""
Gradients of a network by PyTorch, to compare with: reads network.json and values.bin in a folder, writes gradients.bin,
and exact.bin with what float64 gives. With numbers of steps and threads behind the folder: prints the milliseconds of each step of gradient descent with momentum.
"""

import ctypes
import json
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F

folder = Path(sys.argv[1])
is_timed = len(sys.argv) > 2
network = json.loads((folder / "network.json").read_text())
raw = bytearray((folder / "values.bin").read_bytes())
values = {}
offset = 0
for name, shape in network["values"]:
    count = torch.Size(shape).numel()
    values[name] = torch.frombuffer(raw, dtype=torch.float32, count=count, offset=offset).reshape(shape)
    offset += 4 * count

def padded(x, pads, value):
    top, left, bottom, right = pads
    return F.pad(x, (left, right, top, bottom), value=value) if any(pads) else x


def conv(a, x, w, b=None):
    top, left, bottom, right = pads = a.get("pads", [0] * 4)
    is_even = is_timed and (top, left) == (bottom, right)
    x = x if is_even else padded(x, pads, 0.0)
    return F.conv2d(x, w, b, a.get("strides", 1), (top, left) if is_even else 0, a.get("dilations", 1), a.get("group", 1))


def gemm(a, x, w, b):
    return F.linear(x, w if a.get("transB") else w.T, b)


def max_pool(a, x):
    x = padded(x, a.get("pads", [0] * 4), float("-inf"))
    return F.max_pool2d(x, a["kernel_shape"], a["strides"], ceil_mode=bool(a.get("ceil_mode")))


def clip(a, x, low=None, high=None):
    return F.relu6(x) if (float(low), float(high)) == (0, 6) else torch.clamp(x, low, high)


rules = {
    "Add": lambda a, x, y: x + y,
    "AveragePool": lambda a, x: F.avg_pool2d(x, a["kernel_shape"], a.get("strides", 1)),
    "Clip": clip,
    "Concat": lambda a, *parts: torch.cat(parts, a["axis"]),
    "Conv": conv,
    "Dropout": lambda a, x, *rest: x,
    "Flatten": lambda a, x: x.flatten(a.get("axis", 1)),
    "Gemm": gemm,
    "GlobalAveragePool": lambda a, x: x.mean((2, 3), keepdim=True),
    "Identity": lambda a, x: x,
    "MaxPool": max_pool,
    "Relu": lambda a, x: F.relu(x),
    "Reshape": lambda a, x, shape: x.reshape([int(size) for size in shape]),
    "Softmax": lambda a, x: x.softmax(a.get("axis", -1)),
}


def backward():
    for name in network["wanted"]:
        values[name].requires_grad_()
    now = dict(values)
    for node in network["nodes"]:
        inputs = [now[name] if name else None for name in node["inputs"]]
        now[node["output"]] = rules[node["op"]](node["attributes"], *inputs)
    scores = now[network["scores"]].flatten(1)
    F.cross_entropy(scores, torch.tensor(network["labels"])).backward()


def times(steps, threads):
    torch.set_num_threads(threads)
    optimizer = torch.optim.SGD([values[name] for name in network["wanted"]], lr=1e-4, momentum=0.9, weight_decay=1e-4)
    for _ in range(steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        backward()
        optimizer.step()
        yield 1000 * (time.perf_counter() - start)


if is_timed:
    steps, threads = map(int, sys.argv[2:])
    print(json.dumps(list(times(steps, threads))[1:]))
    sys.exit()
for file_name in ["gradients.bin", "exact.bin"]:
    backward()
    with open(folder / file_name, "wb") as file:
        for name in network["wanted"]:
            gradient = values[name].grad.float().contiguous()
            file.write(ctypes.string_at(gradient.data_ptr(), 4 * gradient.numel()))
    values = {name: value.detach().double() for name, value in values.items()}
