"""Fourier transforms; complex numbers are pairs of tensors, real and imaginary parts."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.importers.keras.windowing import frames_of, short_transform
from texelflow.importers.lowering.functions import half_spectra


def _parts(steps: Function, pairs: Value) -> None:
    """End in the real and the imaginary parts of pairs along the last axis."""
    for place, result in enumerate(steps.results):
        steps.add("Gather", result, pairs, steps.index("part", place), axis=-1)


@computes("RFFT", results=lambda _config, _arguments: 2)
def transform_of_real(steps: Function) -> None:
    """The first half of the transform along the last axis, cut or filled up to `fft_length`."""
    length = steps.given(1, "fft_length")
    pairs = steps.add("Unsqueeze", "pairs", steps.floats(steps.x), steps.vector("last", [steps.rank]))
    given = None if length is None else steps.index("length", steps.wholes_given(1, "fft_length")[0])
    _parts(steps, steps.add("DFT", "made", pairs, given, steps.index("axis", -2), onesided=1))


def _pair(steps: Function) -> Value:
    given = steps.given(0, "x")
    if not isinstance(given, list) or len(given) != 2:
        raise steps.fail("a pair of real and imaginary parts is needed")
    last = steps.vector("last", [-1])
    return steps.add(
        "Concat", "pair", *(steps.add("Unsqueeze", "part", x, last) for x in steps.together(given)), axis=-1
    )


@computes("FFT", results=lambda _config, _arguments: 2)
def transform(steps: Function) -> None:
    """The transform along the last axis."""
    _parts(steps, steps.add("DFT", "made", _pair(steps), None, steps.index("axis", -2)))


@computes("IRFFT")
def signal_of_half(steps: Function) -> None:
    """The signal of `fft_length`, or of the whole spectrum, whose transform begins so."""
    given = steps.given(1, "fft_length")
    size = 2 * (steps.x.shape[-1] - 1) if given is None else steps.wholes_given(1, "fft_length")[0]
    half = half_spectra(steps, _pair(steps), (*steps.x.shape, 2), size // 2 + 1)
    length, axis = steps.index("length", size), steps.index("axis", -2)
    made = steps.add("DFT", "made", half, length, axis, inverse=1, onesided=1)
    steps.add("Squeeze", steps.result, made, steps.vector("axis", [-1]))


@computes("STFT", results=lambda _config, _arguments: 2)
def transforms_in_time(steps: Function) -> None:
    """The transforms of windows that move along the last axis: [..., windows, fft_length / 2 + 1]."""
    length, stride, size = (
        steps.whole(name, 0) for name in ("sequence_length", "sequence_stride", "fft_length")
    )
    window, centred = steps.setting("window"), bool(steps.given(5, "center", True))
    _parts(steps, short_transform(steps, steps.floats(steps.x), length, stride, size, window, centred))


@computes("ExtractSequences")
def sequences(steps: Function) -> None:
    """Windows that move along the last axis, each whole: [..., windows, sequence_length]."""
    length, stride = (steps.whole(name, 0) for name in ("sequence_length", "sequence_stride"))
    frames_of(steps, steps.result, steps.x, length, stride)
