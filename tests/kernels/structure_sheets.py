"""The shape of graphs: who reads a value, what is an output, extreme ranks, free and empty dimensions."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from kernels.sheet import Sheet


def structures() -> Sheet:
    """Values read twice, outputs of every origin, ranks 0 to 7."""
    sheet = Sheet("structures")
    x = sheet.input([2, 5, 3, 7])
    sheet.case("input as output")
    sheet.output(x)
    sheet.case("constant as output")
    sheet.output(sheet.weights([3, 5]))
    sheet.output(sheet.constant(7, "int64"), "of rank 0")
    sheet.output(sheet.node("Add", [sheet.weights([5]), sheet.weights([3, 1])]), "computed")
    sheet.case("outputs by their own names")
    sheet.output_itself(x)
    sheet.output_itself(sheet.weights([2, 3]))
    sheet.output_itself(sheet.node("Flatten", [x]))
    sheet.output_itself(sheet.node("Transpose", [sheet.weights([2, 3])], perm=[1, 0]))
    relu = sheet.node("Relu", [x])
    sheet.output_itself(relu)
    sheet.output_itself(sheet.node("Flatten", [relu]))
    sheet.output_itself(sheet.node("Neg", [relu]))
    sheet.case("two outputs of one value")
    value = sheet.node("Relu", [x])
    sheet.output(value, "first")
    sheet.output(value, "second")
    sheet.output(sheet.node("Reshape", [value, sheet.integers(-1)]), "as a view")
    sheet.case("two readers")
    image = sheet.node("Conv", [x, sheet.weights([6, 5, 3, 3])], pads=[1, 1, 1, 1])
    sheet.output(sheet.node("Conv", [image, sheet.weights([3, 6, 1, 1])]), "as an image")
    rows = sheet.node("Reshape", [image, sheet.integers(2, 6, 21)])
    sheet.output(sheet.node("MatMul", [rows, sheet.weights([21, 4])]), "as matrices")
    turned = sheet.node("Transpose", [rows], perm=[0, 2, 1])
    sheet.output(sheet.node("MatMul", [turned, sheet.weights([6, 4])]), "as transposed matrices")
    sheet.output(sheet.node("Softmax", [rows], axis=1), "flat")
    sheet.case("constant read in two layouts")
    constant = sheet.weights([1, 5, 3, 7])
    sheet.output(sheet.node("Conv", [constant, sheet.input([2, 5, 1, 1])]), "as an image")
    sheet.output(sheet.node("Add", [constant, x]), "flat")
    sheet.case("itself twice")
    sheet.output(sheet.node("Mul", [x, x]))
    sheet.output(
        sheet.node("MatMul", [sheet.node("Relu", [x]), sheet.node("Transpose", [x], perm=[0, 1, 3, 2])]),
        "by itself",
    )
    sheet.case("number")
    number = sheet.node("ReduceSum", [x], keepdims=0)
    sheet.output(number)
    sheet.output(sheet.node("Sub", [x, number]), "taken from a tensor")
    sheet.output(sheet.node("Sqrt", [sheet.input([], low=1)]), "from outside")
    for rank in (5, 6, 7):
        sheet.case(f"rank {rank}")
        shape = [2, 3, 2, 1, 3, 2, 2][:rank]
        tensor = sheet.input(shape)
        turned = sheet.node("Transpose", [tensor], perm=[*range(1, rank), 0])
        sheet.output(sheet.node("Add", [turned, sheet.weights([*shape[1:], 1])]), "Transpose")
        sheet.output(
            sheet.node("ReduceMean", [tensor, sheet.integers(1, rank - 1)], keepdims=0), "ReduceMean"
        )
        sheet.output(sheet.node("Concat", [tensor, tensor], axis=rank - 2), "Concat")
        sheet.output(sheet.node("Softmax", [tensor], axis=rank - 1), "Softmax")
    sheet.case("load phase")
    kernel = sheet.node(
        "Mul", [sheet.weights([4, 5, 1, 1]), sheet.node("Exp", [sheet.weights([4, 1, 1, 1])])]
    )
    sheet.output(sheet.node("Conv", [x, kernel]), "computed weights")
    sheet.output(sheet.node("MatMul", [x, sheet.node("Softmax", [sheet.weights([7, 4])])]), "computed matrix")
    return sheet


def single_pixels() -> Sheet:
    """Vectors blocked as the images that they come from, and read by the page where a run leaves them."""
    sheet = Sheet("single pixels")
    x = sheet.input([2, 6, 40, 160])
    wide = sheet.node("Relu", [sheet.node("Conv", [x, sheet.weights([8, 6, 1, 1])])])
    for _ in range(3):
        wide = sheet.node("Relu", [sheet.node("Conv", [wide, sheet.weights([8, 8, 1, 1])])])
    for operator in ("GlobalAveragePool", "GlobalMaxPool"):
        sheet.case(operator)
        vector = sheet.node(operator, [wide])
        sheet.output_itself(vector)
        product = sheet.node("Conv", [vector, sheet.weights([9, 8, 1, 1])])
        sheet.output_itself(product)
        sheet.output_itself(
            sheet.node("Flatten", [sheet.node("Conv", [vector, sheet.weights([5, 8, 1, 1])])])
        )
        flat = sheet.node("Flatten", [vector])
        sheet.output_itself(sheet.node("Gemm", [flat, sheet.weights([8, 13])]))
        sheet.output_itself(sheet.node("Softmax", [sheet.node("MatMul", [flat, sheet.weights([8, 7])])]))
        gate = sheet.node("Sigmoid", [sheet.node("Conv", [vector, sheet.weights([8, 8, 1, 1])])])
        sheet.output(sheet.node("ReduceMean", [sheet.node("Mul", [wide, gate]), sheet.integers(3)]))
        column = sheet.node("ReduceMax", [wide, sheet.integers(3)])
        sheet.output_itself(sheet.node("Conv", [column, sheet.weights([4, 8, 3, 1])]))
        # A column may be asked for in pairs of rows, and then be added to one that is not.
        windows = sheet.node("Conv", [column, sheet.weights([8, 1, 3, 1])], group=8, pads=[1, 0, 1, 0])
        product = sheet.node("Conv", [column, sheet.weights([8, 8, 1, 1])])
        sheet.output(sheet.node("Add", [product, windows]), "sum of columns")
    return sheet


FREE_SIZES = [
    {"batch": 1, "rows": 4, "columns": 5},
    {"batch": 3, "rows": 7, "columns": 2},
    {"batch": 2, "rows": 1, "columns": 1},
    {"batch": 1, "rows": 4, "columns": 5},
]


def free_dimensions() -> Sheet:
    """Batch, rows and columns left free: what each operator makes of extents that it does not know."""
    sheet = Sheet("free dimensions", sizes=FREE_SIZES)
    x = sheet.input(["batch", 6, "rows", "columns"])
    image = sheet.node("Conv", [x, sheet.weights([5, 6, 3, 3])], pads=[1, 1, 1, 1])
    sheet.case("image")
    sheet.output(
        sheet.node("Conv", [image, sheet.weights([3, 5, 3, 3])], strides=[2, 2], pads=[1, 1, 1, 1]), "Conv"
    )
    sheet.output(
        sheet.node("Conv", [image, sheet.weights([3, 5, 3, 3])], auto_pad="SAME_UPPER", strides=[2, 3]),
        "SAME_UPPER",
    )
    enlarged = sheet.node("ConvTranspose", [image, sheet.weights([5, 2, 2, 2])], strides=[2, 2])
    sheet.output(enlarged, "ConvTranspose")
    ceiled = sheet.node("MaxPool", [image], kernel_shape=[2, 2], strides=[2, 2], ceil_mode=1)
    sheet.output(ceiled, "MaxPool ceil_mode")
    sheet.output(sheet.node("GlobalAveragePool", [image]), "GlobalAveragePool")
    scales = sheet.constant([1, 1, 2, 1.5], "float32")
    sheet.output(sheet.node("Resize", [image, "", scales], mode="linear"), "Resize")
    sheet.output(sheet.node("Softmax", [image], axis=1), "Softmax of channels")
    sheet.output(sheet.node("Softmax", [image], axis=3), "Softmax of columns")
    sheet.output(sheet.node("ReduceMax", [image, sheet.integers(0, 3)], keepdims=0), "ReduceMax")
    sheet.output(sheet.node("Concat", [image, x, image], axis=1), "Concat of channels")
    sheet.output(sheet.node("Concat", [image, image], axis=3), "Concat of columns")
    sheet.output(
        sheet.node(
            "Slice", [image, sheet.integers(-1), sheet.integers(-99), sheet.integers(3), sheet.integers(-1)]
        ),
        "Slice backwards",
    )
    sheet.output(sheet.node("Pad", [image, sheet.integers(0, 0, 1, 2, 0, 0, 0, 1)]), "Pad")
    sheet.output(sheet.node("Transpose", [image], perm=[3, 0, 2, 1]), "Transpose")
    sheet.case("tokens of an image")
    tokens = sheet.node(
        "Reshape", [sheet.node("Transpose", [image], perm=[0, 2, 3, 1]), sheet.integers(0, -1, 5)]
    )
    sheet.output(tokens)
    sheet.output(
        sheet.node("MatMul", [tokens, sheet.node("Transpose", [tokens], perm=[0, 2, 1])]), "by themselves"
    )
    sheet.output(sheet.node("LayerNormalization", [tokens, sheet.weights([5])]), "LayerNormalization")
    sheet.output(sheet.node("Flatten", [image], axis=1), "Flatten")
    sheet.output(sheet.node("Reshape", [image, sheet.integers(-1, 5)]), "reshaped across")
    pairs = sheet.node(
        "Concat", [sheet.node("ReduceMax", [image, sheet.integers(2)], keepdims=0)] * 2, axis=0
    )
    sheet.output(
        sheet.node("Reshape", [pairs, sheet.integers(-1, 2)]), "reshaped to what is not proved to fit"
    )
    sheet.case("shapes")
    shape = sheet.node("Shape", [x])
    sheet.output(shape, "Shape")
    rows = sheet.node("Gather", [shape, sheet.constant(2, "int64")])
    ends = [sheet.constant(number, "int64") for number in (0, 1)]
    positions = sheet.node("Range", [ends[0], rows, ends[1]])
    sheet.output(positions, "Range")
    column = sheet.node("Unsqueeze", [sheet.node("Cast", [positions], to=1), sheet.integers(1)])
    sheet.output(sheet.node("Add", [image, column]), "image plus rows")
    filled = sheet.node(
        "ConstantOfShape", [shape], value=numpy_helper.from_array(np.array([2.5], np.float32))
    )
    sheet.output(sheet.node("Add", [filled, x]), "ConstantOfShape")
    sheet.output(sheet.node("Expand", [sheet.input([1, 6, 1, 1]), shape]), "Expand")
    sheet.case("broadcasts of free extents")
    other = sheet.input(["batch", 1, "rows", "columns"])
    sheet.output(sheet.node("Mul", [x, other]), "of channels")
    sheet.output(sheet.node("Sub", [x, sheet.input(["columns"])]), "of columns")
    sheet.output(sheet.node("Sub", [image, sheet.input(["rows", 1])]), "of rows")
    return sheet


def empty_batches() -> Sheet:
    """A batch that may be empty."""
    sheet = Sheet("empty batches", sizes=[{"batch": 0}, {"batch": 2}, {"batch": 0}])
    x = sheet.input(["batch", 5, 4, 6])
    sheet.case("batch of images")
    image = sheet.node("Relu", [sheet.node("Conv", [x, sheet.weights([6, 5, 3, 3])], pads=[1, 1, 1, 1])])
    sheet.output(image, "Conv")
    sheet.output(sheet.node("MaxPool", [image], kernel_shape=[2, 2], strides=[2, 2]), "MaxPool")
    sheet.output(sheet.node("GlobalAveragePool", [image]), "GlobalAveragePool")
    sheet.output(sheet.node("Gemm", [sheet.node("Flatten", [image]), sheet.weights([144, 3])]), "Gemm")
    sheet.output(sheet.node("Softmax", [image], axis=1), "Softmax")
    sheet.output(sheet.node("Concat", [image, x], axis=1), "Concat")
    joined = sheet.node("Concat", [x, sheet.weights([2, 5, 4, 6])], axis=0)
    sheet.output(joined, "Concat with a batch of 2")
    sheet.output(sheet.node("Transpose", [image], perm=[1, 0, 3, 2]), "Transpose")
    sheet.output(sheet.node("ReduceSum", [image, sheet.integers(0)]), "ReduceSum over the batch")
    sheet.output(sheet.node("MatMul", [sheet.input(["batch", 3, 4]), sheet.weights([4, 5])]), "MatMul")
    sheet.output(sheet.node("Add", [sheet.input(["batch", 1]), sheet.weights([1, 3])]), "Add")
    return sheet
