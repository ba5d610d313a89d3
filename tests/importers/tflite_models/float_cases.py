"""Cases of operators on floats and whole numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.case import Case, In, Out

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = schema.ActivationFunctionType
RANDOM = np.random.default_rng(5)


def floats(*shape: int) -> np.ndarray:
    return RANDOM.uniform(-1, 1, shape).astype(np.float32)


def ints(*numbers: int) -> np.ndarray:
    return np.array(numbers, np.int32)


def f32(*shape: int, low: float = -2, high: float = 2, free: tuple[int, ...] = ()) -> In:
    return In("float32", shape, low, high, free=free)


def i32(*shape: int, low: int = -9, high: int = 9) -> In:
    return In("int32", shape, low, high)


def convolutions() -> Iterator[Case]:
    for padding, name in ((SAME, "same"), (VALID, "valid")):
        for size, stride, dilation, kernel in (
            ((7, 9), (1, 1), (1, 1), (3, 3)),
            ((8, 7), (2, 2), (1, 1), (3, 2)),
            ((9, 11), (2, 3), (1, 1), (1, 1)),
            ((11, 12), (1, 1), (2, 3), (3, 3)),
            ((5, 6), (3, 2), (1, 1), (5, 4)),
        ):
            common = {
                "padding": padding,
                "strideH": stride[0],
                "strideW": stride[1],
                "dilationHFactor": dilation[0],
                "dilationWFactor": dilation[1],
            }
            label = f"{name} {size} {stride} {dilation} {kernel}"
            yield Case(
                label,
                "CONV_2D",
                [f32(2, *size, 3), floats(5, *kernel, 3), floats(5)],
                options="Conv2DOptions",
                fields={**common, "fusedActivationFunction": ACTIVATIONS.RELU6},
            )
            yield Case(
                label,
                "DEPTHWISE_CONV_2D",
                [f32(1, *size, 3), floats(1, *kernel, 6), floats(6)],
                options="DepthwiseConv2DOptions",
                fields={**common, "depthMultiplier": 2, "fusedActivationFunction": ACTIVATIONS.RELU},
            )
    yield Case(
        "free sizes",
        "CONV_2D",
        [f32(1, 9, 8, 2, free=(0, 1, 2)), floats(3, 3, 3, 2), floats(3)],
        options="Conv2DOptions",
        fields={"padding": SAME, "strideH": 2, "strideW": 2},
    )
    yield Case(
        "groups",
        "CONV_2D",
        [f32(1, 5, 5, 6), floats(4, 3, 3, 3), floats(4)],
        options="Conv2DOptions",
        fields={"padding": VALID, "strideH": 1, "strideW": 1},
        reference=True,
    )
    for padding in (SAME, VALID):
        for (height, width), stride, kernel in (
            ((4, 5), (2, 2), (3, 3)),
            ((3, 4), (2, 3), (2, 3)),
            ((5, 3), (1, 2), (4, 1)),
        ):
            if padding == SAME:
                size = (height * stride[0] - stride[0] // 2, width * stride[1])
            else:
                size = tuple((n - 1) * s + k for n, s, k in zip((height, width), stride, kernel, strict=True))
            yield Case(
                f"{padding} {stride} {kernel}",
                "TRANSPOSE_CONV",
                [ints(1, *size, 4), floats(4, *kernel, 3), f32(1, height, width, 3), floats(4)],
                options="TransposeConvOptions",
                fields={"padding": padding, "strideH": stride[0], "strideW": stride[1]},
                version=3,
            )
        volume = {"padding": padding, "strideD": 1, "strideH": 2, "strideW": 1}
        yield Case(
            f"{padding}",
            "CONV_3D",
            [f32(1, 4, 5, 6, 2), floats(2, 3, 2, 2, 3), floats(3)],
            [Out(rank=5)],
            "Conv3DOptions",
            volume,
        )
        size = (7, 9, 11) if padding == VALID else (4, 10, 9)
        yield Case(
            f"{padding}",
            "CONV_3D_TRANSPOSE",
            [
                ints(1, *size, 2),
                floats(4, 3, 3, 2, 3),
                f32(1, 4, *((4, 9) if padding == VALID else (5, 9)), 3),
            ],
            [Out(rank=5)],
            "Conv3DOptions",
            volume,
        )


def poolings() -> Iterator[Case]:
    for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D", "L2_POOL_2D"):
        for padding in (SAME, VALID):
            for kernel, stride in (((3, 2), (2, 2)), ((2, 2), (1, 3)), ((7, 8), (1, 1))):
                yield Case(
                    f"{padding} {kernel} {stride}",
                    operator,
                    [f32(2, 7, 8, 3)],
                    options="Pool2DOptions",
                    fields={
                        "padding": padding,
                        "filterHeight": kernel[0],
                        "filterWidth": kernel[1],
                        "strideH": stride[0],
                        "strideW": stride[1],
                    },
                )


def products() -> Iterator[Case]:
    for shape, keep in (((3, 4), False), ((2, 3, 4), True), ((2, 6, 2), False), ((2, 3, 4), False)):
        yield Case(
            f"{shape} {keep}",
            "FULLY_CONNECTED",
            [f32(*shape), floats(5, 4), floats(5)],
            [Out(rank=2)],
            "FullyConnectedOptions",
            {"keepNumDims": keep, "fusedActivationFunction": ACTIVATIONS.RELU_N1_TO_1},
        )
    yield Case("no bias", "FULLY_CONNECTED", [f32(3, 4), floats(5, 4), None], options="FullyConnectedOptions")
    for x, y, turn_x, turn_y in (
        ((2, 3, 4), (2, 4, 5), False, False),
        ((2, 4, 3), (1, 5, 4), True, True),
        ((2, 1, 3, 4), (3, 4, 2), False, False),
    ):
        yield Case(
            f"{x} {y}",
            "BATCH_MATMUL",
            [f32(*x), f32(*y)],
            options="BatchMatMulOptions",
            fields={"adjX": turn_x, "adjY": turn_y},
        )


def elementwise() -> Iterator[Case]:
    for name in ("ABS", "CEIL", "COS", "EXP", "FLOOR", "LOGISTIC", "NEG", "RELU", "RELU6", "RELU_N1_TO_1"):
        yield Case(name, name, [f32(3, 5, low=-8, high=8)])
    for name in ("SIN", "TANH", "SQUARE", "ELU", "HARD_SWISH", "ROUND", "SIGN", "ZEROS_LIKE", "RELU_0_TO_1"):
        yield Case(name, name, [f32(3, 5, low=-5, high=5)])
    for name in ("LOG", "SQRT", "RSQRT"):
        yield Case(name, name, [f32(3, 5, low=0.1, high=9)])
    for approximate in (False, True):
        yield Case(
            f"{approximate}",
            "GELU",
            [f32(4, 5)],
            options="GeluOptions",
            fields={"approximate": approximate},
            tolerance=1e-4,
        )
    yield Case("", "LEAKY_RELU", [f32(4, 5)], options="LeakyReluOptions", fields={"alpha": 0.3})
    yield Case("", "PRELU", [f32(2, 3, 4, 5), floats(1, 1, 5)])
    for name, options in (
        ("ADD", "AddOptions"),
        ("SUB", "SubOptions"),
        ("MUL", "MulOptions"),
        ("DIV", "DivOptions"),
    ):
        for a, b in (((2, 3, 4, 5), (2, 3, 4, 5)), ((2, 3, 4, 5), (5,)), ((1, 3, 1, 5), (2, 1, 4, 1))):
            yield Case(
                f"{a} {b}",
                name,
                [f32(*a), f32(*b, low=0.5, high=3)],
                options=options,
                fields={"fusedActivationFunction": ACTIVATIONS.RELU6},
            )
        yield Case("int32", name, [i32(3, 4), i32(3, 4, low=1)], [Out("int32")], options)
    for name in ("MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE", "FLOOR_DIV", "FLOOR_MOD"):
        yield Case("float", name, [f32(2, 3, 4), f32(3, 4, low=0.4, high=2)])
        yield Case("int", name, [i32(2, 3, 4, low=-20, high=20), ints(-3, 5, -7, 4)], [Out("int32")])
    yield Case("negative", "FLOOR_MOD", [f32(3, 4, low=-9, high=9), f32(4, low=-3, high=-1)], tolerance=1e-4)
    yield Case("", "POW", [f32(2, 3, low=0.1, high=2), f32(2, 3)])
    yield Case("", "ATAN2", [f32(20, 20), f32(20, 20)])
    for name in ("EQUAL", "NOT_EQUAL", "LESS", "LESS_EQUAL", "GREATER", "GREATER_EQUAL"):
        yield Case("int", name, [i32(3, 4, low=0, high=3), i32(4, low=0, high=3)], [Out("bool")])
        yield Case("float", name, [f32(3, 4), f32(3, 1)], [Out("bool")])
    for name in ("LOGICAL_AND", "LOGICAL_OR"):
        yield Case("", name, [In("bool", (3, 4)), In("bool", (4,))], [Out("bool")])
    yield Case("", "LOGICAL_NOT", [In("bool", (3, 4))], [Out("bool")])
    yield Case("", "BITWISE_XOR", [i32(3, 4, low=-99, high=99), i32(3, 4, low=-99, high=99)], [Out("int32")])
    yield Case("", "RIGHT_SHIFT", [i32(3, 4, low=-99, high=99), i32(3, 4, low=0, high=5)], [Out("int32")])
    yield Case("", "SELECT_V2", [In("bool", (3, 1)), f32(3, 4), f32(1, 4)])
    yield Case("rows", "SELECT", [In("bool", (3,)), f32(3, 4), f32(3, 4)])
    yield Case("", "ADD_N", [f32(3, 4), f32(3, 4), f32(3, 4)])
    for to in ("int32", "bool", "int64", "float16"):
        yield Case(to, "CAST", [f32(3, 4, low=-9, high=9)], [Out(to)])
    yield Case("from int", "CAST", [i32(3, 4)])
    yield Case(
        "",
        "FAKE_QUANT",
        [f32(9, 9, low=-4, high=4)],
        options="FakeQuantOptions",
        fields={"min": -1.3, "max": 2.9, "numBits": 8},
    )


def scores() -> Iterator[Case]:
    yield Case("", "SOFTMAX", [f32(3, 7)], options="SoftmaxOptions", fields={"beta": 1.7})
    yield Case("", "LOG_SOFTMAX", [f32(3, 7)])
    yield Case("", "L2_NORMALIZATION", [f32(3, 4, 5)], options="L2NormOptions")
    yield Case(
        "",
        "LOCAL_RESPONSE_NORMALIZATION",
        [f32(1, 3, 4, 9)],
        options="LocalResponseNormalizationOptions",
        fields={"radius": 2, "bias": 1.5, "alpha": 0.7, "beta": 0.6},
    )


def reductions() -> Iterator[Case]:
    for name in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"):
        for axes, keep in (((1, 2), True), ((-1,), False), ((0, 3), False), ((0, 1, 2, 3), False)):
            yield Case(
                f"{axes} {keep}",
                name,
                [f32(2, 3, 4, 5), ints(*axes)],
                options="ReducerOptions",
                fields={"keepDims": keep},
            )
    for name in ("REDUCE_ANY", "REDUCE_ALL"):
        yield Case("", name, [In("bool", (3, 2)), ints(1)], [Out("bool")], "ReducerOptions")
    for name in ("ARG_MAX", "ARG_MIN"):
        yield Case(
            "",
            name,
            [f32(2, 5, 3), ints(1)],
            [Out("int32")],
            f"Arg{name[4:].title()}Options",
            {"outputType": schema.TensorType.INT32},
        )
    yield Case("", "TOPK_V2", [f32(3, 9), ints(4)[0]], [Out(), Out("int32")])
    for exclusive in (False, True):
        for reverse in (False, True):
            yield Case(
                f"{exclusive} {reverse}",
                "CUMSUM",
                [f32(3, 6), ints(1)[0]],
                options="CumsumOptions",
                fields={"exclusive": exclusive, "reverse": reverse},
            )


FAMILIES = (convolutions, poolings, products, elementwise, scores, reductions)
CASES = [case for family in FAMILIES for case in family()]
