"""Matrices that several products share, as heads of an attention share keys: they are read where they lie."""

from __future__ import annotations

from texelflow.backends.webgl2.layout.view import View, merged_runs
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product, proved_equal, same_shape
from texelflow.graph import Node, Shape, Value

VIEWS = frozenset({"Transpose", "Reshape", "Unsqueeze", "Squeeze", "Flatten"})


def shared_matrices(value: Value, lowering: Lowering) -> Value | None:
    """Return the matrices that `value` [..., rows, columns] has several times in a row each, if it has.

    It is then a view of an Expand that repeats matrices along the axis before them.
    """
    repeated = _repeated(value)
    if repeated is None:
        return None
    x, whole, view = repeated
    rows, columns = whole[-2:]
    outer = merged_runs(list(zip(view.shape[:-2], view.strides[:-2], strict=True)))
    if len(outer) != 1 or not same_shape(outer[0], (product(whole[:-2]), rows * columns)):
        return None
    order = list(range(len(whole)))
    order.remove(len(whole) - 3)
    if same_shape(view.strides[-2:], (1, columns)):
        order[-2:] = reversed(order[-2:])
    elif not same_shape(view.strides[-2:], (columns, 1)):
        return None
    shared = value.like("shared", tuple(whole[axis] for axis in order))
    lowering.bind_view(shared, x, lambda view: view.transpose(tuple(order)))
    return shared


def _repeated(value: Value) -> tuple[Value, Shape, View] | None:
    """Return what a value repeats, the shape that repeating gives, and the view of that which it is."""
    chain: list[Node] = []
    while (made := value.producer) is not None and not made.domain and made.operator in VIEWS:
        chain.append(made)
        value = made.required(0)
    if made is None or (made.domain, made.operator) != ("", "Expand") or not chain:
        return None
    x, whole = made.required(0), value.shape
    if len(whole) < 4 or len(x.shape) != len(whole) or not proved_equal(x.shape[-3], 1):
        return None
    if not same_shape((*x.shape[:-3], *x.shape[-2:]), (*whole[:-3], *whole[-2:])):
        return None
    view: View | None = View.whole(whole)
    for step in reversed(chain):
        if view is not None and step.operator == "Transpose":
            order = reversed(range(len(view.shape)))
            view = view.transpose(tuple(step.attributes.get("perm", order)))
        elif view is not None:
            view = view.reshape(step.outputs[0].shape)
    return None if view is None else (x, whole, view)
