"""Reductions: by whole texels where each of (n, c, h, w) is reduced or kept as a whole, else by elements."""

from __future__ import annotations

from texelflow.ir import Node, Shape
from texelflow.lowering.elementwise import attach_epilogue, attach_prologue, lower_prologue, shared_axes
from texelflow.lowering.kernel import Kernel
from texelflow.lowering.layout import tensor_strides
from texelflow.lowering.lowering import Lowering, value_like
from texelflow.lowering.plan import Axes, PlanTensor
from texelflow.symbolic import Dimension, floor_divide, product, proved_equal, same_shape

LARGEST_IMAGE = 256
"""Most pixels of an image that one fragment reduces: else it takes a line, and a second draw joins lines."""

FEWEST_ROWS = 4
"""Rows of the result below which most of a GPU would idle while each pixel reduces all its channels."""

PARTS = 8
"""Parts that the channels are divided into, a multiple of what a texel holds."""


def lower_reduction(node: Node, lowering: Lowering, operation: str, axes: list[int]) -> None:
    """Lower a reduction that keeps its axes with extent 1. `operation` is sum, mean, prod, max or min."""
    x, output = node.required(0), node.outputs[0]
    blocked = _blocked_axes(node, lowering, axes)
    if blocked is None:
        lower_prologue(node, lowering)
        lower_element_reduction(node, lowering, operation, axes)
        return
    place = PlanTensor(x.dtype, x.shape, blocked)
    partial = partial_shape(place, axes)
    if partial is not None:
        first = Kernel("reduce", lowering.tensor(value_like(x, "partial", partial), blocked))
        first.structure["operation"] = "sum" if operation == "mean" else operation
        _read(first, node, place, lowering)
        place = lowering.emit(first)
        kernel = Kernel("reduce", lowering.tensor(output, blocked))
        kernel.input("x", place)
        _describe(kernel, place)
    else:
        kernel = Kernel("reduce", lowering.tensor(output, blocked))
        _read(kernel, node, place, lowering)
    kernel.structure["operation"] = operation
    if operation == "mean":
        kernel.integer("count", product(x.shape[axis] for axis in axes))
    attach_epilogue(kernel, node, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _read(kernel: Kernel, node: Node, place: PlanTensor, lowering: Lowering) -> None:
    """Let the kernel reduce what the node reads, blocked like `place`, to the extents of its output."""
    assert place.axes is not None
    if node.prologue:
        kernel.vector("x_shape", place.extents)
        attach_prologue(kernel, node, place, lowering)
    else:
        kernel.input("x", lowering.blocked(node.required(0), place.axes))
    _describe(kernel, place)


def _describe(kernel: Kernel, x: PlanTensor) -> None:
    channels, left = x.extents[1], kernel.output.extents[1]
    over_channels = not proved_equal(channels, 1) and proved_equal(left, 1)
    in_parts = not over_channels and not proved_equal(channels, left)
    if in_parts:
        kernel.integer("groups_of_part", floor_divide(channels + 4 * PARTS - 1, 4 * PARTS))
    kernel.structure.update(over_channels=over_channels, in_parts=in_parts, boolean=x.dtype == "bool")
    others = [(x.extents[role], kernel.output.extents[role]) for role in (0, 2, 3)]
    if (
        (over_channels or in_parts)
        and not x.is_integer
        and all(proved_equal(own, left) for own, left in others)
    ):
        kernel.template = "reduce_channels"


def partial_shape(place: PlanTensor, axes: list[int]) -> Shape | None:
    """Return the shape of what a first draw leaves for a second one, or None if one draw does it all."""
    assert place.axes is not None
    n, c, h, w = (product(place.shape[axis] for axis in role if axis in axes) for role in place.axes)
    pixels = w * h
    if (
        not proved_equal(w, 1)
        and not proved_equal(h, 1)
        and not (isinstance(pixels, int) and pixels <= LARGEST_IMAGE)
    ):
        return tuple(
            1 if axis in axes and axis in place.axes[3] else extent for axis, extent in enumerate(place.shape)
        )
    rows = product(place.shape[axis] for role in (place.axes[0], place.axes[2]) for axis in role)
    if not same_shape((n, h, w), (1, 1, 1)) or not (isinstance(rows, int) and rows < FEWEST_ROWS):
        return None
    if isinstance(c, int) and c < 16 * PARTS:
        return None
    first = place.axes[1][0]
    return tuple(
        4 * PARTS if axis == first else 1 if axis in place.axes[1] else extent
        for axis, extent in enumerate(place.shape)
    )


def _blocked_axes(node: Node, lowering: Lowering, axes: list[int]) -> Axes | None:
    x = node.required(0)
    for known in shared_axes(node, x, lowering):
        if all(_uniform(role, axes, x.shape) for role in known):
            return known
    return None


def _uniform(role: tuple[int, ...], axes: list[int], shape: tuple[Dimension, ...]) -> bool:
    reduced = [axis in axes for axis in role if not proved_equal(shape[axis], 1)]
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
    kept = [[*step] for axis, step in enumerate(steps) if axis not in axes and not proved_equal(step[0], 1)]
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
