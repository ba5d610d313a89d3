"""Quantised operators, with scales that are powers of two, so that nothing is rounded but to steps."""

from __future__ import annotations

from itertools import product

import numpy as np

from kernels.sheet import Sheet, elementwise

SHAPE = [2, 6, 3, 5]


def quantised_values() -> Sheet:
    """Quantising and back, of a whole tensor, of an axis and in blocks."""
    sheet = Sheet("quantised values")
    for dtype, zero in (("uint8", 100), ("int8", -3), ("uint16", 2**15), ("int16", 5)):
        sheet.case(dtype)
        x = sheet.blocked(SHAPE, step=1 / 16)
        scale, shift = sheet.constant(0.25, "float32"), sheet.constant(zero, dtype)
        steps = sheet.node("QuantizeLinear", [x, scale, shift])
        sheet.output(steps, "whole")
        sheet.output(sheet.node("DequantizeLinear", [steps, scale, shift]), "whole and back")
        scales = sheet.given(2.0 ** (np.arange(6) % 3 - 3), "float32")
        shifts = sheet.constant(np.arange(6), dtype)
        steps = sheet.node("QuantizeLinear", [x, scales, shifts], axis=1)
        sheet.output(steps, "along an axis")
        sheet.output(sheet.node("DequantizeLinear", [steps, scales, shifts], axis=1), "an axis and back")
    sheet.case("blocks")
    x = sheet.input([4, 6], step=1 / 16)
    scales = sheet.given(2.0 ** (np.arange(12).reshape(4, 3) % 3 - 3), "float32")
    shifts = sheet.constant(np.arange(12).reshape(4, 3), "int8")
    steps = sheet.node("QuantizeLinear", [x, scales, shifts], axis=1, block_size=2)
    sheet.output(sheet.node("DequantizeLinear", [steps, scales, shifts], axis=1, block_size=2))
    sheet.case("saturated")
    far = sheet.given([-1e9, -128, -2.5, -0.5, 0.5, 1.5, 2.5, 127, 1e9], "float32")
    one = sheet.constant(1, "float32")
    for dtype in ("uint8", "int8"):
        sheet.output(sheet.node("QuantizeLinear", [far, one, sheet.constant(0, dtype)]), dtype)
    sheet.case("whole numbers of 32 bits")
    numbers = sheet.input([3, 4], "int32", -(2**20), 2**20)
    sheet.output(sheet.node("DequantizeLinear", [numbers, sheet.constant(0.125, "float32")]))
    return sheet


@elementwise
def quantised_products() -> Sheet:
    """Convolutions and matrix products of quantised values, with scales for all results or for each."""
    sheet = Sheet("quantised products")
    for kinds, each in product((("uint8", "int8"), ("uint8", "uint8")), (False, True)):
        sheet.case(f"{kinds[0]} by {kinds[1]}{', scales for each' if each else ''}")
        x, w = _numbers(sheet, [1, 5, 6, 7], kinds[0]), _weights(sheet, [4, 5, 3, 3], kinds[1])
        zeros = [sheet.constant(3, kinds[0]), sheet.constant([2] * 4 if each else 2, kinds[1])]
        scales = [
            sheet.constant(number, "float32") for number in (0.25, [0.5, 0.25, 1, 0.5] if each else 0.5, 32)
        ]
        result = sheet.constant(7, kinds[0])
        bias = sheet.constant([100, -200, 300, 0], "int32")
        image = [x, scales[0], zeros[0], w, scales[1], zeros[1], scales[2], result, bias]
        sheet.output(sheet.node("QLinearConv", image, pads=[1] * 4, strides=[2, 1]), "QLinearConv")
        a, b = _numbers(sheet, [2, 3, 8], kinds[0]), _weights(sheet, [8, 4], kinds[1])
        matrices = [a, scales[0], zeros[0], b, scales[1], zeros[1], scales[2], result]
        sheet.output(sheet.node("QLinearMatMul", matrices), "QLinearMatMul")
        if not each:
            sheet.output(sheet.node("ConvInteger", [x, w, *zeros], pads=[1] * 4), "ConvInteger")
        sheet.output(sheet.node("MatMulInteger", [a, b, *zeros]), "MatMulInteger")
    sheet.case("sums beyond 24 bits")
    x = sheet.given(np.full([1, 70, 3, 3], 255), "uint8")
    w = sheet.constant(np.full([2, 70, 3, 3], 255) - np.arange(2).reshape(2, 1, 1, 1), "uint8")
    sheet.output(sheet.node("ConvInteger", [x, w]), "ConvInteger")
    rows, columns = (
        sheet.given(np.full([1, 600], 255), "uint8"),
        sheet.constant(np.full([600, 2], 251), "uint8"),
    )
    sheet.output(sheet.node("MatMulInteger", [rows, columns]), "MatMulInteger")
    sheet.case("a range of its own")
    for label, values in (
        ("mixed", [-1.0, 0.5, 2.984375]),
        ("nothing", [0.0, 0.0]),
        ("positive", [2.0, 4.0]),
    ):
        outputs = sheet.nodes("DynamicQuantizeLinear", [sheet.given(values, "float32")], 3)
        for name, output in zip(("steps", "scale", "zero"), outputs, strict=True):
            sheet.output(output, f"{label} {name}")
    return sheet


def _numbers(sheet: Sheet, shape: list[int], dtype: str) -> str:
    return sheet.given(sheet.random.integers(0, 20, shape), dtype)


def _weights(sheet: Sheet, shape: list[int], dtype: str) -> str:
    return sheet.constant(sheet.random.integers(-20 if dtype == "int8" else 0, 20, shape), dtype)
