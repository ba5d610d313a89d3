"""LSTM, GRU and RNN: layers that go through a sequence step by step, and their single steps."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers

ORDERS = {"LSTM": [0, 3, 1, 2], "GRU": [1, 0, 2], "RNN": [0]}
"""Where ONNX's gates are among PyTorch's: input, output, forget, cell; update, reset, hidden."""


def _kind(step: Step) -> str:
    return {"lstm": "LSTM", "gru": "GRU"}.get(step.base.partition("_")[0], "RNN")


def _function(step: Step) -> list[str]:
    """Return the activations of an RNN; those of the others are ONNX's own."""
    return ["Relu" if "relu" in step.base else "Tanh"] if _kind(step) == "RNN" else []


@lowers("lstm.input", "gru.input", "rnn_tanh.input", "rnn_relu.input")
def layers(step: Step) -> None:
    """Layers one above the other, of one or two directions; results, and the last states of all layers."""
    kind, ways = _kind(step), 1 + step.flag("bidirectional")
    if step.flag("train") and step.number("dropout", 0) > 0 and step.integer("num_layers") > 1:
        raise step.fail("it is random, as in training: export the model behind model.eval()")
    states = step.tensors("hx") if kind == "LSTM" else [step.tensor("hx")]
    parameters, biased = step.tensors("params"), step.flag("has_biases")
    count, own = step.integer("num_layers"), 4 if biased else 2
    if len(parameters) != count * ways * own:
        raise step.fail(
            f"it has {len(parameters)} weights, not {count * ways * own}: projections are not supported"
        )
    x = step.tensor("input")
    if step.flag("batch_first"):
        x = step.add("Transpose", "sequence", x, perm=[1, 0, 2])
    lasts: list[list[Value]] = []
    for layer in range(count):
        weights = [parameters[(layer * ways + way) * own :][:own] for way in range(ways)]
        initial = [step.slice("first_state", state, 0, layer * ways, (layer + 1) * ways) for state in states]
        hidden = states[0].shape[2]
        made, *last = _layer(step, kind, x, weights, initial)
        # [length, ways, batch, hidden] to [length, batch, ways · hidden].
        turned = step.add("Transpose", "beside", made, perm=[0, 2, 1, 3])
        length, batch = step.vector("kept", [0, 0]), hidden * ways
        shape = step.add("Concat", "joined_shape", length, step.vector("units", [batch]), axis=0)
        x = step.add("Reshape", "joined", turned, shape)
        lasts.append(last)
    if step.flag("batch_first"):
        step.add("Transpose", step.result, x, perm=[1, 0, 2])
    else:
        step.add("Identity", step.result, x)
    for index, result in enumerate(step.node.outputs[1:]):
        step.add("Concat", result, *(last[index] for last in lasts), axis=0)


def _layer(
    step: Step, kind: str, x: Value, weights: Sequence[Sequence[Value]], initial: Sequence[Value]
) -> list[Value]:
    """Return the states after each step, and the last ones, of a layer of one or two directions."""
    operands = [
        _beside(step, "weights", [_ordered(step, kind, own[0]) for own in weights]),
        _beside(step, "recurrent", [_ordered(step, kind, own[1]) for own in weights]),
    ]
    bias = None
    if len(weights[0]) == 4:
        pairs = [
            step.add("Concat", "biases", *(_ordered(step, kind, part) for part in own[2:]), axis=0)
            for own in weights
        ]
        bias = _beside(step, "bias", pairs)
    results: list[str | Value] = ["states", "last_state", *(["last_cell"] if kind == "LSTM" else [])]
    activations = _function(step) * len(weights)
    hidden = weights[0][1].shape[1]
    if not isinstance(hidden, int):
        raise step.fail("its number of units is not known")
    return step.add_all(
        kind,
        results,
        x,
        *operands,
        bias,
        None,
        *initial,
        hidden_size=hidden,
        direction="bidirectional" if len(weights) == 2 else "forward",
        **({"activations": activations} if activations else {}),
        **({"linear_before_reset": 1} if kind == "GRU" else {}),
    )


def _ordered(step: Step, kind: str, weight: Value) -> Value:
    """Return the rows of all gates in ONNX's order."""
    order = ORDERS[kind]
    if len(order) == 1:
        return weight
    rows = weight.shape[0] // len(order)
    names: list[str | Value] = [f"gate_{index}" for index in range(len(order))]
    parts = step.add_all("Split", names, weight, step.vector("rows", [rows] * len(order)), axis=0)
    return step.add("Concat", "ordered", *(parts[index] for index in order), axis=0)


def _beside(step: Step, name: str, values: Sequence[Value]) -> Value:
    axis = step.vector("way", [0])
    wide = [step.add("Unsqueeze", f"{name}_way", value, axis) for value in values]
    return wide[0] if len(wide) == 1 else step.add("Concat", name, *wide, axis=0)


@lowers("lstm_cell", "gru_cell", "rnn_tanh_cell", "rnn_relu_cell")
def cell(step: Step) -> None:
    """One step: the next states."""
    kind = _kind(step)
    states = step.tensors("hx") if kind == "LSTM" else [step.tensor("hx")]
    names = ["w_ih", "w_hh", *(["b_ih", "b_hh"] if step.has("b_ih") else [])]
    front = step.vector("front", [0])
    x, *initial = (step.add("Unsqueeze", "alone", value, front) for value in (step.tensor("input"), *states))
    _, *last = _layer(step, kind, x, [[step.tensor(name) for name in names]], initial)
    for result, value in zip(step.node.outputs, last, strict=False):
        step.add("Squeeze", result, value, step.vector("axis", [0]))
