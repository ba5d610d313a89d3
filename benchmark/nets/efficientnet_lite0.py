"""EfficientNet-Lite0 (Tan 2020), 224×224, with TensorFlow's "SAME" padding. 4.7 M parameters."""

from nets.builder import NetBuilder

STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
"""Kernel, first stride, expansion, channels and blocks of each stage."""


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("efficientnet_lite0", seed=4)
    value = net.relu6(net.conv(net.input("image", (1, 3, 224, 224)), 32, 3, stride=2, pads=same_pads(3, 2)))
    for kernel, first_stride, expansion, channels, blocks in STAGES:
        for block in range(blocks):
            value = mobile_block(net, value, kernel, first_stride if block == 0 else 1, expansion, channels)
    logits = net.classifier(net.relu6(net.conv(value, 1280, 1)), 1000)
    net.output(net.node("Softmax", logits, axis=1), "probabilities")
    return net


def same_pads(kernel: int, stride: int) -> tuple[int, int, int, int]:
    """Top, left, bottom and right padding that TensorFlow chooses for an even size."""
    total = kernel - stride
    return (total // 2, total // 2, total - total // 2, total - total // 2)


def mobile_block(net: NetBuilder, value: str, kernel: int, stride: int, expansion: int, channels: int) -> str:
    """Expand by a 1×1, convolve depthwise, project by a 1×1; add the input where the shapes allow."""
    width = net.channels[value] * expansion
    hidden = net.relu6(net.conv(value, width, 1)) if expansion > 1 else value
    hidden = net.relu6(
        net.conv(hidden, width, kernel, stride=stride, pads=same_pads(kernel, stride), groups=width)
    )
    residual = stride == 1 and net.channels[value] == channels
    result = net.conv(hidden, channels, 1, gain=0.5 if residual else 1.0)
    return net.node("Add", result, value) if residual else result
