"""LSTM, GRU and SimpleRNN, and the layers around others: Bidirectional and TimeDistributed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Node, Value
from texelflow.importers.keras.activations import recurrent_activation
from texelflow.importers.keras.lowering import (
    CONFIG,
    DIALECT,
    DOMAIN,
    KERAS_3,
    SEQUENCE_AGAIN,
    WEIGHT_NAMES,
    WEIGHTS,
    Layer,
    lowers,
    with_bias,
)
from texelflow.operators.onnx.slice import UNLIMITED
from texelflow.operators.shapes import known_shape

_GATES = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
_ONNX = {"LSTM": "LSTM", "GRU": "GRU", "SimpleRNN": "RNN"}


@lowers("LSTM", "GRU", "SimpleRNN", weights=with_bias("kernel", "recurrent_kernel"))
def recurrent(layer: Layer) -> None:
    """A layer that goes through a sequence [batch, length, inputs] step by step and remembers."""
    layer.require_rank(3)
    if layer.setting("stateful", False):
        raise layer.fail(
            "it is stateful, which is not supported: give and take its state as inputs and outputs"
        )
    kind = layer.node.operator
    gates, units = _GATES[kind], _units(layer)
    x = _backwards(layer, layer.x) if layer.setting("go_backwards", False) else layer.x
    sequence = layer.add("Transpose", "sequence", x, perm=[1, 0, 2])
    weights = [_turned(layer, name, gates) for name in ("kernel", "recurrent_kernel")]
    states = [layer.add("Unsqueeze", "state", value, layer.vector("axis", [0])) for value in layer.data[1:]]
    wanted = 2 if kind == "LSTM" else 1
    if len(states) not in (0, wanted):
        raise layer.fail(f"it is called with {len(states)} states; {wanted} are needed")
    after = _reset_after(layer)
    functions = [recurrent_activation(layer, layer.setting("activation", "tanh"))]
    if kind != "SimpleRNN":
        inner = recurrent_activation(layer, layer.setting("recurrent_activation", "sigmoid"))
        functions = [inner, *functions, *(functions if kind == "LSTM" else [])]
    attributes: dict[str, Any] = {"activations": [name for name, _, _ in functions], "hidden_size": units}
    for number, key in ((1, "activation_alpha"), (2, "activation_beta")):
        parameters = [parameter for function in functions for parameter in function[number]]
        if parameters:
            attributes[key] = parameters
    if kind == "GRU":
        attributes["linear_before_reset"] = int(after)
    operands = [sequence, *weights, _bias(layer, gates, units, after), None, *states]
    results: list[str | Value] = ["steps", "last_state", *(["last_cell"] if kind == "LSTM" else [])]
    steps, *last = layer.add_all(_ONNX[kind], results, *operands, **attributes)
    axis = layer.vector("direction", [1])
    if layer.setting("return_sequences", False):
        plain = layer.add("Squeeze", "plain", steps, axis)
        layer.add("Transpose", layer.result, plain, perm=[1, 0, 2])
    else:
        layer.add("Squeeze", layer.result, last[0], layer.vector("first", [0]))
    for result, state in zip(layer.node.outputs[1:], last, strict=False):
        layer.add("Squeeze", result, state, layer.vector("first", [0]))


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


def _backwards(layer: Layer, x: Value, result: str = "backwards") -> Value:
    """Return a sequence [batch, length, …] in the opposite order."""
    bounds = (("first", UNLIMITED), ("end", -UNLIMITED), ("axis", 1), ("by", -1))
    return layer.add("Slice", result, x, *(layer.vector(name, [bound]) for name, bound in bounds))


def _inner(config: Mapping[str, Any], key: str = "layer") -> tuple[str, Mapping[str, Any]]:
    """Return class and configuration of the layer in another; empty if there is none."""
    inner = config.get(key)
    if not isinstance(inner, Mapping) or not isinstance(inner.get("config"), Mapping):
        return "", {}
    return str(inner.get("class_name")), inner["config"]


def _names(config: Mapping[str, Any]) -> Sequence[str]:
    kind, inner = _inner(config)
    return WEIGHT_NAMES[kind](inner) if kind in WEIGHT_NAMES else ()


@lowers(
    "Bidirectional",
    weights=lambda config: [f"{way}/{name}" for way in ("forward", "backward") for name in _names(config)],
)
def bidirectional(layer: Layer) -> None:
    """A recurrent layer that goes forward, one that goes backward, joined."""
    kind, forward = _inner(layer.config)
    if kind not in _GATES:
        raise layer.fail(f"its layer is {kind or 'missing'}; {', '.join(_GATES)} are supported")
    _, backward = _inner(layer.config, "backward_layer")
    backward = backward or {**forward, "go_backwards": not forward.get("go_backwards", False)}
    names = list(_names(layer.config))
    weights = layer.inputs()[layer.count - 2 * len(names) :]
    states = layer.data[1:]
    mode = str(layer.setting("merge_mode", "concat"))
    if "merge_mode" in layer.config and layer.config["merge_mode"] is None:
        raise layer.fail("its merge_mode is None, which is not supported")
    if len(layer.node.outputs) > 1:
        raise layer.fail("it returns its states, which is not supported")
    made = []
    for number, config in enumerate((forward, backward)):
        own = weights[number * len(names) : (number + 1) * len(names)]
        half = len(states) // 2
        data = [layer.x, *states[number * half : (number + 1) * half]]
        made.append(_call(layer, kind, config, data, names, own, f"way_{number}"))
    if forward.get("return_sequences", False):
        made[1] = _backwards(layer, made[1], "turned_back")
    operators = {"sum": "Add", "mul": "Mul"}
    if mode == "concat":
        layer.add("Concat", layer.result, *made, axis=-1)
    elif mode in operators:
        layer.add(operators[mode], layer.result, *made)
    elif mode == "ave":
        layer.add("Mean", layer.result, *made)
    else:
        raise layer.fail(f"its merge_mode is {mode!r}; concat, sum, mul or ave is expected")


def _call(
    layer: Layer,
    kind: str,
    config: Mapping[str, Any],
    data: Sequence[Value],
    names: Sequence[str],
    weights: Sequence[Value],
    step: str,
) -> Value:
    """Add a node of another layer, which is replaced in turn, and return its result."""
    result = Value(f"{layer.result.name}/{step}")
    attributes = {CONFIG: config, WEIGHTS: list(names), DIALECT: layer.dialect}
    layer.nodes.append(Node(kind, [*data, *weights], [result], attributes, f"{layer.name}/{step}", DOMAIN))
    return result


@lowers("TimeDistributed", weights=_names)
def time_distributed(layer: Layer) -> None:
    """A layer called for each entry of a sequence by itself."""
    kind, config = _inner(layer.config)
    if kind not in WEIGHT_NAMES or len(layer.data) != 1 or layer.rank < 3:
        raise layer.fail(
            f"its layer is {kind or 'missing'}, its input {layer.x.type}, which is not supported"
        )
    batch, length, *rest = layer.x.shape
    flat = layer.reshape("flat", layer.x, [batch * length, *rest])
    names = list(_names(layer.config))
    weights = layer.inputs()[layer.count - len(names) :] if names else []
    made = _call(layer, kind, config, [flat], names, weights, "each")
    attributes = {CONFIG: {}, WEIGHTS: [], DIALECT: layer.dialect}
    layer.nodes.append(Node(SEQUENCE_AGAIN, [made, layer.x], [layer.result], attributes, layer.name, DOMAIN))


@lowers(SEQUENCE_AGAIN)
def sequence_again(layer: Layer) -> None:
    """What was made of each entry, as a sequence as long as the second input."""
    batch, length = layer.input(1).shape[:2]
    layer.reshape(layer.result, layer.x, [batch, length, *layer.x.shape[1:]])
