"""Matrix products, and what goes over axes: softmax, reductions, normalisations."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np

from kernels.sheet import CHANNELS, WIDTHS, Sheet

BROADCAST_PRODUCTS = (
    ([4, 5], [5, 3]),
    ([2, 4, 5], [5, 3]),
    ([2, 1, 4, 5], [3, 5, 6]),
    ([4, 5], [2, 5, 3]),
    ([1, 4, 5], [2, 5, 3]),
    ([2, 3, 1, 7], [2, 3, 7, 1]),
    ([2, 2, 2, 3, 5], [2, 1, 2, 5, 4]),
    ([5], [5, 3]),
    ([4, 5], [5]),
    ([2, 4, 5], [5]),
    ([5], [2, 5, 3]),
    ([5], [5]),
)


def matrix_products() -> Sheet:
    """MatMul of many shapes and Gemm with all of its attributes, by constants and by inputs."""
    sheet = Sheet("matrix products")
    for inner, columns in product(CHANNELS, CHANNELS):
        for rows in WIDTHS:
            sheet.case(f"MatMul {rows}×{inner} by {inner}×{columns}")
            a = sheet.input([2, rows, inner])
            sheet.output(sheet.node("MatMul", [a, sheet.weights([inner, columns])]), "constant")
            sheet.output(sheet.node("MatMul", [a, sheet.input([inner, columns])]), "input")
            turned = sheet.node("Transpose", [sheet.weights([columns, inner])], perm=[1, 0])
            sheet.output(sheet.node("MatMul", [a, turned]), "constant transposed")
            product_of_products = sheet.node("MatMul", [a, sheet.input([2, inner, columns])])
            other = sheet.node("MatMul", [sheet.input([2, 4, inner]), sheet.weights([inner, columns])])
            turned = sheet.node("Transpose", [other], perm=[0, 2, 1])
            sheet.output(sheet.node("MatMul", [product_of_products, turned]), "result transposed")
    for left, right in BROADCAST_PRODUCTS:
        sheet.case(f"MatMul {left} by {right}")
        a, b = sheet.input(left), sheet.input(right)
        sheet.output(sheet.node("MatMul", [a, b]))
        sheet.output(sheet.node("MatMul", [a, sheet.weights(right)]), "constant")
    _gemms(sheet)
    return sheet


def _gemms(sheet: Sheet) -> None:
    for transpose_a, transpose_b in product((0, 1), (0, 1)):
        for label, addend in {
            "scalar": [],
            "row": [5],
            "column": [3, 1],
            "matrix": [3, 5],
            "1×1": [1, 1],
        }.items():
            sheet.case(f"Gemm transA={transpose_a}, transB={transpose_b}, plus {label}")
            a = sheet.input([7, 3] if transpose_a else [3, 7])
            shape = [5, 7] if transpose_b else [7, 5]
            for kind, b, c in (
                ("constant", sheet.weights(shape), sheet.weights(addend)),
                ("input", sheet.input(shape), sheet.input(addend)),
            ):
                inputs = [a, b, c]
                attributes = {"transA": transpose_a, "transB": transpose_b, "alpha": 0.5, "beta": 2.0}
                sheet.output(sheet.node("Gemm", inputs, **attributes), kind)
    sheet.case("Gemm without an addend")
    sheet.output(sheet.node("Gemm", [sheet.input([3, 9]), sheet.weights([9, 6])]))


def attention() -> Sheet:
    """Heads split off by Reshape and Transpose, masked, joined again: layouts change between products.

    Heads of a multiple of 8 channels are read where they lie. Of one sequence, and with biases, queries, keys
    and values come from one product.
    """
    sheet = Sheet("attention")
    head_counts = {3: (1, 2, 3), 4: (1, 2, 3), 8: (1, 3), 16: (3,)}
    sizes = [(heads, size) for size, counts in head_counts.items() for heads in counts]
    for (heads, size), length in product(sizes, (1, 3, 7)):
        width = heads * size
        sequences = 1 if size == 16 else 2
        sheet.case(f"{heads} heads of {size}, {length} positions of {sequences}")
        x = sheet.input([sequences, length, width], low=-0.5, high=0.5)
        mask = sheet.input([length, length], low=-9, high=0)
        parts = []
        for order in ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]):
            projected = sheet.node("MatMul", [x, sheet.weights([width, width])])
            if size == 16:
                projected = sheet.node("Add", [projected, sheet.weights([width])])
            split = sheet.node("Reshape", [projected, sheet.integers(sequences, length, heads, size)])
            parts.append(sheet.node("Transpose", [split], perm=order))
        scores = sheet.node("MatMul", parts[:2])
        scaled = sheet.node("Div", [scores, sheet.constant(size**0.5, "float32")])
        weights = sheet.node("Softmax", [sheet.node("Add", [scaled, mask])], axis=-1)
        mixed = sheet.node("Transpose", [sheet.node("MatMul", [weights, parts[2]])], perm=[0, 2, 1, 3])
        joined = sheet.node("Reshape", [mixed, sheet.integers(sequences, length, width)])
        added = sheet.node("Add", [sheet.node("MatMul", [joined, sheet.weights([width, width])]), x])
        sheet.output(sheet.node("LayerNormalization", [added, sheet.weights([width])], axis=-1))
    return sheet


def channel_slices() -> Sheet:
    """Slices of the channels of results, at multiples of 8 and not, in front of kernels of each kind."""
    sheet = Sheet("channel slices")
    for batch, sizes, width in product((1, 2), ((8, 24, 16), (12, 4, 16), (16, 7)), (1, 5)):
        channels = sum(sizes)
        sheet.case(f"image of {batch}, {sizes} channels, width {width}")
        image = sheet.blocked([batch, channels, 3, width])
        for size, part in zip(sizes, _split(sheet, image, sizes, 1), strict=True):
            sheet.output(sheet.node("Conv", [part, sheet.weights([5, size, 1, 1])]), f"Conv of {size}")
            sheet.output(sheet.node("MaxPool", [part], kernel_shape=[3, 1]), f"MaxPool of {size}")
            sheet.output(sheet.node("Sigmoid", [part]), f"Sigmoid of {size}")
        sheet.case(f"sequence of {batch}, {sizes} channels, {width} positions")
        x = sheet.input([batch, width, 8])
        sequence = sheet.node("MatMul", [x, sheet.weights([8, channels])])
        parts = _split(sheet, sequence, sizes, 2)
        for size, part in zip(sizes, parts, strict=True):
            sheet.output(sheet.node("MatMul", [part, sheet.weights([size, 9])]), f"MatMul of {size}")
            sheet.output(sheet.node("Softmax", [part], axis=-1), f"Softmax of {size}")
            other = sheet.node("Exp", [sheet.input([batch, width, size])])
            sheet.output(sheet.node("Mul", [part, other]), f"Mul of {size}")
        turned = sheet.node("Concat", [parts[-1], *parts[:-1]], axis=2)
        sheet.output(sheet.node("Add", [turned, sequence]), "Concat")
    _turned_heads(sheet)
    return sheet


def _split(sheet: Sheet, value: str, sizes: tuple[int, ...], axis: int) -> list[str]:
    return sheet.nodes("Split", [value, sheet.integers(*sizes)], len(sizes), axis=axis)


def _turned_heads(sheet: Sheet) -> None:
    """Rotary embeddings: each half of a head's channels is mixed with the other."""
    for heads, size, length in ((2, 16, 5), (3, 8, 3), (2, 32, 1)):
        sheet.case(f"{heads} turned heads of {size}, {length} positions")
        projected = sheet.node("MatMul", [sheet.input([2, length, 8]), sheet.weights([8, heads * size])])
        split = sheet.node("Reshape", [projected, sheet.integers(2, length, heads, size)])
        head = sheet.node("Transpose", [split], perm=[0, 2, 1, 3])
        first, second = _split(sheet, head, (size // 2, size // 2), 3)
        turned = sheet.node("Concat", [sheet.node("Neg", [second]), first], axis=3)
        kept = sheet.node("Mul", [head, sheet.input([length, size])])
        sheet.output(sheet.node("Add", [kept, sheet.node("Mul", [turned, sheet.input([length, size])])]))


def softmaxes() -> Sheet:
    """Softmax and LogSoftmax over each axis, of flat and of blocked tensors."""
    sheet = Sheet("softmaxes")
    shapes = [[2, channels, 2, width] for channels, width in product(CHANNELS, WIDTHS)]
    for shape in [*shapes, [5], [3, 6], [2, 9, 3], [2, 3, 2, 3, 2]]:
        for kind in ("flat", "blocked") if len(shape) == 4 else ("flat",):
            x = sheet.blocked(shape) if kind == "blocked" else sheet.input(shape, low=-20, high=20)
            for axis in range(len(shape)):
                sheet.case(f"{kind} {shape} over axis {axis}")
                sheet.output(sheet.node("Softmax", [x], axis=axis), "Softmax")
                if shape[-1] != 3:
                    continue
                sheet.output(sheet.node("LogSoftmax", [x], axis=axis), "LogSoftmax")
                argument = sheet.node("ArgMax", [x], axis=axis, keepdims=0)
                sheet.output(argument, "ArgMax")
                sheet.output(sheet.node("ArgMin", [x], axis=axis, select_last_index=1), "ArgMin")
    return sheet


def reductions() -> Sheet:
    """Reductions over every subset of the axes, kept and dropped, of flat and of blocked tensors."""
    sheet = Sheet("reductions")
    for shape in ([2, 5, 3, 7], [1, 9, 2, 1], [3, 1, 1, 3]):
        for kind in ("flat", "blocked"):
            x = sheet.blocked(shape) if kind == "blocked" else sheet.input(shape)
            for axes in _subsets(4):
                sheet.case(f"{kind} {shape} over {axes}")
                for operator, keepdims in (
                    ("ReduceMean", 1),
                    ("ReduceMax", 0),
                    ("ReduceSum", 0),
                    ("ReduceMin", 1),
                ):
                    reduced = sheet.node(operator, [x, sheet.integers(*axes)], keepdims=keepdims)
                    sheet.output(reduced, operator)
    for rank in (1, 2, 3, 5):
        shape = [2, 3, 4, 2, 3][:rank]
        x, whole = sheet.input(shape), sheet.input(shape, "int32", -9, 9)
        for axes in _subsets(rank):
            sheet.case(f"rank {rank} over {axes}")
            for operator in ("ReduceProd", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceLogSumExp"):
                sheet.output(sheet.node(operator, [x, sheet.integers(*axes)], keepdims=0), operator)
            for operator in ("ReduceSum", "ReduceMax", "ReduceMin"):
                sheet.output(sheet.node(operator, [whole, sheet.integers(*axes)]), f"{operator} of int32")
    sheet.case("ReduceSum over all axes by default")
    sheet.output(sheet.node("ReduceSum", [sheet.blocked([2, 5, 3, 3])], keepdims=0))
    sheet.case("ReduceSum over none")
    x = sheet.blocked([2, 5, 3, 3])
    sheet.output(sheet.node("ReduceSum", [x, sheet.integers()], noop_with_empty_axes=1))
    sheet.case("ReduceMax of bool")
    sheet.output(sheet.node("ReduceMax", [sheet.input([3, 7], "bool"), sheet.integers(1)]))
    return sheet


def normalisations() -> Sheet:
    """Normalisations of flat and blocked tensors."""
    sheet = Sheet("normalisations")
    for channels, width in product(CHANNELS, WIDTHS):
        shape = [2, channels, 3, width]
        for kind in {1: ["flat"], 3: ["flat", "blocked"], 7: ["blocked"]}[width]:
            sheet.case(f"{kind}, {channels} channels, width {width}")
            x = sheet.blocked(shape) if kind == "blocked" else sheet.input(shape)
            scale, bias = sheet.weights([channels]), sheet.weights([channels])
            for axis in (-1, 1, 2):
                vectors = [sheet.weights(shape[axis:]) for _ in range(2)]
                normalized = sheet.node("LayerNormalization", [x, *vectors], axis=axis)
                sheet.output(normalized, f"LayerNormalization over {axis}")
            sheet.output(sheet.node("InstanceNormalization", [x, scale, bias]), "InstanceNormalization")
            sheet.output(sheet.node("LRN", [x], size=3, alpha=0.1, bias=1.5), "LRN")
            sheet.output(sheet.node("LpNormalization", [x], axis=1, p=2), "LpNormalization")
            variance = sheet.constant(abs(sheet.random.standard_normal(channels)) + 0.5, "float32")
            inputs = [x, scale, bias, sheet.weights([channels]), variance]
            sheet.output(sheet.node("BatchNormalization", inputs), "BatchNormalization")
            if channels % 3 == 0:
                grouped = sheet.node("GroupNormalization", [x, scale, bias], num_groups=3)
                sheet.output(grouped, "GroupNormalization")
    return sheet


def long_rows() -> Sheet:
    """Rows whose moments one draw computes, or two: in parts, of which the last is shorter or empty."""
    sheet = Sheet("long rows")
    for shape in ([2, 9], [3, 130], [2, 5, 97], [1, 1, 260], [5, 3, 200], [1, 2, 3, 131], [2, 513]):
        size = shape[-1]
        x = sheet.input(shape, low=3, high=5)
        product = sheet.node("MatMul", [x, sheet.constant(np.eye(size), "float32")])
        for kind, rows in (("flat", x), ("blocked", product)):
            sheet.case(f"{kind} rows of {shape}")
            inputs = [rows, sheet.weights([size]), sheet.weights([size])]
            normalized, mean, inverse = sheet.nodes("LayerNormalization", inputs, 3, axis=-1)
            sheet.output(normalized, "normalized")
            sheet.output(mean, "mean")
            sheet.output(inverse, "inverse deviation")
            centre = sheet.node("ReduceMean", [rows, sheet.integers(-1)])
            difference = sheet.node("Sub", [rows, centre])
            square = sheet.node("Pow", [difference, sheet.constant(2, "float32")])
            variance = sheet.node("ReduceMean", [square, sheet.integers(-1)])
            sheet.output(variance, "variance")
            sheet.output(sheet.node("Mul", [difference, variance]), "times variance")
    return sheet


def _subsets(rank: int) -> list[tuple[int, ...]]:
    return [axes for count in range(1, rank + 1) for axes in combinations(range(rank), count)]
