"""Reductions: by whole texels where each of (n, c, h, w) is reduced or kept as a whole, else by elements."""

from __future__ import annotations

from texelflow.ir import Node
from texelflow.lowering.elementwise import attach_epilogue
from texelflow.lowering.kernel import Kernel
from texelflow.lowering.layout import tensor_strides
from texelflow.lowering.lowering import Lowering
from texelflow.lowering.plan import Axes, PlanTensor
from texelflow.symbolic import Dimension, product


def lower_reduction(node: Node, lowering: Lowering, operation: str, axes: list[int]) -> None:
    """Lower a reduction that keeps its axes with extent 1. `operation` is sum, mean, prod, max or min."""
    x, output = node.required(0), node.outputs[0]
    blocked = _blocked_axes(node, lowering, axes)
    if blocked is None:
        lower_element_reduction(node, lowering, operation, axes)
        return
    kernel = Kernel("reduce", lowering.tensor(output, blocked))
    kernel.input("x", lowering.blocked(x, blocked))
    over_channels = any(axis in axes and x.shape[axis] != 1 for axis in blocked[1])
    kernel.structure.update(operation=operation, over_channels=over_channels, boolean=x.dtype == "bool")
    attach_epilogue(kernel, node, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _blocked_axes(node: Node, lowering: Lowering, axes: list[int]) -> Axes | None:
    x = node.required(0)
    for known in lowering.known_axes(x):
        if all(_uniform(role, axes, x.shape) for role in known):
            return known
    return None


def _uniform(role: tuple[int, ...], axes: list[int], shape: tuple[Dimension, ...]) -> bool:
    reduced = [axis in axes for axis in role if shape[axis] != 1]
    return all(reduced) or not any(reduced)


def lower_element_reduction(
    node: Node, lowering: Lowering, operation: str, axes: list[int], last_index: bool = False
) -> None:
    """Lower a reduction of a flat tensor; `operation` may also be argmax or argmin, over one axis."""
    x, output = node.required(0), node.outputs[0]
    tensor, view = lowering.flat_source(x)
    kernel = elements_kernel("reduce_elements", lowering.tensor(output))
    kernel.input("x", tensor)
    steps: list[tuple[Dimension, Dimension]] = list(zip(view.shape, view.strides, strict=True))
    kept = [[*step] for axis, step in enumerate(steps) if axis not in axes and step[0] != 1]
    reduced = [[*steps[axis]] for axis in axes]
    kernel.table("kept", kept or [[1, 0]])
    kernel.table("reduced", reduced or [[1, 0]])
    kernel.integer("kept_rank", max(1, len(kept)))
    if operation not in ("argmax", "argmin"):
        kernel.integer("reduced_rank", len(reduced))
    else:
        kernel.integer("last_index", int(last_index))
    kernel.integer("offset", view.offset)
    kernel.integer("count", product(x.shape[axis] for axis in axes))
    kernel.structure.update(operation=operation, x_integer=tensor.is_integer, boolean=x.dtype == "bool")
    attach_epilogue(kernel, node, lowering)
    lowering.bind(output, lowering.emit(kernel))


def elements_kernel(template: str, output: PlanTensor) -> Kernel:
    """Return a kernel whose template extends lib/elements.glsl.j2."""
    kernel = Kernel(template, output)
    if output.axes is not None:
        kernel.vector("result_strides", tensor_strides(output))
    return kernel
