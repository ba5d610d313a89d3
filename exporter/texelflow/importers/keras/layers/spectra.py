"""Spectra of sounds: STFTSpectrogram, MelSpectrogram."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from texelflow.graph import TensorType, Value
from texelflow.importers.keras.layers.convolutions import kernel_of, padding_of
from texelflow.importers.keras.lowering import Layer, lowers
from texelflow.importers.keras.windowing import short_transform
from texelflow.importers.lowering.functions import atan2

_LEAST = 1e-7
"""Keras' epsilon."""


def _kernels(config: Mapping[str, Any]) -> list[str]:
    mode = config.get("mode", "log")
    return [name for name, other in (("real_kernel", "imag"), ("imag_kernel", "real")) if mode != other]


@lowers("STFTSpectrogram", weights=_kernels)
def spectrogram(layer: Layer) -> None:
    """Spectra of each channel of sounds [batch, n, channels], by convolutions with waves."""
    layer.require_rank(3)
    mode = str(layer.setting("mode", "log"))
    if layer.is_first:
        raise layer.fail("its sounds have channels first, which Keras computes on some devices only")
    batch, extent, channels = layer.x.shape
    sounds = layer.add("Transpose", "sounds", layer.x, perm=[0, 2, 1])
    single = layer.reshape("single", sounds, [batch * channels, 1, extent])
    steps = {name: _waves(layer, name, single) for name in _kernels(layer.config)}
    bins = kernel_of(layer, next(iter(steps)), 3)[2]
    if mode in ("real", "imag"):
        [made] = steps.values()
    elif mode == "stft":
        made, bins = layer.add("Concat", "both", *steps.values(), axis=1), 2 * bins
    elif mode == "angle":
        for value in steps.values():
            value.type = TensorType(layer.x.dtype, (batch * channels, bins, -1))
        made = atan2(layer, "angle", steps["imag_kernel"], steps["real_kernel"])
    else:
        made = _level(layer, mode, steps, bins)
    shape = [batch, channels, bins, -1]
    apart = layer.reshape("apart", made, shape)
    if layer.setting("expand_dims", False):
        layer.add("Transpose", layer.result, apart, perm=[0, 3, 2, 1])
        return
    rows = layer.reshape("rows", apart, [batch, channels * bins, -1])
    layer.add("Transpose", layer.result, rows, perm=[0, 2, 1])


def _waves(layer: Layer, name: str, single: Value) -> Value:
    """Return [batch · channels, bins, steps]: sounds by the waves of a kernel [length, 1, bins]."""
    [length, _, _] = kernel_of(layer, name, 3)
    stride = layer.whole("frame_step", max(length // 2, 1))
    filters = layer.add("Transpose", f"{name}_filters", layer.weight(name), perm=[2, 1, 0])
    auto = "SAME_UPPER" if padding_of(layer, [length, 0], [1]) == "SAME" else "VALID"
    return layer.add("Conv", name, single, filters, strides=[stride], auto_pad=auto)


def _level(layer: Layer, mode: str, parts: Mapping[str, Value], bins: int) -> Value:
    """Return the power, its density, the magnitude or its logarithm."""
    squares = [layer.add("Mul", "square", value, value) for value in parts.values()]
    power = layer.add("Add", "power", *squares)
    if mode == "psd":
        inner = layer.slice("inner", power, 1, 1, bins - 1)
        return layer.add(
            "Add",
            "density",
            power,
            layer.add("Pad", "others", inner, layer.vector("ends", [0, 1, 0, 0, 1, 0])),
        )
    if mode not in ("log", "magnitude"):
        raise layer.fail(f"its mode is {mode!r}, which is not supported")
    least = layer.scalar("least", layer.x.dtype, _LEAST)
    size = layer.add("Sqrt", "size", layer.add("Max", "some_power", power, least))
    if mode == "magnitude":
        return size
    return layer.add("Log", "level", layer.add("Max", "some", size, least))


@lowers("MelSpectrogram")
def mel_spectrogram(layer: Layer) -> None:
    """Sounds [..., n] as [..., bands, steps]: bands of their spectra as people hear them, in decibels."""
    size, stride = layer.whole("fft_length", 2048), layer.whole("sequence_stride", 512)
    length = layer.whole("sequence_length", size)
    x = layer.x if layer.x.dtype == "float32" else layer.cast("floats", layer.x, "float32")
    x.type = TensorType("float32", layer.x.shape)
    window = layer.setting("window") if "window" in layer.config else "hann"
    spectra = short_transform(layer, x, length, stride, size, window, True)
    sizes = layer.add("ReduceL2", "sizes", spectra, layer.vector("parts", [-1]), keepdims=0)
    power = layer.add(
        "Pow", "power", sizes, layer.scalar("exponent", "float32", layer.number("mag_exp", 2.0))
    )
    bands, bins = layer.whole("num_mel_bins", 128), size // 2 + 1
    if not 1 <= bands * bins <= 2**22:
        raise layer.fail(f"it has {bands} bands of {bins} frequencies")
    shares = layer.constant("bands", "float32", [bins, bands], _shares(layer, bands, bins))
    heard = layer.add("MatMul", "heard", power, shares)
    if layer.setting("power_to_db", True):
        heard = _decibels(layer, heard)
    rank = len(spectra.shape) - 1
    layer.add("Transpose", layer.result, heard, perm=[*range(rank - 2), rank - 1, rank - 2])


def _mel(hertz: float) -> float:
    return 1127.0 * math.log(1 + hertz / 700.0)


def _shares(layer: Layer, bands: int, bins: int) -> list[float]:
    """Return how much of each frequency each band has: triangles, as wide as people hear them apart."""
    rate = layer.number("sampling_rate", 16000)
    low, high = layer.number("min_freq", 20.0), layer.number("max_freq", int(rate / 2))
    if rate <= 0 or not 0 <= low < high or bins < 2:
        raise layer.fail(f"its frequencies are {low} to {high}, {rate} a second")
    first, last = _mel(low), _mel(high)
    edges = [first + (last - first) * index / (bands + 1) for index in range(bands + 2)]
    result: list[float] = [0.0] * bands
    for index in range(1, bins):
        mel = _mel(rate / 2 * index / (bins - 1))
        for left, middle, right in zip(edges, edges[1:], edges[2:], strict=False):
            result.append(max(0.0, min((mel - left) / (middle - left), (right - mel) / (right - middle))))
    return result


def _decibels(layer: Layer, power: Value) -> Value:
    least = layer.number("min_power", 1e-10)
    reference = max(abs(layer.number("ref_power", 1.0)), least)
    if least <= 0:
        raise layer.fail(f"its min_power is {least}; more than 0 is needed")
    some = layer.add("Max", "some", power, layer.scalar("least", "float32", least))
    tens = layer.add(
        "Mul", "tens", layer.add("Log", "log", some), layer.scalar("ten", "float32", 10 / math.log(10))
    )
    level = layer.add("Sub", "level", tens, layer.scalar("reference", "float32", 10 * math.log10(reference)))
    loudest = layer.add("ReduceMax", "loudest", level)
    floor = layer.add("Sub", "floor", loudest, layer.scalar("range", "float32", layer.number("top_db", 80.0)))
    return layer.add("Max", "heard_level", level, floor)
