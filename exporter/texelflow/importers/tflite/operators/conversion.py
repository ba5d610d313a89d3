"""Between element types, and between numbers and the steps that stand for them."""

from __future__ import annotations

from math import floor

from texelflow.graph import DTYPES
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.step import COMPLEX
from texelflow.importers.tflite.tensors import is_quantised


@lowers("QUANTIZE", inputs=1)
def _quantize(step: Step) -> None:
    if not is_quantised(step.made()):
        raise step.fail(f"its output {step.made().name!r} has no scale")
    step.finish(step.real(0), ties="even")


@lowers("DEQUANTIZE", inputs=1)
def _dequantize(step: Step) -> None:
    """Steps, or numbers of 16 bits, as the numbers that they stand for."""
    value = step.real(0)
    if not is_quantised(step.tensor(0)):
        value = step.cast("made", value, "float32")
    step.finish(value)


@lowers("CAST", inputs=1)
def _cast(step: Step) -> None:
    """Numbers are converted as they are stored; a fraction is cut off, and so is an imaginary part."""
    if step.tensor(0).dtype == COMPLEX:
        real = step.add("Gather", "real", step.complex(0), step.index("place", 0), axis=-1)
        step.finish_raw(step.cast("made", real, step.made_dtype()))
        return
    if step.made().dtype == COMPLEX:
        number = step.add(
            "Unsqueeze", "number", step.cast("floats", step.raw(0), "float32"), step.vector("last", [-1])
        )
        shape = step.vector("shape", [*step.raw(0).shape, 1])
        zero = step.add("Expand", "nothing", step.scalar("zero", "float32", 0.0), shape)
        step.finish_complex(step.add("Concat", "made", number, zero, axis=-1))
        return
    step.finish_raw(step.cast("made", step.raw(0), step.made_dtype()))


@lowers("BITCAST", inputs=1)
def _bitcast(step: Step) -> None:
    dtype, source = step.made_dtype(), step.raw(0).dtype
    if DTYPES[dtype] != DTYPES[source]:
        raise step.fail(f"it takes {source} for {step.made().dtype}; types of the same size are supported")
    step.finish_raw(step.add("BitCast", "made", step.raw(0), to=onnx_number(dtype)))


@lowers("FAKE_QUANT", inputs=1, options="FakeQuantOptions")
def _fake_quant(step: Step) -> None:
    """Rounds to steps between limits, which are moved so that zero is a step."""
    options = step.options
    low, high = options["min"], options["max"]
    if not 2 <= options["bits"] <= 16 or not low <= 0 <= high or low == high:
        raise step.fail(f"it has {options['bits']} bits from {low} to {high}")
    first, last = int(options["narrow_range"]), (1 << options["bits"]) - 1
    scale = (high - low) / (last - first)
    zero = min(max(floor(first - low / scale + 0.5), first), last)
    lowest, highest = ((limit - zero) * scale for limit in (first, last))
    within = step.add(
        "Clip",
        "within",
        step.real(0),
        step.scalar("low", "float32", lowest),
        step.scalar("high", "float32", highest),
    )
    above = step.add("Sub", "above", within, step.scalar("lowest", "float32", lowest))
    steps = step.add("Div", "steps", above, step.scalar("scale", "float32", scale))
    whole = step.add("Floor", "whole", step.add("Add", "more", steps, step.scalar("half", "float32", 0.5)))
    scaled = step.add("Mul", "scaled", whole, step.scalar("scale_again", "float32", scale))
    step.finish(step.add("Add", "made", scaled, step.scalar("lowest_again", "float32", lowest)))


@lowers("DENSIFY", inputs=1)
def _densify(step: Step) -> None:
    """Sparse constants are made dense when they are read."""
    step.moved(step.real(0))
