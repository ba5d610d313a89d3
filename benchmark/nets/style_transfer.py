"""The style-transfer net of Johnson et al. (2016) at 256×256, as PyTorch's example has it. 1.7 M parameters.

Reflection padding, instance normalisation, nearest upsampling; the picture is in 0..255.
"""

import math

from nets.builder import NetBuilder


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("style_transfer", seed=7)
    value = net.input("image", (1, 3, 256, 256))
    for channels, kernel, stride in ((32, 9, 1), (64, 3, 2), (128, 3, 2)):
        value = net.relu(normalised(net, reflected_conv(net, value, channels, kernel, stride)))
    for _ in range(5):
        hidden = net.relu(normalised(net, reflected_conv(net, value, 128, 3)))
        value = net.node("Add", normalised(net, reflected_conv(net, hidden, 128, 3), 0.5), value)
    for channels in (64, 32):
        value = net.relu(normalised(net, reflected_conv(net, net.double(value), channels, 3)))
    net.output(reflected_conv(net, value, 3, 9), "styled")
    return net


def reflected_conv(net: NetBuilder, value: str, channels: int, kernel: int, stride: int = 1) -> str:
    """Convolve with the picture mirrored beyond its edges."""
    side = kernel // 2
    pads = net.constant([0, 0, side, side, 0, 0, side, side], "int64")
    return net.conv(net.node("Pad", value, pads, mode="reflect"), channels, kernel, stride=stride, pads=0)


def normalised(net: NetBuilder, value: str, scale: float = 1.0) -> str:
    """Normalise every channel over its pixels."""
    channels = net.channels[value]
    scales = net.weight((channels,), scale / math.sqrt(2))
    return net.node("InstanceNormalization", value, scales, net.weight((channels,), 0.1), epsilon=1e-5)
