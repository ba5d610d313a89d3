"""Windows over volumes: convolutions, poolings, samples and resizes of three axes.

Their last axis is one of those for which a kernel serves all: what other windows do is tried on images.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kernels.sheet import Sheet

WINDOWS: dict[str, Mapping[str, Any]] = {
    "plain": {},
    "pads": {"pads": [1, 0, 2, 2, 1, 0]},
    "strides and dilations": {"strides": [2, 3, 1], "dilations": [2, 1, 2], "pads": [2, 1, 0, 1, 0, 1]},
    "same upper": {"auto_pad": "SAME_UPPER", "strides": [2, 2, 1]},
    "same lower": {"auto_pad": "SAME_LOWER", "strides": [3, 1, 2]},
    "valid": {"auto_pad": "VALID", "strides": [1, 2, 2]},
}
"""How windows of three axes slide; each axis in its own way."""

KERNEL, POOL = [3, 2, 2], [3, 2, 4]

GROUPS = ((8, 6, 2), (6, 3, 3), (5, 5, 5), (3, 6, 3))
"""(channels, filters, groups): groups of some channels, and of one."""

TRANSPOSED: dict[str, Mapping[str, Any]] = {
    **{name: window for name, window in WINDOWS.items() if "same" not in name},
    "fewer taps than steps": {"strides": [5, 3, 4]},
    "padding of the output": {"strides": [3, 2, 2], "output_padding": [2, 1, 1]},
    "shape of the output": {"strides": [2, 2, 3], "output_shape": [6, 7, 5]},
    "shape beyond all taps": {"strides": [5, 2, 4], "output_shape": [15, 8, 8]},
    "dilations of a multiple of the step": {"strides": [2, 1, 1], "dilations": [2, 1, 1]},
    "same": {"auto_pad": "SAME_UPPER", "strides": [2, 2, 1]},
    "same, the smaller half behind": {"auto_pad": "SAME_LOWER", "strides": [2, 1, 2]},
}
"""How those of transposed convolutions do."""


def convolutions_of_volumes() -> Sheet:
    """Every way of sliding with one group, every kind of groups with one way; one behind another."""
    sheet = Sheet("convolutions of volumes")
    x, weights, bias = sheet.input([2, 3, 6, 7, 5]), sheet.weights([5, 3, *KERNEL]), sheet.weights([5])
    for name, window in WINDOWS.items():
        sheet.case(name)
        sheet.output(sheet.node("Conv", [x, weights, bias], **window))
    for channels, filters, group in GROUPS:
        sheet.case(f"{group} groups of {channels} channels, {filters} filters")
        image = sheet.input([1, channels, 4, 3, 3])
        some = sheet.weights([filters, channels // group, *KERNEL])
        sheet.output(sheet.node("Conv", [image, some], group=group, pads=[1, 0, 0, 0, 1, 0]))
    sheet.case("a tap of depth")
    first = sheet.node("Relu", [sheet.node("Conv", [x, sheet.weights([3, 3, 1, 2, 2])], strides=[2, 1, 1])])
    sheet.output(sheet.node("Conv", [first, weights], pads=[1] * 6), "and more behind it")
    return sheet


def transposed_convolutions_of_volumes() -> Sheet:
    """Strides with more, as many, and fewer taps; padding of the output; its shape given; groups."""
    sheet = Sheet("transposed convolutions of volumes")
    x, weights, bias = sheet.input([2, 3, 3, 4, 2]), sheet.weights([3, 5, *KERNEL]), sheet.weights([5])
    for name, window in TRANSPOSED.items():
        sheet.case(name)
        sheet.output(sheet.node("ConvTranspose", [x, weights, bias], **window))
    sheet.case("groups")
    grouped = [sheet.input([1, 6, 3, 2, 2]), sheet.weights([6, 2, 4, 2, 2])]
    sheet.output(sheet.node("Relu", [sheet.node("ConvTranspose", grouped, group=3, strides=[2, 2, 2])]))
    return sheet


def poolings_of_volumes() -> Sheet:
    """Every way of sliding, with windows that hang over, and padding that counts or does not."""
    sheet = Sheet("poolings of volumes", opset=22)
    x = sheet.input([2, 3, 7, 7, 9])
    for name, window in WINDOWS.items():
        for ceil_mode in (0, 1):
            how = {**window, "kernel_shape": POOL, "ceil_mode": ceil_mode}
            sheet.case(f"{name}, ceil_mode={ceil_mode}")
            sheet.output(sheet.node("MaxPool", [x], **how), "max")
            sheet.output(sheet.node("AveragePool", [x], count_include_pad=ceil_mode, **how), "average")
            sheet.output(sheet.node("LpPool", [x], p=3, **how), "of powers")
    sheet.case("of all elements")
    sheet.output(sheet.node("GlobalMaxPool", [x]))
    sheet.case("of integers")
    whole = sheet.input([1, 2, 4, 5, 4], "int8", -100, 100)
    sheet.output(sheet.node("MaxPool", [whole], kernel_shape=[2, 3, 4]))
    return sheet


def free_volumes() -> Sheet:
    """Volumes of free extents."""
    sizes = [
        {"batch": 2, "depth": 6, "height": 7, "width": 8},
        {"batch": 1, "depth": 9, "height": 6, "width": 9},
        {"batch": 0, "depth": 6, "height": 6, "width": 8},
    ]
    sheet = Sheet("free volumes", opset=22, sizes=sizes)
    x = sheet.input(["batch", 3, "depth", "height", "width"])
    weights, transposed = sheet.weights([5, 3, *KERNEL]), sheet.weights([3, 2, *KERNEL])
    for name in ("strides and dilations", "same lower"):
        sheet.case(name)
        window = {**WINDOWS[name], "kernel_shape": POOL}
        sheet.output(sheet.node("Conv", [x, weights], **WINDOWS[name]), "Conv")
        sheet.output(sheet.node("AveragePool", [x], **window), "AveragePool")
        sheet.output(sheet.node("LpPool", [x], ceil_mode=1, **window), "LpPool")
    sheet.case("transposed")
    sheet.output(sheet.node("ConvTranspose", [x, transposed], strides=[2, 1, 2], pads=[1, 0, 1, 2, 1, 0]))
    sheet.case("resized")
    sheet.output(sheet.node("Resize", [x, "", sheet.constant([1, 1, 1.5, 2, 0.6], "float32")], mode="linear"))
    return sheet
