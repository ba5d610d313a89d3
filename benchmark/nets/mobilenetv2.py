"""MobileNetV2 (Sandler et al. 2018), width 1, 224×224, as torchvision lays it out. 3.5 M parameters."""

from nets.builder import NetBuilder

STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
"""Expansion, channels, blocks and first stride of each stage."""


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("mobilenetv2", seed=1)
    value = net.relu6(net.conv(net.input("image", (1, 3, 224, 224)), 32, 3, stride=2))
    for expansion, channels, blocks, first_stride in STAGES:
        for block in range(blocks):
            value = inverted_residual(net, value, expansion, channels, first_stride if block == 0 else 1)
    net.output(net.classifier(net.relu6(net.conv(value, 1280, 1)), 1000), "logits")
    return net


def inverted_residual(net: NetBuilder, value: str, expansion: int, channels: int, stride: int) -> str:
    """Expand by a 1×1, convolve depthwise, project by a 1×1; add the input where the shapes allow."""
    width = net.channels[value] * expansion
    hidden = net.relu6(net.conv(value, width, 1)) if expansion > 1 else value
    hidden = net.relu6(net.conv(hidden, width, 3, stride=stride, groups=width))
    residual = stride == 1 and net.channels[value] == channels
    result = net.conv(hidden, channels, 1, gain=0.5 if residual else 1.0)
    return net.node("Add", value, result) if residual else result
