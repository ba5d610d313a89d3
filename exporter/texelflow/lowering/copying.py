"""Copies through views: the kernel that materialises a view, joins several, or changes a layout."""

from __future__ import annotations

from texelflow.ir import Shape
from texelflow.lowering.kernel import Kernel
from texelflow.lowering.layout import tensor_strides
from texelflow.lowering.plan import PlanTensor
from texelflow.lowering.view import View
from texelflow.symbolic import Dimension


def copy_kernel(sources: list[tuple[PlanTensor, View]], output: PlanTensor) -> Kernel:
    """Return the kernel that fills `output` from views of tensors, all of the output's shape.

    The last source that holds an element (all of whose bounds contain it) wins; where none does the first one's
    `fill` stands.
    """
    kernel = Kernel("copy", output)
    shape, views = _collapsed(output.shape, [view for _, view in sources])
    descriptions = []
    for index, ((tensor, _), view) in enumerate(zip(sources, views, strict=True)):
        name = f"source_{index}"
        kernel.input(name, tensor)
        bounds = view.bounds or (None,) * len(shape)
        rows: list[list[Dimension]] = []
        for extent, stride, limits in zip(shape, view.strides, bounds, strict=True):
            low, high = limits or (0, extent)
            rows.append([stride, low, high])
        kernel.table(f"{name}_axes", rows or [[0, 0, 1]])
        kernel.integer(f"{name}_offset", view.offset)
        if tensor.axes is not None:
            kernel.vector(f"{name}_strides", tensor_strides(tensor))
        descriptions.append(
            {"name": name, "blocked": tensor.axes is not None, "bounded": view.bounds is not None}
        )
    kernel.table("axes", [[extent] for extent in shape] or [[1]])
    kernel.integer("rank", max(1, len(shape)))
    if all(description["bounded"] for description in descriptions):
        kernel.real("fill", views[0].fill)
    if output.axes is not None:
        kernel.vector("result_strides", tensor_strides(output))
    kernel.structure["sources"] = descriptions
    return kernel


def _collapsed(shape: Shape, views: list[View]) -> tuple[Shape, list[View]]:
    """Join neighbouring axes that every view steps through as one, and drop extents of 1."""
    kept = [
        axis
        for axis, extent in enumerate(shape)
        if extent != 1 or any(_is_bounded(view, axis) for view in views)
    ]
    groups: list[list[int]] = []
    for axis in kept:
        joins = groups and all(_joins(view, groups[-1][-1], axis) for view in views)
        if joins:
            groups[-1].append(axis)
        else:
            groups.append([axis])
    extents: list[Dimension] = []
    for group in groups:
        extent: Dimension = 1
        for axis in group:
            extent = extent * shape[axis]
        extents.append(extent)
    collapsed = []
    for view in views:
        strides = tuple(view.strides[group[-1]] for group in groups)
        bounds = None
        if view.bounds is not None:
            bounds = tuple(view.bounds[group[-1]] if len(group) == 1 else None for group in groups)
        collapsed.append(View(tuple(extents), strides, view.offset, bounds, view.fill))
    return tuple(extents), collapsed


def _is_bounded(view: View, axis: int) -> bool:
    return view.bounds is not None and view.bounds[axis] is not None


def _joins(view: View, outer: int, inner: int) -> bool:
    if _is_bounded(view, outer) or _is_bounded(view, inner):
        return False
    return view.strides[outer] == view.strides[inner] * view.shape[inner]
