"""Pooling: one number from each window of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import (
    Sliding,
    SlidingWindow,
    bind_windows,
    shares_rows,
    sliding_structure,
    spatial_image_axes,
    x_y,
)
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Blocking


@dataclass(frozen=True, slots=True)
class Pool(Structure):
    """Pooling of each pixel's window by itself."""

    operation: str


@dataclass(frozen=True, slots=True)
class SharedPool(Pool):
    """Pooling of neighbouring windows, which share what they fetch; see `sliding_structure`."""

    sliding: Sliding


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
    shared = sliding != "any" and x.known_type.is_floating
    blocking = Blocking(axes, pair_rows=shared and shares_rows(sliding))
    kernel = Kernel("shared_pool" if shared else "pool", lowering.tensor(output, blocking))
    kernel.structure = SharedPool(operation, sliding) if shared else Pool(operation)
    kernel.input("x", lowering.blocked(x, axes))
    bind_windows(kernel, windows)
    if operation == "average":
        padded = [
            extent + window.before + window.behind
            for extent, window in zip(x.shape[2:], windows, strict=True)
        ]
        kernel.vector("padded", x_y(padded, 1))
        kernel.integer("count_padding", int(count_padding))
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))
