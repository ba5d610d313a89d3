"""Cells of recurrent layers as TensorFlow 1 fuses them, one step or all steps of them.

Source: the kernels' documentation in `tensorflow/core/ops/rnn_ops.cc`.
"""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Value
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators.onnx.recurrent import MOST_STEPS

PARTS = ("i", "cs", "f", "o", "ci", "co", "h")
"""Input gate, cell, forget gate, output gate, candidate, the cell's activation, output."""


class _Cell:
    """The weights of an LSTM, and what it makes of one step."""

    def __init__(self, steps: Lowering, weights: Sequence[Value], order: str, clip: float) -> None:
        self.steps, self.order = steps, order
        self.weights, self.input_peephole, self.forget_peephole, self.output_peephole, self.bias = weights
        self.forget_bias = steps.number("forget_bias", 1.0) if order == "icfo" else 0.0
        self.clip = steps.number("cell_clip", clip)
        self.peeps = bool(steps.attribute("use_peephole"))

    def turn(self, x: Value, cell: Value, hidden: Value) -> list[Value]:
        """Return `PARTS` of one step, [batch, units] each."""
        steps = self.steps
        both = steps.add("Concat", "both", x, hidden, axis=1)
        product = steps.add("Add", "gates", steps.add("MatMul", "product", both, self.weights), self.bias)
        names = [f"{part}_given" for part in self.order]
        split = steps.add_all("Split", names, product, axis=1, num_outputs=4)
        given = dict(zip(self.order, split, strict=True))
        if self.forget_bias:
            bias = steps.scalar("forget_bias", self.weights.dtype, self.forget_bias)
            given["f"] = steps.add("Add", "biased", given["f"], bias)
        i = self._gate(given["i"], cell, self.input_peephole)
        f = self._gate(given["f"], cell, self.forget_peephole)
        ci = steps.add("Tanh", "candidate", given["c"])
        kept, new = steps.add("Mul", "kept", cell, f), steps.add("Mul", "new", ci, i)
        cs = steps.add("Add", "cell", kept, new)
        if self.clip > 0:
            limits = (steps.scalar("limit", self.weights.dtype, limit) for limit in (-self.clip, self.clip))
            cs = steps.add("Clip", "clipped", cs, *limits)
        o = self._gate(given["o"], cs, self.output_peephole)
        co = steps.add("Tanh", "shown", cs)
        return [i, cs, f, o, ci, co, steps.add("Mul", "hidden", co, o)]

    def _gate(self, given: Value, cell: Value, peephole: Value) -> Value:
        if self.peeps:
            seen = self.steps.add("Mul", "seen", cell, peephole)
            given = self.steps.add("Add", "with_cell", given, seen)
        return self.steps.add("Sigmoid", "gate", given)


@lowers("LSTMBlockCell", inputs=8, outputs=PARTS)
def lstm_step(steps: Lowering) -> None:
    """One step of an LSTM."""
    x, cell, hidden, *weights = steps.inputs()
    made = _Cell(steps, weights, "icfo", 3.0).turn(x, cell, hidden)
    for result, value in zip(steps.node.outputs, made, strict=False):
        steps.add("Identity", result, value)


@lowers("BlockLSTM", "BlockLSTMV2", inputs=9, outputs=PARTS)
def lstm(steps: Lowering) -> None:
    """All steps of an LSTM [steps, batch, inputs]; those from `seq_len_max` on are zeros."""
    most, x, cell, hidden, *weights = steps.inputs()
    count = x.shape[0] if len(x.shape) == 3 else None
    if not isinstance(count, int) or not 1 <= count <= MOST_STEPS:
        raise steps.fail(
            f"its input is {x.type}; 1 to {MOST_STEPS} steps, fixed with --input, can be written out"
        )
    second = steps.node.operator == "BlockLSTMV2"
    made = _Cell(steps, weights, "ifco" if second else "icfo", 0.0 if second else 3.0)
    turns: list[list[Value]] = []
    for turn in range(count):
        now = steps.add("Gather", "now", x, steps.index("turn", turn), axis=0)
        turns.append(made.turn(now, cell, hidden))
        cell, hidden = turns[-1][1], turns[-1][-1]
    first = steps.vector("first", [0])
    inside = steps.add("Less", "counts", steps.places("turns", count), steps.as_int64("most", most))
    inside = steps.reshape("inside", inside, [count, 1, 1])
    zero = steps.scalar("nothing", x.dtype, 0)
    for place, result in enumerate(steps.node.outputs):
        rows = [steps.add("Unsqueeze", "row", turn[place], first) for turn in turns]
        steps.add("Where", result, inside, steps.add("Concat", "rows", *rows, axis=0), zero)


@lowers("GRUBlockCell", inputs=6, outputs=("r", "u", "c", "h"))
def gru_step(steps: Lowering) -> None:
    """One step of a GRU."""
    x, hidden, gates, candidate, gates_bias, candidate_bias = steps.inputs()

    def product(step: str, other: Value, weights: Value, bias: Value) -> Value:
        both = steps.add("Concat", f"{step}_both", x, other, axis=1)
        return steps.add("Add", step, steps.add("MatMul", f"{step}_product", both, weights), bias)

    both = steps.add("Sigmoid", "gates", product("given", hidden, gates, gates_bias))
    r, u = steps.add_all("Split", ["r", "u"], both, axis=1, num_outputs=2)
    reset = steps.add("Mul", "reset", hidden, r)
    c = steps.add("Tanh", "c", product("new", reset, candidate, candidate_bias))
    one = steps.scalar("one", x.dtype, 1)
    kept = steps.add("Mul", "kept", u, hidden)
    made = steps.add("Add", "h", kept, steps.add("Mul", "taken", steps.add("Sub", "rest", one, u), c))
    for result, value in zip(steps.node.outputs, (r, u, c, made), strict=False):
        steps.add("Identity", result, value)
