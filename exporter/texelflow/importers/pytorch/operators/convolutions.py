"""Convolutions and transposed ones, of one, two and three axes."""

from __future__ import annotations

from collections.abc import Callable

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


@lowers("conv_transpose1d", *(f"conv_transpose{count}d.input" for count in AXES))
def conv_transpose(step: Step) -> None:
    """A transposed convolution; the batch may be missing."""
    count = int(step.base[14])
    _convolve(step, count, step.sizes("padding", count, 0) * 2, transposed=True)


@lowers("convolution")
def convolution(step: Step) -> None:
    """Any of the convolutions."""
    count = len(step.tensor("weight").shape) - 2
    _convolve(step, count, step.sizes("padding", count, 0) * 2, transposed=step.flag("transposed"))


def _convolve(step: Step, count: int, pads: list[int], transposed: bool = False) -> None:
    weight = step.tensor("weight")
    more = {"output_padding": step.sizes("output_padding", count, 0)} if transposed else {}

    def make(result: str | Value, x: Value) -> Value:
        return step.add(
            "ConvTranspose" if transposed else "Conv",
            result,
            x,
            weight,
            step.optional("bias"),
            kernel_shape=integers(step.node, weight.shape[2:], "kernel"),
            strides=step.sizes("stride", count, 1),
            dilations=step.sizes("dilation", count, 1),
            pads=pads,
            **more,
            group=step.integer("groups", 1),
        )

    with_batch(step, count, make)


def with_batch(step: Step, count: int, make: Callable[[str | Value, Value], Value]) -> None:
    """Let something be computed of a batch; an input of no batch axis is a batch of one."""
    x = step.x
    if len(x.shape) == count + 1:
        one = step.add("Unsqueeze", "batch", x, step.vector("axis", [0]))
        step.add("Squeeze", step.result, make("made", one), step.vector("axis", [0]))
    elif len(x.shape) == count + 2:
        make(step.result, x)
    else:
        raise step.fail(f"its input is {x.type}; {count + 1} or {count + 2} axes are needed")
