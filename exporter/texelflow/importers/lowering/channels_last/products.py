"""Products of matrices, and the activations that are fused into operators."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.lowering.channels_last.layout import transpose
from texelflow.operators.builder import GraphBuilder

_LIMITS: dict[str, tuple[float, float]] = {"RELU6": (0.0, 6.0), "RELU_N1_TO_1": (-1.0, 1.0)}


def activation(
    builder: GraphBuilder, result: str | Value, x: Value, name: str, dtype: str = "float32"
) -> Value:
    """Return an activation of x: NONE, RELU, RELU6, RELU_N1_TO_1, TANH or SIGN_BIT.

    Raises:
        ValueError: it is none of these.
    """
    if name in _LIMITS:
        low, high = (builder.scalar("limit", dtype, limit) for limit in _LIMITS[name])
        return builder.add("Clip", result, x, low, high)
    if name == "SIGN_BIT":
        negative = builder.add("Less", "negative", x, builder.scalar("zero", dtype, 0))
        return builder.cast(result, negative, dtype)
    operators = {"NONE": "Identity", "RELU": "Relu", "TANH": "Tanh"}
    if name not in operators:
        known = ", ".join((*operators, *_LIMITS, "SIGN_BIT"))
        raise ValueError(f"its activation is {name}; one of {known} is expected")
    return builder.add(operators[name], result, x)


def matrix_product(
    builder: GraphBuilder,
    result: str | Value,
    a: Value,
    b: Value,
    ranks: tuple[int, int],
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
) -> Value:
    """Return the product of matrices, the last two axes of both; those before them broadcast."""
    left, right = (
        transpose(builder, f"{name}_turned", value, [*range(rank - 2), rank - 1, rank - 2])
        if turned
        else value
        for name, value, rank, turned in zip("ab", (a, b), ranks, (transpose_a, transpose_b), strict=True)
    )
    return builder.add("MatMul", result, left, right)
