"""Normalisation by means and variances."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import batch_normalization
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators import MANY

NAMES = ("y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3")


@lowers(
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    "_FusedBatchNormEx",
    inputs=(5, MANY),
    outputs=NAMES,
)
def fused_batch_norm(steps: Lowering) -> None:
    """Each channel moved and scaled by its mean and variance: those given, or in training its own.

    Of the other outputs, statistics for training, mean and variance are there.
    """
    x, scale, offset, mean, variance = steps.inputs()[:5]
    kind, rank = x.known_type, len(x.shape)
    if rank not in (4, 5):
        raise steps.fail(f"its input is {kind}; 4 or 5 axes are needed")
    is_first = str(steps.attribute("data_format", "NHWC")).startswith("NC")
    activation = str(steps.attribute("activation_mode", "Identity"))
    if activation not in ("Identity", "Relu") or (steps.count > 5 and steps.whole("num_side_inputs", 0)):
        raise steps.fail(f"{activation}, or another input, is fused into it, which is not supported")
    outputs = steps.node.outputs
    if len(outputs) > 3:
        raise steps.fail(f"its output {NAMES[len(outputs) - 1]} is read, which is for training")
    wide = x if kind.dtype == "float32" else steps.cast("wide", x, "float32")
    if steps.attribute("is_training", True):
        axes = [0, *range(2, rank)] if is_first else list(range(rank - 1))
        mean, variance = _moments(steps, wide, axes)
    given = (scale, offset, mean, variance)
    epsilon = steps.number("epsilon", 1e-4)
    is_plain = kind.dtype == "float32" and activation == "Identity"
    step: str | Value = steps.result if is_plain else "normalized"
    if is_first:
        made = steps.add("BatchNormalization", step, wide, *given, epsilon=epsilon)
    else:
        made = batch_normalization(steps, step, wide, rank, given, epsilon)
    if activation == "Relu":
        made = steps.add("Relu", steps.result if kind.dtype == "float32" else "positive", made)
    if kind.dtype != "float32":
        steps.cast(steps.result, made, kind.dtype)
    for result, value in zip(outputs[1:], (mean, variance), strict=False):
        steps.add("Identity", result, value)


def _moments(steps: Lowering, x: Value, axes: list[int]) -> tuple[Value, Value]:
    """Return mean and variance along axes, which go."""
    mean = steps.reduce("ReduceMean", "means", x, axes)
    centred = steps.add("Sub", "differences", x, mean)
    squares = steps.add("Mul", "squares", centred, centred)
    variance = steps.reduce("ReduceMean", "variances", squares, axes)
    gone = steps.vector("gone", axes)
    return steps.add("Squeeze", "batch_mean", mean, gone), steps.add(
        "Squeeze", "batch_variance", variance, gone
    )


@lowers("LRN")
def local_response(steps: Lowering) -> None:
    """X / (bias + alpha · the sum of squares of near channels) ** beta."""
    x = steps.input(0)
    radius = steps.whole("depth_radius", 5)
    size = 2 * radius + 1
    image = steps.add("Transpose", "image", x, perm=[0, 3, 1, 2])
    made = steps.add(
        "LRN",
        "normal",
        image,
        size=size,
        alpha=steps.number("alpha", 1.0) * size,
        beta=steps.number("beta", 0.5),
        bias=steps.number("bias", 1.0),
    )
    steps.add("Transpose", steps.result, made, perm=[0, 2, 3, 1])


@lowers("L2Loss")
def l2_loss(steps: Lowering) -> None:
    """Half the sum of squares."""
    x = steps.input(0)
    total = steps.add("ReduceSumSquare", "total", x, keepdims=0)
    steps.add("Mul", steps.result, total, steps.scalar("half", x.dtype, 0.5))
