"""Convolutions and transposed ones, of one, two and three axes."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.shapes import integers

AXES = (1, 2, 3)


@lowers(*(f"conv{count}d" for count in AXES), *(f"conv{count}d.padding" for count in AXES))
def conv(step: Step) -> None:
    """A convolution; the batch may be missing."""
    count = int(step.base[4])
    padding = step.arguments.get("padding", 0)
    pads = (
        _pads_by_name(step, count, padding)
        if isinstance(padding, str)
        else step.sizes("padding", count, 0) * 2
    )
    _convolve(step, count, pads)


def _pads_by_name(step: Step, count: int, name: str) -> list[int]:
    if name != "same":
        return [0] * 2 * count
    kernel = integers(step.node, step.tensor("weight").shape[2:], "kernel")
    dilations = step.sizes("dilation", count, 1)
    whole = [dilation * (size - 1) for dilation, size in zip(dilations, kernel, strict=True)]
    return [*(pad // 2 for pad in whole), *(pad - pad // 2 for pad in whole)]


def _convolve(step: Step, count: int, pads: list[int]) -> None:
    with_batch(
        step,
        count,
        lambda result, x: step.add(
            "Conv",
            result,
            x,
            step.tensor("weight"),
            step.optional("bias"),
            kernel_shape=integers(step.node, step.tensor("weight").shape[2:], "kernel"),
            strides=step.sizes("stride", count, 1),
            dilations=step.sizes("dilation", count, 1),
            pads=pads,
            group=step.integer("groups", 1),
        ),
    )


@lowers("conv_transpose1d", *(f"conv_transpose{count}d.input" for count in AXES))
def conv_transpose(step: Step) -> None:
    """A transposed convolution; the batch may be missing."""
    _convolve_transposed(step, int(step.base[14]))


def _convolve_transposed(step: Step, count: int) -> None:
    pads = step.sizes("padding", count, 0)
    with_batch(
        step,
        count,
        lambda result, x: step.add(
            "ConvTranspose",
            result,
            x,
            step.tensor("weight"),
            step.optional("bias"),
            kernel_shape=integers(step.node, step.tensor("weight").shape[2:], "kernel"),
            strides=step.sizes("stride", count, 1),
            dilations=step.sizes("dilation", count, 1),
            pads=pads * 2,
            output_padding=step.sizes("output_padding", count, 0),
            group=step.integer("groups", 1),
        ),
    )


@lowers("convolution")
def convolution(step: Step) -> None:
    """Any of the convolutions."""
    count = len(step.tensor("weight").shape) - 2
    if step.flag("transposed"):
        _convolve_transposed(step, count)
    else:
        _convolve(step, count, step.sizes("padding", count, 0) * 2)


def with_batch(step: Step, count: int, make: object) -> None:
    """Let something be computed of a batch; an input of no batch axis is a batch of one."""
    assert callable(make)
    x = step.x
    if len(x.shape) == count + 1:
        one = step.add("Unsqueeze", "batch", x, step.vector("axis", [0]))
        made: Value = make("made", one)
        step.add("Squeeze", step.result, made, step.vector("axis", [0]))
    elif len(x.shape) == count + 2:
        make(step.result, x)
    else:
        raise step.fail(f"its input is {x.type}; {count + 1} or {count + 2} axes are needed")
