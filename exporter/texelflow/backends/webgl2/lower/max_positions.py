"""How texelflow::MaxPositions and Unpool become draws."""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.view import row_major_strides
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension, product
from texelflow.graph import Shape
from texelflow.operators.onnx.pooling import pool_windows
from texelflow.operators.windows import per_axis


@dataclass(frozen=True, slots=True)
class Windows(Structure):
    """Windows over a number of axes."""

    axes: int


@lowers("MaxPositions", domain="texelflow")
def lower_positions(group: Group, lowering: Lowering) -> None:
    """Go, for each element, through its window."""
    node = group.node
    source, output = node.required(0), node.outputs[0]
    windows, spatial = pool_windows(node), source.shape[2:]
    counted = _strides(spatial, first_fastest=bool(node.attributes.get("storage_order", 0)))
    kernel = elements_kernel("max_positions", lowering.tensor(output))
    kernel.input("x", lowering.flat(source))
    _describe(kernel, spatial, output.shape[2:])
    kernel.table(
        "windows", [[window.kernel, window.stride, window.dilation, window.before] for window in windows]
    )
    kernel.table("steps", [list(pair) for pair in zip(row_major_strides(spatial), counted, strict=True)])
    kernel.integer("taps", product([window.kernel for window in windows]))
    lowering.bind(output, lowering.emit(kernel))


@lowers("Unpool", domain="texelflow")
def lower_unpool(group: Group, lowering: Lowering) -> None:
    """Look, for each element, at the windows over it."""
    node = group.node
    source, positions, output = node.required(0), node.required(1), node.outputs[0]
    spatial = source.shape[2:]
    count = len(spatial)
    kernel = elements_kernel("unpool", lowering.tensor(output))
    kernel.input("x", lowering.flat(source))
    kernel.input("positions", lowering.flat(positions))
    _describe(kernel, spatial, output.shape[2:])
    strides, pads = per_axis(node, "strides", count, 1), per_axis(node, "pads", 2 * count, 0)
    sizes = node.attributes["kernel_shape"]
    kernel.table(
        "windows",
        [
            [size, stride, before, step]
            for size, stride, before, step in zip(
                sizes, strides, pads[:count], row_major_strides(spatial), strict=True
            )
        ],
    )
    lowering.bind(output, lowering.emit(kernel))


def _describe(kernel: Kernel, spatial: Shape, outer: Shape) -> None:
    kernel.structure = Windows(len(spatial))
    kernel.table("extents", [list(pair) for pair in zip(spatial, outer, strict=True)])
    kernel.integer("plane", product(spatial))
    kernel.integer("result_plane", product(outer))


def _strides(shape: Shape, first_fastest: bool) -> tuple[Dimension, ...]:
    """Return how far apart neighbours along each axis are counted."""
    if first_fastest:
        return tuple(reversed(row_major_strides(tuple(reversed(shape)))))
    return row_major_strides(shape)
