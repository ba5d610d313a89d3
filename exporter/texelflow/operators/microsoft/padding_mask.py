"""The masks of com.microsoft's attentions as numbers to add: 0, or mask_filter_value for hidden keys."""

from __future__ import annotations

from texelflow.dimensions import Dimension, proved_different, proved_equal
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, broadcast_to, require_rank, unify

MASK_FILTER_VALUE = -10000.0


def check_mask(node: Node, mask: Value, batch: Dimension, queries: Dimension, keys: Dimension) -> None:
    """Raise NodeError unless a mask of int32 is of a form that `additive_mask` reads.

    These are [batch] (where padding begins), [2 · batch] (where padding begins, then where the sequence
    begins), [batch, keys] or [batch, queries, keys] (above 0 for what is seen), [batch, 1, most, most] (the
    rows that end at the last key).
    """
    shape = mask.shape
    if mask.dtype not in ("int32", "int64", "bool"):
        raise NodeError(node, f"its mask has type {mask.dtype}; int32 is needed")
    require_rank(node, mask.known_type, 1, 4)
    if len(shape) == 1:
        if not proved_equal(shape[0], 2 * batch):
            if proved_different(shape[0], batch):
                raise NodeError(
                    node,
                    f"its mask has shape {list(shape)}; {batch} (or twice that) is needed for one of rank 1",
                )
            unify(node, shape[0], batch, "the lengths of its mask and batch")
        return
    if not proved_equal(shape[0], 1):
        unify(node, shape[0], batch, "the batches of its mask and its input")
    if len(shape) == 4:
        if not proved_equal(shape[1], 1):
            raise NodeError(node, f"its mask has shape {list(shape)}; one mask for all heads is needed")
        for axis in (2, 3):
            at_least(node, shape[axis], keys, f"the extent of its mask along axis {axis}")
        return
    if len(shape) == 3:
        unify(node, shape[1], queries, "the numbers of rows of its mask and of queries")
    unify(node, shape[-1], keys, "the last extent of its mask and the number of keys")


def additive_mask(
    steps: Decomposition, mask: Value, queries: Dimension, keys: Dimension, batch: Dimension, dtype: str
) -> Value:
    """Return a mask that `check_mask` let pass as numbers [batch, 1, queries or 1, keys]."""
    node, rank = steps.node, len(mask.shape)
    if rank == 1:
        seen = _within_ends(steps, mask, keys, batch)
    else:
        if rank == 4:
            bounds = {"rows": (2, keys - queries), "columns": (3, 0)}
            for name, (axis, first) in bounds.items():
                ends = [steps.vector(name, [number]) for number in (first, keys, axis)]
                mask = steps.add("Slice", name, mask, *ends)
            mask_shape: list[Dimension] = [node.required(3).shape[0], 1, queries, keys]
        else:
            mask_shape = [mask.shape[0], 1, *([1] if rank == 2 else []), *mask.shape[1:]]
            mask = steps.reshape("mask_by_head", mask, mask_shape)
        numbers = steps.cast("mask_numbers", mask, "int32")
        seen = steps.add("Greater", "mask_seen", numbers, steps.scalar("none", "int32", 0))
    zero, hidden = (
        steps.scalar(name, dtype, number)
        for name, number in (
            ("no_bias", 0.0),
            ("hidden", float(node.attributes.get("mask_filter_value", MASK_FILTER_VALUE))),
        )
    )
    return steps.add("Where", "mask_bias", seen, zero, hidden)


def _within_ends(steps: Decomposition, mask: Value, keys: Dimension, batch: Dimension) -> Value:
    """Return which keys lie before the end of their sequence, and not before its start."""
    places = steps.places("mask_places", keys)
    whole = steps.cast("mask_ends", mask, "int64")
    if not proved_equal(mask.shape[0], 2 * batch) or proved_equal(mask.shape[0], batch):
        return steps.add("Less", "mask_seen", places, steps.reshape("ends", whole, [batch, 1, 1, 1]))
    both = steps.reshape("ends_and_starts", whole, [2, batch, 1, 1, 1])
    ends, starts = (
        steps.reshape(name, steps.slice(f"{name}_of", both, 0, at, at + 1), [batch, 1, 1, 1])
        for at, name in enumerate(("ends", "starts"))
    )
    started = steps.add("GreaterOrEqual", "started", places, starts)
    return steps.add("And", "mask_seen", started, steps.add("Less", "before_end", places, ends))


def check_bias(node: Node, bias: Value, shape: Shape) -> None:
    """Raise NodeError unless an attention bias broadcasts to the products [batch, heads, queries, keys]."""
    require_rank(node, bias.known_type, 4, 4)
    broadcast_to(node, bias.shape, shape, "its attention bias")


def check_past(node: Node, past: TensorType, shape: Shape, meaning: str) -> Dimension:
    """Return the length of past keys or values; raise NodeError unless their other extents are those given.

    The axis of the length is the last but one.
    """
    require_rank(node, past, len(shape), len(shape))
    for axis, (extent, needed) in enumerate(zip(past.shape, shape, strict=True)):
        if axis != len(shape) - 2:
            unify(
                node, extent, needed, f"the extents of its {meaning} along axis {axis} and those of its input"
            )
    return past.shape[-2]
