"""Convolutions and poolings: every kernel that slides a window, over all channel counts and widths."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from kernels.sheet import CHANNELS, WIDTHS, Sheet

HEIGHT = 5

CONVOLUTIONS: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "1×1": ((1, 1), {}),
    "1×1 by strides": ((1, 1), {"strides": [2, 2]}),
    "1×1 padded": ((1, 1), {"pads": [1, 0, 0, 1]}),
    "3×3": ((3, 3), {"pads": [1, 1, 1, 1]}),
    "3×3 by 2, asymmetric pads": ((3, 3), {"strides": [2, 2], "pads": [0, 1, 1, 2]}),
    "3×2 dilated": ((3, 2), {"dilations": [2, 3], "pads": [2, 2, 1, 3]}),
    "4×3 SAME_UPPER": ((4, 3), {"auto_pad": "SAME_UPPER", "strides": [1, 2]}),
    "2×4 SAME_LOWER": ((2, 4), {"auto_pad": "SAME_LOWER", "strides": [2, 1]}),
    "2×2 by 2, pads wider than the window": ((2, 2), {"strides": [2, 2], "pads": [3, 0, 2, 5]}),
    "5×1 VALID": ((5, 1), {"auto_pad": "VALID"}),
}

TRANSPOSED: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
    "1×1": ((1, 1), {}),
    "2×2 by 2": ((2, 2), {"strides": [2, 2]}),
    "3×3 by 2 with output_padding": (
        (3, 3),
        {"strides": [2, 2], "pads": [1, 1, 1, 1], "output_padding": [1, 1]},
    ),
    "3×2 by (1, 3), asymmetric pads": ((3, 2), {"strides": [1, 3], "pads": [0, 1, 2, 0]}),
    "2×3 dilated": ((2, 3), {"dilations": [3, 2], "pads": [1, 1, 1, 1]}),
    "3×3 SAME_UPPER": ((3, 3), {"strides": [2, 3], "auto_pad": "SAME_UPPER"}),
}

POOLS: dict[str, dict[str, Any]] = {
    "2×2 by 2": {"kernel_shape": [2, 2], "strides": [2, 2], "pads": [0, 0, 0, 1]},
    "3×3 padded": {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]},
    "3×2 by (2, 3), asymmetric pads": {"kernel_shape": [3, 2], "strides": [2, 3], "pads": [2, 0, 1, 1]},
    "3×3 ceil_mode": {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1], "ceil_mode": 1},
    "2×2 SAME_LOWER": {"kernel_shape": [2, 2], "auto_pad": "SAME_LOWER"},
}


def convolutions() -> Sheet:
    """Ungrouped convolutions from each channel count to another, from flat inputs, by constant weights."""
    sheet = Sheet("convolutions")
    for (label, (kernel, attributes)), (channels, width) in product(CONVOLUTIONS.items(), _shapes()):
        outputs = CHANNELS[(CHANNELS.index(channels) + kernel[0]) % 4]
        sheet.case(f"Conv {label}, {channels} to {outputs} channels, width {width}")
        x = sheet.input([2, channels, HEIGHT, width])
        weights = sheet.weights([outputs, channels, *kernel])
        sheet.output(sheet.node("Conv", [x, weights, sheet.weights([outputs])], **attributes))
    return sheet


def grouped_convolutions() -> Sheet:
    """Depthwise convolutions, a multiplier of 2, larger groups, each after another kernel."""
    sheet = Sheet("grouped convolutions")
    for (label, (kernel, attributes)), (channels, width) in product(CONVOLUTIONS.items(), _shapes()):
        kinds = {"depthwise": (channels, channels), "depthwise × 2": (channels, 2 * channels)}
        if channels % 3 == 0:
            kinds["3 groups"] = (3, 6)
        for kind, (groups, outputs) in kinds.items():
            sheet.case(f"{kind} Conv {label}, {channels} channels, width {width}")
            x = sheet.blocked([1, channels, HEIGHT, width])
            weights = sheet.weights([outputs, channels // groups, *kernel])
            inputs = [x, weights] + ([sheet.weights([outputs])] if width != 3 else [])
            sheet.output(sheet.node("Conv", inputs, group=groups, **attributes))
    return sheet


def transposed_convolutions() -> Sheet:
    """ConvTranspose, whole and in groups."""
    sheet = Sheet("transposed convolutions")
    for (label, (kernel, attributes)), (channels, width) in product(TRANSPOSED.items(), _shapes()):
        for groups in (1, 3) if channels % 3 == 0 else (1,):
            outputs = 2 if groups == 3 else CHANNELS[(CHANNELS.index(channels) + 1) % 4]
            sheet.case(f"ConvTranspose {label}, {groups} groups, {channels} channels, width {width}")
            x = sheet.input([2, channels, 3, width])
            weights = sheet.weights([channels, outputs, *kernel])
            bias = sheet.weights([outputs * groups])
            sheet.output(sheet.node("ConvTranspose", [x, weights, bias], group=groups, **attributes))
    sheet.case("ConvTranspose with output_shape")
    x, weights = sheet.input([1, 5, 3, 4]), sheet.weights([5, 3, 3, 3])
    sheet.output(sheet.node("ConvTranspose", [x, weights], strides=[3, 2], output_shape=[10, 8]))
    return sheet


def sequence_convolutions() -> Sheet:
    """Convolutions and poolings of sequences [N, C, W], and convolutions by weights that are inputs."""
    sheet = Sheet("convolutions of sequences")
    for channels, width in _shapes():
        x = sheet.blocked([2, channels, width])
        for label, attributes in {
            "3": {"pads": [1, 1]},
            "3 by 2": {"pads": [1, 2], "strides": [2]},
            "3 dilated": {"pads": [4, 2], "dilations": [2]},
        }.items():
            for groups, outputs in {1: 5, channels: channels}.items():
                sheet.case(f"Conv1D {label}, {groups} of {channels} channels to {outputs}, width {width}")
                weights = sheet.weights([outputs, channels // groups, 3])
                sheet.output(sheet.node("Conv", [x, weights], group=groups, **attributes))
        sheet.case(f"1D, {channels} channels, width {width}")
        weights = sheet.weights([channels, 2, 3])
        sheet.output(sheet.node("ConvTranspose", [x, weights], strides=[2]), "ConvTranspose")
        for pool in ("MaxPool", "AveragePool"):
            sheet.output(sheet.node(pool, [x], kernel_shape=[3], pads=[1, 1], strides=[2]), pool)
        sheet.output(sheet.node("GlobalAveragePool", [x]), "GlobalAveragePool")
        weights = sheet.input([3, channels, 1])
        sheet.output(sheet.node("Conv", [x, weights, sheet.input([3])]), "Conv by weights from outside")
        weights = sheet.input([channels, 1, 3])
        convolved = sheet.node("Conv", [x, weights], group=channels, pads=[1, 1])
        sheet.output(convolved, "depthwise Conv by weights from outside")
    return sheet


def poolings() -> Sheet:
    """Maxima, averages and norms over windows and over whole images, of flat inputs."""
    sheet = Sheet("poolings")
    for channels, width in _shapes():
        x = sheet.input([2, channels, HEIGHT, width])
        for label, attributes in POOLS.items():
            sheet.case(f"pooling {label}, {channels} channels, width {width}")
            sheet.output(sheet.node("MaxPool", [x], **attributes), "MaxPool")
            sheet.output(sheet.node("AveragePool", [x], **attributes), "AveragePool")
            counted = sheet.node("AveragePool", [x], count_include_pad=1, **attributes)
            sheet.output(counted, "AveragePool counting padding")
        sheet.case(f"pooling, {channels} channels, width {width}")
        dilated = sheet.node("MaxPool", [x], kernel_shape=[3, 3], dilations=[1, 2], pads=[1, 2, 1, 2])
        sheet.output(dilated, "MaxPool dilated")
        for operator in ("GlobalAveragePool", "GlobalMaxPool"):
            sheet.output(sheet.node(operator, [x]), operator)
        sheet.output(sheet.node("LpPool", [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1], p=2), "LpPool")
        integers = sheet.input([2, channels, HEIGHT, width], "int8", -100, 100)
        sheet.output(
            sheet.node("MaxPool", [integers], kernel_shape=[3, 3], pads=[1, 1, 1, 1]), "MaxPool of int8"
        )
    return sheet


def pairs_of_rows() -> Sheet:
    """What reads images that kernels with windows leave, two rows a fragment, and mixes them with others."""
    sheet = Sheet("pairs of rows")
    for channels, width in _shapes():
        sheet.case(f"{channels} channels, width {width}")
        x = sheet.input([2, channels, HEIGHT, width])
        weights = sheet.weights([channels, 1, 3, 3])
        rows = sheet.node("Conv", [x, weights], group=channels, pads=[1, 1, 1, 1])
        groups = sheet.node("Conv", [x, sheet.weights([channels, channels, 1, 1])])
        readers = {
            "pointwise": ("Conv", [rows, sheet.weights([6, channels, 1, 1])], {}),
            "3×3": ("Conv", [rows, sheet.weights([5, channels, 3, 3])], {"pads": [1, 1, 1, 1]}),
            "3×3 by 2": (
                "Conv",
                [rows, sheet.weights([5, channels, 3, 3])],
                {"strides": [2, 2], "pads": [1] * 4},
            ),
            "2×2": ("Conv", [rows, sheet.weights([3, channels, 2, 2])], {"pads": [1] * 4}),
            "depthwise 5×5": (
                "Conv",
                [rows, sheet.weights([channels, 1, 5, 5])],
                {"group": channels, "pads": [2] * 4},
            ),
            "transposed": ("ConvTranspose", [rows, sheet.weights([channels, 2, 2, 2])], {"strides": [2, 2]}),
            "maximum": ("MaxPool", [rows], {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1] * 4}),
            "average": ("AveragePool", [rows], {"kernel_shape": [2, 2], "pads": [1, 0, 0, 1]}),
            "global": ("GlobalAveragePool", [rows], {}),
            "softmax": ("Softmax", [rows], {"axis": 1}),
            "sum with pixels": ("ReduceSum", [rows, sheet.integers(2, 3)], {}),
            "sum over rows": ("ReduceSum", [rows, sheet.integers(2)], {}),
            "sum of both": ("Add", [rows, groups], {}),
            "concatenation": ("Concat", [rows, groups, rows], {"axis": 1}),
            "concatenated rows": ("Concat", [groups, rows], {"axis": 2}),
            "transposition": ("Transpose", [rows], {"perm": [0, 3, 1, 2]}),
            "flattened": ("Flatten", [rows], {}),
            "padded": ("Pad", [rows, sheet.integers(0, 0, 1, 2, 0, 0, 2, 1)], {"mode": "edge"}),
            "slice": ("Slice", [rows, *(sheet.integers(number) for number in (1, HEIGHT, 2, 2))], {}),
        }
        for name, (operator, inputs, attributes) in readers.items():
            sheet.output(sheet.node(operator, inputs, **attributes), name)
        residual = sheet.node("Conv", [rows, sheet.weights([channels, channels, 3, 3])], pads=[1, 1, 1, 1])
        sheet.output(sheet.node("Relu", [sheet.node("Add", [residual, rows])]), "residual")
        narrow = sheet.node("Conv", [groups, sheet.weights([channels, channels, 1, 1])])
        sheet.output(sheet.node("Add", [narrow, rows]), "residual of other blocking")
    return sheet


def wide_windows() -> Sheet:
    """Windows up to 9 wide that share their pixels, over images of few channels and of many."""
    sheet = Sheet("wide windows")
    windows: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {
        "3×3 by 2": ((3, 3), {"strides": [2, 2], "pads": [1, 1, 1, 1]}),
        "5×5": ((5, 5), {"pads": [2, 2, 2, 2]}),
        "7×7 by 2": ((7, 7), {"strides": [2, 2], "pads": [3, 3, 3, 3]}),
        "9×9, rows dilated": ((9, 9), {"dilations": [2, 1], "pads": [8, 4, 8, 4]}),
        "1×7": ((1, 7), {"pads": [0, 3, 0, 3]}),
        "7×1": ((7, 1), {"pads": [3, 0, 3, 0]}),
    }
    for (label, (kernel, attributes)), channels in product(windows.items(), (1, 2, 3, 4, 6)):
        sheet.case(f"Conv {label}, {channels} channels")
        x = sheet.blocked([2, channels, 6, 11])
        weights = sheet.weights([9, channels, *kernel])
        sheet.output(sheet.node("Conv", [x, weights, sheet.weights([9])], **attributes))
        weights = sheet.weights([channels, 1, *kernel])
        sheet.output(sheet.node("Conv", [x, weights], group=channels, **attributes), "depthwise")
    x = sheet.input([1, 2, 5, 8])
    sheet.case("Conv of 2 channels by weights from outside")
    sheet.output(sheet.node("Conv", [x, sheet.input([5, 2, 3, 3])], pads=[1, 1, 1, 1]))
    return sheet


def _shapes() -> Iterator[tuple[int, int]]:
    return product(CHANNELS, WIDTHS)
