"""What quantising and dequantising operators share: types, scales, and rounding to steps."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Node, NodeError, Shape, TensorType, Value
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import normalize_axis, unify

RANGES = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-(2**15), 2**15 - 1), "uint16": (0, 2**16 - 1)}
"""The numbers of the types that quantised values have."""

EXACT_SUM = 2**24
"""Up to here float32 holds every whole number."""


def require_quantized(node: Node, kind: TensorType, others: Sequence[str] = ()) -> None:
    """Raise NodeError unless values of this type are quantised, or of one of the others."""
    allowed = (*RANGES, *others)
    if kind.dtype not in allowed:
        raise NodeError(
            node, f"its quantised values have type {kind.dtype}; {', '.join(allowed)} are possible"
        )


def check_scale(node: Node, source: TensorType, scale: TensorType, zero_point: TensorType | None) -> None:
    """Raise NodeError unless scale and zero point are for the whole tensor, an axis, or blocks along it."""
    if zero_point is None or (is_for_all(scale) and is_for_all(zero_point)):
        pass
    elif zero_point.rank == scale.rank:
        for axis, (a, b) in enumerate(zip(scale.shape, zero_point.shape, strict=True)):
            unify(node, a, b, f"the extents of scale and zero point along axis {axis}")
    else:
        raise NodeError(node, f"its scale {scale} and its zero point {zero_point} have different ranks")
    block = int(node.attributes.get("block_size", 0))
    if is_for_all(scale):
        if block:
            raise NodeError(node, f"its blocks of {block} need a scale of rank {source.rank}")
        return
    axis = normalize_axis(node, int(node.attributes.get("axis", 1)), source.rank)
    if not block:
        if scale.rank != 1:
            raise NodeError(node, f"its scale {scale} has rank {scale.rank}; 0 or 1 is needed without blocks")
        unify(
            node,
            scale.shape[0],
            source.shape[axis],
            f"the numbers of scales and of entries along axis {axis}",
        )
        return
    if scale.rank != source.rank:
        raise NodeError(node, f"its scale {scale} has rank {scale.rank}; {source.rank} is needed for blocks")
    for position, (extent, count) in enumerate(zip(source.shape, scale.shape, strict=True)):
        wanted = -(-extent // block) if position == axis else extent
        unify(node, count, wanted, f"the numbers of scales and of blocks along axis {position}")


def is_for_all(scale: TensorType) -> bool:
    """Return whether there is one scale for the whole tensor."""
    return scale.rank == 0 or (scale.rank == 1 and proved_equal(scale.shape[0], 1))


def spread(steps: Decomposition, node: Node, step: str, scale: Value, shape: Shape) -> Value:
    """Return a scale or zero point so that it broadcasts to the shape of what it is for."""
    if is_for_all(scale.known_type):
        return steps.reshape(step, scale, [])
    axis = normalize_axis(node, int(node.attributes.get("axis", 1)), len(shape))
    block = int(node.attributes.get("block_size", 0))
    if not block:
        return steps.reshape(step, scale, [-1 if i == axis else 1 for i in range(len(shape))])
    count = scale.shape[axis]
    apart: list[Dimension] = [*scale.shape[: axis + 1], 1, *scale.shape[axis + 1 :]]
    repeated: list[Dimension] = [*apart[: axis + 1], block, *apart[axis + 2 :]]
    each = steps.add(
        "Expand", f"{step}_each", steps.reshape(f"{step}_apart", scale, apart), steps.vector(step, repeated)
    )
    together: list[Dimension] = [*scale.shape[:axis], count * block, *scale.shape[axis + 1 :]]
    all_of_them = steps.reshape(f"{step}_all", each, together)
    # The last block may be cut.
    bounds = [
        steps.vector(f"{step}_{name}", [at])
        for name, at in (("start", 0), ("end", shape[axis]), ("axis", axis))
    ]
    return steps.add("Slice", f"{step}_cut", all_of_them, *bounds)


def rounded(
    steps: Decomposition, scaled: Value, zero_point: Value | None, dtype: str, to: str, result: Value
) -> None:
    """Write the quantised `result` of type `to` from values in steps, floats of type `dtype`."""
    # In floats no further than they are exact, then in whole numbers: those of zero points may need 16 bits.
    far = [steps.scalar("far", dtype, sign * float(EXACT_SUM)) for sign in (-1, 1)]
    near = steps.add("Clip", "near", steps.add("Round", "rounded", scaled), *far)
    whole = steps.cast("whole", near, "int32")
    if zero_point is not None:
        whole = steps.add("Add", "shifted", whole, steps.cast("zero_point", zero_point, "int32"))
    low, high = (steps.scalar("limit", "int32", limit) for limit in RANGES[to])
    steps.cast(result, steps.add("Clip", "limited", whole, low, high), to)


def upright(steps: Decomposition, value: Value, rank: int, axis: int) -> Value:
    """Return a scale or zero point so that it broadcasts: of all, or one for each entry of an axis."""
    if is_for_all(value.known_type):
        return steps.reshape("for_all", value, [])
    if len(value.shape) > 1:
        return value
    return steps.reshape("for_each", value, [-1 if i == axis else 1 for i in range(rank)])


def centred(steps: Decomposition, value: Value, zero_point: Value | None, dtype: str, axis: int = 0) -> Value:
    """Return value - zero point, in numbers of type `dtype`; `axis` is that of several zero points."""
    numbers = steps.cast("numbers", value, dtype)
    if zero_point is None:
        return numbers
    zero = steps.cast("zero", upright(steps, zero_point, len(value.shape), axis), dtype)
    return steps.add("Sub", "centred", numbers, zero)
