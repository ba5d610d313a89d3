"""Normalisation of channels by numbers that training left behind."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.lowering.channels_last.layout import channels_first, channels_last
from texelflow.operators.builder import GraphBuilder


def batch_normalization(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    rank: int,
    statistics: tuple[Value, Value, Value, Value],
    epsilon: float,
) -> Value:
    """Return x [batch, *spatial, channels] with each channel normalised by `statistics`.

    These are scale, offset, mean and variance, [channels] each. The node is ONNX's, which is folded into a
    convolution before it.
    """
    if rank < 3:
        return builder.add("BatchNormalization", result, x, *statistics, epsilon=epsilon)
    image = channels_first(builder, "image", x, rank)
    made = builder.add("BatchNormalization", "normal", image, *statistics, epsilon=epsilon)
    return channels_last(builder, result, made, rank)
