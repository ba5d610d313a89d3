"""Simple recurrent cells, and SVDF: filters of rank one over the last inputs."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import activation, transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.convolution import bias_of
from texelflow.importers.tflite.operators.lstm import in_time, steps_of
from texelflow.operators.shapes import known_shape


def _run(
    step: Step, given: Value, recurrent: int, bias: int, state: int, count: int, backwards: bool
) -> list[Value]:
    """Return the outputs of all steps, a(W·x + R·h + b); `given` is W·x [steps, batch, units]."""
    hidden = step.real(state)
    turned, shift = transpose(step, "recurrent", step.real(recurrent), [1, 0]), bias_of(step, bias)
    outputs = []
    for turn in range(count)[:: -1 if backwards else 1]:
        now = step.add("Gather", "now", given, step.index("turn", turn), axis=0)
        total = step.add("Add", "sum", now, step.add("MatMul", "of_hidden", hidden, turned))
        if shift is not None:
            total = step.add("Add", "with_bias", total, shift)
        hidden = activation(step, "hidden", total, step.options["activation"])
        outputs.append(hidden)
    step.finish_state(hidden, state)
    return outputs[::-1] if backwards else outputs


def _product(step: Step, x: Value, weights: int) -> Value:
    return step.add("MatMul", "of_input", x, transpose(step, "weights", step.real(weights), [1, 0]))


@lowers("RNN", inputs=5, options="RNNOptions")
def _one_step(step: Step) -> None:
    x = step.add("Unsqueeze", "steps", step.real(0), step.vector("time", [0]))
    [output] = _run(step, _product(step, x, 1), 2, 3, 4, 1, backwards=False)
    step.finish(output)


@lowers("UNIDIRECTIONAL_SEQUENCE_RNN", inputs=5, options="SequenceRNNOptions")
def _sequence(step: Step) -> None:
    time_major = step.options["time_major"]
    x, count = steps_of(step, time_major)
    outputs = _run(step, _product(step, x, 1), 2, 3, 4, count, backwards=False)
    step.finish(in_time(step, outputs, time_major))


@lowers("BIDIRECTIONAL_SEQUENCE_RNN", inputs=12, options="BidirectionalSequenceRNNOptions")
def _both_ways(step: Step) -> None:
    """An auxiliary input has weights of its own, or without them is the backward cell's input."""
    time_major = step.options["time_major"]
    x, count = steps_of(step, time_major)
    sources, extra = [x, x], None
    if step.has(9):
        extra = step.real(9)
        extra = extra if time_major else transpose(step, "auxiliary", extra, [1, 0, 2])
        if not step.has(10):
            sources[1], extra = extra, None
    made = []
    for index, (weights, more) in enumerate(((1, 10), (5, 11))):
        given = _product(step, sources[index], weights)
        if extra is not None:
            given = step.add("Add", "of_both", given, _product(step, extra, more))
        outputs = _run(step, given, weights + 1, weights + 2, weights + 3, count, backwards=index == 1)
        made.append(in_time(step, outputs, time_major))
    if step.options["merge_outputs"]:
        step.finish(step.add("Concat", "both", *made, axis=2))
    else:
        step.finish(made[0])
        step.finish(made[1], 1)


@lowers("SVDF", inputs=5, options="SVDFOptions")
def _svdf(step: Step) -> None:
    """Inputs: x [batch, inputs], weights of features [filters, inputs] and of time [filters, memory], a bias,
    and the memory [batch, filters · memory], the newest last.
    """
    rank = step.options["rank"]
    weights = known_shape(step.raw(2).shape)
    if weights is None or len(weights) != 2 or rank < 1 or weights[0] % rank:
        raise step.fail(f"its weights of time are {step.raw(2).type}, its rank is {rank}")
    (filters, memory), batch = weights, step.raw(0).shape[0]
    before = step.reshape("before", step.real(4), [batch, filters, memory])
    newest = step.reshape("newest", _product(step, step.real(0), 1), [batch, filters, 1])
    parts = [step.slice("older", before, 2, 1, memory), newest] if memory > 1 else [newest]
    after = step.add("Concat", "after", *parts, axis=2)
    step.finish_state(step.reshape("remembered", after, [batch, filters * memory]), 4)
    weighted = step.add("Mul", "weighted", after, step.real(2))
    by_filter = step.reduce("ReduceSum", "by_filter", weighted, [2])
    apart = step.reshape("apart", by_filter, [batch, filters // rank, rank])
    total = step.reshape("sum", step.reduce("ReduceSum", "of_ranks", apart, [2]), [batch, filters // rank])
    bias = bias_of(step, 3)
    if bias is not None:
        total = step.add("Add", "with_bias", total, bias)
    step.finish(total, fused=step.options["activation"])
