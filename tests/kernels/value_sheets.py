"""Values: reductions of many numbers and of large ones, and what models make of them."""

from __future__ import annotations

import numpy as np

from kernels.sheet import Shape, Sheet

AXES = {"pixels": (2, 3), "channels": (1,), "columns": (3,), "across": (1, 3), "all": (0, 1, 2, 3)}


def many_elements() -> Sheet:
    """More numbers than one fragment reduces, along every role of an image and of flat tensors."""
    sheet = Sheet("many elements")
    shapes: dict[str, tuple[list[int], tuple[int, ...]]] = {
        "lines": ([1, 3, 70, 90], (2, 3)),
        "one line": ([1, 3, 2, 3000], (3,)),
        "rows": ([1, 2, 1500, 2], (2,)),
        "channels": ([1, 4100, 3, 2], (1,)),
        "many channels": ([1, 9001, 1, 2], (1,)),
        "batch": ([1100, 3, 2, 2], (0,)),
        "batch and channels": ([70, 90, 2, 3], (0, 1)),
        "all": ([7, 9, 30, 20], (0, 1, 2, 3)),
    }
    for kind in ("flat", "blocked"):
        for label, (shape, axes) in shapes.items():
            sheet.case(f"{kind}, {label}")
            make = sheet.blocked if kind == "blocked" else sheet.input
            x = make(shape, step=1 / 64)  # so that comparing is exact in 16 bits, too
            for operator in ("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin"):
                sheet.output(sheet.node(operator, [x, sheet.integers(*axes)]), operator)
            if len(axes) == 1:
                for operator in ("ArgMax", "ArgMin"):
                    sheet.output(sheet.node(operator, [x], axis=axes[0], select_last_index=1), operator)
    x = sheet.input([3, 5000], low=0.999, high=1.001)
    sheet.case("products")
    sheet.output(sheet.node("ReduceProd", [x, sheet.integers(1)]))
    sheet.case("whole numbers")
    whole = sheet.input([2, 1500, 3], "int32", -9, 9)
    for operator in ("ReduceSum", "ReduceMax", "ReduceMin"):
        sheet.output(sheet.node(operator, [whole, sheet.integers(1)]), operator)
    sheet.output(sheet.node("ArgMax", [whole], axis=1), "ArgMax")
    sheet.case("running sums")
    for exclusive in (0, 1):
        for reverse in (0, 1):
            attributes = {"exclusive": exclusive, "reverse": reverse}
            for label, values in (("floats", sheet.input([2, 700, 3])), ("whole", whole)):
                axis = sheet.constant(1, "int64")
                sheet.output(sheet.node("CumSum", [values, axis], **attributes), f"{label} {attributes}")
    sheet.case("large windows")
    image = sheet.input([1, 3, 45, 50])
    attributes = {"kernel_shape": [33, 40], "pads": [3, 2, 1, 5], "strides": [4, 3]}
    for operator in ("MaxPool", "AveragePool"):
        sheet.output(sheet.node(operator, [image], **attributes), operator)
        sheet.output(sheet.node(operator, [image], ceil_mode=1, **attributes), f"{operator} rounded up")
    sheet.output(sheet.node("AveragePool", [image], count_include_pad=1, **attributes), "with padding")
    sheet.output(sheet.node("AveragePool", [image], auto_pad="SAME_UPPER", kernel_shape=[40, 40]), "same")
    return sheet


def many_free_elements() -> Sheet:
    """The same where extents are free."""
    sheet = Sheet("many free elements", sizes=[{"n": 1, "h": 50, "w": 1300}, {"n": 2, "h": 1, "w": 3}])
    shapes: dict[str, tuple[Shape, tuple[int, ...]]] = {
        "pixels": (["n", 3, "h", "w"], (2, 3)),
        "columns": (["n", 5, 2, "w"], (3,)),
        "channels": ([1, "w", 2, 2], (1,)),
        "batch": (["h", 5, 2, 2], (0,)),
        "all": (["n", 5, "h", "w"], (0, 1, 2, 3)),
    }
    for kind in ("flat", "blocked"):
        for label, (shape, axes) in shapes.items():
            sheet.case(f"{kind}, {label}")
            make = sheet.blocked if kind == "blocked" else sheet.input
            x = make(shape, step=1 / 64)  # so that comparing is exact in 16 bits, too
            for operator in ("ReduceSum", "ReduceMean", "ReduceMax"):
                sheet.output(sheet.node(operator, [x, sheet.integers(*axes)]), operator)
            if len(axes) == 1:
                sheet.output(sheet.node("ArgMax", [x], axis=axes[0]), "ArgMax")
    sheet.case("running sum")
    sheet.output(sheet.node("CumSum", [sheet.input(["n", "w"]), sheet.constant(1, "int64")]))
    return sheet


def large_activations() -> Sheet:
    """Numbers of a few hundred, whose squares and sums are more than 16 bits hold."""
    sheet = Sheet("large activations")
    x = sheet.node("MaxPool", [sheet.input([2, 5, 9, 7], low=-900, high=900)], kernel_shape=[1, 1])

    def root(value: str) -> str:
        return sheet.node("Sqrt", [sheet.node("Abs", [value])])

    for label, axes in AXES.items():
        sheet.case(label)
        names = sheet.integers(*axes)
        for operator in ("ReduceSum", "ReduceSumSquare", "ReduceL1", "ReduceL2", "ReduceMean"):
            total = sheet.node(operator, [x, names])
            sheet.output(total, operator)
            sheet.output(root(total), f"root of {operator}")
        squares = sheet.node("Mul", [x, x])
        mean = sheet.node("ReduceMean", [squares, names])
        sheet.output(sheet.node("Div", [squares, mean]), "squares by their mean")
        sheet.output(sheet.node("Div", [x, sheet.node("Sqrt", [mean])]), "by the root of the mean square")
        average = sheet.node("ReduceMean", [x, names])
        centre = sheet.node("Mul", [average, average])
        variance = sheet.node("Abs", [sheet.node("Sub", [mean, centre])])
        sheet.output(sheet.node("Sqrt", [variance]), "deviation")
    sheet.case("norms")
    ones, zeros = sheet.constant(np.ones(5), "float32"), sheet.constant(np.zeros(5), "float32")
    sheet.output(sheet.node("InstanceNormalization", [x, ones, zeros]), "InstanceNormalization")
    sheet.output(sheet.node("LayerNormalization", [x, sheet.constant(np.ones(7), "float32")]), "Layer")
    sheet.output(sheet.node("MeanVarianceNormalization", [x]), "MeanVarianceNormalization")
    sheet.output(sheet.node("LpNormalization", [x], axis=1), "LpNormalization")
    sheet.output(sheet.node("LRN", [x], size=3), "LRN")
    sheet.output(sheet.node("LpPool", [x], kernel_shape=[3, 3]), "LpPool")
    sheet.output(sheet.node("GlobalLpPool", [x], p=3), "GlobalLpPool")
    sheet.case("made by hand")
    square = sheet.node("Pow", [x, sheet.constant(2, "float32")])
    turned = sheet.node("Transpose", [square], perm=[0, 2, 3, 1])
    sheet.output(root(sheet.node("ReduceSum", [turned, sheet.integers(3)])), "squares, turned")
    spectrum = sheet.node("MatMul", [square, sheet.constant(np.full((7, 4), 0.25), "float32")])
    sheet.output(sheet.node("Log", [spectrum]), "logarithm of mixed squares")
    image = sheet.node("Conv", [x, sheet.weights([6, 5, 1, 1])])
    power = sheet.node("ReduceMean", [sheet.node("Mul", [image, image]), sheet.integers(2, 3)])
    sheet.output(root(power), "squares behind a convolution")
    small = sheet.node("Mul", [x, sheet.constant(0.02, "float32")])
    total = sheet.node("ReduceSum", [sheet.node("Exp", [small]), sheet.integers(2, 3)])
    sheet.output(sheet.node("Log", [total]), "logarithm of a sum of exponentials")
    running = sheet.node("CumSum", [sheet.node("Abs", [x]), sheet.constant(2, "int64")])
    sheet.output(sheet.node("Mul", [running, sheet.constant(0.001, "float32")]), "running sums")
    return sheet
