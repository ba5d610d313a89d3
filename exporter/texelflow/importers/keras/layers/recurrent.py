"""LSTM, GRU and SimpleRNN, also as cells of an RNN."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Value
from texelflow.importers.keras.activations import recurrent_activation
from texelflow.importers.keras.layers.wrapped import call, inner_of
from texelflow.importers.keras.lowering import (
    KERAS_3,
    RESULT_RULES,
    Layer,
    Mask,
    ResultRule,
    lowers,
    with_bias,
)
from texelflow.importers.keras.masked_steps import MaskedSteps
from texelflow.operators.onnx.slice import UNLIMITED
from texelflow.operators.shapes import known_shape

_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
_ONNX = {"LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "RNN"}


_NAMES = with_bias("kernel", "recurrent_kernel")
_CELLS = {f"{kind}Cell": kind for kind in _GATES}
_MOST_CELLS = 10
"""That are stacked: behind that, archives do not have them in their order."""


def sequence_mask(config: Mapping[str, Any], _masked: Sequence[bool]) -> Mask:
    """Where results are sequences they have the mask, else none."""
    return Mask.KEPT if config.get("return_sequences") else Mask.LOST


def _results(states: int) -> ResultRule:
    """Return the rule of layers with a number of states, which they may return after their result."""
    return lambda config, _arguments: 1 + (states if config.get("return_state") else 0)


LSTM_RESULTS = _results(2)


@lowers("GRU", "SimpleRNN", weights=_NAMES, masks=sequence_mask, results=_results(1))
@lowers("LSTM", weights=_NAMES, masks=sequence_mask, results=LSTM_RESULTS)
def recurrent(layer: Layer) -> None:
    """A layer that goes through a sequence [batch, length, inputs] step by step and remembers."""
    layer.require_rank(3)
    if layer.setting("stateful", False):
        raise layer.fail(
            "it is stateful, which is not supported: give and take its state as inputs and outputs"
        )
    kind = layer.node.operator
    gates, units = _GATES[kind], _units(layer)
    x, steps = _in_order(layer)
    sequence = layer.add("Transpose", "sequence", x, perm=[1, 0, 2])
    weights = [_turned(layer, name, gates) for name in ("kernel", "recurrent_kernel")]
    states = [layer.add("Unsqueeze", "state", value, layer.vector("axis", [0])) for value in layer.data[1:]]
    wanted = 2 if kind == "LSTM" else 1
    if len(states) not in (0, wanted):
        raise layer.fail(f"it is called with {len(states)} states; {wanted} are needed")
    after = _reset_after(layer)
    attributes = {"hidden_size": units, **_activations(layer)}
    if kind == "GRU":
        attributes["linear_before_reset"] = int(after)
    counts = None if steps is None else steps.counts
    operands = [sequence, *weights, _bias(layer, gates, units, after), counts, *states]
    results: list[str | Value] = ["steps", "last_state", *(["last_cell"] if kind == "LSTM" else [])]
    every, *last = layer.add_all(_ONNX[kind], results, *operands, **attributes)
    plain = layer.add("Squeeze", "plain", every, layer.vector("direction", [1]))
    ends = [layer.add("Squeeze", "end", state, layer.vector("first", [0])) for state in last]
    with_zeros = bool(layer.setting("zero_output_for_mask", False))
    if layer.setting("return_sequences", False):
        made = layer.add("Transpose", "by_batch", plain, perm=[1, 0, 2])
        made = made if steps is None else steps.back(made, with_zeros)
    else:
        made = ends[0] if steps is None else steps.last(ends[0], with_zeros)
    layer.add("Identity", layer.result, made)
    first: list[Value | None] = [*layer.data[1:]] or [None] * wanted
    for result, end, begin in zip(layer.results[1:], ends, first, strict=False):
        layer.add("Identity", result, end if steps is None else steps.or_first("state", end, begin))


def _in_order(layer: Layer) -> tuple[Value, MaskedSteps | None]:
    """Return the sequence as it is gone through, and what a mask says of its steps: these are in front."""
    x, mask = layer.x, layer.mask()
    if layer.setting("go_backwards", False):
        x, mask = backwards(layer, x), None if mask is None else backwards(layer, mask, "mask_backwards")
    if mask is None:
        return x, None
    steps = MaskedSteps(layer, mask)
    return steps.to_front(x), steps


def _activations(layer: Layer) -> dict[str, Any]:
    """Return the activations as attributes of ONNX's layers."""
    kind = layer.node.operator
    functions = [recurrent_activation(layer, layer.setting("activation", "tanh"))]
    if kind != "SimpleRNN":
        inner = recurrent_activation(layer, layer.setting("recurrent_activation", "sigmoid"))
        functions = [inner, *functions, *(functions if kind == "LSTM" else [])]
    attributes: dict[str, Any] = {"activations": [name for name, _, _ in functions]}
    for number, key in ((1, "activation_alpha"), (2, "activation_beta")):
        parameters = [parameter for function in functions for parameter in function[number]]
        if parameters:
            attributes[key] = parameters
    return attributes


def _units(layer: Layer) -> int:
    shape = known_shape(layer.weight("recurrent_kernel").shape)
    if shape is None or len(shape) != 2 or shape[1] != shape[0] * _GATES[layer.node.operator]:
        raise layer.fail(f"its recurrent_kernel is {layer.weight('recurrent_kernel').type}")
    return shape[0]


def _reset_after(layer: Layer) -> bool:
    """Whether a GRU resets behind the product with its state."""
    return bool(layer.setting("reset_after", layer.dialect == KERAS_3))


def _turned(layer: Layer, name: str, gates: int) -> Value:
    """Return weights [inputs, gates · units] as ONNX has them: [1, gates · units, inputs]."""
    weight = layer.weight(name)
    if gates == 4:
        weight = _ordered(layer, weight, 1)
    turned = layer.add("Transpose", f"{name}_turned", weight, perm=[1, 0])
    return layer.add("Unsqueeze", f"{name}_all", turned, layer.vector("axis", [0]))


def _ordered(layer: Layer, weight: Value, axis: int) -> Value:
    """Return the gates of an LSTM in ONNX's order: input, output, forget, cell; Keras has the output last."""
    parts: list[str | Value] = ["input", "forget", "cell", "output"]
    size = layer.weight("recurrent_kernel").shape[0]
    i, f, c, o = layer.add_all("Split", parts, weight, layer.vector("sizes", [size] * 4), axis=axis)
    return layer.add("Concat", "gates", i, o, f, c, axis=axis)


def _bias(layer: Layer, gates: int, units: int, after: bool) -> Value | None:
    """Return the bias as ONNX has it: [1, 2 · gates · units], that of the inputs first."""
    if not layer.setting("use_bias", True):
        return None
    bias = layer.weight("bias")
    if layer.node.operator == "GRU" and after:
        return layer.reshape("biases", bias, [1, 2 * gates * units])
    if gates == 4:
        bias = _ordered(layer, bias, 0)
    zeros = layer.add(
        "Expand", "zeros", layer.scalar("zero", bias_dtype(layer), 0), layer.vector("count", [gates * units])
    )
    both = layer.add("Concat", "both", bias, zeros, axis=0)
    return layer.reshape("biases", both, [1, 2 * gates * units])


def bias_dtype(layer: Layer) -> str:
    """Return the element type of a layer's bias."""
    return layer.weight("bias").dtype


def backwards(layer: Layer, x: Value, result: str = "backwards") -> Value:
    """Return a sequence [batch, length, …] in the opposite order."""
    bounds = (("first", UNLIMITED), ("end", -UNLIMITED), ("axis", 1), ("by", -1))
    made = layer.add("Slice", result, x, *(layer.vector(name, [bound]) for name, bound in bounds))
    made.type = x.type
    return made


def _cells(config: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Return class and configuration of the cells of an RNN."""
    kind, cell = inner_of(config, "cell")
    if kind != "StackedRNNCells":
        return [(kind, cell)]
    cells = cell.get("cells")
    return [inner_of({"cell": each}, "cell") for each in cells] if isinstance(cells, list) else []


def _rnn_weights(config: Mapping[str, Any]) -> Sequence[str]:
    return [
        f"{name}_{number}" if number else name
        for number, (_, cell) in enumerate(_cells(config))
        for name in _NAMES(cell)
    ]


def _rnn_results(config: Mapping[str, Any], arguments: Mapping[str, Any]) -> int:
    cells = [RESULT_RULES[_CELLS[kind]] for kind, _ in _cells(config) if kind in _CELLS]
    return 1 + sum(rule(config, arguments) - 1 for rule in cells)


@lowers("RNN", weights=_rnn_weights, masks=sequence_mask, results=_rnn_results)
def rnn(layer: Layer) -> None:
    """A cell, or several on top of each other, that go through a sequence: layers one behind the other."""
    cells = _cells(layer.config)
    kinds = {kind for kind, _ in cells}
    _, stack = inner_of(layer.config, "cell")
    if not cells or not kinds <= _CELLS.keys() or len(kinds) > 1 or len(cells) > _MOST_CELLS:
        raise layer.fail(
            f"its cells are {', '.join(sorted(filter(None, kinds))) or 'missing'}; up to {_MOST_CELLS} of one"
            f" kind of {', '.join(_CELLS)} are supported"
        )
    if layer.setting("stateful", False) or stack.get("reverse_state_order"):
        raise layer.fail("it is stateful, or has its states in reverse order, which is not supported")
    x, mask = layer.x, layer.mask()
    if layer.setting("go_backwards", False):
        x, mask = backwards(layer, x), None if mask is None else backwards(layer, mask, "mask_backwards")
    [kind] = kinds
    each = 2 if kind == "LSTMCell" else 1
    states = layer.data[1:]
    if len(states) not in (0, each * len(cells)):
        raise layer.fail(f"it is called with {len(states)} states; {each * len(cells)} are needed")
    weights, ends = iter(layer.weights.values()), []
    for number, (_, cell) in enumerate(cells):
        is_last = number == len(cells) - 1
        config = {
            **cell,
            "return_sequences": not is_last or layer.setting("return_sequences", False),
            "return_state": True,
            "zero_output_for_mask": is_last and layer.setting("zero_output_for_mask", False),
        }
        x, *after = call(
            layer,
            _CELLS[kind],
            config,
            [x, *states[number * each : (number + 1) * each]],
            f"cell_{number}",
            count=1 + each,
            masks=[mask],
            weights={name: next(weights) for name in _NAMES(cell)},
        )
        ends += after
    for result, value in zip(layer.results, [x, *ends], strict=False):
        layer.add("Identity", result, value)
