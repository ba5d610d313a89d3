"""Layers of several inputs."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.lowering import Layer, lowers
from texelflow.operators.shapes import normalize_axis

_OPERATORS = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Average": "Add",
    "Maximum": "Max",
    "Minimum": "Min",
}


@lowers(*_OPERATORS)
def merge(layer: Layer) -> None:
    """Inputs joined element by element; of fewer axes than others, behind the batch."""
    name, values = layer.node.operator, layer.data
    rank = max(len(value.shape) for value in values)
    values = [_padded(layer, value, rank) for value in values]
    made = values[0]
    for value in values[1:]:
        made = layer.add(_OPERATORS[name], "joined", made, value)
    if name == "Average":
        count = layer.scalar("count", layer.x.dtype, len(values))
        layer.add("Div", layer.result, made, count)
    else:
        layer.add("Identity", layer.result, made)


def _padded(layer: Layer, value: Value, rank: int) -> Value:
    missing = rank - len(value.shape)
    if not missing:
        return value
    return layer.add("Unsqueeze", "wide", value, layer.vector("axes", list(range(1, missing + 1))))


@lowers("Concatenate")
def concatenate(layer: Layer) -> None:
    """Inputs one behind the other."""
    axis = layer.whole("axis", -1)
    layer.add("Concat", layer.result, *layer.data, axis=normalize_axis(layer.node, axis, layer.rank))


@lowers("Dot")
def dot(layer: Layer) -> None:
    """Products along an axis of each of two inputs, for each entry of the batch."""
    if len(layer.data) != 2 or layer.setting("normalize", False):
        raise layer.fail("two inputs that are not normalised are supported")
    a, b = layer.data
    axes = layer.setting("axes", -1)
    axes = [axes, axes] if isinstance(axes, int) else axes
    if not isinstance(axes, list) or len(axes) != 2 or not all(type(axis) is int for axis in axes):
        raise layer.fail(f"its axes are {axes!r}; a number, or two, are needed")
    ranks = [len(a.shape), len(b.shape)]
    places = [normalize_axis(layer.node, axis, rank) for axis, rank in zip(axes, ranks, strict=True)]
    if 0 in places or max(ranks) > 8:
        raise layer.fail(f"its axes are {axes}, of {ranks} axes; the batch cannot be among them")
    left = ["z" if axis == 0 else "k" if axis == places[0] else "abcdefgh"[axis] for axis in range(ranks[0])]
    right = ["z" if axis == 0 else "k" if axis == places[1] else "lmnopqrs"[axis] for axis in range(ranks[1])]
    kept = ["z", *(name for name in (*left, *right) if name not in "zk")]
    equation = f"{''.join(left)},{''.join(right)}->{''.join(kept)}"
    made = layer.add("Einsum", "product", a, b, equation=equation)
    if len(kept) == 1:
        layer.add("Unsqueeze", layer.result, made, layer.vector("axis", [1]))
    else:
        layer.add("Identity", layer.result, made)
