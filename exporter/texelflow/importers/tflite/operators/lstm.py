"""LSTM: one cell at work on one step or a sequence, in either direction; written out, step by step.

What is computed (the comments of tensorflow/lite/kernels/lstm.cc and kernel_utils.h): gates are sigmoids of
W·x + R·h (+ p·c) + b, a layer normalisation before the bias where there are its coefficients; the cell is
c = f·c + i·a(g), limited by `cell_clip`; the output o·a(c), then projected and limited by `proj_clip`.
Without an input gate it is 1 - f. Quantised cells are rounded to the steps that their variables have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import activation, transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import bias_of
from texelflow.importers.tflite.tensors import is_quantised

MOST_STEPS = 1024
"""Steps that are written out."""

GATES = ("input", "forget", "cell", "output")


@dataclass(frozen=True, slots=True)
class Places:
    """Where the inputs of a cell are: four of each, but of peepholes (not of the cell gate)."""

    weights: Sequence[int]
    recurrent: Sequence[int]
    peepholes: Sequence[int]
    biases: Sequence[int]
    projection: tuple[int, int]
    states: tuple[int, int]
    norms: Sequence[int] = ()
    auxiliary: Sequence[int] = ()


def _range(first: int, count: int) -> list[int]:
    return list(range(first, first + count))


ONE = Places(_range(1, 4), _range(5, 4), _range(9, 3), _range(12, 4), (16, 17), (18, 19), _range(20, 4))
FORWARD = Places(
    _range(1, 4), _range(5, 4), _range(9, 3), _range(12, 4), (16, 17), (35, 36), auxiliary=_range(40, 4)
)
BACKWARD = Places(
    _range(18, 4), _range(22, 4), _range(26, 3), _range(29, 4), (33, 34), (37, 38), auxiliary=_range(44, 4)
)


class Cell:
    """The weights of a cell, and what it makes of one step."""

    def __init__(self, step: Step, places: Places) -> None:
        self.step, self.places = step, places
        self.fused: str = step.options.get("activation", "TANH")
        self.gates = [
            gate
            for gate, place in zip(GATES, places.weights, strict=True)
            if gate != "input" or step.has(place)
        ]
        self._recurrent = {gate: self._turned(places.recurrent, gate) for gate in self.gates}
        self._weights = {gate: self._turned(places.weights, gate) for gate in self.gates}
        self._biases = {
            gate: bias_of(step, places.biases[GATES.index(gate)])
            for gate in self.gates
            if step.has(places.biases[GATES.index(gate)])
        }
        self._peepholes = {
            gate: step.real(place)
            for gate, place in zip(("input", "forget", "output"), places.peepholes, strict=True)
            if step.has(place)
        }
        self._norms = {
            gate: self._norm(place)
            for gate, place in zip(GATES, places.norms, strict=False)
            if step.has(place)
        }

    def _norm(self, place: int) -> Value:
        return self.step.real(place)

    def _turned(self, places: Sequence[int], gate: str) -> Value:
        return transpose(self.step, f"{gate}_weights", self.step.real(places[GATES.index(gate)]), [1, 0])

    def inputs(self, x: Value, extra: Value | None) -> dict[str, Value]:
        """Return what the input gives to each gate, for all steps at once."""
        made = {}
        for gate in self.gates:
            made[gate] = self.step.add("MatMul", f"{gate}_of_input", x, self._weights[gate])
            index = GATES.index(gate)
            if extra is not None and self.places.auxiliary and self.step.has(self.places.auxiliary[index]):
                more = transpose(self.step, "more", self.step.real(self.places.auxiliary[index]), [1, 0])
                product = self.step.add("MatMul", "of_auxiliary", extra, more)
                made[gate] = self.step.add("Add", f"{gate}_of_both", made[gate], product)
        return made

    def turn(self, given: dict[str, Value], hidden: Value, cell: Value) -> tuple[Value, Value]:
        """Return the output and the cell after a step, given what its input gives to each gate."""
        step = self.step
        forget = self._gate("forget", given, hidden, cell, "Sigmoid")
        candidate = self._gate("cell", given, hidden, None, None)
        if "input" in self.gates:
            opened = self._gate("input", given, hidden, cell, "Sigmoid")
        else:
            opened = step.add("Sub", "opened", self.step.scalar("one", "float32", 1.0), forget)
        kept = step.add("Mul", "kept", forget, cell)
        cell = step.add("Add", "cell", kept, step.add("Mul", "new", opened, candidate))
        cell = self._clipped(cell, self.step.options.get("cell_clip", 0.0))
        cell = self._on_steps(cell, self.places.states[1])
        output = self._gate("output", given, hidden, cell, "Sigmoid")
        shown = activation(step, "shown", cell, self.fused)
        hidden = step.add("Mul", "hidden", output, shown)
        if self.step.has(self.places.projection[0]):
            turned = transpose(step, "projection", self.step.real(self.places.projection[0]), [1, 0])
            hidden = step.add("MatMul", "projected", hidden, turned)
            bias = bias_of(self.step, self.places.projection[1])
            if bias is not None:
                hidden = step.add("Add", "with_bias", hidden, bias)
            hidden = self._clipped(hidden, self.step.options.get("proj_clip", 0.0))
        return self._on_steps(hidden, self.places.states[0]), cell

    def _gate(
        self, gate: str, given: dict[str, Value], hidden: Value, cell: Value | None, function: str | None
    ) -> Value:
        step = self.step
        product = step.add("MatMul", f"{gate}_of_hidden", hidden, self._recurrent[gate])
        total = step.add("Add", f"{gate}_sum", given[gate], product)
        if cell is not None and gate in self._peepholes:
            seen = step.add("Mul", f"{gate}_seen", cell, self._peepholes[gate])
            total = step.add("Add", f"{gate}_with_cell", total, seen)
        if gate in self._norms:
            # The variance has 1e-8 added.
            total = step.add(
                "LayerNormalization", f"{gate}_normed", total, self._norms[gate], axis=-1, epsilon=1e-8
            )
        if gate in self._biases:
            total = step.add("Add", f"{gate}_with_bias", total, self._biases[gate])
        if function is None:
            return activation(step, gate, total, self.fused)
        return step.add(function, gate, total)

    def _clipped(self, value: Value, limit: float) -> Value:
        if limit <= 0:
            return value
        return self.step.add(
            "Clip",
            "clipped",
            value,
            self.step.scalar("low", "float32", -limit),
            self.step.scalar("high", "float32", limit),
        )

    def _on_steps(self, value: Value, place: int) -> Value:
        tensor = self.step.tensor(place)
        return self.step.to_steps(value, tensor) if is_quantised(tensor) else value


def run_cell(
    step: Step, cell: Cell, x: Value, extra: Value | None, count: int, backwards: bool
) -> list[Value]:
    """Return the outputs [batch, units] of all steps in the order of time, and take the states.

    x is [steps, batch, inputs].
    """
    states = cell.places.states
    given = cell.inputs(x, extra)
    hidden, memory = (step.real(place) for place in states)
    outputs = []
    for turn in range(count)[:: -1 if backwards else 1]:
        now = {
            gate: step.add("Gather", f"{gate}_now", value, step.index("turn", turn), axis=0)
            for gate, value in given.items()
        }
        hidden, memory = cell.turn(now, hidden, memory)
        outputs.append(hidden)
    for place, value in zip(states, (hidden, memory), strict=True):
        step.finish_state(value, place)
    return outputs[::-1] if backwards else outputs


def steps_of(step: Step, time_major: bool) -> tuple[Value, int]:
    """Return the first input as [steps, batch, inputs], and how many steps there are."""
    shape: Sequence[Dimension] = step.raw(0).shape
    if len(shape) != 3:
        raise step.fail(f"its input is {step.raw(0).type}; three axes are needed")
    count = shape[0 if time_major else 1]
    if not isinstance(count, int) or not 1 <= count <= MOST_STEPS:
        raise step.fail(f"it has {count} steps; 1 to {MOST_STEPS}, fixed with --input, can be written out")
    x = step.real(0)
    return (x if time_major else transpose(step, "by_time", x, [1, 0, 2])), count


def in_time(step: Step, outputs: Sequence[Value], time_major: bool) -> Value:
    """Return the outputs of all steps as one tensor."""
    axis = step.vector("time", [0 if time_major else 1])
    parts = [step.add("Unsqueeze", "output", value, axis) for value in outputs]
    return step.add("Concat", "outputs", *parts, axis=0 if time_major else 1)


@lowers("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs=(20, 24), options="UnidirectionalSequenceLSTMOptions")
def _sequence(step: Step) -> None:
    if step.options["diagonal"]:
        raise step.fail("its recurrent weights are diagonal, which is not supported")
    time_major = step.options["time_major"]
    x, count = steps_of(step, time_major)
    outputs = run_cell(step, Cell(step, ONE), x, None, count, backwards=False)
    step.finish(in_time(step, outputs, time_major), rounded=is_quantised(step.tensor(18)))


@lowers("BIDIRECTIONAL_SEQUENCE_LSTM", inputs=48, options="BidirectionalSequenceLSTMOptions")
def _both_ways(step: Step) -> None:
    """An auxiliary input has weights of its own, or without them is the backward cell's input."""
    time_major = step.options["time_major"]
    x, count = steps_of(step, time_major)
    extra = None
    if step.has(39):
        extra = step.real(39)
        extra = extra if time_major else transpose(step, "auxiliary", extra, [1, 0, 2])
    has_weights = step.has(41)
    forward = run_cell(step, Cell(step, FORWARD), x, extra if has_weights else None, count, backwards=False)
    of_backward = x if extra is None or has_weights else extra
    backward = run_cell(
        step, Cell(step, BACKWARD), of_backward, extra if has_weights else None, count, backwards=True
    )
    made = [in_time(step, outputs, time_major) for outputs in (forward, backward)]
    if step.options["merge_outputs"]:
        step.finish(step.add("Concat", "both", *made, axis=2))
    else:
        step.finish(made[0])
        step.finish(made[1], 1)


@lowers("LSTM", inputs=(5, 24), options="LSTMOptions")
def _one_step(step: Step) -> None:
    """One step: of the full form; or of the basic one, of joined weights, whose states are inputs."""
    if step.options["kernel"] == "BASIC":
        _basic(step)
        return
    if len(step.node.inputs) < 20 or len(step.call.outputs) != 1:
        raise step.fail(f"it has {len(step.node.inputs)} inputs and {len(step.call.outputs)} outputs")
    x = step.add("Unsqueeze", "steps", step.real(0), step.vector("time", [0]))
    [output] = run_cell(step, Cell(step, ONE), x, None, 1, backwards=False)
    step.finish(output)


def _basic(step: Step) -> None:
    """Inputs: x, the output before, weights [4 · units, inputs + units], a bias, and the cell before."""
    joined = step.add("Concat", "joined", step.real(0), step.real(1), axis=-1)
    turned = transpose(step, "turned", step.real(2), [1, 0])
    gates = step.add("MatMul", "product", joined, turned)
    bias = bias_of(step, 3)
    if bias is not None:
        gates = step.add("Add", "gates", gates, bias)
    parts = step.add_all("Split", ["gate"] * 4, gates, axis=-1, num_outputs=4)
    opened, forget, shown = (step.add("Sigmoid", "open", parts[index]) for index in (0, 2, 3))
    new = step.add("Mul", "new", opened, step.add("Tanh", "candidate", parts[1]))
    cell = step.add("Add", "cell", step.add("Mul", "kept", forget, step.real(4)), new)
    results = (step.add("Mul", "hidden", shown, step.add("Tanh", "limited", cell)), cell, joined, gates)
    for index, value in enumerate(results[: len(step.call.outputs)]):
        step.finish(value, index)
