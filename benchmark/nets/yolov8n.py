"""A detector of the size of YOLOv8n at 320×320: C2f backbone, SPPF, feature pyramid, DFL head.

3.2 M parameters. The output is that of the real export: [1, 84, 2100], four box values in pixels and 80
classes at every place.
"""

import numpy as np

from nets.builder import NetBuilder

SIZE, CLASSES, BINS = 320, 80, 16
STRIDES = (8, 16, 32)


def build() -> NetBuilder:
    """Return the net with seeded weights."""
    net = NetBuilder("yolov8n", seed=6)
    value = block(net, net.input("image", (1, 3, SIZE, SIZE)), 16, 3, 2)
    value = c2f(net, block(net, value, 32, 3, 2), 32, 1, residual=True)
    fine = c2f(net, block(net, value, 64, 3, 2), 64, 2, residual=True)
    middle = c2f(net, block(net, fine, 128, 3, 2), 128, 2, residual=True)
    coarse = pooled_pyramid(net, c2f(net, block(net, middle, 256, 3, 2), 256, 1, residual=True))

    middle = c2f(net, net.concat(net.double(coarse), middle), 128, 1, residual=False)
    fine = c2f(net, net.concat(net.double(middle), fine), 64, 1, residual=False)
    middle = c2f(net, net.concat(block(net, fine, 64, 3, 2), middle), 128, 1, residual=False)
    coarse = c2f(net, net.concat(block(net, middle, 128, 3, 2), coarse), 256, 1, residual=False)
    net.output(detect(net, (fine, middle, coarse)), "detections")
    return net


def block(net: NetBuilder, value: str, channels: int, kernel: int, stride: int = 1) -> str:
    """A convolution with SiLU."""
    return net.silu(net.conv(value, channels, kernel, stride=stride, gain=1.6))


def c2f(net: NetBuilder, value: str, channels: int, bottlenecks: int, residual: bool) -> str:
    """Split the channels in two and join both with every bottleneck's result."""
    half = channels // 2
    halves = net.constant([half, half], "int64")
    parts = net.nodes("Split", block(net, value, channels, 1), halves, outputs=2, axis=1)
    net.channels.update(dict.fromkeys(parts, half))
    for _ in range(bottlenecks):
        result = block(net, block(net, parts[-1], half, 3), half, 3)
        parts.append(net.node("Add", parts[-1], result) if residual else result)
    return block(net, net.concat(*parts), channels, 1)


def pooled_pyramid(net: NetBuilder, value: str) -> str:
    """Join poolings over 5, 9 and 13 pixels, each made from the one before."""
    pools = [block(net, value, net.channels[value] // 2, 1)]
    for _ in range(3):
        pools.append(net.max_pool(pools[-1], 5, 1, pads=2))
    return block(net, net.concat(*pools), net.channels[value], 1)


def detect(net: NetBuilder, levels: tuple[str, ...]) -> str:
    """Predict at every place of every level the distances to four sides, as 16 bins each, and the classes."""
    places = sum((SIZE // stride) ** 2 for stride in STRIDES)
    flat = []
    for level in levels:
        box = net.conv(block(net, block(net, level, 64, 3), 64, 3), 4 * BINS, 1, gain=1.0)
        kind = net.conv(block(net, block(net, level, CLASSES, 3), CLASSES, 3), CLASSES, 1, gain=1.0)
        shape = net.constant([1, 4 * BINS + CLASSES, -1], "int64")
        flat.append(net.node("Reshape", net.concat(box, kind), shape))
    sizes = net.constant([4 * BINS, CLASSES], "int64")
    box, kind = net.nodes("Split", net.node("Concat", *flat, axis=2), sizes, outputs=2, axis=1)
    return net.node("Concat", boxes(net, box, places), net.node("Sigmoid", kind), axis=1)


def boxes(net: NetBuilder, box: str, places: int) -> str:
    """Turn bins into expected distances, and those into centre and size in pixels: [1, 4, places]."""
    bins = net.node("Reshape", box, net.constant([1, 4, BINS, places], "int64"))
    shares = net.node("Softmax", net.node("Transpose", bins, perm=(0, 2, 1, 3)), axis=1)
    weight = net.constant(np.arange(BINS).reshape(1, BINS, 1, 1))
    expected = net.node("Conv", shares, weight, kernel_shape=[1, 1], pads=[0] * 4, strides=[1, 1], group=1)
    distances = net.node("Reshape", expected, net.constant([1, 4, places], "int64"))

    sizes = net.constant([2, 2], "int64")
    before, after = net.nodes("Split", distances, sizes, outputs=2, axis=1)
    anchors = net.constant(anchor_points())
    low, high = net.node("Sub", anchors, before), net.node("Add", anchors, after)
    centre = net.node("Div", net.node("Add", low, high), net.shared("two", 2.0))
    joined = net.node("Concat", centre, net.node("Sub", high, low), axis=1)
    scale = np.concatenate([np.full((SIZE // stride) ** 2, stride) for stride in STRIDES])
    return net.node("Mul", joined, net.constant(scale[None, None]))


def anchor_points() -> np.ndarray:
    """Return the centres of all places in units of their stride: [1, 2, places]."""
    levels = []
    for stride in STRIDES:
        y, x = np.mgrid[: SIZE // stride, : SIZE // stride] + 0.5
        levels.append(np.stack([x.ravel(), y.ravel()]))
    return np.concatenate(levels, axis=1)[None]
