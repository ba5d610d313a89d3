"""Small models that have the kernels of many: few programs each, since software compiles them slowly."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fuzz.small_models import image_model, token_model
from kernels.sheet import Sheet


def attention() -> Sheet:
    """Two heads whose channels are whole texels, so that they are split and joined without a copy."""
    sheet = Sheet("attention")
    x = sheet.input([1, 12, 32])
    parts = [
        sheet.node("Add", [sheet.node("MatMul", [x, sheet.weights([32, 32])]), sheet.weights([32])])
        for _ in range(3)
    ]
    split = [sheet.node("Reshape", [part, sheet.integers(1, 12, 2, 16)]) for part in parts]
    queries, keys, values = (
        sheet.node("Transpose", [heads], perm=perm)
        for heads, perm in zip(split, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3]), strict=True)
    )
    scores = sheet.node("Div", [sheet.node("MatMul", [queries, keys]), sheet.constant(16.0, "float32")])
    mixed = sheet.node("MatMul", [sheet.node("Softmax", [scores], axis=-1), values])
    joined = sheet.node(
        "Reshape", [sheet.node("Transpose", [mixed], perm=[0, 2, 1, 3]), sheet.integers(1, 12, 32)]
    )
    added = sheet.node("Add", [joined, x])
    sheet.output(sheet.node("LayerNormalization", [added, sheet.weights([32]), sheet.weights([32])]))
    return sheet


def integers() -> Sheet:
    """Arithmetic, comparisons and bits of integers, and what becomes of them as other types."""
    sheet = Sheet("integers")
    a = sheet.input([5, 7], "int32", -1000, 1000)
    b = sheet.given(np.arange(1, 8) * 3 - 12 + (np.arange(1, 8) == 4), "int32")
    sheet.output(sheet.node("Div", [a, b]), "quotient")
    sheet.output(sheet.node("Mod", [a, b]), "remainder")
    sheet.output(sheet.node("Mul", [a, sheet.constant(3_000_001, "int32")]), "overflowing product")
    small = sheet.node("Cast", [a], to=3)
    sheet.output(small, "int8")
    sheet.output(
        sheet.node(
            "And", [sheet.node("Greater", [a, b]), sheet.node("Less", [a, sheet.constant(500, "int32")])]
        ),
        "bool",
    )
    indices = sheet.input([2, 3], "int64", -5, 5)
    sheet.output(sheet.node("Gather", [a, indices], axis=0), "gathered")
    sheet.output(sheet.node("CumSum", [a, sheet.constant(1, "int64")]), "running sum")
    return sheet


def reductions() -> Sheet:
    """Sums, means, extremes and where they are, over one axis and several."""
    sheet = Sheet("reductions")
    x = sheet.input([2, 6, 5, 9])
    sheet.output(sheet.node("ReduceSum", [x, sheet.integers(1)]), "sum over channels")
    sheet.output(sheet.node("ReduceMean", [x, sheet.integers(2, 3)], keepdims=0), "mean of images")
    sheet.output(sheet.node("ReduceMax", [x, sheet.integers(3)]), "largest of rows")
    sheet.output(sheet.node("ReduceL2", [x], keepdims=0), "length of all")
    sheet.output(sheet.node("ArgMax", [x], axis=1, keepdims=0), "where channels are largest")
    sheet.output(sheet.node("Softmax", [x], axis=1), "softmax over channels")
    return sheet


def pads() -> Sheet:
    """Each way of padding, of an image and of a sequence."""
    sheet = Sheet("pads")
    image = sheet.input([1, 5, 6, 7])
    amounts = sheet.integers(0, 0, 2, 1, 0, 0, 1, 3)
    for mode in ("constant", "edge", "reflect", "wrap"):
        sheet.output(sheet.node("Pad", [image, amounts], mode=mode), f"image, {mode}")
    sequence = sheet.node("Relu", [sheet.input([3, 10])])
    sheet.output(
        sheet.node("Pad", [sequence, sheet.integers(1, 4, 0, 5), sheet.constant(7.5, "float32")]), "sequence"
    )
    return sheet


def enlargement() -> Sheet:
    """What makes images larger again, joined with what is not."""
    sheet = Sheet("enlargement")
    x = sheet.input([1, 8, 6, 5])
    deep = sheet.node(
        "Conv", [x, sheet.weights([16, 8, 3, 3]), sheet.weights([16])], strides=[2, 2], pads=[1] * 4
    )
    active = sheet.node("HardSwish", [deep])
    wide = sheet.node(
        "ConvTranspose", [active, sheet.weights([16, 8, 2, 2])], strides=[2, 2], output_padding=[0, 0]
    )
    cut = sheet.node("Slice", [wide, sheet.integers(0), sheet.integers(5), sheet.integers(3)])
    joined = sheet.node("Concat", [cut, x], axis=1)
    shuffled = sheet.node("DepthToSpace", [joined], blocksize=2)
    sheet.output(sheet.node("Resize", [shuffled, "", "", sheet.integers(1, 4, 20, 25)], mode="cubic"))
    return sheet


def movements() -> Sheet:
    """Elements that go elsewhere, unchanged."""
    sheet = Sheet("movements")
    x = sheet.input([3, 10, 4])
    sheet.output(sheet.node("Transpose", [x], perm=[2, 0, 1]), "transposed")
    sheet.output(sheet.node("Tile", [x, sheet.integers(1, 2, 3)]), "tiled")
    sheet.output(
        sheet.node(
            "Slice", [x, sheet.integers(9), sheet.integers(-100), sheet.integers(1), sheet.integers(-2)]
        ),
        "backwards",
    )
    columns = sheet.input([3, 2, 4], "int64", 0, 10)
    sheet.output(sheet.node("GatherElements", [x, columns], axis=1), "gathered")
    sheet.output(sheet.node("Where", [sheet.input([3, 1, 4], "bool"), x, sheet.weights([10, 4])]), "chosen")
    for index, part in enumerate(sheet.nodes("Split", [x, sheet.integers(3, 7)], 2, axis=1)):
        sheet.output(part, f"part {index}")
    return sheet


SMALL_MODELS: dict[str, Callable[[], Sheet]] = {
    "image": image_model,
    "tokens": token_model,
    "attention": attention,
    "integers": integers,
    "reductions": reductions,
    "pads": pads,
    "enlargement": enlargement,
    "movements": movements,
}

SIZES: dict[str, list[dict[str, int]]] = {
    "image": [{"batch": 1}, {"batch": 3}],
    "tokens": [{"batch": 1, "length": 7}, {"batch": 2, "length": 3}],
}
"""The sizes to run models of free dimensions at."""
