"""Poolings of as many windows as are asked for, which PyTorch and Keras have."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.operators.builder import GraphBuilder


def adaptive_pool(
    builder: GraphBuilder, x: Value, extents: Sequence[Dimension], wanted: Sequence[Dimension], largest: bool
) -> Value:
    """Return the means of windows of an image [batch, channels, *extents], or their largest numbers.

    There are as many along each spatial axis as `wanted`; window i reaches from i · extent / wanted, rounded
    down, to before (i + 1) · extent / wanted, rounded up.

    Raises:
        ValueError: windows lie otherwise for other extents, which are not known.
    """
    if all(proved_equal(size, 1) for size in wanted):
        axes = list(range(2, len(wanted) + 2))
        return builder.reduce("ReduceMax" if largest else "ReduceMean", "pooled", x, axes)
    if all(proved_equal(size, extent) for size, extent in zip(wanted, extents, strict=True)):
        return x
    pairs = [
        (extent, size)
        for extent, size in zip(extents, wanted, strict=True)
        if isinstance(extent, int) and isinstance(size, int) and size > 0
    ]
    if len(pairs) < len(extents):
        raise ValueError(
            f"it makes {list(map(str, wanted))} windows of images of {list(map(str, extents))}: the size must"
            " be known; fix it with --input"
        )
    if all(extent % size == 0 for extent, size in pairs):
        kernel = [extent // size for extent, size in pairs]
        operator = "MaxPool" if largest else "AveragePool"
        return builder.add(operator, "pooled", x, kernel_shape=kernel, strides=kernel)
    operator = "ReduceMax" if largest else "ReduceMean"
    for axis, (extent, size) in enumerate(pairs, 2):
        parts = []
        for index in range(size):
            first, end = index * extent // size, -(-(index + 1) * extent // size)
            parts.append(
                builder.reduce(operator, "part", builder.slice("window", x, axis, first, end), [axis])
            )
        x = builder.add("Concat", "joined", *parts, axis=axis) if len(parts) > 1 else parts[0]
    return x
