"""Rules that took "not proved equal" for "different", as the exporter once had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from texelflow.backends.webgl2.layout.view import View
from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, Shape


def _same(a: Dimension, b: Dimension) -> bool:
    return str(a) == str(b)


def _one_of(a: Dimension, b: Dimension) -> Dimension:
    """Return what two axes broadcast to: either of two that may differ, but a number rather than a symbol."""
    if _same(a, b) or _same(b, 1):
        return a
    if _same(a, 1):
        return b
    return b if isinstance(b, int) else a


def broadcast(node: Node, shapes: Sequence[Shape], *_: object) -> Shape:
    """Return the shape to which `shapes` broadcast, keeping one extent of each axis."""
    rank = max((len(shape) for shape in shapes), default=0)
    result: list[Dimension] = [1] * rank
    for shape in shapes:
        for position, extent in enumerate(shape, rank - len(shape)):
            result[position] = _one_of(result[position], extent)
    return tuple(result)


def expand(view: View, shape: Shape, *_: object) -> View | None:
    """Return the view broadcast to `shape`; an axis that is not proved to be as long is repeated."""
    missing = len(shape) - len(view.shape)
    strides: list[Dimension] = [0] * missing
    for axis, (extent, stride) in enumerate(zip(view.shape, view.strides, strict=True)):
        repeated = not _same(extent, shape[missing + axis])
        if repeated and view.bounds is not None and view.bounds[axis] is not None:
            return None
        strides.append(0 if repeated or _same(extent, 1) else stride)
    bounds = None if view.bounds is None else (*[None] * missing, *view.bounds)
    return replace(view, shape=shape, strides=tuple(strides), bounds=bounds)


def unify(node: Node, a: Dimension, b: Dimension, meaning: str, *_: object) -> Dimension:
    """Return one of two dimensions that must be equal, believing that they are."""
    if isinstance(a, int) and isinstance(b, int) and a != b:
        raise NodeError(node, f"{meaning} differ: {a} and {b}")
    return b if isinstance(b, int) else a
