"""Small relatives of MobileNetV2, ResNet50 and SqueezeNet1.1 for 96 x 96 pictures.

The building blocks are those of the papers; only widths and depths are smaller.
"""

import torch
from torch import nn


def conv_norm(inputs, outputs, kernel=1, stride=1, groups=1, activation=None):
    layers = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([activation] if activation else []))


class InvertedResidual(nn.Module):
    """MobileNetV2: expand 1x1, depthwise 3x3, project 1x1 without activation; add when shapes agree."""

    def __init__(self, inputs, outputs, stride, expansion):
        super().__init__()
        hidden = inputs * expansion
        self.body = nn.Sequential(
            *([conv_norm(inputs, hidden, activation=nn.ReLU6())] if expansion > 1 else []),
            conv_norm(hidden, hidden, 3, stride, groups=hidden, activation=nn.ReLU6()),
            conv_norm(hidden, outputs),
        )
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x):
        return x + self.body(x) if self.residual else self.body(x)


class Bottleneck(nn.Module):
    """ResNet v1.5: 1x1, 3x3 (carries the stride), 1x1, and a shortcut that is projected when shapes differ."""

    def __init__(self, inputs, width, stride):
        super().__init__()
        outputs = width * 4
        self.body = nn.Sequential(
            conv_norm(inputs, width, activation=nn.ReLU()),
            conv_norm(width, width, 3, stride, activation=nn.ReLU()),
            conv_norm(width, outputs),
        )
        projected = stride != 1 or inputs != outputs
        self.shortcut = conv_norm(inputs, outputs, stride=stride) if projected else nn.Identity()
        self.relu = nn.ReLU()

    def forward(self, x):
        return self.relu(self.body(x) + self.shortcut(x))


class Fire(nn.Module):
    """SqueezeNet: squeeze 1x1, then 1x1 and 3x3 side by side, concatenated.

    The paper has no BatchNorm. It is here for training only; `without_norm` folds it away for export.
    """

    def __init__(self, inputs, squeeze, expand):
        super().__init__()
        self.squeeze = conv_norm(inputs, squeeze, activation=nn.ReLU())
        self.expand1x1 = conv_norm(squeeze, expand, activation=nn.ReLU())
        self.expand3x3 = conv_norm(squeeze, expand, 3, activation=nn.ReLU())

    def forward(self, x):
        x = self.squeeze(x)
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], 1)


def mobilenetv2_starter(classes=10):
    plan = [  # expansion, outputs, blocks, stride of the first
        (1, 8, 1, 1),
        (4, 16, 2, 2),
        (4, 32, 3, 2),
        (4, 64, 2, 2),
        (4, 96, 2, 1),
    ]
    blocks, inputs = [conv_norm(3, 16, 3, 2, activation=nn.ReLU6())], 16
    for expansion, outputs, count, stride in plan:
        for position in range(count):
            blocks.append(InvertedResidual(inputs, outputs, stride if position == 0 else 1, expansion))
            inputs = outputs
    blocks.append(conv_norm(inputs, 256, activation=nn.ReLU6()))
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.1), nn.Linear(256, classes))


def resnet_starter(classes=10):
    plan = [(16, 2, 1), (32, 3, 2), (56, 2, 2)]  # width, blocks, stride of the first
    blocks, inputs = [conv_norm(3, 24, 7, 2, activation=nn.ReLU()), nn.MaxPool2d(3, 2, 1)], 24
    for width, count, stride in plan:
        for position in range(count):
            blocks.append(Bottleneck(inputs, width, stride if position == 0 else 1))
            inputs = width * 4
    return nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, classes))


def squeezenet_starter(classes=10):
    return nn.Sequential(
        conv_norm(3, 32, 3, 2, activation=nn.ReLU()), nn.MaxPool2d(3, 2, 1),
        Fire(32, 16, 32), Fire(64, 16, 32), nn.MaxPool2d(3, 2, 1),
        Fire(64, 24, 64), Fire(128, 24, 64), nn.MaxPool2d(3, 2, 1),
        Fire(128, 32, 96), Fire(192, 32, 96), Fire(192, 48, 128), Fire(256, 48, 128),
        nn.Dropout(0.2), nn.Conv2d(256, classes, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
    )


def without_norm(network):
    """The same function with every BatchNorm folded into the convolution before it; in eval mode."""
    network.eval()
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential) and len(module) > 1 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = nn.utils.fusion.fuse_conv_bn_eval(module[0], module[1])
            module[1] = nn.Identity()
    return network


NETWORKS = {
    "mobilenetv2-starter": mobilenetv2_starter,
    "resnet-starter": resnet_starter,
    "squeezenet-starter": squeezenet_starter,
}
