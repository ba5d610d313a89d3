"""Transforms of signals of a free length, as the front ends of sound models are written."""

from __future__ import annotations

import numpy as np

from kernels.sheet import Sheet


def spectra_of_signals() -> Sheet:
    """Frames under a window, their power, summed to mel bands; whole signals there and back.

    Of powers of 2: other lengths cost ONNX Runtime four digits.
    """
    sheet = Sheet("spectra of signals", opset=20, sizes=({"n": 1600}, {"n": 512}, {"n": 1001}))
    signal = sheet.input([2, "n", 1])
    window = sheet.constant(np.hanning(512), "float32")
    for onesided in (0, 1):
        sheet.case(f"STFT {'of half the bins' if onesided else 'of all bins'}")
        sheet.output(sheet.node("STFT", [signal, _integer(sheet, 160), window], onesided=onesided))
    sheet.case("log-mel spectrogram")
    spectrum = sheet.node("STFT", [signal, _integer(sheet, 160), window, _integer(sheet, 512)], onesided=1)
    power = sheet.node("ReduceSumSquare", [spectrum, sheet.integers(-1)], keepdims=0)
    counts = [_integer(sheet, number) for number in (40, 512, 16000)]
    edges = [sheet.constant(edge, "float32") for edge in (0.0, 7600.0)]
    bands = sheet.node("MatMul", [power, sheet.node("MelWeightMatrix", [*counts, *edges])])
    floor = sheet.node("Max", [bands, sheet.constant(1.0, "float32")])
    sheet.output(sheet.node("Log", [floor]))
    sheet.case("DFT of a fixed length")
    fixed = sheet.input([2, 64, 4, 2])
    for axis in (0, 1, 2):
        there = sheet.node("DFT", [fixed, "", _integer(sheet, axis)])
        sheet.output(there, f"along {axis}")
        sheet.output(
            sheet.node("DFT", [there, "", _integer(sheet, axis)], inverse=1), f"and back along {axis}"
        )
    sheet.case("DFT of a free length")
    short = sheet.input([1, "n", 2])
    sheet.output(sheet.node("DFT", [short, _integer(sheet, 512), _integer(sheet, 1)]))
    return sheet


def _integer(sheet: Sheet, number: int) -> str:
    return sheet.constant(number, "int64")
