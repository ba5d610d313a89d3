"""Products of matrices."""

from __future__ import annotations

from texelflow.dimensions import proved_different
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import activation, matrix_product
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators import MANY

FUSED = {"Relu": "RELU", "Relu6": "RELU6", "Tanh": "TANH"}
"""Activations of fused operators by their names in `channels_last`."""


@lowers("MatMul", inputs=2)
def mat_mul(steps: Lowering) -> None:
    """The product of two matrices, each transposed if an attribute says so."""
    _product(steps, steps.result, "transpose_a", "transpose_b")


@lowers("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", inputs=2)
def batch_mat_mul(steps: Lowering) -> None:
    """Products of matrices, the last two axes of each input; the others broadcast."""
    _product(steps, steps.result, "adj_x", "adj_y")


def _product(steps: Lowering, result: str | Value, first: str, second: str) -> Value:
    a, b = steps.input(0), steps.input(1)
    ranks = len(a.shape), len(b.shape)
    if min(ranks) < 2:
        raise steps.fail(f"its inputs are {a.type} and {b.type}; matrices are needed")
    transposes = {"transpose_a": bool(steps.attribute(first)), "transpose_b": bool(steps.attribute(second))}
    return matrix_product(steps, result, a, b, ranks, **transposes)


@lowers("_FusedMatMul", inputs=(3, MANY))
def fused_mat_mul(steps: Lowering) -> None:
    """A product, a bias, and maybe an activation."""
    result = _product(steps, "product", "transpose_a", "transpose_b")
    finish_fused(steps, result, None)


def finish_fused(steps: Lowering, x: Value, bias: Value | None) -> None:
    """Apply the operators that `fused_ops` lists, their operands behind the first two inputs.

    `bias`: it has been added already. Images have their channels last.
    """
    fused = steps.texts("fused_ops")
    operands = steps.inputs()[2:]
    for number, name in enumerate(fused):
        is_last = number == len(fused) - 1
        step: str | Value = steps.result if is_last else "fused"
        if name == "BiasAdd":
            added = _operand(steps, operands)
            x = steps.add("Identity", step, x) if bias is not None else steps.add("Add", step, x, added)
            bias = None
        elif name == "Add":
            x = steps.add("Add", step, x, _operand(steps, operands))
        elif name == "FusedBatchNorm":
            scale, offset, mean, variance = (_operand(steps, operands) for _ in range(4))
            epsilon = steps.scalar("epsilon", variance.dtype, steps.number("epsilon", 1e-4))
            deviation = steps.add("Sqrt", "deviation", steps.add("Add", "varies", variance, epsilon))
            factor = steps.add("Div", "factor", scale, deviation)
            centred = steps.add("Sub", "centred", x, mean)
            x = steps.add("Add", step, steps.add("Mul", "scaled", centred, factor), offset)
        elif name == "Prelu":
            x = steps.add("PRelu", step, x, _operand(steps, operands))
        elif name == "LeakyRelu":
            x = steps.add("LeakyRelu", step, x, alpha=steps.number("leakyrelu_alpha", 0.2))
        elif name in ("Elu", "Sigmoid", "_FusedHardSwish"):
            x = steps.add({"_FusedHardSwish": "HardSwish"}.get(name, name), step, x)
        elif name in ("GeluExact", "GeluApproximate"):
            how = "tanh" if name == "GeluApproximate" else "none"
            x = steps.add("Gelu", step, x, approximate=how)
        elif name in FUSED:
            x = activation(steps, step, x, FUSED[name], steps.input(0).dtype)
        else:
            raise steps.fail(f"{name} is fused into it, which is not supported")
    if not fused:
        steps.add("Identity", steps.result, x)


def _operand(steps: Lowering, operands: list[Value]) -> Value:
    if not operands:
        raise steps.fail("an operand of what is fused into it is missing")
    return operands.pop(0)


@lowers("Einsum", inputs=(1, MANY))
def einsum(steps: Lowering) -> None:
    """Products and sums along named axes."""
    steps.add("Einsum", steps.result, *steps.inputs(), equation=str(steps.attribute("equation", "")))


@lowers("Cross", inputs=2)
def cross(steps: Lowering) -> None:
    """The vector at right angles to two vectors of three numbers each, along the last axis."""
    x, y = steps.input(0), steps.input(1)
    if any(not value.shape or proved_different(value.shape[-1], 3) for value in (x, y)):
        raise steps.fail(f"its vectors are {x.type} and {y.type}; three numbers each are needed")

    def turned(value: Value, order: list[int]) -> Value:
        return steps.add("Gather", "turned", value, steps.vector("order", order), axis=-1)

    next_, last = [1, 2, 0], [2, 0, 1]
    first = steps.add("Mul", "first", turned(x, next_), turned(y, last))
    steps.add("Sub", steps.result, first, steps.add("Mul", "second", turned(x, last), turned(y, next_)))
