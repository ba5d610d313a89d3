"""Layers of several inputs."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Value
from texelflow.importers.keras.lowering import KERAS_3, Layer, Mask, lowers
from texelflow.operators.shapes import normalize_axis

_OPERATORS = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Average": "Add",
    "Maximum": "Max",
    "Minimum": "Min",
}


@lowers(*_OPERATORS, masks=lambda _config, masked: Mask.MADE if masked and all(masked) else Mask.LOST)
def merge(layer: Layer) -> None:
    """Inputs joined element by element; of fewer axes than others, behind the batch."""
    name, values = layer.node.operator, layer.data
    rank = max(len(value.shape) for value in values)
    values = [_padded(layer, value, rank) for value in values]
    masks = [layer.mask(index) for index in range(len(values))]
    if layer.dialect == KERAS_3 and any(masks) and name in ("Maximum", "Minimum", "Multiply"):
        made = (
            _masked_product(layer, values, masks)
            if name == "Multiply"
            else _masked_extreme(layer, values, masks)
        )
    else:
        made = values[0]
        for value in values[1:]:
            made = layer.add(_OPERATORS[name], "joined", made, value)
    if name == "Average":
        count = layer.scalar("count", layer.x.dtype, len(values))
        layer.add("Div", layer.result, made, count)
    else:
        layer.add("Identity", layer.result, made)
    if layer.gives_mask:
        layer.add("Identity", layer.mask_result, _either(layer, masks))


def _either(layer: Layer, masks: Sequence[Value | None]) -> Value:
    """Return where any of the masks holds."""
    known = [mask for mask in masks if mask is not None]
    made = known[0]
    for mask in known[1:]:
        made = layer.add("Or", "either", made, mask)
    return made


def _upright(layer: Layer, mask: Value) -> Value:
    """Return a mask with one more axis, so that it says of each element of a step what it says of that."""
    return layer.add("Unsqueeze", "upright", mask, layer.vector("last_axis", [-1]))


def _masked_product(layer: Layer, values: Sequence[Value], masks: Sequence[Value | None]) -> Value:
    """Return the product of what counts; 0 where nothing does, if all have masks."""
    made = None
    for value, mask in zip(values, masks, strict=True):
        if mask is not None:
            one = layer.scalar("one", value.dtype, 1)
            value = layer.add("Where", "counting", _upright(layer, mask), value, one)
        made = value if made is None else layer.add("Mul", "joined", made, value)
    assert made is not None
    if None in masks:
        return made
    any_ = _upright(layer, _either(layer, masks))
    return layer.add("Where", "product", any_, made, layer.scalar("nothing", layer.x.dtype, 0))


def _masked_extreme(layer: Layer, values: Sequence[Value], masks: Sequence[Value | None]) -> Value:
    """Return the largest or smallest of what counts, as Keras goes from each to the next."""
    made, counts = values[0], masks[0]
    for value, mask in zip(values[1:], masks[1:], strict=True):
        if mask is not None:
            value = layer.add("Where", "counting", _upright(layer, mask), value, made)
        if counts is not None:
            made = layer.add("Where", "before", _upright(layer, counts), made, value)
        counts = None if mask is None or counts is None else layer.add("Or", "either", counts, mask)
        made = layer.add(_OPERATORS[layer.node.operator], "joined", made, value)
    return made


def _padded(layer: Layer, value: Value, rank: int) -> Value:
    missing = rank - len(value.shape)
    if not missing:
        return value
    return layer.add("Unsqueeze", "wide", value, layer.vector("axes", list(range(1, missing + 1))))


@lowers("Concatenate", masks=lambda _config, masked: Mask.MADE if any(masked) else Mask.LOST)
def concatenate(layer: Layer) -> None:
    """Inputs one behind the other; of what has no mask all counts."""
    axis = normalize_axis(layer.node, layer.whole("axis", -1), layer.rank)
    layer.add("Concat", layer.result, *layer.data, axis=axis)
    if not layer.gives_mask:
        return
    masks = []
    for index, value in enumerate(layer.data):
        mask, shape = layer.mask(index), layer.vector("shape", value.shape)
        upright = layer.scalar("all", "bool", True) if mask is None else _upright(layer, mask)
        masks.append(layer.cast("whole", layer.add("Expand", "wide", upright, shape), "int32"))
    joined = layer.add("Concat", "joined_masks", *masks, axis=axis)
    # Keras 2 counts a step where all its channels do, Keras 3 where any does.
    operator = "ReduceMax" if layer.dialect == KERAS_3 else "ReduceMin"
    steps = layer.add(operator, "steps", joined, layer.vector("channels", [layer.rank - 1]), keepdims=0)
    layer.cast(layer.mask_result, steps, "bool")


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
