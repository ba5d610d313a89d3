"""What shape inference of many operators shares: axes, broadcasting, numbers known at export."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.ir import FLOATING, Element, Node, NodeError, Shape, TensorType
from texelflow.symbolic import Dimension, Expression, equal, is_positive


def normalize_axis(node: Node, axis: Element, rank: int, *, end: bool = False) -> int:
    """Return `axis` counted from the front; raise NodeError if it is not one of `rank` axes.

    With `end`, `rank` itself is allowed too: the position after the last axis.
    """
    if not isinstance(axis, int):
        raise NodeError(node, f"axis {axis} is not a whole number known at export")
    position = axis + rank if axis < 0 else axis
    if not 0 <= position < rank + end:
        raise NodeError(node, f"axis {axis} is out of range for a tensor of rank {rank}")
    return position


def normalize_axes(node: Node, axes: Sequence[Element], rank: int) -> list[int]:
    """Return axes counted from the front, in the order given; raise NodeError for a wrong or repeated one."""
    normal = [normalize_axis(node, axis, rank) for axis in axes]
    if len(set(normal)) != len(normal):
        raise NodeError(node, f"an axis is repeated in {list(axes)}")
    return normal


def broadcast(node: Node, shapes: Sequence[Shape]) -> Shape:
    """Return the shape to which `shapes` broadcast, NumPy's way; raise NodeError if they cannot."""
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dimension] = [1] * rank
    for shape in shapes:
        offset = rank - len(shape)
        for position, dimension in enumerate(shape):
            merged = _broadcast_dimension(result[offset + position], dimension)
            if merged is None:
                listed = " and ".join(str(list(one)) for one in shapes)
                raise NodeError(node, f"the shapes {listed} do not broadcast together")
            result[offset + position] = merged
    return tuple(result)


def _broadcast_dimension(a: Dimension, b: Dimension) -> Dimension | None:
    if a == b or b == 1:
        return a
    if a == 1:
        return b
    if isinstance(a, int) and isinstance(b, int):
        return None
    if equal(a, b) == 0 and is_positive(a - 1) and is_positive(b - 1):
        return None
    # Not provably equal, so one of them may be 1 at run time: a number above 1 decides the result either way.
    return b if isinstance(b, int) else a


def unify(node: Node, a: Dimension, b: Dimension, meaning: str) -> Dimension:
    """Return the dimension that `a` and `b` both must be; raise NodeError if they provably differ."""
    if a != b and equal(a, b) == 0:
        raise NodeError(node, f"{meaning} differ: {a} and {b}")
    return b if isinstance(b, int) else a


def require_rank(node: Node, kind: TensorType, least: int, most: int | None = None) -> None:
    """Raise NodeError unless the rank lies between `least` and `most` (None: no upper bound)."""
    if kind.rank < least or (most is not None and kind.rank > most):
        wanted = (
            f"at least {least}" if most is None else f"{least}" if least == most else f"{least} to {most}"
        )
        raise NodeError(node, f"its input has shape {list(kind.shape)}; rank {wanted} is needed")


def same_dtype(node: Node, kinds: Sequence[TensorType]) -> str:
    """Return the element type that all inputs share; raise NodeError if they differ."""
    dtypes = {kind.dtype for kind in kinds}
    if len(dtypes) != 1:
        raise NodeError(node, f"its inputs have different element types: {', '.join(sorted(dtypes))}")
    return kinds[0].dtype


def floating_dtype(node: Node, kinds: Sequence[TensorType]) -> str:
    """Return the floating type that all inputs share; raise NodeError if they differ or are not floating."""
    dtype = same_dtype(node, kinds)
    if dtype not in FLOATING:
        raise NodeError(node, f"its inputs have type {dtype}; a floating type is needed")
    return dtype


def dimensions(node: Node, elements: Sequence[Element], meaning: str) -> list[Dimension]:
    """Return elements as dimensions; raise NodeError if one is neither whole nor an expression."""
    result: list[Dimension] = []
    for element in elements:
        if isinstance(element, float):
            if not element.is_integer():
                raise NodeError(node, f"its {meaning} contain {element}; whole numbers are needed")
            element = int(element)
        result.append(element if isinstance(element, Expression) else int(element))
    return result


def integers(node: Node, elements: Sequence[Element], meaning: str) -> list[int]:
    """Return elements as whole numbers; raise NodeError if one depends on the shapes of the inputs."""
    result: list[int] = []
    for dimension in dimensions(node, elements, meaning):
        if not isinstance(dimension, int):
            raise NodeError(node, f"its {meaning} depend on the shapes of the inputs ({dimension})")
        result.append(dimension)
    return result


def sum_of(extents: Sequence[Dimension]) -> Dimension:
    """Return the sum of dimensions."""
    total: Dimension = 0
    for extent in extents:
        total = total + extent
    return total


def known_shape(shape: Shape) -> tuple[int, ...] | None:
    """Return the shape as numbers, or None if a dimension is symbolic."""
    sizes = tuple(dimension for dimension in shape if isinstance(dimension, int))
    return sizes if len(sizes) == len(shape) else None
