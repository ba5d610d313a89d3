"""Elementwise work: broadcasting between layouts, epilogues of kernels, integers and booleans."""

from __future__ import annotations

from itertools import product

import numpy as np
from onnx import TensorProto

from kernels.sheet import CHANNELS, WIDTHS, Sheet, elementwise

FULL = (2, 5, 3, 6)


def broadcasts() -> Sheet:
    """A tensor of rank 4 less tensors of every broadcast shape; both flat and blocked, or constant."""
    sheet = Sheet("broadcasts")
    for kind in ("flat", "blocked"):
        full = sheet.blocked(FULL) if kind == "blocked" else sheet.input(FULL)
        for mask in product((0, 1), repeat=4):
            shape = [extent if kept else 1 for extent, kept in zip(FULL, mask, strict=True)]
            others = {
                "flat": sheet.input(shape),
                "blocked": sheet.blocked(shape),
                "constant": sheet.weights(shape),
            }
            for other, value in others.items():
                sheet.case(f"{kind} and {other} {shape}")
                sheet.output(sheet.node("Sub", [full, value]), "less")
                sheet.output(sheet.node("Div", [value, sheet.node("Exp", [full])]), "divided")
        for rank in range(4):
            for shape in {FULL[4 - rank :], (1,) * rank}:
                sheet.case(f"{kind} and rank {rank} {list(shape)}")
                sheet.output(sheet.node("Sub", [full, sheet.input(shape)]), "flat")
                sheet.output(sheet.node("Sub", [sheet.weights(shape), full]), "constant")
    for mask in product((0, 1), repeat=4):
        # A product's batch is two axes, of which an operand may repeat one only.
        shape = [extent if kept else 1 for extent, kept in zip(FULL, mask, strict=True)]
        left, right = [*FULL[:3], 4], [*shape[:3], 4]
        matrices = sheet.node("MatMul", [sheet.input(left), sheet.weights([4, FULL[3]])])
        factors = [sheet.input(right), sheet.weights([4, shape[3]])]
        others = {
            "flat": sheet.input(shape),
            "a product": sheet.node("MatMul", factors),
            "constant": sheet.weights(shape),
        }
        for other, value in others.items():
            sheet.case(f"product and {other} {shape}")
            sheet.output(sheet.node("Sub", [matrices, value]))
    for left, right in (
        ([2, 1, 3, 1], [1, 5, 1, 6]),
        ([1, 5, 1, 1], [2, 1, 3, 6]),
        ([5, 1, 1], [2, 1, 3, 6]),
        ([1, 1, 1, 6], [2, 5, 3, 1]),
    ):
        for kind in ("flat", "blocked"):
            sheet.case(f"{kind} {left} and {right}")
            a = sheet.blocked(left) if kind == "blocked" and len(left) == 4 else sheet.input(left)
            b = sheet.blocked(right) if kind == "blocked" else sheet.input(right)
            sheet.output(sheet.node("Sub", [a, b]))
    for shape, other in (
        ([7], [1]),
        ([3, 7], [7]),
        ([3, 7], [3, 1]),
        ([2, 3, 2, 2, 3], [3, 1, 1, 3]),
        ([2] * 6, [2, 1, 2]),
    ):
        sheet.case(f"{shape} and {other}")
        sheet.output(sheet.node("Sub", [sheet.input(shape), sheet.input(other)]))
    sheet.case("two numbers")
    sheet.output(sheet.node("Sub", [sheet.input([]), sheet.input([])]))
    return sheet


def epilogues() -> Sheet:
    """Chains behind kernels, with residual operands of every shape and layout."""
    sheet = Sheet("epilogues")
    for channels, width in product(CHANNELS, WIDTHS):
        shape = [2, channels, 3, width]
        x, residual, plain = sheet.input(shape), sheet.blocked(shape), sheet.input(shape)
        weights = sheet.weights([channels, channels, 1, 1])
        sheet.case(f"{channels} channels, width {width}")
        convolved = sheet.node("Conv", [x, weights, sheet.weights([channels])])
        added = sheet.node("Add", [residual, convolved])
        scaled = sheet.node("Mul", [sheet.node("Relu", [added]), sheet.weights([channels, 1, 1])])
        shifted = sheet.node("Sub", [sheet.input([width]), scaled])
        sheet.output(sheet.node("Sigmoid", [sheet.node("Mul", [shifted, plain])]), "residuals")
        twice = sheet.node("Conv", [x, sheet.weights([channels, channels, 1, 1])])
        sheet.output(sheet.node("Mul", [twice, sheet.node("Sigmoid", [twice])]), "swish")
        branch = sheet.node("Conv", [x, sheet.weights([channels, channels, 1, 1])])
        sheet.output(sheet.node("Add", [sheet.node("Relu", [branch]), plain]), "of a branch")
        sheet.output(branch, "branch")
        pooled = sheet.node("GlobalAveragePool", [residual])
        gate = sheet.node("HardSigmoid", [sheet.node("Conv", [pooled, weights])])
        sheet.output(sheet.node("Mul", [residual, gate]), "squeeze and excite")
        both = [sheet.node("Conv", [x, sheet.weights([channels, channels, 1, 1])]) for _ in range(2)]
        sheet.output(sheet.node("Tanh", [sheet.node("Sub", both)]), "two kernels")
        for operator in ("MaxPool", "AveragePool"):
            pool = sheet.node(operator, [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            sheet.output(
                sheet.node("Clip", [sheet.node("Add", [pool, residual]), sheet.constant(-1, "float32")]),
                operator,
            )
        summed = sheet.node("ReduceSum", [residual, sheet.integers(2)])
        sheet.output(sheet.node("Add", [summed, sheet.input([width])]), "reduction")
        flat = sheet.node("MatMul", [sheet.input([3, channels]), sheet.weights([channels, width])])
        sheet.output(sheet.node("Abs", [sheet.node("Add", [flat, sheet.input([3, 1])])]), "product")
    sheet.case("many operands")
    total = sheet.node("Conv", [sheet.input([1, 5, 3, 3]), sheet.weights([5, 5, 1, 1])])
    for _ in range(14):
        total = sheet.node("Add", [total, sheet.input([1, 5, 3, 3])])
    sheet.output(total)
    return sheet


@elementwise
def epilogues_of_another_kind() -> Sheet:
    """Chains behind kernels that make floats of whole numbers, or whole numbers of floats."""
    sheet = Sheet("epilogues of another kind")
    half, shift = sheet.constant(0.5, "float32"), sheet.constant(3, "uint8")
    for label, chain in (
        ("floats", lambda x: sheet.node("DequantizeLinear", [x, half, shift])),
        ("a product", lambda x: sheet.node("Mul", [sheet.node("Cast", [x], to=TensorProto.FLOAT), half])),
        ("truths", lambda x: sheet.node("Less", [x, sheet.constant(90, "uint8")])),
    ):
        sheet.case(f"{label} of uint8")
        x = sheet.input([1, 5, 6, 7], "uint8", 0, 200)
        pools = {"3x3": [3, 3], "2x2": [2, 2], "2x3": [2, 3]}
        for size, kernel in pools.items():
            for strides in ([1, 1], [2, 2]):
                pool = sheet.node("MaxPool", [x], kernel_shape=kernel, strides=strides)
                sheet.output(chain(pool), f"MaxPool {size} by {strides[0]}")
        sheet.output(chain(sheet.node("Gather", [x, sheet.integers(1, 0)], axis=2)), "Gather")
        sizes = sheet.integers(1, 5, 9, 7)
        sheet.output(chain(sheet.node("Resize", [x, "", "", sizes], mode="nearest")), "Resize")
        sheet.output(chain(sheet.node("ReduceMax", [x, sheet.integers(3)])), "ReduceMax")
    sheet.case("whole numbers of floats")
    y = sheet.input([1, 5, 6, 7], low=-9, high=9, step=1 / 4)
    for size in ([3, 3], [2, 2]):
        for operator in ("MaxPool", "AveragePool"):
            pool = sheet.node(operator, [y], kernel_shape=size)
            chain = sheet.node(
                "Cast", [sheet.node("Mul", [pool, sheet.constant(4, "float32")])], to=TensorProto.INT32
            )
            sheet.output(chain, f"{operator} {size[0]}")
            sheet.output(sheet.node("QuantizeLinear", [pool, half, shift]), f"steps of {operator} {size[0]}")
    summed = sheet.node("ReduceSum", [y, sheet.integers(2)])
    sheet.output(sheet.node("Greater", [summed, half]), "truths of sums")
    return sheet


@elementwise
def limits() -> Sheet:
    """Convolutions alike but for what limits their results, which run as one program; also of inf and NaN."""
    sheet = Sheet("limits")
    for label, size, attributes in (
        ("1×1", [1, 1], {}),
        ("3×3", [3, 3], {"pads": [1, 1, 1, 1]}),
        ("depthwise", [3, 3], {"group": 6}),
    ):
        sheet.case(label)
        x = sheet.input([2, 6, 4, 5], low=0.1)
        inputs = 1 if label == "depthwise" else 6
        weights = [sheet.random.standard_normal([6, inputs, *size]) for _ in range(3)]
        for array in weights:
            array[:3] = np.reshape([np.inf, -np.inf, np.nan], [3, 1, 1, 1])
        plain, above, both = (
            sheet.node("Conv", [x, sheet.constant(array, "float32")], **attributes) for array in weights
        )
        sheet.output(plain, "plain")
        sheet.output(sheet.node("Relu", [above]), "Relu")
        bounds = [sheet.constant(bound, "float32") for bound in (-0.5, 0.75)]
        sheet.output(sheet.node("Clip", [both, *bounds]), "Clip")
        for missing, given in (("upper", bounds[:1]), ("lower", ["", bounds[1]]), ("any", [])):
            sheet.output(sheet.node("Clip", [plain, *given]), f"Clip without {missing} bound")
    return sheet


def optional_sums() -> Sheet:
    """Convolutions alike but for what is added to their results, which run as one program where they can."""
    sheet = Sheet("optional sums")
    x = sheet.input([2, 9, 4, 5])
    image = sheet.blocked([2, 9, 4, 5])
    narrow = sheet.node("Relu", [sheet.node("GlobalAveragePool", [image])])
    pairs = sheet.node("Conv", [image, sheet.weights([9, 1, 3, 3])], group=9, pads=[1, 1, 1, 1])
    constant = sheet.node("Neg", [sheet.weights([2, 9, 4, 5])])
    for label, size, attributes in (("1×1", 1, {}), ("3×3", 3, {"pads": [1, 1, 1, 1]})):
        weights = sheet.weights([9, 9, size, size])
        sheet.case(label)
        sheet.output(sheet.node("Relu", [sheet.node("Conv", [pairs, weights], **attributes)]), "no sum")
        for other, value in {
            "an image": image,
            "pairs of rows": pairs,
            "a flat input": x,
            "a constant": constant,
            "a broadcast": narrow,
        }.items():
            product = sheet.node("Conv", [image, weights], **attributes)
            sheet.output(sheet.node("Add", [value, product]), other)
        first = sheet.node("Conv", [image, weights], **attributes)
        product = sheet.node("Conv", [first, weights], **attributes)
        sheet.output(sheet.node("Relu", [sheet.node("Add", [product, first])]), "limited")
    sheet.case("matrices")
    rows = sheet.node("MatMul", [sheet.input([2, 7, 6]), sheet.weights([6, 6])])
    sheet.output(sheet.node("Add", [rows, sheet.node("MatMul", [rows, sheet.weights([6, 6])])]))
    return sheet


@elementwise
def prologues() -> Sheet:
    """What reductions and paddings compute as they read: chains, broadcasts, and what others read as well."""
    sheet = Sheet("prologues")
    for shape in ([2, 5, 3, 7], [1, 9, 1, 3], [2, 3, 24, 33], [1, 4, 40, 1]):
        for kind, axes in product(("blocked", "flat"), ([1], [2, 3], [3], [1, 2, 3])):
            sheet.case(f"{kind} {shape} over {axes}")
            x = sheet.blocked(shape) if kind == "blocked" else sheet.input(shape)
            kept = [1 if axis in axes else extent for axis, extent in enumerate(shape)]
            centred = sheet.node("Sub", [x, sheet.node("ReduceMean", [x, sheet.integers(*axes)])])
            squares = sheet.node("Mul", [centred, centred])
            variance = sheet.node("ReduceMean", [squares, sheet.integers(*axes)])
            raised = sheet.node("Add", [variance, sheet.constant(0.25, "float32")])
            sheet.output(sheet.node("Div", [centred, sheet.node("Sqrt", [raised])]), "read again")
            shifted = sheet.node("Exp", [sheet.node("Add", [x, sheet.weights(kept)])])
            sheet.output(sheet.node("ReduceSum", [shifted, sheet.integers(*axes)]), "broadcast")
            scaled = sheet.node("Mul", [x, sheet.input(shape[1:])])
            sheet.output(sheet.node("ReduceMax", [scaled, sheet.integers(*axes)]), "of two tensors")
            sheet.output(scaled, "of two tensors, as an output, too")
            signs = sheet.node("Cast", [sheet.node("Greater", [x, sheet.weights(kept[1:])])], to=6)
            total = sheet.node("ReduceSum", [signs, sheet.integers(*axes)])
            sheet.output(sheet.node("Add", [total, total]), "of int32, with an epilogue")
    for kind, mode in product(("blocked", "flat"), ("reflect", "edge", "wrap", "constant")):
        sheet.case(f"{kind} Pad, {mode}")
        x = sheet.blocked([3, 5, 4, 7]) if kind == "blocked" else sheet.input([3, 5, 4, 7])
        moved = sheet.node("Relu", [sheet.node("Add", [x, sheet.weights([5, 1, 1])])])
        for name, pads in (
            ("rows", (0, 0, 2, 0, 0, 0, 1, 0)),
            ("all", (1, 2, 1, 3, 0, 1, 2, 2)),
            ("shifted", (1, 0, 0, 1, -1, 0, 0, -1)),
        ):
            sheet.output(sheet.node("Pad", [moved, sheet.integers(*pads)], mode=mode), name)
        sheet.output(sheet.node("MaxPool", [moved], kernel_shape=[2, 2]), "read by a pooling, too")
    return sheet


@elementwise
def integers() -> Sheet:
    """Comparisons, choices, integer arithmetic, logic and casts, of flat and of blocked tensors."""
    sheet = Sheet("integers and booleans")
    for shape in ([2, 5, 3, 7], [1, 3, 2, 1], [7], [3, 9], []):
        for kind in ("flat", "blocked") if len(shape) == 4 else ("flat",):
            sheet.case(f"{kind} {shape}")
            # Multiples of 1/64 are exact in 16 bits too: truncations and comparisons come out the same.
            make = sheet.blocked if kind == "blocked" else sheet.input
            x, y = (make(shape, step=1 / 64) for _ in range(2))
            larger = sheet.node("Greater", [x, y])
            sheet.output(larger, "Greater")
            sheet.output(sheet.node("Where", [larger, x, y]), "Where")
            sheet.output(
                sheet.node("Where", [sheet.input(shape, "bool"), x, sheet.constant(7, "float32")]),
                "Where from outside",
            )
            near = sheet.node("Less", [sheet.node("Abs", [x]), sheet.constant(1, "float32")])
            both = sheet.node("And", [near, sheet.node("Not", [larger])])
            sheet.output(sheet.node("Xor", [both, sheet.node("Or", [near, larger])]), "logic")
            whole = sheet.node("Cast", [sheet.node("Mul", [x, sheet.constant(50, "float32")])], to=6)
            other = sheet.input(shape, "int32", 1, 9)
            for operator in ("Add", "Sub", "Mul", "Div", "Mod", "Max", "Min"):
                sheet.output(sheet.node(operator, [whole, other]), f"{operator} of int32")
            chosen = sheet.node(
                "Where", [sheet.node("Equal", [whole, other]), other, sheet.node("Neg", [whole])]
            )
            sheet.output(chosen, "chain of int32")
            sheet.output(sheet.node("Cast", [chosen], to=1), "int32 to float32")
            sheet.output(sheet.node("Cast", [larger], to=1), "bool to float32")
            sheet.output(sheet.node("Cast", [x], to=9), "float32 to bool")
            long = sheet.input(shape, "int64", -1000, 1000)
            sheet.output(sheet.node("Add", [long, sheet.node("Cast", [whole], to=7)]), "Add of int64")
            bytes_ = sheet.input(shape, "uint8", 0, 255)
            sheet.output(
                sheet.node("BitShift", [bytes_, sheet.constant(3, "uint8")], direction="LEFT"),
                "BitShift of uint8",
            )
            sheet.output(sheet.node("Cast", [bytes_], to=3), "uint8 to int8")
    for other in ([1, 1, 3, 7], [5, 1, 1], [7], [2, 5, 1, 1], []):
        sheet.case(f"broadcast to {other}")
        x, y = sheet.blocked([2, 5, 3, 7], step=1 / 64), sheet.input(other, step=1 / 64)
        sheet.output(sheet.node("Where", [sheet.node("LessOrEqual", [x, y]), y, x]))
        whole = sheet.node("Cast", [x], to=6)
        sheet.output(sheet.node("Mul", [whole, sheet.input(other, "int32", -9, 9)]), "int32")
    return sheet
