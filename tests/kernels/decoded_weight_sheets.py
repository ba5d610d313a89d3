"""Weights of 8 and 4 bits that kernels decode as they read them, or that are decoded at load."""

from __future__ import annotations

from itertools import product

import numpy as np

from kernels.sheet import Sheet

ZEROS = (("int8", 0), ("uint8", 128), ("uint8", 120), ("int8", 5))
"""Types and zero points: none is left, it is in the numbers, or it may not fit there."""


def decoded_matrices() -> Sheet:
    """DequantizeLinear of constants before MatMul, Gemm and Gather: scales for all, an axis, or blocks."""
    sheet = Sheet("decoded matrices")
    sizes = [*product(ZEROS, ((5, 3), (36, 10))), (ZEROS[0], (64, 24)), (ZEROS[2], (64, 24))]
    for (dtype, zero), (inner, columns) in sizes:
        sheet.case(f"{dtype}, zero {zero}, {inner}×{columns}")
        x = sheet.input([2, 3, inner])
        for label, axis, shape in (
            ("for all", 0, []),
            ("for columns", 1, [columns]),
            ("for rows", 0, [inner]),
        ):
            matrix = _decoded(sheet, [inner, columns], dtype, zero, shape, axis=axis)
            sheet.output(sheet.node("MatMul", [x, matrix]), label)
        for axis in (0, 1):
            block = 4 if inner == 36 else 32
            shape = [-(-inner // block), columns] if axis == 0 else [inner, -(-columns // block)]
            matrix = _decoded(sheet, [inner, columns], dtype, zero, shape, axis=axis, block_size=block)
            sheet.output(sheet.node("MatMul", [x, matrix]), f"blocks along axis {axis}")
        turned = _decoded(sheet, [columns, inner], dtype, zero, [columns], axis=0)
        bias = sheet.weights([columns])
        row = sheet.input([4, inner])
        sheet.output(sheet.node("Gemm", [row, turned, bias], transB=1, alpha=0.5), "Gemm")
        at = sheet.input([2, 2], "int64", -columns, columns)
        sheet.output(sheet.node("Gather", [turned, at], axis=0), "Gather")
        sheet.output(sheet.node("Relu", [turned]), "read as it is")
    sheet.case("one left operand")
    x = sheet.input([1, 3, 16])
    for name in ("queries", "keys", "values"):
        matrix = _decoded(sheet, [16, 8], "int8", 0, [8], axis=1)
        heads = sheet.node("Add", [sheet.node("MatMul", [x, matrix]), sheet.weights([8])])
        sheet.output(sheet.node("Transpose", [heads], perm=[0, 2, 1]), name)
    return sheet


def decoded_filters() -> Sheet:
    """DequantizeLinear of constants before convolutions of every kernel, with what is folded into weights."""
    sheet = Sheet("decoded filters")
    images = {
        "points": ([1, 12, 5, 6], [9, 12, 1, 1], {}),
        "skipping points": ([1, 8, 5, 6], [5, 8, 1, 1], {"strides": [2, 2]}),
        "windows": ([2, 8, 6, 7], [10, 8, 3, 3], {"pads": [1] * 4}),
        "wide windows": ([1, 5, 9, 11], [4, 5, 2, 4], {"dilations": [2, 1]}),
        "lines": ([1, 6, 11], [7, 6, 3], {"strides": [2]}),
        "few channels": ([1, 3, 7, 9], [6, 3, 3, 3], {"pads": [1] * 4}),
        "depthwise": ([1, 10, 6, 7], [10, 1, 3, 3], {"group": 10}),
        "groups": ([1, 8, 6, 7], [6, 4, 3, 3], {"group": 2}),
        "any groups": ([1, 6, 6, 7], [4, 3, 3, 3], {"group": 2}),
    }
    for (label, (shape, weights, attributes)), (dtype, zero) in product(images.items(), ZEROS[::2]):
        sheet.case(f"{label}, {dtype}, zero {zero}")
        x = sheet.blocked(shape)
        for each in (False, True):
            filters = _decoded(sheet, weights, dtype, zero, weights[:1] if each else [], axis=0)
            result = sheet.node("Conv", [x, filters, sheet.weights(weights[:1])], **attributes)
            sheet.output(sheet.node("Relu", [result]), "for each" if each else "for all")
        normalization = [sheet.constant(sheet.random.random(weights[0]) + 0.5, "float32") for _ in range(4)]
        result = sheet.node("Conv", [x, filters], **attributes)
        sheet.output(sheet.node("BatchNormalization", [result, *normalization]), "normalized")
    for dtype, zero in ZEROS:
        sheet.case(f"transposed, {dtype}, zero {zero}")
        x = sheet.blocked([1, 8, 5, 6])
        for axis, extent in enumerate((8, 6)):
            filters = _decoded(sheet, [8, 6, 3, 3], dtype, zero, [extent], axis=axis)
            sheet.output(sheet.node("ConvTranspose", [x, filters], strides=[2, 2]), f"along axis {axis}")
    sheet.case("of a concatenation")
    parts = [sheet.blocked([1, width, 4, 5]) for width in (8, 12)]
    filters = _decoded(sheet, [4, 20, 1, 1], "int8", 0, [4], axis=0)
    sheet.output(sheet.node("Conv", [sheet.node("Concat", parts, axis=1), filters]))
    return sheet


def blocked_weights() -> Sheet:
    """MatMulNBits and GatherBlockQuantized of 8 and 4 bits, whose blocks fill rows or do not."""
    sheet = Sheet("blocked weights")
    for bits, block, (inner, columns) in product((4, 8), (16, 32), ((16, 5), (72, 10))):
        sheet.case(f"{bits} bits, blocks of {block}, {inner}×{columns}")
        blocks = -(-inner // block)
        packed = sheet.constant(sheet.random.integers(0, 256, [columns, blocks, block * bits // 8]), "uint8")
        scales = sheet.constant(sheet.random.uniform(0.01, 0.1, [columns, blocks]), "float32")
        zeros = sheet.constant(sheet.random.integers(0, 256, [columns, -(-blocks * bits // 8)]), "uint8")
        attributes = {"K": inner, "N": columns, "bits": bits, "block_size": block}
        for label, inputs in (("middle", [packed, scales]), ("zeros", [packed, scales, zeros])):
            product_ = [sheet.input([2, 3, inner]), *inputs]
            sheet.output(sheet.node("MatMulNBits", product_, domain="com.microsoft", **attributes), label)
        if inner % block:
            continue
        table = sheet.constant(sheet.random.integers(0, 256, [columns, inner * bits // 8]), "uint8")
        at = sheet.input([2, 2], "int64", 0, columns)
        rows = {"bits": bits, "block_size": block, "gather_axis": 0, "quantize_axis": 1}
        for label, inputs in (("rows", [scales]), ("rows with zeros", [scales, zeros])):
            gathered = [table, at, *inputs]
            sheet.output(sheet.node("GatherBlockQuantized", gathered, domain="com.microsoft", **rows), label)
    return sheet


def _decoded(
    sheet: Sheet, shape: list[int], dtype: str, zero: int, scales: list[int], **attributes: int
) -> str:
    low, high = (-127, 128) if dtype == "int8" else (0, 256)
    numbers = sheet.constant(sheet.random.integers(low, high, shape), dtype)
    scale = sheet.constant(sheet.random.uniform(0.004, 0.01, scales), "float32")
    zeros = np.full(scales, zero, dtype)
    if zero == 120:
        zeros = np.asarray(sheet.random.integers(110, 130, scales), dtype)
    return sheet.node("DequantizeLinear", [numbers, scale, sheet.constant(zeros)], **attributes)
