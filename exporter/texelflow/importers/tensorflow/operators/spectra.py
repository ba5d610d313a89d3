"""Fourier transforms, and the parts of complex numbers, which are pairs along a last axis."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.lowering.functions import atan2, half_spectra
from texelflow.importers.tensorflow.lowering import Lowering, lowers


def _axis(steps: Lowering, back: int) -> Value:
    """Return an axis counted from the last one of the signal."""
    return steps.index("axis", -1 - back)


@lowers("FFT", "IFFT", "FFT2D", "IFFT2D", of_complex=True)
def transform(steps: Lowering) -> None:
    """The transform of complex signals along the last axis, or the last two."""
    name = steps.node.operator
    inverse, value = int(name.startswith("I")), steps.input(0)
    count = 2 if name.endswith("2D") else 1
    for back in range(1, count + 1):
        step: str | Value = steps.result if back == count else "turned"
        value = steps.add("DFT", step, value, None, _axis(steps, back), inverse=inverse)


@lowers("RFFT", "RFFT2D", inputs=2, of_complex=True)
def transform_real(steps: Lowering) -> None:
    """The transform of real signals, cut or filled to `fft_length`; of the last axis the first half."""
    lengths, rank = steps.known_dimensions(1, "lengths"), len(steps.input(0).shape)
    _require_lengths(steps, len(lengths))
    pairs = steps.add("Unsqueeze", "pairs", steps.input(0), steps.vector("last", [rank]))
    last = steps.index("length", lengths[-1])
    step: str | Value = steps.result if len(lengths) == 1 else "rows"
    made = steps.add("DFT", step, pairs, last, _axis(steps, 1), onesided=1)
    if len(lengths) == 2:
        steps.add("DFT", steps.result, made, steps.index("rows", lengths[0]), _axis(steps, 2))


@lowers("IRFFT", "IRFFT2D", inputs=2, of_complex=True)
def signal_of_half(steps: Lowering) -> None:
    """The real signal of `fft_length` whose transform begins so; of two axes the columns are first."""
    lengths = steps.known_dimensions(1, "lengths")
    _require_lengths(steps, len(lengths))
    value = half_spectra(steps, steps.input(0), steps.input(0).shape, lengths[-1] // 2 + 1)
    if len(lengths) == 2:
        value = steps.add(
            "DFT", "columns", value, steps.index("rows", lengths[0]), _axis(steps, 2), inverse=1
        )
    length = steps.index("length", lengths[-1])
    made = steps.add("DFT", "made", value, length, _axis(steps, 1), inverse=1, onesided=1)
    steps.add("Squeeze", steps.result, made, steps.vector("last", [-1]))


def _require_lengths(steps: Lowering, count: int) -> None:
    wanted = 2 if steps.node.operator.endswith("2D") else 1
    if count != wanted or len(steps.input(0).shape) < wanted:
        raise steps.fail(f"it has {count} lengths, its input is {steps.input(0).type}")


@lowers("Real", "Imag", of_complex=True)
def part(steps: Lowering) -> None:
    """The real or imaginary part."""
    place = steps.index("place", int(steps.node.operator == "Imag"))
    steps.add("Gather", steps.result, steps.input(0), place, axis=-1)


@lowers("ComplexAbs", of_complex=True)
def magnitude(steps: Lowering) -> None:
    """The magnitude."""
    steps.add("ReduceL2", steps.result, steps.input(0), steps.vector("last", [-1]), keepdims=0)


@lowers("Angle", of_complex=True)
def angle(steps: Lowering) -> None:
    """The angle of the point that a complex number is."""
    value = steps.input(0)
    real, imaginary = (steps.add("Gather", "part", value, steps.index("place", at), axis=-1) for at in (0, 1))
    for each in (real, imaginary):
        each.type = type(value.known_type)(value.dtype, value.shape[:-1])
    atan2(steps, steps.result, imaginary, real)


@lowers("Complex", inputs=2, of_complex=True)
def complex_of_parts(steps: Lowering) -> None:
    """Complex numbers of real and imaginary parts."""
    last = steps.vector("last", [-1])
    parts = [steps.add("Unsqueeze", "part", steps.input(index), last) for index in (0, 1)]
    steps.add("Concat", steps.result, *parts, axis=-1)


@lowers("Conj", of_complex=True)
def conjugate(steps: Lowering) -> None:
    """The same real part, the opposite imaginary one."""
    signs = steps.constant("signs", steps.input(0).dtype, [2], [1, -1])
    steps.add("Mul", steps.result, steps.input(0), signs)
