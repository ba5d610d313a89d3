"""Reductions: by whole texels where each of (n, c, h, w) is reduced or kept as a whole, else by elements."""

from __future__ import annotations

from texelflow.ir import Node, Shape, Value
from texelflow.lowering.elementwise import attach_epilogue, attach_prologue, lower_prologue, shared_axes
from texelflow.lowering.kernel import Kernel
from texelflow.lowering.layout import tensor_strides
from texelflow.lowering.lowering import Lowering, value_like
from texelflow.lowering.plan import Axes, PlanTensor
from texelflow.symbolic import Dimension, product

SINGLE_PASS = 256
"""Most pixels of an image that one fragment reduces: else it takes a line, and a second draw joins lines."""


def lower_reduction(node: Node, lowering: Lowering, operation: str, axes: list[int]) -> None:
    """Lower a reduction that keeps its axes with extent 1. `operation` is sum, mean, prod, max or min."""
    x, output = node.required(0), node.outputs[0]
    blocked = _blocked_axes(node, lowering, axes)
    if blocked is None:
        lower_prologue(node, lowering)
        lower_element_reduction(node, lowering, operation, axes)
        return
    place = PlanTensor(x.dtype, x.shape, blocked)
    lines = [axis for axis in blocked[3] if axis in axes]
    rest = [axis for axis in axes if axis not in lines]
    partial = value_like(x, "lines", _kept_shape(x, lines))
    if _needs_two_passes(place, lines, rest):
        first = Kernel("reduce", lowering.tensor(partial, blocked))
        first.structure["operation"] = "sum" if operation == "mean" else operation
        _read(first, node, place, lines, lowering)
        joined = lowering.emit(first)
        kernel = Kernel("reduce", lowering.tensor(output, blocked))
        kernel.input("x", joined)
        _describe(kernel, joined, rest)
    else:
        kernel = Kernel("reduce", lowering.tensor(output, blocked))
        _read(kernel, node, place, axes, lowering)
    kernel.structure["operation"] = operation
    if operation == "mean":
        kernel.integer("count", product(x.shape[axis] for axis in axes))
    attach_epilogue(kernel, node, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _read(kernel: Kernel, node: Node, place: PlanTensor, axes: list[int], lowering: Lowering) -> None:
    """Let the kernel reduce what the node reads, blocked like `place`, over `axes`."""
    assert place.axes is not None
    if node.prologue:
        kernel.vector("x_shape", place.extents)
        attach_prologue(kernel, node, place, lowering)
    else:
        kernel.input("x", lowering.blocked(node.required(0), place.axes))
    _describe(kernel, place, axes)


def _describe(kernel: Kernel, x: PlanTensor, axes: list[int]) -> None:
    assert x.axes is not None
    over_channels = any(axis in axes and x.shape[axis] != 1 for axis in x.axes[1])
    kernel.structure.update(over_channels=over_channels, boolean=x.dtype == "bool")


def _needs_two_passes(place: PlanTensor, lines: list[int], rest: list[int]) -> bool:
    assert place.axes is not None
    columns = product(place.shape[axis] for axis in lines)
    rows = product(place.shape[axis] for axis in place.axes[2] if axis in rest)
    if columns == 1 or rows == 1:
        return False
    pixels = rows * columns
    return not isinstance(pixels, int) or pixels > SINGLE_PASS


def _kept_shape(x: Value, axes: list[int]) -> Shape:
    return tuple(1 if axis in axes else extent for axis, extent in enumerate(x.shape))


def _blocked_axes(node: Node, lowering: Lowering, axes: list[int]) -> Axes | None:
    x = node.required(0)
    for known in shared_axes(node, x, lowering):
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
