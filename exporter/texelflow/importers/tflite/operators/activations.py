"""Activations, and what makes scores of numbers."""

from __future__ import annotations

from texelflow.importers.lowering.channels_last import activation, channels_first, channels_last
from texelflow.importers.tflite.operators import Step, lowers


@lowers("RELU6", "RELU_N1_TO_1", inputs=1)
def _limited(step: Step) -> None:
    step.finish(activation(step, "made", step.real(0), step.operator, step.dtype(0)))


@lowers("RELU_0_TO_1", inputs=1)
def _unit(step: Step) -> None:
    limits = [step.scalar("limit", step.dtype(0), limit) for limit in (0, 1)]
    step.finish(step.add("Clip", "made", step.real(0), *limits))


@lowers("ELU", inputs=1)
def _elu(step: Step) -> None:
    step.finish(step.add("Elu", "made", step.real(0)))


@lowers("HARD_SWISH", inputs=1)
def _hard_swish(step: Step) -> None:
    step.finish(step.add("HardSwish", "made", step.real(0)))


@lowers("GELU", inputs=1, options="GeluOptions")
def _gelu(step: Step) -> None:
    approximate = "tanh" if step.options["approximate"] else "none"
    step.finish(step.add("Gelu", "made", step.real(0), approximate=approximate))


@lowers("LEAKY_RELU", inputs=1, options="LeakyReluOptions")
def _leaky(step: Step) -> None:
    step.finish(step.add("LeakyRelu", "made", step.real(0), alpha=step.options["alpha"]))


@lowers("PRELU", inputs=2)
def _parametric(step: Step) -> None:
    """The slopes broadcast to the input."""
    x, zero = step.real(0), step.scalar("zero", step.dtype(0), 0.0)
    positive = step.add("Max", "positive", x, zero)
    negative = step.add("Mul", "sloped", step.add("Min", "negative", x, zero), step.real(1))
    step.finish(step.add("Add", "made", positive, negative))


@lowers("SOFTMAX", inputs=1, options="SoftmaxOptions")
def _softmax(step: Step) -> None:
    x, beta = step.real(0), step.options["beta"]
    if beta != 1:
        x = step.add("Mul", "sharpened", x, step.scalar("beta", step.dtype(0), beta))
    step.finish(step.add("Softmax", "made", x, axis=-1))


@lowers("LOG_SOFTMAX", inputs=1)
def _log_softmax(step: Step) -> None:
    step.finish(step.add("LogSoftmax", "made", step.real(0), axis=-1))


@lowers("L2_NORMALIZATION", inputs=1, options="L2NormOptions")
def _normalise(step: Step) -> None:
    """Along the last axis; no length is taken as less than 1e-6."""
    x = step.real(0)
    squares = step.reduce("ReduceSumSquare", "squares", x, [-1])
    length = step.add(
        "Max", "length", step.add("Sqrt", "root", squares), step.scalar("least", "float32", 1e-6)
    )
    step.finish(step.add("Div", "made", x, length), fused=step.options["activation"])


@lowers("LOCAL_RESPONSE_NORMALIZATION", inputs=1, options="LocalResponseNormalizationOptions")
def _local_response(step: Step) -> None:
    """Over channels up to `radius` away; ONNX divides alpha by their number."""
    rank, size = len(step.raw(0).shape), 2 * step.options["radius"] + 1
    if rank < 3 or size < 1:
        raise step.fail(f"its input is {step.raw(0).type}, its radius {step.options['radius']}")
    image = channels_first(step, "image", step.real(0), rank)
    attributes = {"size": size, "alpha": step.options["alpha"] * size, "beta": step.options["beta"]}
    made = step.add("LRN", "normalised", image, bias=step.options["bias"], **attributes)
    step.finish(channels_last(step, "made", made, rank))
