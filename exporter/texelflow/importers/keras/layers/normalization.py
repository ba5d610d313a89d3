"""Normalisation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.keras.lowering import Layer, kept, lowers
from texelflow.importers.lowering.channels_last import batch_normalization
from texelflow.operators.shapes import normalize_axis


def _weights(config: Mapping[str, Any]) -> Sequence[str]:
    scale = ["gamma"] if config.get("scale", True) else []
    offset = ["beta"] if config.get("center", True) else []
    return [*scale, *offset]


@lowers(
    "BatchNormalization",
    "BatchNormalizationV1",
    "SyncBatchNormalization",
    weights=lambda config: [*_weights(config), "moving_mean", "moving_variance"],
    masks=kept,
)
def batch_norm(layer: Layer) -> None:
    """Each channel moved and scaled by the mean and variance that training left behind."""
    axis = layer.setting("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if not isinstance(axis, int):
        raise layer.fail(f"its axis is {axis!r}; one is supported")
    axis = normalize_axis(layer.node, axis, layer.rank)
    mean, variance = layer.weight("moving_mean"), layer.weight("moving_variance")
    statistics = (_or(layer, "gamma", mean, 1), _or(layer, "beta", mean, 0), mean, variance)
    epsilon = layer.number("epsilon", 1e-3)
    if axis == 1:
        layer.add("BatchNormalization", layer.result, layer.x, *statistics, epsilon=epsilon)
    elif axis == layer.rank - 1:
        batch_normalization(layer, layer.result, layer.x, layer.rank, statistics, epsilon)
    else:
        order = [0, axis, *(other for other in range(1, layer.rank) if other != axis)]
        turned = layer.add("Transpose", "turned", layer.x, perm=order)
        made = layer.add("BatchNormalization", "normal", turned, *statistics, epsilon=epsilon)
        layer.add("Transpose", layer.result, made, perm=[order.index(place) for place in range(layer.rank)])


def _or(layer: Layer, name: str, like: Value, number: int) -> Value:
    """Return a weight, or a number for each element where the layer has none."""
    if name in layer.weights:
        return layer.weight(name)
    return layer.add(
        "Expand", name, layer.scalar("number", like.dtype, number), layer.vector("shape", like.shape)
    )


@lowers("LayerNormalization", weights=_weights, masks=kept)
def layer_norm(layer: Layer) -> None:
    """Elements moved and scaled by the mean and variance of the last axes."""
    places = layer.axes("axis", -1)
    if places != list(range(places[0], layer.rank)):
        raise layer.fail(f"its axes are {places} of {layer.rank}; the last ones are supported")
    if layer.setting("rms_scaling", False):
        raise layer.fail("it has rms_scaling, which is not supported")
    shape = layer.x.shape[places[0] :]
    names = layer.weights
    one = layer.add("Expand", "ones", layer.scalar("one", layer.x.dtype, 1), layer.vector("shape", shape))
    operands = [layer.weight("gamma") if "gamma" in names else one]
    operands += [layer.weight("beta")] if "beta" in names else []
    layer.add(
        "LayerNormalization",
        layer.result,
        layer.x,
        *operands,
        axis=places[0],
        epsilon=layer.number("epsilon", 1e-3),
    )


@lowers("UnitNormalization", masks=kept)
def unit_norm(layer: Layer) -> None:
    """Elements divided by their length along an axis."""
    places = layer.axes("axis", -1)
    squares = layer.reduce("ReduceSumSquare", "squares", layer.x, places)
    least = layer.add("Max", "least", squares, layer.scalar("tiny", layer.x.dtype, 1e-12))
    layer.add("Div", layer.result, layer.x, layer.add("Sqrt", "length", least))


@lowers("GroupNormalization", weights=_weights, masks=kept)
def group_norm(layer: Layer) -> None:
    """Groups of channels, the last axis, moved and scaled by their mean and variance."""
    axis = normalize_axis(layer.node, layer.whole("axis", -1), layer.rank)
    channels = layer.x.shape[axis]
    if axis != layer.rank - 1 or not isinstance(channels, int):
        raise layer.fail(
            f"its axis is {axis} of {layer.x.type}; the last one, of a known extent, is supported"
        )
    groups = layer.whole("groups", 32)
    groups = channels if groups == -1 else groups
    if groups < 1 or channels % groups:
        raise layer.fail(f"{channels} channels cannot be in {groups} groups")
    parts = [*layer.x.shape[:-1], groups, channels // groups]
    apart = layer.reshape("apart", layer.x, parts)
    axes = [*range(1, layer.rank - 1), layer.rank]
    mean = layer.reduce("ReduceMean", "mean", apart, axes)
    centred = layer.add("Sub", "centred", apart, mean)
    variance = layer.reduce("ReduceMean", "variance", layer.add("Mul", "squares", centred, centred), axes)
    epsilon = layer.scalar("epsilon", layer.x.dtype, layer.number("epsilon", 1e-3))
    deviation = layer.add("Sqrt", "deviation", layer.add("Add", "positive", variance, epsilon))
    made = layer.reshape("joined", layer.add("Div", "normal", centred, deviation), layer.x.shape)
    names = layer.weights
    if "gamma" in names:
        made = layer.add("Mul", "scaled", made, layer.weight("gamma"))
    if "beta" in names:
        made = layer.add("Add", "moved", made, layer.weight("beta"))
    layer.add("Identity", layer.result, made)


@lowers("RMSNormalization", weights=lambda _config: ["scale"])
def rms_norm(layer: Layer) -> None:
    """Elements divided by the root of their mean square along axes, and scaled."""
    places = layer.axes("axis", -1)
    scale = layer.weight("scale")
    mean = layer.reduce("ReduceMean", "mean", layer.add("Mul", "squares", layer.x, layer.x), places)
    epsilon = layer.scalar("epsilon", layer.x.dtype, layer.number("epsilon", 1e-7))
    root = layer.add("Sqrt", "root", layer.add("Add", "positive", mean, epsilon))
    normal = layer.add("Div", "normal", layer.x, root)
    if len(places) > 1:
        raise layer.fail(f"its axes are {places}; one is supported")
    shape: list[Dimension] = [1] * layer.rank
    shape[places[0]] = layer.x.shape[places[0]]
    layer.add("Mul", layer.result, normal, layer.reshape("scale_wide", scale, shape))
