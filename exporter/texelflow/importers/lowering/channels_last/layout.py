"""Moving the axis of channels."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Value
from texelflow.operators.builder import GraphBuilder


def transpose(builder: GraphBuilder, result: str | Value, x: Value, order: Sequence[int]) -> Value:
    """Return x with its axes in another order; a constant is reordered once, at load."""
    return builder.add("Transpose", result, x, perm=list(order))


def channels_first(builder: GraphBuilder, result: str | Value, x: Value, rank: int) -> Value:
    """Return [batch, *spatial, channels] as [batch, channels, *spatial]."""
    return transpose(builder, result, x, [0, rank - 1, *range(1, rank - 1)])


def channels_last(builder: GraphBuilder, result: str | Value, x: Value, rank: int) -> Value:
    """Return [batch, channels, *spatial] as [batch, *spatial, channels]."""
    return transpose(builder, result, x, [0, *range(2, rank), 1])
