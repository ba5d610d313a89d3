"""Small models of different kinds to damage."""

from __future__ import annotations

from collections.abc import Callable

from kernels.sheet import Sheet


def image_model() -> Sheet:
    """A convolutional classifier with a residual, a resize and a softmax."""
    sheet = Sheet("image")
    x = sheet.input(["batch", 3, 8, 8])
    image = sheet.node("Conv", [x, sheet.weights([6, 3, 3, 3]), sheet.weights([6])], pads=[1, 1, 1, 1])
    vectors = [sheet.weights([6]) for _ in range(3)]
    normal = sheet.node("BatchNormalization", [image, *vectors, sheet.constant([1.0] * 6, "float32")])
    depthwise = sheet.node(
        "Conv", [sheet.node("Relu", [normal]), sheet.weights([6, 1, 3, 3])], group=6, pads=[1] * 4
    )
    added = sheet.node("Clip", [sheet.node("Add", [depthwise, image]), sheet.constant(0.0, "float32")])
    pooled = sheet.node("MaxPool", [added], kernel_shape=[2, 2], strides=[2, 2])
    enlarged = sheet.node("Resize", [pooled, "", sheet.constant([1, 1, 2, 2], "float32")], mode="linear")
    joined = sheet.node("Concat", [enlarged, x], axis=1)
    flat = sheet.node("Flatten", [sheet.node("GlobalAveragePool", [joined])])
    sheet.output(sheet.node("Softmax", [sheet.node("Gemm", [flat, sheet.weights([9, 4])])], axis=1))
    return sheet


def token_model() -> Sheet:
    """An embedding, shape arithmetic, heads, a mask and a normalisation."""
    sheet = Sheet("tokens")
    tokens = sheet.input(["batch", "length"], "int64", 0, 11)
    x = sheet.node("Gather", [sheet.weights([11, 8]), tokens])
    shape = sheet.node("Shape", [tokens])
    length = sheet.node("Gather", [shape, sheet.integers(1)])
    target = sheet.node("Concat", [sheet.integers(0), length, sheet.integers(2, 4)], axis=0)
    heads = sheet.node("Transpose", [sheet.node("Reshape", [x, target])], perm=[0, 2, 1, 3])
    scores = sheet.node("MatMul", [heads, sheet.node("Transpose", [heads], perm=[0, 1, 3, 2])])
    chosen = sheet.node(
        "Where",
        [
            sheet.node("Greater", [scores, sheet.constant(0.0, "float32")]),
            scores,
            sheet.constant(-9.0, "float32"),
        ],
    )
    mixed = sheet.node("MatMul", [sheet.node("Softmax", [chosen]), heads])
    rows = sheet.node(
        "Slice", [mixed, sheet.integers(0), sheet.integers(-1), sheet.integers(3), sheet.integers(2)]
    )
    sheet.output(sheet.node("ReduceMean", [rows, sheet.integers(1, 3)], keepdims=0))
    positions = sheet.node(
        "Range", [sheet.constant(0, "int64"), sheet.node("Squeeze", [length]), sheet.constant(1, "int64")]
    )
    sheet.output(sheet.node("Cast", [positions], to=1), "positions")
    parts = sheet.nodes(
        "Split", [sheet.node("LayerNormalization", [x, sheet.weights([8])]), sheet.integers(3, 5)], 2, axis=2
    )
    sheet.output(sheet.node("Pad", [parts[1], sheet.integers(0, 1, 0, 0, 0, 2)]), "padded")
    return sheet


MODELS: dict[str, Callable[[], Sheet]] = {"image": image_model, "tokens": token_model}
