"""Layers around others: Bidirectional, TimeDistributed, SpectralNormalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.dimensions import product
from texelflow.graph import Value
from texelflow.importers.keras.layers.recurrent import backwards, sequence_mask
from texelflow.importers.keras.layers.wrapped import call, inner_of, inner_weights
from texelflow.importers.keras.lowering import (
    RESULT_RULES,
    SEQUENCE_AGAIN,
    TFJS,
    WEIGHT_NAMES,
    Layer,
    Mask,
    layer_node,
    lowers,
)

_RECURRENT = ("LSTM", "GRU", "SimpleRNN", "RNN")
_READ_MASKS = (*_RECURRENT, "Bidirectional", "Softmax", "GlobalAveragePooling1D", "GlobalAvgPool1D")


def _has_pair(config: Mapping[str, Any]) -> bool:
    """Whether a Bidirectional gives what both ways give, not joined."""
    return "merge_mode" in config and config["merge_mode"] is None


def _both_results(config: Mapping[str, Any], arguments: Mapping[str, Any]) -> int:
    kind, inner = inner_of(config)
    each = RESULT_RULES[kind](inner, arguments) if kind in _RECURRENT else 1
    return 1 + _has_pair(config) + 2 * (each - 1)


def _both_mask(config: Mapping[str, Any], masked: Sequence[bool]) -> Mask:
    return sequence_mask(inner_of(config)[1], masked)


@lowers(
    "Bidirectional",
    weights=lambda config: [
        f"{way}/{name}" for way in ("forward", "backward") for name in inner_weights(config)
    ],
    masks=_both_mask,
    results=_both_results,
)
def bidirectional(layer: Layer) -> None:
    """A recurrent layer that goes forward, one that goes backward, joined."""
    kind, forward = inner_of(layer.config)
    if kind not in _RECURRENT:
        raise layer.fail(f"its layer is {kind or 'missing'}; {', '.join(_RECURRENT)} are supported")
    _, backward = inner_of(layer.config, "backward_layer")
    backward = backward or {**forward, "go_backwards": not forward.get("go_backwards", False)}
    in_sequence = bool(forward.get("return_sequences", False))
    count = RESULT_RULES[kind](forward, {})
    states = layer.data[1:]
    made, ends = [], []
    for number, (way, config) in enumerate((("forward", forward), ("backward", backward))):
        half = len(states) // 2
        first, *after = call(
            layer,
            kind,
            # Where results are sequences, steps that do not count get zeros; TF.js repeats the one before.
            {**config, "zero_output_for_mask": in_sequence and layer.dialect != TFJS},
            [layer.x, *states[number * half : (number + 1) * half]],
            way,
            count=count,
            masks=[layer.mask()],
            weights={
                name.partition("/")[2]: value
                for name, value in layer.weights.items()
                if name.startswith(f"{way}/")
            },
        )
        made.append(first)
        ends += after
    if in_sequence:
        made[1] = backwards(layer, made[1], "turned_back")
    values = made if _has_pair(layer.config) else [_joined(layer, made)]
    for result, value in zip(layer.results, [*values, *ends], strict=False):
        layer.add("Identity", result, value)


def _joined(layer: Layer, made: Sequence[Value]) -> Value:
    mode = str(layer.setting("merge_mode", "concat"))
    if mode == "concat":
        return layer.add("Concat", "joined", *made, axis=-1)
    operators = {"sum": "Add", "mul": "Mul", "ave": "Mean"}
    if mode not in operators:
        raise layer.fail(f"its merge_mode is {mode!r}; concat, sum, mul or ave is expected")
    return layer.add(operators[mode], "joined", *made)


@lowers(
    "TimeDistributed",
    weights=inner_weights,
    masks=lambda _config, masked: Mask.MADE if any(masked) else Mask.LOST,
)
def time_distributed(layer: Layer) -> None:
    """A layer called for each entry of a sequence by itself."""
    kind, config = inner_of(layer.config)
    if kind not in WEIGHT_NAMES or len(layer.data) != 1 or layer.rank < 3:
        raise layer.fail(
            f"its layer is {kind or 'missing'}, its input {layer.x.type}, which is not supported"
        )
    if config.get("mask_zero") or kind == "Masking":
        raise layer.fail("the layer in it makes a mask, which is not supported: put that layer in front")
    batch, length, *rest = layer.x.shape
    flat = layer.reshape("flat", layer.x, [batch * length, *rest])
    mask = layer.mask()
    if mask is not None and kind in _READ_MASKS:
        if len(mask.shape) < 3:
            raise layer.fail(f"its {kind} needs a mask of the steps inside of each entry; it is {mask.type}")
        mask = layer.reshape("flat_mask", mask, [batch * length, *mask.shape[2:]])
    else:
        mask = None
    [made] = call(layer, kind, config, [flat], "each", masks=[mask], weights=layer.weights)
    again = layer_node(SEQUENCE_AGAIN, layer.name, [layer.result], {}, layer.dialect, [made, layer.x])
    layer.nodes.append(again)
    if layer.gives_mask:
        given = layer.mask()
        assert given is not None
        # A mask of more axes says of an entry that it counts where any of its steps does.
        entries = layer.reshape("entries", given, [*given.shape[:2], product(given.shape[2:])])
        flags = layer.cast("flags", entries, "int32")
        most = layer.add("ReduceMax", "any", flags, layer.vector("any_axis", [2]), keepdims=0)
        layer.cast(layer.mask_result, most, "bool")


@lowers(SEQUENCE_AGAIN)
def sequence_again(layer: Layer) -> None:
    """What was made of each entry, as a sequence as long as the second input."""
    batch, length = layer.input(1).shape[:2]
    layer.reshape(layer.result, layer.x, [batch, length, *layer.x.shape[1:]])


@lowers("SpectralNormalization", weights=lambda config: [f"layer/{name}" for name in inner_weights(config)])
def spectral_normalization(layer: Layer) -> None:
    """The layer in it, whose weights training has normalised."""
    kind, config = inner_of(layer.config)
    if kind not in WEIGHT_NAMES:
        raise layer.fail(f"its layer is {kind or 'missing'}, which is not supported")
    weights = {name.removeprefix("layer/"): value for name, value in layer.weights.items()}
    [made] = call(layer, kind, config, layer.data, "inner", weights=weights)
    layer.add("Identity", layer.result, made)
