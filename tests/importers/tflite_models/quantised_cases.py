"""Cases of operators on quantised values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.builder import Scale
from tflite_models.case import Case, Const, In, Out

SAME, VALID = schema.Padding.SAME, schema.Padding.VALID
ACTIVATIONS = schema.ActivationFunctionType
RANDOM = np.random.default_rng(11)

X = {
    "int8": Scale([0.021], [-5]),
    "uint8": Scale([0.019], [117]),
    "int16": Scale([0.0007], [0]),
}
Y = {
    "int8": Scale([0.037], [11]),
    "uint8": Scale([0.031], [120]),
    "int16": Scale([0.0009], [0]),
}
FIXED = {"int8": Scale([1 / 256], [-128]), "uint8": Scale([1 / 256], [0]), "int16": Scale([1 / 32768], [0])}
SIGNED = {"int8": Scale([1 / 128], [0]), "uint8": Scale([1 / 128], [128]), "int16": Scale([1 / 32768], [0])}


def x(dtype: str, *shape: int, scale: Scale | None = None) -> In:
    return In(dtype, shape, scale=scale or X[dtype])


def y(dtype: str, rank: int = 4, scale: Scale | None = None) -> Out:
    return Out(dtype, rank, scale or Y[dtype])


def weights(dtype: str, shape: Sequence[int], axis: int | None) -> Const:
    """Weights with a scale for all, or one along an axis."""
    if dtype == "uint8":
        return Const(RANDOM.integers(0, 256, shape).astype(np.uint8), Scale([0.011], [131]))
    array = RANDOM.integers(-127, 128, shape).astype(np.int8)
    if axis is None:
        return Const(array, Scale([0.012], [0]))
    scales = RANDOM.uniform(0.005, 0.02, shape[axis]).astype(np.float32).tolist()
    return Const(array, Scale(scales, [0] * shape[axis], axis))


def bias(dtype: str, of: Const, count: int) -> Const:
    """A bias with the scales that products have."""
    assert of.scale is not None
    scales = [np.float32(X[dtype].scales[0]) * np.float32(scale) for scale in of.scale.scales]
    kind = np.int64 if dtype == "int16" else np.int32
    array = RANDOM.integers(-500, 500, count).astype(kind)
    return Const(array, Scale([float(scale) for scale in scales], [0] * len(scales)))


def convolutions() -> Iterator[Case]:
    for dtype, per_channel in (("int8", True), ("int8", False), ("uint8", False), ("int16", True)):
        for padding, stride in ((SAME, 2), (VALID, 1)):
            common = {"padding": padding, "strideH": stride, "strideW": stride}
            label = f"{dtype} {per_channel} {padding}"
            dense = weights(dtype, (6, 3, 3, 4), 0 if per_channel else None)
            yield Case(
                label,
                "CONV_2D",
                [x(dtype, 1, 7, 8, 4), dense, bias(dtype, dense, 6)],
                [y(dtype)],
                "Conv2DOptions",
                {**common, "fusedActivationFunction": ACTIVATIONS.RELU6},
                version=3,
            )
            deep = weights(dtype, (1, 3, 2, 8), 3 if per_channel else None)
            yield Case(
                label,
                "DEPTHWISE_CONV_2D",
                [x(dtype, 1, 7, 8, 4), deep, bias(dtype, deep, 8)],
                [y(dtype)],
                "DepthwiseConv2DOptions",
                {**common, "depthMultiplier": 2, "fusedActivationFunction": ACTIVATIONS.RELU},
                version=3,
            )
        rows = weights(dtype, (7, 12), None)
        yield Case(
            f"{dtype} {per_channel}",
            "FULLY_CONNECTED",
            [x(dtype, 3, 12), rows, bias(dtype, rows, 7)],
            [y(dtype, 2)],
            "FullyConnectedOptions",
            version=4,
        )
        if dtype != "int16":
            turned = weights(dtype, (3, 3, 3, 4), 0 if per_channel else None)
            size = np.array([1, 9, 7, 3], np.int32)
            yield Case(
                f"{dtype} {per_channel}",
                "TRANSPOSE_CONV",
                [size, turned, x(dtype, 1, 4, 3, 4), bias(dtype, turned, 3)],
                [y(dtype)],
                "TransposeConvOptions",
                {"padding": VALID, "strideH": 2, "strideW": 2},
                version=3,
            )


def hybrids() -> Iterator[Case]:
    """Weights of 8 bits alone: LiteRT rounds the other operand, too, which these tolerances allow for."""
    numbers = RANDOM.uniform(-1, 1, 6).astype(np.float32)
    for axis in (None, 0):
        yield Case(
            f"{axis}",
            "CONV_2D",
            [In("float32", (1, 7, 8, 4)), weights("int8", (6, 3, 3, 4), axis), numbers],
            options="Conv2DOptions",
            fields={"padding": SAME, "strideH": 1, "strideW": 1},
            tolerance=0.02,
            version=2,
        )
    yield Case(
        "",
        "FULLY_CONNECTED",
        [In("float32", (3, 12)), weights("int8", (6, 12), None), numbers],
        [Out(rank=2)],
        "FullyConnectedOptions",
        tolerance=0.02,
        version=3,
    )


def elementwise() -> Iterator[Case]:
    for dtype in ("int8", "uint8", "int16"):
        for name, options in (("ADD", "AddOptions"), ("SUB", "SubOptions"), ("MUL", "MulOptions")):
            other = Scale([0.0123 if dtype != "int16" else 0.0005], [{"int8": 3, "uint8": 90}.get(dtype, 0)])
            yield Case(
                dtype,
                name,
                [x(dtype, 1, 3, 4, 5), x(dtype, 1, 1, 1, 5, scale=other)],
                [y(dtype)],
                options,
                {"potScaleInt16": False} if name != "MUL" else {},
                version=2,
            )
        for name in ("LOGISTIC", "TANH"):
            scale = FIXED if name == "LOGISTIC" else SIGNED
            yield Case(
                dtype,
                name,
                [x(dtype, 3, 40)],
                [y(dtype, 2, scale[dtype])],
                version=2,
                steps=1 if dtype != "int16" else 3,
            )
        yield Case(
            dtype,
            "SOFTMAX",
            [x(dtype, 3, 9)],
            [y(dtype, 2, FIXED[dtype])],
            "SoftmaxOptions",
            {"beta": 1.0},
            version=2,
            steps=1 if dtype != "int16" else 16,
        )
        yield Case(
            dtype,
            "LEAKY_RELU",
            [x(dtype, 3, 9)],
            [y(dtype, 2)],
            "LeakyReluOptions",
            {"alpha": 0.2},
            version=2,
        )
        for fused in ("RELU", "RELU6"):
            yield (
                Case(dtype, fused, [x(dtype, 3, 9)], [y(dtype, 2)], version=2)
                if dtype != "int16"
                else Case(dtype, "ABS", [x(dtype, 3, 9)], [y(dtype, 2, X[dtype])], version=2)
            )
    for dtype in ("int8", "uint8"):
        yield Case(dtype, "HARD_SWISH", [x(dtype, 3, 9)], [y(dtype, 2)])
        yield Case(
            dtype,
            "PRELU",
            [
                x(dtype, 1, 3, 4, 5),
                Const(RANDOM.integers(1, 100, (1, 1, 5)).astype(dtype), Scale([0.01], [0])),
            ],
            [y(dtype)],
        )
        for name in ("MAXIMUM", "MINIMUM"):
            yield Case(dtype, name, [x(dtype, 3, 9), x(dtype, 3, 9)], [y(dtype, 2, X[dtype])], version=2)
        for name in ("LESS", "EQUAL"):
            yield Case(dtype, name, [x(dtype, 3, 9), x(dtype, 3, 9)], [Out("bool", 2)], version=2)
        yield (
            Case(dtype, "SQUARED_DIFFERENCE", [x(dtype, 3, 9), x(dtype, 3, 9)], [y(dtype, 2)], version=2)
            if dtype == "int8"
            else Case(
                dtype,
                "L2_NORMALIZATION",
                [x(dtype, 3, 9)],
                [y(dtype, 2, SIGNED[dtype])],
                "L2NormOptions",
                version=2,
            )
        )
    for name in ("EXP", "RSQRT", "ELU", "GELU"):
        low = Scale([0.02], [-128]) if name == "RSQRT" else Scale([0.015], [3])
        options = {"options": "GeluOptions"} if name == "GELU" else {}
        yield Case(
            "int8",
            name,
            [x("int8", 3, 40, scale=low)],
            [y("int8", 2)],
            version=2 if name != "ELU" else 1,
            **options,
        )


def reductions() -> Iterator[Case]:
    axes = np.array([1, 2], np.int32)
    for dtype in ("int8", "uint8"):
        for keep in (False, True):
            yield Case(
                f"{dtype} {keep}",
                "MEAN",
                [x(dtype, 1, 5, 4, 3), axes],
                [y(dtype, 2)],
                "ReducerOptions",
                {"keepDims": keep},
                version=2,
            )
        yield Case(dtype, "SUM", [x(dtype, 1, 2, 3, 3), axes], [y(dtype, 2)], "ReducerOptions", version=2)
        yield Case(
            dtype,
            "REDUCE_MAX",
            [x(dtype, 1, 5, 4, 3), axes],
            [y(dtype, 2, X[dtype])],
            "ReducerOptions",
            version=2,
        )
        yield Case(
            dtype,
            "ARG_MAX",
            [x(dtype, 3, 9), np.int32(1)],
            [Out("int32", 1)],
            "ArgMaxOptions",
            {"outputType": 2},
            version=2,
        )
        for operator in ("AVERAGE_POOL_2D", "MAX_POOL_2D"):
            fields = {"padding": SAME, "filterHeight": 2, "filterWidth": 2, "strideH": 2, "strideW": 2}
            yield Case(
                dtype,
                operator,
                [x(dtype, 1, 7, 8, 3)],
                [y(dtype, 4, X[dtype])],
                "Pool2DOptions",
                fields,
                version=2,
                steps=0,
                reference=True,
            )


def movements() -> Iterator[Case]:
    for dtype in ("int8", "uint8", "int16"):
        other = Scale([0.0351 if dtype != "int16" else 0.0011], [{"int8": -8, "uint8": 99}.get(dtype, 0)])
        yield Case(dtype, "RESHAPE", [x(dtype, 3, 4), np.array([2, 6], np.int32)], [y(dtype, 2, X[dtype])])
        yield Case(
            dtype,
            "CONCATENATION",
            [x(dtype, 2, 3), x(dtype, 2, 4, scale=other)]
            if dtype == "uint8"
            else [x(dtype, 2, 3), x(dtype, 2, 4)],
            [y(dtype, 2, X[dtype])],
            "ConcatenationOptions",
            {"axis": 1},
            version=2,
        )
        borders = np.array([[0, 0], [1, 2], [2, 0], [0, 0]], np.int32)
        yield Case(dtype, "PAD", [x(dtype, 1, 3, 4, 2), borders], [y(dtype, 4, X[dtype])], version=2)
        yield Case(dtype, "DEQUANTIZE", [x(dtype, 3, 4)], [Out("float32", 2)], version=3)
        yield Case(dtype, "QUANTIZE", [In("float32", (3, 40))], [y(dtype, 2)], version=3)
    for dtype, to in (
        ("int8", "uint8"),
        ("uint8", "int8"),
        ("int8", "int8"),
        ("int16", "int16"),
        ("int16", "int8"),
    ):
        yield Case(f"{dtype} {to}", "QUANTIZE", [x(dtype, 3, 40)], [y(to, 2)], version=3)
    for dtype in ("int8", "uint8"):
        fields = {"halfPixelCenters": True}
        size = np.array([7, 9], np.int32)
        yield Case(
            dtype,
            "RESIZE_BILINEAR",
            [x(dtype, 1, 3, 4, 2), size],
            [y(dtype, 4, X[dtype])],
            "ResizeBilinearOptions",
            fields,
            version=3,
        )
        yield Case(
            dtype,
            "RESIZE_NEAREST_NEIGHBOR",
            [x(dtype, 1, 3, 4, 2), size],
            [y(dtype, 4, X[dtype])],
            "ResizeNearestNeighborOptions",
            fields,
            version=3,
        )
        yield Case(
            dtype,
            "TRANSPOSE",
            [x(dtype, 2, 3, 4), np.array([2, 0, 1], np.int32)],
            [y(dtype, 3, X[dtype])],
            version=2,
        )
        yield Case(
            dtype,
            "GATHER",
            [x(dtype, 4, 3), np.array([2, 0], np.int32)],
            [y(dtype, 2, X[dtype])],
            "GatherOptions",
            version=2,
        )
    yield Case(
        "int8",
        "BATCH_MATMUL",
        [x("int8", 2, 3, 8), x("int8", 2, 8, 4)],
        [y("int8", 3)],
        "BatchMatMulOptions",
        version=2,
    )


FAMILIES = (convolutions, hybrids, elementwise, reductions, movements)
CASES = [case for family in FAMILIES for case in family()]
