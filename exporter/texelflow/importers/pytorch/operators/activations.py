"""Activation functions."""

from __future__ import annotations

from typing import Any

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers

PLAIN = {
    "relu": ("Relu", {}),
    "hardswish": ("HardSwish", {}),
    "mish": ("Mish", {}),
    "hardsigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "selu": ("Selu", {}),
}


@lowers(*PLAIN)
def plain(step: Step) -> None:
    """An operator of ONNX."""
    operator, attributes = PLAIN[step.base]
    step.add(operator, step.result, step.x, **attributes)


@lowers("relu6", "hardtanh")
def limited(step: Step) -> None:
    """X between two numbers."""
    x = step.x
    low, high = (
        (0.0, 6.0) if step.base == "relu6" else (step.number("min_val", -1), step.number("max_val", 1))
    )
    limits = (step.scalar(name, x.dtype, number) for name, number in (("low", low), ("high", high)))
    step.add("Clip", step.result, x, *limits)


@lowers("gelu")
def gelu(step: Step) -> None:
    """X times the share of a normal distribution below x, exact or approximated by tanh."""
    step.add("Gelu", step.result, step.x, approximate=step.text("approximate", "none"))


@lowers("silu")
def silu(step: Step) -> None:
    """X · sigmoid(x)."""
    step.add("Mul", step.result, step.x, step.add("Sigmoid", "gate", step.x))


@lowers("leaky_relu")
def leaky_relu(step: Step) -> None:
    """X where it is positive, else a part of it."""
    step.add("LeakyRelu", step.result, step.x, alpha=float(step.number("negative_slope", 0.01)))


@lowers("elu")
def elu(step: Step) -> None:
    """Scale · x where it is positive, else scale · alpha · (exp(input_scale · x) - 1)."""
    x = step.x
    alpha, scale, inner = (float(step.number(name, 1)) for name in ("alpha", "scale", "input_scale"))
    if inner == 1:
        made = step.add("Elu", "made", x, alpha=alpha)
    else:
        scaled = step.add("Mul", "scaled", x, step.scalar("input_scale", x.dtype, inner))
        below = step.add("Elu", "below", scaled, alpha=alpha)
        made = step.add(
            "Where", "made", step.add("Greater", "is_above", x, step.scalar("zero", x.dtype, 0)), x, below
        )
    step.add("Mul", step.result, made, step.scalar("scale", x.dtype, scale)) if scale != 1 else step.finish(
        made
    )


@lowers("celu")
def celu(step: Step) -> None:
    """X where it is positive, else alpha · (exp(x / alpha) - 1)."""
    step.add("Celu", step.result, step.x, alpha=float(step.number("alpha", 1)))


@lowers("softplus")
def softplus(step: Step) -> None:
    """log(1 + exp(beta · x)) / beta, and x where beta · x is above the threshold."""
    x, beta, threshold = step.x, float(step.number("beta", 1)), float(step.number("threshold", 20))
    factor = step.scalar("beta", x.dtype, beta)
    scaled = x if beta == 1 else step.add("Mul", "scaled", x, factor)
    made = step.add("Softplus", "made", scaled)
    made = made if beta == 1 else step.add("Div", "unscaled", made, factor)
    above = step.add("Greater", "is_above", scaled, step.scalar("threshold", x.dtype, threshold))
    step.add("Where", step.result, above, x, made)


@lowers("log_sigmoid", "log_sigmoid_forward")
def log_sigmoid(step: Step) -> None:
    """The logarithm of sigmoid(x), as -softplus(-x)."""
    opposite = step.add("Neg", "opposite", step.x)
    step.add("Neg", step.result, step.add("Softplus", "softplus", opposite))


@lowers("prelu", "_prelu_kernel")
def prelu(step: Step) -> None:
    """X where it is positive, else slope · x, of a slope for each channel, the second axis."""
    slope, rank = step.tensor("weight"), step.rank
    if step.base == "prelu" and rank > 2 and len(slope.shape) == 1:
        slope = step.reshape("slopes", slope, [-1, *[1] * (rank - 2)])
    step.add("PRelu", step.result, step.x, slope)


@lowers("glu")
def glu(step: Step) -> None:
    """The first half along an axis, times the sigmoid of the second."""
    axis = step.axis("dim", -1)
    first, second = halves(step, step.x, axis)
    step.add("Mul", step.result, first, step.add("Sigmoid", "gate", second))


def halves(step: Step, x: Value, axis: int) -> list[Value]:
    """Return both halves along an axis."""
    half = x.shape[axis] // 2
    return step.add_all("Split", ["first", "second"], x, step.vector("halves", [half, half]), axis=axis)


@lowers("hardshrink", "softshrink")
def shrink(step: Step) -> None:
    """X where it is beyond lambd on either side, nearer to 0 by that if soft, else 0."""
    limit = float(step.number("lambd", 0.5))
    attributes: dict[str, Any] = {"lambd": limit, "bias": limit if step.base == "softshrink" else 0.0}
    step.add("Shrink", step.result, step.x, **attributes)


@lowers(
    "softmax.int", "_softmax", "log_softmax.int", "_log_softmax", "special_softmax", "special_log_softmax.int"
)
def softmax(step: Step) -> None:
    """Exponentials that add up to 1 along an axis, or their logarithms."""
    operator = "LogSoftmax" if "log" in step.base else "Softmax"
    x = step.as_dtype(step.x, step.dtype)
    if not x.shape:
        raise step.fail("it is taken of a single number, which is not supported")
    step.add(operator, step.result, x, axis=step.axis())


@lowers("rrelu", "rrelu_with_noise", "rrelu_with_noise_functional")
def rrelu(step: Step) -> None:
    """LeakyRelu of the middle slope, outside of training."""
    if step.flag("training"):
        raise step.fail("it is random, as in training: export the model behind model.eval()")
    slope = (step.number("lower", 1 / 8) + step.number("upper", 1 / 3)) / 2
    step.add("LeakyRelu", step.result, step.x, alpha=slope)


@lowers("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "native_dropout")
def dropout(step: Step) -> None:
    """What it is given, outside of training."""
    if step.flag("train") and step.number("p", 0) > 0:
        raise step.fail("it is random, as in training: export the model behind model.eval()")
    step.add("Identity", step.result, step.x)
    if len(step.node.outputs) > 1:
        step.add(
            "Expand",
            step.node.outputs[1],
            step.scalar("kept", "bool", True),
            step.vector("shape", step.x.shape),
        )
