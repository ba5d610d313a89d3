"""Operators that move elements: views and the copies that they end in, of flat and of blocked tensors."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import numpy as np

from kernels.sheet import CHANNELS, WIDTHS, Sheet

SHAPE = [2, 5, 3, 7]

SLICES: dict[str, tuple[list[int], list[int], list[int], list[int]]] = {
    "channels from 4": ([4], [9], [1], [1]),
    "channels 1 to 3": ([1], [3], [1], [1]),
    "each second column": ([0], [99], [3], [2]),
    "columns backwards": ([-1], [-99], [3], [-1]),
    "channels backwards by 2": ([9], [0], [1], [-2]),
    "rows and columns": ([1, 2], [3, -1], [2, 3], [1, 3]),
    "last batch": ([-1], [2], [0], [1]),
    "rows and columns backwards, to the largest numbers": ([-1, 5], [2**31 - 1, 2**63 - 1], [2, 3], [-1, -2]),
    "everything backwards": ([-1, -1, -1, -1], [-99, -99, -99, -99], [0, 1, 2, 3], [-1, -2, -1, -3]),
}

PADS: dict[str, tuple[str, list[int]]] = {
    "rows and columns": ("constant", [0, 0, 1, 2, 0, 0, 0, 3]),
    "channels": ("constant", [0, 1, 0, 0, 0, 2, 0, 0]),
    "all, cropping too": ("constant", [1, -1, 0, 2, 0, 3, -1, -2]),
    "reflect": ("reflect", [0, 0, 2, 3, 0, 0, 1, 2]),
    "reflect channels": ("reflect", [0, 3, 0, 0, 1, 1, 0, 0]),
    "edge": ("edge", [1, 2, 0, 1, 0, 0, 3, 4]),
    "wrap": ("wrap", [0, 1, 2, 0, 1, 0, 1, 6]),
}

RESIZES: dict[str, dict[str, Any]] = {
    "nearest": {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    "nearest half_pixel": {"mode": "nearest"},
    "nearest align_corners, ceil": {
        "mode": "nearest",
        "coordinate_transformation_mode": "align_corners",
        "nearest_mode": "ceil",
    },
    "linear": {"mode": "linear"},
    "linear align_corners": {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    "linear asymmetric": {"mode": "linear", "coordinate_transformation_mode": "asymmetric"},
    "linear pytorch_half_pixel": {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
    "cubic": {"mode": "cubic"},
    "cubic exclude_outside": {"mode": "cubic", "exclude_outside": 1, "cubic_coeff_a": -0.5},
}


def movements() -> Sheet:
    """Every transposition, slice, pad and split, left as it is, added to, and convolved."""
    sheet = Sheet("movements")
    for kind in ("flat", "blocked"):
        x = sheet.blocked(SHAPE) if kind == "blocked" else sheet.input(SHAPE)
        for order in permutations(range(4)):
            sheet.case(f"{kind} Transpose {order}")
            _use(sheet, sheet.node("Transpose", [x], perm=order), [SHAPE[axis] for axis in order])
        for label, (starts, ends, axes, steps) in SLICES.items():
            sheet.case(f"{kind} Slice of {label}")
            index: list[slice] = [slice(None)] * 4
            for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
                index[axis] = slice(start, end if -99 < end < 99 else None, step)
            shape = np.empty(SHAPE)[tuple(index)].shape
            lists = [sheet.integers(*numbers) for numbers in (starts, ends, axes, steps)]
            _use(sheet, sheet.node("Slice", [x, *lists]), list(shape))
        for label, (mode, pads) in PADS.items():
            sheet.case(f"{kind} Pad of {label}")
            shape = [extent + pads[axis] + pads[axis + 4] for axis, extent in enumerate(SHAPE)]
            inputs = [
                x,
                sheet.integers(*pads),
                *([sheet.constant(0.5, "float32")] if mode == "constant" else []),
            ]
            _use(sheet, sheet.node("Pad", inputs, mode=mode), list(shape))
        for axis, sizes in ((0, [1, 1]), (1, [1, 3, 1]), (2, [2, 1]), (3, [4, 3])):
            parts = sheet.nodes("Split", [x, sheet.integers(*sizes)], len(sizes), axis=axis)
            for number, part in enumerate(parts):
                sheet.case(f"{kind} Split along {axis}, part {number}")
                _use(sheet, part, [*SHAPE[:axis], sizes[number], *SHAPE[axis + 1 :]])
    return sheet


def _use(sheet: Sheet, value: str, shape: list[int]) -> None:
    """Read a value of rank 4 in three ways: as it is, elementwise beside an image, and by a convolution."""
    sheet.output(value, "alone")
    image = sheet.blocked([1, shape[1], 1, 1])
    sheet.output(sheet.node("Sub", [image, value]), "beside an image")
    sheet.output(sheet.node("Conv", [value, sheet.weights([2, shape[1], 1, 1])]), "convolved")


def aligned_rows() -> Sheet:
    """Flat images and weights whose rows are whole texels, which are blocked four pixels at a time."""
    sheet = Sheet("aligned rows")
    for channels, height, width in product((1, 3, 5, 9, 16), (1, 3), (4, 8, 20)):
        sheet.case(f"{channels} channels, {height}×{width}")
        x = sheet.input([2, channels, height, width])
        sheet.output(sheet.node("MaxPool", [x], kernel_shape=[1, 3], pads=[0, 1, 0, 1]), "MaxPool")
        sheet.output(sheet.node("Conv", [x, sheet.weights([width, channels, 1, 1])]), "Conv")
        rows = sheet.node("MatMul", [x, sheet.weights([width, 6])])
        sheet.output(rows, "MatMul")
        turned = sheet.node("MatMul", [sheet.input([2, channels, 6, height]), x])
        sheet.output(turned, "right operand")
        swapped = sheet.node("Transpose", [x], perm=[0, 2, 1, 3])
        sheet.output(sheet.node("AveragePool", [swapped], kernel_shape=[1, 2]), "transposed")
        integers = sheet.input([2, channels, height, width], "int8", -100, 100)
        sheet.output(sheet.node("MaxPool", [integers], kernel_shape=[1, 2]), "MaxPool of int8")
    return sheet


def whole_texels() -> Sheet:
    """Flat results whose rows are whole texels in what they are copied from, or are nearly so."""
    sheet = Sheet("whole texels", sizes=[{"n": 1}, {"n": 3}, {"n": 8}])
    for width, rows in product((4, 6, 8, 20), ("n", 3)):
        shape = [2, 3, rows, width]
        for kind in ("flat", "int64", "blocked", "projected"):
            sheet.case(f"{kind} {shape}")
            past = sheet.input(shape, "int64" if kind == "int64" else "float32", -9, 9)
            if kind == "projected":  # a part of a product's columns, as keys of one token are
                product_ = sheet.node("MatMul", [sheet.input([2, 1, 5]), sheet.weights([5, 2 * 3 * width])])
                part = sheet.nodes("Split", [product_], 2, axis=2, num_outputs=2)[1]
                heads = sheet.node("Reshape", [part, sheet.integers(2, 1, 3, width)])
                new = sheet.node("Transpose", [heads], perm=[0, 2, 1, 3])
            elif kind == "blocked":
                new = sheet.blocked([2, 3, 2, width])
            else:
                new = sheet.input([2, 3, 2, width], "int64" if kind == "int64" else "float32", -9, 9)
            for order in ([past, new], [new, past]):
                joined = sheet.node("Concat", order, axis=2)
                sheet.output(joined, "new first" if order[0] is new else "new last")
            for first, end in ((0, 4), (1, 3), (4, width)):
                if first < end <= width:
                    bounds = [sheet.integers(number) for number in (first, end, 3)]
                    sheet.output(sheet.node("Slice", [joined, *bounds]), f"columns {first} to {end}")
            if kind != "int64":
                for before, behind in ((4, 0), (1, 3), (0, 4)):
                    pads = sheet.integers(0, 0, 1, before, 0, 0, 0, behind)
                    sheet.output(sheet.node("Pad", [past, pads]), f"padded by {before} and {behind}")
            sheet.output(sheet.node("Transpose", [past], perm=[2, 0, 1, 3]), "turned")
    return sheet


def view_chains() -> Sheet:
    """Chains of views, as channel shuffles, patches and flattened heads are written."""
    sheet = Sheet("chains of views")
    for channels, width in product((4, 6, 12), (2, 3, 8)):
        shape = [2, channels, 2, width]
        for kind in ("flat", "blocked"):
            sheet.case(f"{kind} {shape}")
            x = sheet.blocked(shape) if kind == "blocked" else sheet.input(shape)
            grouped = sheet.node("Reshape", [x, sheet.integers(2, 2, channels // 2, 2, width)])
            turned = sheet.node("Transpose", [grouped], perm=[0, 2, 1, 3, 4])
            shuffled = sheet.node("Reshape", [turned, sheet.integers(2, -1, 2, width)])
            sheet.output(
                sheet.node("Conv", [shuffled, sheet.weights([3, channels, 1, 1])]), "channel shuffle"
            )
            halves = sheet.nodes("Split", [shuffled], 2, axis=1, num_outputs=2)
            sheet.output(
                sheet.node("Concat", [halves[1], sheet.node("Relu", [halves[0]])], axis=1), "halves swapped"
            )
            positions = sheet.node("Transpose", [x], perm=[0, 2, 3, 1])
            tokens = sheet.node("Reshape", [positions, sheet.integers(2, -1, channels)])
            mixed = sheet.node("MatMul", [tokens, sheet.weights([channels, 5])])
            sheet.output(mixed, "tokens")
            image = sheet.node("Reshape", [mixed, sheet.integers(2, 2, width, 5)])
            sheet.output(sheet.node("Transpose", [image], perm=[0, 3, 1, 2]), "image of tokens")
            rows = sheet.node("Flatten", [x], axis=1)
            size = channels * 2 * width
            sheet.output(sheet.node("Gemm", [rows, sheet.weights([size, 3])]), "flattened")
            sheet.output(sheet.node("Reshape", [x, sheet.integers(width, -1)]), "reshaped across")
            squeezed = sheet.node(
                "Squeeze", [sheet.node("ReduceMax", [x, sheet.integers(2)]), sheet.integers(2)]
            )
            sheet.output(sheet.node("Unsqueeze", [squeezed, sheet.integers(0, 3)]), "squeezed")
            if width % 2 == 0:
                sheet.output(sheet.node("SpaceToDepth", [x], blocksize=2), "SpaceToDepth")
            if channels % 4 == 0:
                for mode in ("DCR", "CRD"):
                    sheet.output(
                        sheet.node("DepthToSpace", [x], blocksize=2, mode=mode), f"DepthToSpace {mode}"
                    )
    return sheet


def concatenations() -> Sheet:
    """Concat along each axis, of parts that end within texels, of every layout, and of many."""
    sheet = Sheet("concatenations")
    kinds = (
        ("blocked",) * 3,
        ("flat", "blocked", "flat"),
        ("sliced", "blocked", "constant"),
        ("transposed", "transposed", "blocked"),
    )
    for axis, layouts in product(range(4), kinds):
        for extents in ((4, 8, 3), (3, 1, 5)):
            sheet.case(f"Concat of {', '.join(layouts)} of {extents} along {axis}")
            parts = []
            for layout, extent in zip(layouts, extents, strict=True):
                shape = [2, 3, 2, 5]
                shape[axis] = extent
                if layout == "constant":
                    parts.append(sheet.weights(shape))
                elif layout == "sliced":
                    longer = sheet.blocked([*shape[:axis], extent + 2, *shape[axis + 1 :]])
                    ends = (sheet.integers(1), sheet.integers(extent + 1), sheet.integers(axis))
                    parts.append(sheet.node("Slice", [longer, *ends]))
                elif layout == "transposed":
                    turned = sheet.blocked([shape[0], shape[3], shape[2], shape[1]])
                    parts.append(sheet.node("Transpose", [turned], perm=[0, 3, 2, 1]))
                else:
                    parts.append(sheet.blocked(shape) if layout == "blocked" else sheet.input(shape))
            joined = sheet.node("Concat", parts, axis=axis)
            sheet.output(joined)
            sheet.output(sheet.node("Relu", [joined]), "then Relu")
    for count, kind in product((13, 30), ("flat", "blocked")):
        sheet.case(f"Concat of {count}, {kind}")
        shapes = [[1, 1 + number % 5, 2, 3] for number in range(count)]
        parts = [sheet.blocked(shape) if kind == "blocked" else sheet.input(shape) for shape in shapes]
        sheet.output(sheet.node("Concat", parts, axis=1))
    sheet.case("Concat with empty and repeated parts")
    x = sheet.input([2, 3])
    sheet.output(sheet.node("Concat", [x, sheet.constant(np.zeros((2, 0)), "float32"), x], axis=1))
    sheet.case("Concat of int64 of rank 1")
    sheet.output(sheet.node("Concat", [sheet.input([3], "int64", -9, 9), sheet.integers(5)], axis=0))
    return sheet


def resizes() -> Sheet:
    """Enlarging and shrinking images, of all channel counts and widths."""
    sheet = Sheet("resizes")
    for number, (label, attributes) in enumerate(RESIZES.items()):
        for index, channels in enumerate(CHANNELS):
            # One width for each channel count, another at the next mode; all of them at two modes.
            for width in WIDTHS if label in ("nearest", "linear") else [WIDTHS[(index + number) % 3]]:
                _resize(sheet, label, attributes, [2, channels, 4, width])
    return sheet


def _resize(sheet: Sheet, label: str, attributes: dict[str, Any], shape: list[int]) -> None:
    x = sheet.input(shape)
    for scales in ((2.0, 2.0), (0.5, 3.0), (1.5, 1.7)):
        sheet.case(f"{label}, {shape}, scales {scales}")
        sheet.output(sheet.node("Resize", [x, "", sheet.constant([1, 1, *scales], "float32")], **attributes))
    if attributes["mode"] != "cubic":
        sheet.case(f"{label}, {shape}, sizes")
        sheet.output(sheet.node("Resize", [x, "", "", sheet.integers(*shape[:2], 7, 5)], **attributes))


COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
)
SAMPLINGS: list[dict[str, str]] = [
    *(
        {"mode": "nearest", "nearest_mode": rounding}
        for rounding in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    ),
    {"mode": "linear"},
    {"mode": "cubic"},
]
GRIDS = [(2, 3), (0.5, 1), (1.5, 1.7), (1.3, 0.7), (0.6, 0.4), (2.5, 1.3333), (4, 0.9)]
"""Scales of rows and columns: up and down, whole and not, and none."""


def resize_grid() -> Sheet:
    """Every transformation of coordinates with every sampling and scale, given as scales and as sizes."""
    sheet = Sheet("resize grid")
    for height, width in ((7, 11), (1, 6), (13, 8)):
        x = sheet.input([1, 2, height, width], step=1 / 64)
        for rows, columns in GRIDS:
            size = (max(1, int(height * rows)), max(1, int(width * columns)))
            given = {"sizes": ("", "", sheet.integers(1, 2, *size))}
            if height * rows >= 1:
                given["scales"] = ("", sheet.constant([1, 1, rows, columns], "float32"), "")
            for coordinates, sampling, kind in product(COORDINATES, SAMPLINGS, given):
                whole = {rows, columns} <= {1, 2, 3}
                cuts = sampling.get("nearest_mode") in ("floor", "ceil")
                if coordinates == "half_pixel_symmetric" and cuts and not whole:
                    continue  # next to whole numbers ONNX Runtime's rounding is that of no formula tried
                how = " ".join((coordinates, *sampling.values()))
                sheet.case(f"{height}x{width}, {kind} by {rows}, {columns}: {how}")
                sampling = {"coordinate_transformation_mode": coordinates, **sampling}
                sheet.output(sheet.node("Resize", [x, *given[kind]], **sampling))
    return sheet


def scatters() -> Sheet:
    """Putting elements and slices at known and unknown places, and what becomes of those that meet there."""
    sheet = Sheet("scatters", opset=18)
    for kind in ("flat", "blocked"):
        x = sheet.blocked(SHAPE) if kind == "blocked" else sheet.input(SHAPE)
        for axis, extent in enumerate(SHAPE):
            sheet.case(f"{kind} along {axis}")
            fewer = [max(1, size - 1) for size in SHAPE]
            order = np.argsort(sheet.random.random(SHAPE), axis)[tuple(slice(size) for size in fewer)]
            places = sheet.given(order - extent * (order % 2), "int64")
            updates = sheet.input(fewer)
            sheet.output(sheet.node("ScatterElements", [x, places, updates], axis=axis), "in place")
            meeting = sheet.input(fewer, "int32", -extent, extent)
            for reduction in ("add", "mul", "max", "min"):
                attributes = {"axis": axis, "reduction": reduction}
                sheet.output(sheet.node("ScatterElements", [x, meeting, updates], **attributes), reduction)
        sheet.case(kind)
        pairs = sheet.given([[[0, 1], [1, -1]], [[-1, 0], [0, 2]]], "int64")
        rows = sheet.input([2, 2, *SHAPE[2:]])
        sheet.output(sheet.node("ScatterND", [x, pairs, rows]), "slices")
        meeting = sheet.input([3, 2], "int64", -2, 2)
        several = sheet.input([3, *SHAPE[2:]])
        for reduction in ("add", "mul", "max", "min"):
            sheet.output(sheet.node("ScatterND", [x, meeting, several], reduction=reduction), reduction)
        box = np.stack(np.meshgrid([0, 1], [1, 2], [-2, -1], indexing="ij"), -1)
        inside = sheet.input([2, 2, 2, SHAPE[3]])
        sheet.output(sheet.node("ScatterND", [x, sheet.constant(box, "int64"), inside]), "a box")
        shuffled = sheet.constant(box[:, ::-1], "int64")
        sheet.output(sheet.node("ScatterND", [x, shuffled, inside]), "a box out of order")
        points = sheet.constant([[0, 0, 0, 0], [1, 2, 1, 1]], "int64")
        sheet.output(sheet.node("ScatterND", [x, points, sheet.input([2])]), "points")
    sheet.case("whole numbers")
    numbers, places = sheet.input([5, 3], "int32", -9, 9), sheet.constant([[1, 0, 4], [1, 2, 0]], "int64")
    for reduction in ("add", "mul", "max", "min"):
        updates = sheet.input([2, 3], "int32", -9, 9)
        sheet.output(
            sheet.node("ScatterElements", [numbers, places, updates], reduction=reduction), reduction
        )
    return sheet


def gathers() -> Sheet:
    """Choosing elements by known and unknown indices, and what repeats or enumerates them."""
    sheet = Sheet("gathers")
    for kind in ("flat", "blocked"):
        x = sheet.blocked(SHAPE) if kind == "blocked" else sheet.input(SHAPE)
        for axis, extent in enumerate(SHAPE):
            sheet.case(f"{kind} along {axis}")
            sheet.output(sheet.node("Gather", [x, sheet.constant(-1, "int64")], axis=axis), "Gather of one")
            sheet.output(
                sheet.node("Gather", [x, sheet.integers(1, 0, -1, 1)], axis=axis), "Gather of a list"
            )
            table = sheet.constant([[0, 1], [1, 0]], "int32")
            sheet.output(sheet.node("Gather", [x, table], axis=axis), "Gather of a table")
            unknown = sheet.input([2, 3], "int64", -extent, extent)
            sheet.output(sheet.node("Gather", [x, unknown], axis=axis), "Gather of unknown ones")
            places = sheet.input(SHAPE, "int64", -extent, extent)
            sheet.output(sheet.node("GatherElements", [x, places], axis=axis), "GatherElements")
            for exclusive, reverse in product((0, 1), (0, 1)):
                total = sheet.node(
                    "CumSum", [x, sheet.constant(axis, "int64")], exclusive=exclusive, reverse=reverse
                )
                sheet.output(total, f"CumSum exclusive={exclusive} reverse={reverse}")
        sheet.case(f"{kind}")
        pairs = sheet.input([4, 2], "int64", -2, 2)
        sheet.output(sheet.node("GatherND", [x, pairs]), "GatherND")
        sheet.output(sheet.node("Tile", [x, sheet.integers(1, 2, 3, 2)]), "Tile")
        row = sheet.node("ReduceMean", [x, sheet.integers(0, 2)])
        sheet.output(sheet.node("Expand", [row, sheet.integers(3, 1, 4, 1)]), "Expand")
        square = sheet.node("Gather", [x, sheet.constant(0, "int64")], axis=1)
        for upper in (0, 1):
            sheet.output(
                sheet.node("Trilu", [square, sheet.constant(1, "int64")], upper=upper), f"Trilu {upper}"
            )
    sheet.case("embedding")
    tokens = sheet.input([2, 5], "int64", 0, 11)
    sheet.output(sheet.node("Gather", [sheet.weights([11, 6]), tokens]))
    sheet.case("Range and OneHot")
    numbers = sheet.node("Range", [sheet.constant(number, "float32") for number in (1, 8, 1.5)])
    sheet.output(sheet.node("Mul", [numbers, sheet.input([])]), "Range")
    hot = sheet.node(
        "OneHot",
        [sheet.input([7], "int64", 0, 5), sheet.constant(5, "int64"), sheet.constant([0, 3], "float32")],
    )
    sheet.output(hot, "OneHot")
    return sheet
