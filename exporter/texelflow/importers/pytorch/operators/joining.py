"""Tensors one behind the other, and parts of one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers

MOST_PARTS = 4096


@lowers("cat", "concat", "concatenate")
def cat(step: Step) -> None:
    """Tensors one behind the other along an axis; empty lists are passed over."""
    parts = [value for value in step.tensors("tensors") if not _is_empty_list(value)] or step.tensors(
        "tensors"
    )[:1]
    axis = step.axis("dim", 0, rank=len(parts[0].shape))
    step.add("Concat", step.result, *(step.as_dtype(value, step.dtype) for value in parts), axis=axis)


def _is_empty_list(value: Value) -> bool:
    return len(value.shape) == 1 and proved_equal(value.shape[0], 0)


@lowers("hstack", "vstack", "dstack", "column_stack", "row_stack")
def stack_along(step: Step) -> None:
    """Tensors beside, below or behind each other."""
    least, axis = {"hstack": (1, 1), "column_stack": (2, 1), "dstack": (3, 2)}.get(step.base, (2, 0))
    parts = []
    for value in step.tensors("tensors"):
        shape = list(value.shape)
        if step.base == "column_stack" and len(shape) < 2:
            shape = [*(shape or [1]), 1]
        while len(shape) < least:
            shape = [1, *shape] if step.base != "dstack" or len(shape) < 2 else [*shape, 1]
        parts.append(step.reshape("part", step.as_dtype(value, step.dtype), shape))
    rank = len(step.tensors("tensors")[0].shape)
    step.add("Concat", step.result, *parts, axis=0 if step.base == "hstack" and rank < 2 else axis)


@lowers("stack")
def stack(step: Step) -> None:
    """Tensors beside each other along a new axis."""
    values = step.tensors("tensors")
    axis = step.axis("dim", 0, rank=len(values[0].shape) + 1)
    where = step.vector("axis", [axis])
    parts = [step.add("Unsqueeze", "part", step.as_dtype(value, step.dtype), where) for value in values]
    step.add("Concat", step.result, *parts, axis=axis)


@lowers("split.Tensor", "unsafe_split.Tensor", "split_copy.Tensor")
def split(step: Step) -> None:
    """Parts of an extent; the last may be shorter."""
    count, axis = len(step.node.outputs), step.axis("dim", 0)
    size = step.dimension("split_size")
    _parts(step, axis, [*[size] * (count - 1), step.x.shape[axis] - size * (count - 1)])


@lowers("split.sizes", "split_with_sizes", "unsafe_split_with_sizes", "split_with_sizes_copy")
def split_with_sizes(step: Step) -> None:
    """Parts of extents that are listed."""
    _parts(
        step, step.axis("dim", 0), step.dimensions("split_size" if step.base == "split" else "split_sizes")
    )


@lowers("chunk", "unsafe_chunk")
def chunk(step: Step) -> None:
    """Splits into at most this many parts of one extent; the last may be shorter."""
    count, axis, chunks = len(step.node.outputs), step.axis("dim", 0), step.integer("chunks")
    extent = step.x.shape[axis]
    size = (extent + chunks - 1) // chunks
    _parts(step, axis, [*[size] * (count - 1), extent - size * (count - 1)])


@lowers("tensor_split.sections", "tensor_split.indices")
def tensor_split(step: Step) -> None:
    """Parts that differ by at most 1, or that begin at places that are listed."""
    axis = step.axis("dim", 0)
    extent = step.x.shape[axis]
    if step.has("indices"):
        bounds: list[Dimension] = [0, *step.dimensions("indices"), extent]
        _parts(step, axis, [end - first for first, end in pairwise(bounds)])
        return
    sections = step.integer("sections")
    if not isinstance(extent, int):
        raise step.fail("it splits an axis of free size, which is not supported")
    _parts(step, axis, [extent // sections + (index < extent % sections) for index in range(sections)])


@lowers("unbind.int", "unbind_copy.int")
def unbind(step: Step) -> None:
    """Slices along an axis, which goes."""
    axis = step.axis("dim", 0)
    _parts(step, axis, [1] * len(step.node.outputs), squeezes=True)


def _parts(step: Step, axis: int, sizes: Sequence[Dimension], squeezes: bool = False) -> None:
    results = step.node.outputs
    if len(results) != len(sizes):
        raise step.fail(f"it has {len(results)} results, but makes {len(sizes)} parts")
    if len(sizes) > MOST_PARTS:
        raise step.fail(f"it makes {len(sizes)} parts; {MOST_PARTS} are supported")
    if len(sizes) == 1:
        parts = [step.x]
    else:
        names: list[str | Value] = (
            [f"part_{index}" for index in range(len(sizes))] if squeezes else [*results]
        )
        parts = step.add_all("Split", names, step.x, step.vector("extents", list(sizes)), axis=axis)
    if squeezes:
        where = step.vector("axis", [axis])
        for result, part in zip(results, parts, strict=True):
            step.add("Squeeze", result, part, where)
    elif len(sizes) == 1:
        step.add("Identity", step.result, step.x)


@lowers("meshgrid", "meshgrid.indexing")
def meshgrid(step: Step) -> None:
    """Of lists of places a grid: for each list its number at each point."""
    values = [step.reshape("list", value, [-1]) for value in step.tensors("tensors")]
    extents = [value.known_type.size for value in step.tensors("tensors")]
    order = list(range(len(values)))
    if step.text("indexing", "ij") == "xy" and len(order) > 1:
        order[0], order[1] = 1, 0
    shape = step.vector("shape", [extents[index] for index in order])
    for index, (result, value) in enumerate(zip(step.node.outputs, values, strict=True)):
        place = order.index(index)
        column = step.reshape("column", value, [-1 if axis == place else 1 for axis in range(len(order))])
        step.add("Expand", result, column, shape)
