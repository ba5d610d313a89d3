"""Element types: casts between all of them, products of integer matrices, numbers beyond 32 bits."""

from __future__ import annotations

from itertools import product

import ml_dtypes
import numpy as np

from kernels.sheet import Sheet, elementwise
from texelflow.graph.onnx_dtypes import onnx_number

FLOATS = ("float32", "float16", "float64")
INTEGERS = ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
SIZES = {
    "near 1": [
        0,
        1,
        -1,
        2,
        1 + 2**-9,
        1 + 2**-10,
        1 + 2**-11,
        1 + 3 * 2**-11,
        -1 - 2**-8,
        1.99999,
        -0.4,
        0.5,
    ],
    "large": [
        2047,
        2049,
        2051,
        -4098,
        4099,
        32752.5,
        65519,
        -65504,
        65535,
        127.75,
        -128.5,
        255.5,
        256,
        257,
        259,
    ],
    "beyond 16 bits": [65520, -65520, 70000, 1e6, -1e9, 3e9, 2**24 + 1, np.inf, -np.inf, np.nan],
}
"""Floating numbers by size: results are compared relative to the largest of them."""

WHOLE = [
    0,
    1,
    2,
    127,
    128,
    200,
    255,
    256,
    257,
    259,
    2049,
    2051,
    32767,
    32768,
    65519,
    65520,
    70000,
    2**24 + 1,
    2**31,
]
"""Whole numbers about where types end; and one less than the last, all negated, and the largest of uint32."""


@elementwise
def casts() -> Sheet:
    """Cast between each two element types, of numbers about where each type ends or rounds."""
    sheet = Sheet("casts")
    for source, target in product((*FLOATS, "bfloat16", *INTEGERS, "bool"), repeat=2):
        for size, numbers in _samples(source, target).items():
            sheet.case(f"{source} to {target}, {size}")
            x = sheet.given(numbers, "float32" if source == "bfloat16" else source)
            if source == "bfloat16":
                x = sheet.node("Cast", [x], to=onnx_number(source))
            cast = sheet.node("Cast", [x], to=onnx_number(target))
            if target == "bfloat16":  # NumPy has no such type
                cast = sheet.node("Cast", [cast], to=onnx_number("float32"))
            sheet.output(cast)
    return sheet


def _samples(source: str, target: str) -> dict[str, np.ndarray]:
    """Return numbers of a type whose conversion ONNX defines, and that 32 bits hold before and after it."""
    if source == "bool":
        return {"both": np.array([False, True])}
    if source not in INTEGERS:
        # float64 is computed in 32 bits.
        held = ml_dtypes.bfloat16 if source == "bfloat16" else source.replace("float64", "float32")
        with np.errstate(over="ignore"):
            sizes = {size: np.array(numbers, "float32").astype(held) for size, numbers in SIZES.items()}
        given = source.replace("bfloat16", "float32")
        return {size: x[_fits(x, target)].astype(given) for size, x in sizes.items()}
    numbers = {number * sign for number in (*WHOLE, 2**31 - 1) for sign in (1, -1)} | {2**32 - 1}
    low, high = _limits(source)
    if target in ("int64", "uint64"):  # else numbers wrap around
        low, high = max(low, _limits(target)[0]), min(high, _limits(target)[1])
    return {"whole": np.array(sorted(n for n in numbers if low <= n <= high), source)}


def _fits(x: np.ndarray, dtype: str) -> np.ndarray:
    """Say which numbers a type holds that truncates them."""
    if dtype not in INTEGERS:
        return np.ones(x.shape, bool)
    low, high = _limits(dtype)
    whole = np.trunc(x.astype(np.float64))
    return (low <= whole) & (whole <= high)


def _limits(dtype: str) -> tuple[int, int]:
    """Return the least and the largest whole number of a type that is computed in 32 bits."""
    info = np.iinfo({"int64": "int32", "uint64": "uint32"}.get(dtype, dtype))
    return int(info.min), int(info.max)


PRODUCTS = (
    ([4, 5], [5, 3]),
    ([2, 4, 5], [5, 3]),
    ([2, 1, 4, 5], [3, 5, 6]),
    ([4, 5], [2, 5, 3]),
    ([2, 2, 2, 3, 5], [2, 1, 2, 5, 4]),
    ([1, 1], [1, 1]),
    ([5], [5, 3]),
    ([2, 4, 5], [5]),
    ([5], [5]),
)


@elementwise
def integer_products() -> Sheet:
    """MatMul of whole numbers: its shapes, operands that are views, constant or computed, and an epilogue."""
    sheet = Sheet("integer products")
    for dtype, (left, right) in product(("int32", "uint32", "int64", "uint64"), PRODUCTS):
        sheet.case(f"MatMul of {dtype}, {left} by {right}")
        low = 0 if dtype.startswith("u") else -9
        a, b = sheet.input(left, dtype, low, 9), sheet.input(right, dtype, low, 9)
        sheet.output(sheet.node("MatMul", [a, b]))
    for dtype in ("int32", "uint32"):
        sheet.case(f"MatMul of {dtype} beyond 32 bits")
        a, b = (sheet.input(shape, dtype, 0, 2**31 - 1) for shape in ([3, 40], [40, 5]))
        sheet.output(sheet.node("MatMul", [a, b]))
    sheet.case("views and constants")
    turned = sheet.node("Transpose", [sheet.input([2, 5, 4], "int32", -9, 9)], perm=[0, 2, 1])
    rows = sheet.node("Slice", [turned, *(sheet.integers(n) for n in (1, 4, 1, 2))])
    weights = sheet.constant(sheet.random.integers(-9, 9, [5, 6]), "int32")
    made = sheet.node("MatMul", [rows, weights])
    sheet.output(made, "constant")
    other = sheet.node("Cast", [sheet.blocked([2, 6, 3, 4], step=1 / 64)], to=6)
    sheet.output(
        sheet.node(
            "MatMul",
            [
                sheet.node("Reshape", [made, sheet.integers(2, 1, 2, 6)]),
                sheet.node("Transpose", [other], perm=[0, 2, 1, 3]),
            ],
        ),
        "blocked",
    )
    added = sheet.node("Add", [made, sheet.input([2, 2, 6], "int32", -9, 9)])
    sheet.output(sheet.node("Mul", [sheet.node("Cast", [added], to=1), sheet.weights([6])]), "epilogue")
    x = sheet.input([3, 5], "int32", 1, 9)
    shares = sheet.node(
        "Div",
        [
            sheet.node("Mul", [x, sheet.constant(100, "int32")]),
            sheet.node("ReduceSum", [x, sheet.integers(-1)]),
        ],
    )
    sheet.output(sheet.node("MatMul", [shares, sheet.input([5, 2], "int32", -9, 9)]), "of quotients")
    return sheet


FAR = {"INT64_MAX": 2**63 - 1, "INT64_MIN": -(2**63), "2^31": 2**31, "2^40": 2**40, "-2^31-1": -(2**31) - 1}
"""Numbers that 32 bits do not hold."""


@elementwise
def wide_constants() -> Sheet:
    """Numbers beyond 32 bits as bounds and masks, of numbers up to the largest and smallest of 32 bits."""
    sheet = Sheet("wide constants")
    x = sheet.given([0, 1, -1, 7, -100, 2**31 - 1, -(2**31), 2**31 - 2], "int64")
    mask = sheet.given([True, False, False, True, True, False, True, True], "bool")
    zero = sheet.constant(0, "int64")
    for name, number in FAR.items():
        far = sheet.constant(number, "int64")
        for operator in ("Less", "LessOrEqual", "Greater", "GreaterOrEqual", "Equal"):
            sheet.case(f"{operator} {name}")
            sheet.output(sheet.node(operator, [x, far]), "on the right")
            sheet.output(sheet.node(operator, [far, x]), "on the left")
            sheet.output(sheet.node(operator, [x, sheet.constant([number] * 8, "int64")]), "as a vector")
        sheet.case(f"bounds of {name}")
        inner = "Min" if number > 0 else "Max"
        sheet.output(sheet.node(inner, [x, far]), inner)
        bounds = [zero, far] if number > 0 else [far, zero]
        sheet.output(sheet.node("Clip", [x, *bounds]), "Clip")
        filled = sheet.node("Where", [mask, x, far])
        reduction = "ReduceMin" if number > 0 else "ReduceMax"
        smallest = sheet.node(reduction, [filled], keepdims=0)
        sheet.output(sheet.node(inner, [smallest, zero]), f"Where and {reduction}")
        sheet.output(sheet.node("ArgMin" if number < 0 else "ArgMax", [filled]), "Where and position")
        sheet.output(sheet.node("Less", [filled, zero]), "Where and Less")
        padded = sheet.node("Pad", [x, sheet.integers(2, 1), far])
        sheet.output(sheet.node(inner, [padded, zero]), "Pad")
        ends = [
            sheet.integers(1),
            sheet.integers(number),
            sheet.integers(0),
            sheet.integers(1 if number > 0 else -1),
        ]
        sheet.output(sheet.node("Slice", [x, *ends]), "Slice")
    sheet.case("uint64")
    unsigned = sheet.given([0, 1, 2**31, 2**32 - 1], "uint64")
    largest = sheet.constant(2**64 - 1, "uint64")
    sheet.output(sheet.node("Min", [unsigned, largest]), "Min")
    sheet.output(sheet.node("Less", [unsigned, largest]), "Less")
    sheet.output(
        sheet.node("Max", [unsigned, sheet.constant(2**31 + 5, "uint64")]), "Max of more than int32 holds"
    )
    for dtype, number in (
        ("int32", 2**31 - 1),
        ("int32", 2**24 + 1),
        ("uint32", 2**32 - 1),
        ("int64", -(2**31)),
    ):
        sheet.case(f"Pad of {dtype} by {number}")
        sheet.output(
            sheet.node(
                "Pad",
                [sheet.input([2, 3], dtype, 0, 9), sheet.integers(1, 0, 0, 2), sheet.constant(number, dtype)],
            )
        )
    return sheet
