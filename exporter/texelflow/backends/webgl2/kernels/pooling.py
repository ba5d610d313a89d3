"""Pooling: one number from each window of an image."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import (
    SlidingWindow,
    bind_windows,
    shares_rows,
    sliding_structure,
    spatial_image_axes,
    x_y,
)
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.lowering import Lowering


def lower_pooling(
    group: Group,
    lowering: Lowering,
    windows: Sequence[SlidingWindow],
    operation: str,
    count_padding: bool = False,
) -> None:
    """Lower a pooling; `operation` is max or average, which with `count_padding` counts padding too."""
    x, output = group.node.required(0), group.result
    axes = spatial_image_axes(group.node, x)
    sliding = sliding_structure("pool", windows)
    shared = sliding != "any" and not lowering.tensor(output).is_integer
    kernel = Kernel("shared_pool" if shared else "pool", lowering.tensor(output, axes))
    kernel.input("x", lowering.blocked(x, axes))
    bind_windows(kernel, windows)
    if operation == "average":
        padded = [
            extent + window.before + window.behind
            for extent, window in zip(x.shape[2:], windows, strict=True)
        ]
        kernel.vector("padded", x_y(padded, 1))
        kernel.integer("count_padding", int(count_padding))
    kernel.structure["operation"] = operation
    if shared:
        kernel.structure["sliding"] = sliding
        kernel.output.pair_rows = shares_rows(sliding)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))
