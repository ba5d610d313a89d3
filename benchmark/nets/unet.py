"""A U-Net (Ronneberger et al. 2015) at 256×256 with 32 to 512 channels and transposed convolutions.

The layout of mateuszbuda/brain-segmentation-pytorch. 7.8 M parameters.
"""

import math

from nets.builder import NetBuilder

WIDTHS = (32, 64, 128, 256)


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("unet", seed=8)
    value = net.input("image", (1, 3, 256, 256))
    skipped = []
    for channels in WIDTHS:
        skipped.append(twice(net, value, channels))
        value = net.max_pool(skipped[-1], 2, 2)
    value = twice(net, value, 512)
    for channels, skip in zip(reversed(WIDTHS), reversed(skipped), strict=True):
        value = twice(net, net.concat(doubling_conv(net, value, channels), skip), channels)
    net.output(net.node("Sigmoid", net.conv(value, 1, 1, gain=1.0)), "mask")
    return net


def twice(net: NetBuilder, value: str, channels: int) -> str:
    """Two 3×3 convolutions, each with ReLU."""
    return net.relu(net.conv(net.relu(net.conv(value, channels, 3)), channels, 3))


def doubling_conv(net: NetBuilder, value: str, channels: int) -> str:
    """Double height and width by a transposed 2×2 convolution."""
    inputs = net.channels[value]
    weight = net.weight((inputs, channels, 2, 2), 1 / math.sqrt(inputs))
    bias = net.weight((channels,), 0.05)
    result = net.node("ConvTranspose", value, weight, bias, kernel_shape=[2, 2], strides=[2, 2], pads=[0] * 4)
    net.channels[result] = channels
    return result
