"""Normalisations by statistics of training, or of the tensor itself."""

from __future__ import annotations

from typing import Any

from texelflow.dimensions import Dimension, product
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers

TRAINING = "it normalises by the batch, as in training: export the model behind model.eval()"


@lowers(
    "batch_norm",
    "native_batch_norm",
    "_native_batch_norm_legit_no_training",
    "_native_batch_norm_legit",
    "cudnn_batch_norm",
    "miopen_batch_norm",
    "_batch_norm_no_update",
)
def batch_norm(step: Step) -> None:
    """(x - mean) / √(variance + eps) · weight + bias, by the mean and variance of training."""
    mean, variance = (step.optional(f"running_{name}") for name in ("mean", "var"))
    if step.flag("training") or mean is None or variance is None:
        raise step.fail(TRAINING)
    x, eps = step.tensor("input"), float(step.number("eps", 1e-5))
    channels = mean.shape[0]
    scale = step.optional("weight") or step.expand("ones", step.scalar("one", mean.dtype, 1), [channels])
    bias = step.optional("bias") or step.expand("zeros", step.scalar("zero", mean.dtype, 0), [channels])
    step.add("BatchNormalization", step.result, x, scale, bias, mean, variance, epsilon=eps)
    _refuse_statistics(step)


def _refuse_statistics(step: Step) -> None:
    if any(step.wants(index) for index in range(1, len(step.node.outputs))):
        raise step.fail("its statistics are read, as in training: export the model behind model.eval()")


@lowers("_native_batch_norm_legit.no_stats")
def instance_norm_decomposed(step: Step) -> None:
    """Each channel of a batch of one, by its own mean and variance: what instance_norm becomes."""
    if not step.flag("training"):
        raise step.fail("it has no statistics")
    x = step.tensor("input")
    axes = [axis for axis in range(len(x.shape)) if axis != 1]
    _affine(step, _standard(step, x, axes, float(step.number("eps", 1e-5))), 1)
    _refuse_statistics(step)


@lowers("instance_norm")
def instance_norm(step: Step) -> None:
    """Each channel of each image by its own mean and variance."""
    x, eps = step.tensor("input"), float(step.number("eps", 1e-5))
    if not step.flag("use_input_stats", True):
        batch_norm(step)
        return
    axes = list(range(2, len(x.shape)))
    _affine(step, _standard(step, x, axes, eps), 1)


def _standard(step: Step, x: Value, axes: list[int], eps: float) -> Value:
    """Return x less its mean, divided by its deviation."""
    mean = step.reduce("ReduceMean", "mean", x, axes)
    centred = step.add("Sub", "centred", x, mean)
    squares = step.add("Mul", "squares", centred, centred)
    variance = step.reduce("ReduceMean", "variance", squares, axes)
    raised = step.add("Add", "raised", variance, step.scalar("eps", x.dtype, eps))
    return step.add("Div", "standard", centred, step.add("Sqrt", "deviation", raised))


def _affine(step: Step, value: Value, axis: int) -> None:
    """Give the result value · weight + bias, of numbers for each place of an axis."""
    rank = len(step.tensor("input").shape)
    for name, operator in (("weight", "Mul"), ("bias", "Add")):
        found = step.optional(name)
        if found is not None:
            shape: list[Dimension] = [1] * rank
            shape[axis] = found.shape[0]
            value = step.add(operator, f"with_{name}", value, step.reshape(f"{name}_column", found, shape))
    step.add("Identity", step.result, value)


@lowers("layer_norm", "native_layer_norm")
def layer_norm(step: Step) -> None:
    """The last axes by their mean and variance; perhaps the mean, and one over the deviation."""
    x, count = step.tensor("input"), len(step.dimensions("normalized_shape"))
    shape = list(x.shape[len(x.shape) - count :])
    weight = step.optional("weight") or step.expand("ones", step.scalar("one", x.dtype, 1), shape)
    attributes: dict[str, Any] = {"axis": -count, "epsilon": float(step.number("eps", 1e-5))}
    results: list[str | Value] = [step.result]
    if step.wants(1) or step.wants(2):
        results += [*step.node.outputs[1:]]
    step.add_all("LayerNormalization", results, x, weight, step.optional("bias"), **attributes)


@lowers("rms_norm", "_fused_rms_norm")
def rms_norm(step: Step) -> None:
    """The last axes divided by the root of the mean of their squares."""
    x, count = step.tensor("input"), len(step.dimensions("normalized_shape"))
    smallest = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float64": 2.0**-52}.get(x.dtype, 2.0**-23)
    eps = float(step.number("eps", smallest))
    shape = list(x.shape[len(x.shape) - count :])
    weight = step.optional("weight") or step.expand("ones", step.scalar("one", x.dtype, 1), shape)
    step.add("RMSNormalization", step.result, x, weight, axis=-count, epsilon=eps)
    _refuse_statistics(step)


@lowers("group_norm", "native_group_norm")
def group_norm(step: Step) -> None:
    """Groups of channels of each image by their mean and variance."""
    x = step.tensor("input")
    groups = step.integer("num_groups" if step.base == "group_norm" else "group")
    eps = float(step.number("eps", 1e-5))
    batch, channels, *rest = x.shape
    parts = step.reshape("groups", x, [batch, groups, channels // groups * product(rest)])
    whole = step.reshape("images", _standard(step, parts, [2], eps), x.shape)
    _affine(step, whole, 1)
    _refuse_statistics(step)


@lowers("local_response_norm")
def local_response_norm(step: Step) -> None:
    """X divided by a power of the sum of the squares of channels near by."""
    attributes = {
        name: float(step.number(name, default)) for name, default in (("alpha", 1e-4), ("beta", 0.75))
    }
    step.add(
        "LRN", step.result, step.x, size=step.integer("size"), bias=float(step.number("k", 1)), **attributes
    )


@lowers("_weight_norm", "_weight_norm_interface")
def weight_norm(step: Step) -> None:
    """V · g / the length of v along all axes but one, or along all: weights that training keeps apart."""
    v, g = step.tensor("v"), step.tensor("g")
    rank = len(v.shape)
    axis = step.integer("dim", 0)
    kept = None if axis == -1 else step.axis("dim", 0, rank)
    axes = [place for place in range(rank) if place != kept]
    length = step.reduce("ReduceL2", "length", v, axes)
    step.add("Mul", step.result, v, step.add("Div", "ratio", g, length))
    if step.wants(1) and len(step.node.outputs) > 1:
        step.finish(length, 1)
