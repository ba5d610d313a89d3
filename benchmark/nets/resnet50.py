"""ResNet-50 (He et al. 2016) in torchvision's form, stride in the 3×3, 224×224. 25.6 M parameters."""

import math

from nets.builder import NetBuilder

STAGES = ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2))
"""Inner channels, blocks and first stride of each stage."""


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("resnet50", seed=2)
    value = net.relu(net.conv(net.input("image", (1, 3, 224, 224)), 64, 7, stride=2))
    value = net.max_pool(value, 3, 2, pads=1)
    for channels, blocks, first_stride in STAGES:
        for block in range(blocks):
            value = bottleneck(net, value, channels, first_stride if block == 0 else 1)
    net.output(net.classifier(value, 1000), "logits")
    return net


def bottleneck(net: NetBuilder, value: str, channels: int, stride: int) -> str:
    """Squeeze by a 1×1, convolve 3×3, widen fourfold by a 1×1, add the input."""
    hidden = net.relu(net.conv(value, channels, 1))
    hidden = net.relu(net.conv(hidden, channels, 3, stride=stride))
    # A small gain on the residual keeps sixteen sums from growing.
    hidden = net.conv(hidden, 4 * channels, 1, gain=0.4)
    if net.channels[value] != 4 * channels:
        value = net.conv(value, 4 * channels, 1, stride=stride, gain=math.sqrt(0.8))
    return net.relu(net.node("Add", hidden, value))
