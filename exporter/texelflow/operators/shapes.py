"""Helpers for shape inference: axes, broadcasting, numbers known at export."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension, Expression, canonical, is_positive, proved_different, proved_equal
from texelflow.dimensions import broadcast as broadcast_extents
from texelflow.dimensions.constraints import require_broadcast, require_equal, require_least
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, NodeError, Shape, TensorType


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
    """Return the shape to which `shapes` broadcast, NumPy's way; raise NodeError if they cannot.

    Where extents are not known, that they are equal or 1 is a constraint.
    """
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dimension] = [1] * rank
    for shape in shapes:
        offset = rank - len(shape)
        for position, dimension in enumerate(shape, offset):
            if _never_broadcast(result[position], dimension):
                listed = " and ".join(str(list(one)) for one in shapes)
                raise NodeError(node, f"the shapes {listed} do not broadcast together")
            require_broadcast(
                node.title, result[position], dimension, f"its inputs' extents along axis {position}"
            )
            result[position] = broadcast_extents(result[position], dimension)
    return tuple(result)


def broadcast_to(node: Node, shape: Shape, target: Shape, meaning: str) -> None:
    """Let a shape broadcast to another, which it leaves as it is; raise NodeError if it provably does not."""
    result = broadcast(node, [target, shape])
    if len(result) != len(target):
        raise NodeError(node, f"{meaning}, of shape {list(shape)}, does not broadcast to {list(target)}")
    for axis, (extent, wanted) in enumerate(zip(result, target, strict=True)):
        if proved_different(extent, wanted):
            raise NodeError(node, f"{meaning}, of shape {list(shape)}, does not broadcast to {list(target)}")
        require_equal(node.title, extent, wanted, f"the extents along axis {axis} with and without {meaning}")


def _never_broadcast(a: Dimension, b: Dimension) -> bool:
    return proved_different(a, b) and proved_different(a, 1) and proved_different(b, 1)


def unify(node: Node, a: Dimension, b: Dimension, meaning: str) -> Dimension:
    """Return the dimension that `a` and `b` both must be; raise NodeError if they provably differ.

    Where that is not known, it is a constraint. `meaning` is a plural: "the inner extents".
    """
    if proved_different(a, b):
        raise NodeError(node, f"{meaning} differ: {a} and {b}")
    require_equal(node.title, a, b, meaning)
    if isinstance(a, int) or isinstance(b, int):
        return b if isinstance(b, int) else a
    return canonical(a)


def at_least(node: Node, dimension: Dimension, least: Dimension, meaning: str) -> None:
    """Let a dimension be at least another: raise NodeError if it provably is not, else constrain it."""
    if is_positive(canonical(least - dimension)):
        raise NodeError(node, f"{meaning} is {dimension}; at least {least} is needed")
    require_least(node.title, dimension, least, meaning)


def divided(node: Node, a: Dimension, b: Dimension, meaning: str) -> Dimension:
    """Return a / b, which is whole: raise NodeError if it provably is not, else constrain it."""
    if proved_equal(b, 0):
        raise NodeError(node, f"{meaning} ({a}) is to be divided by 0")
    quotient = a // b
    if proved_different(quotient * b, a):
        raise NodeError(node, f"{meaning} ({a}) is not a multiple of {b}")
    require_equal(node.title, a, quotient * b, f"{meaning} and a multiple of {b}")
    return quotient


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
        if isinstance(element, FloatExpression):
            raise NodeError(node, f"its {meaning} contain {element}, a float; whole numbers are needed")
        if isinstance(element, float):
            if not element.is_integer():
                raise NodeError(node, f"its {meaning} contain {element}; whole numbers are needed")
            element = int(element)
        result.append(element if isinstance(element, Expression) else int(element))
    return result


def counts(node: Node, elements: Sequence[Element], meaning: str) -> list[Dimension]:
    """Return elements as dimensions that are at least 0: raise NodeError, or constrain them."""
    result = dimensions(node, elements, meaning)
    for dimension in result:
        at_least(node, dimension, 0, f"a number of its {meaning}")
    return result


def integers(node: Node, elements: Sequence[Element], meaning: str) -> list[int]:
    """Return elements as whole numbers; raise NodeError if one depends on sizes or numbers of a run."""
    result: list[int] = []
    for dimension in dimensions(node, elements, meaning):
        if not isinstance(dimension, int):
            raise NodeError(node, f"its {meaning} depend on sizes or numbers of a run ({dimension})")
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
