"""Writes functions.json.xz: functions of keras.ops, windows and spectra, as Keras 3 saves them.

Run by hand, where `tensorflow-cpu` (2.21) is installed; nothing else needs it:

    python tests/importers/tensorflow_files/write_functions.py
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import write_keras
from write_keras import floats, random

Model = tuple[str, Any, list[np.ndarray]]


def functions(_k: Any) -> Iterator[Model]:
    """Yield models of functions that fewer models have: order, bits, windows, spectra."""
    layers, ops = keras.layers, keras.ops
    x, n = layers.Input((3, 4), name="x"), layers.Input((3, 4), dtype="int32", name="n")
    a, b = layers.Dense(4, name="a")(x), x * 2.0 - 1
    results = [
        *(function(a, b) for function in (ops.arctan2, ops.hypot, ops.logaddexp)),
        *(function(a) for function in (ops.deg2rad, ops.rad2deg, ops.exp2, ops.trunc, ops.tanh_shrink)),
        *(function(n, n + 1) for function in (ops.bitwise_and, ops.bitwise_or, ops.bitwise_xor)),
        ops.hard_shrink(a, 0.25),
        ops.soft_shrink(a, 0.25),
        ops.threshold(a, 0.25, -1.5),
        ops.glu(a),
        *(layers.Activation(name)(b) for name in ("tanh_shrink", "celu", "hard_shrink", "soft_shrink")),
        *(layers.Activation(name)(b * 2) for name in ("squareplus", "sparse_plus")),
        ops.nan_to_num(ops.divide(a, ops.cast(n > 2, "float32"))),
        ops.isclose(ops.round(a), a, rtol=0.125, atol=0.25),
        ops.sort(a, axis=1),
        ops.argsort(a),
        *ops.top_k(a, 2),
        ops.searchsorted(np.array([-0.5, 0.0, 0.5], np.float32), a[0, 0]),
        ops.digitize(n, np.array([1, 2, 4], np.int32)),
        ops.multi_hot(n, 6),
        ops.tril(a, 1),
        ops.triu(a, -1),
        ops.roll(a, -5, axis=1),
        ops.slice(a[0], [1, 2], [2, 2]),
        ops.scatter_update(a, np.array([[0, 1, 2], [1, 0, 3]], np.int32), np.array([4, 5], np.float32)),
        ops.segment_sum(a[0], np.array([2, 0, 2], np.int32), num_segments=4),
        ops.segment_max(a[0], np.array([1, 0, 1], np.int32), num_segments=2),
        ops.diff(a, axis=1),
        ops.outer(a[0, 0], b),
        ops.tensordot(a, b, axes=[[1, 2], [1, 2]]),
        ops.tensordot(a, np.arange(8, dtype=np.float32).reshape(4, 2) / 4, axes=1),
        ops.cross(a[..., :3], b[..., 1:]),
        ops.count_nonzero(n, axis=1),
        ops.ptp(a, axis=-1),
        ops.norm(a, axis=-1),
        ops.norm(a, ord=1, axis=1),
        ops.layer_normalization(a, gamma=np.array([1, 2, 3, 4], np.float32), beta=np.ones(4, np.float32)),
        ops.rms_normalization(a),
        ops.batch_normalization(
            a, np.zeros(4, np.float32) + 0.5, np.arange(4, dtype=np.float32) + 1, axis=-1
        ),
        ops.dot_product_attention(*(ops.reshape(each, (-1, 3, 2, 2)) for each in (a, b, a))),
    ]
    arrays = [floats(2, 3, 4), random.integers(0, 6, (2, 3, 4)).astype(np.int32)]
    yield "more_functions", keras.Model([x, n], results, name="more_functions"), arrays
    image = layers.Input((6, 5, 3), name="image")
    kernel, each, points = floats(3, 2, 3, 4), floats(3, 3, 3, 2), floats(1, 1, 6, 2)
    results = [
        ops.max_pool(image, 2),
        ops.average_pool(image, (3, 2), strides=(2, 1), padding="same"),
        ops.conv(image, kernel, strides=(2, 1), padding="same"),
        ops.conv(image, kernel, dilation_rate=2),
        ops.depthwise_conv(image, each, padding="same"),
        ops.separable_conv(image, each, points),
        ops.image.resize(image, (9, 4)),
        ops.image.resize(image, (3, 8), interpolation="nearest"),
        ops.image.rgb_to_grayscale(image),
    ]
    yield "windows", keras.Model(image, results, name="windows"), [floats(2, 6, 5, 3)]
    sound = layers.Input((32,), name="sound")
    real, imaginary = ops.rfft(sound)
    results = [
        real,
        imaginary,
        *ops.rfft(sound, fft_length=16),
        *ops.fft((sound, sound * 0.5)),
        ops.irfft((real, imaginary)),
        ops.irfft((real, imaginary), fft_length=32),
        *(ops.irfft((real, imaginary), fft_length=length) for length in (20, 9, 40, 33)),
        *ops.stft(sound, 8, 4, 16),
        *ops.stft(sound, 16, 5, 16, window="hamming", center=False),
        ops.extract_sequences(sound, 8, 3),
        layers.MelSpectrogram(
            fft_length=16,
            sequence_stride=6,
            sequence_length=12,
            num_mel_bins=5,
            sampling_rate=800,
            name="mel",
        )(sound),
        layers.MelSpectrogram(
            fft_length=16,
            sequence_stride=8,
            num_mel_bins=4,
            sampling_rate=800,
            power_to_db=False,
            name="power",
        )(sound),
    ]
    modes = ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    sounds = layers.Reshape((16, 2), name="stereo")(sound)
    spectra = layers.STFTSpectrogram
    results += [
        spectra(mode=mode, frame_length=8, frame_step=3, name=f"mode_{mode}")(sounds) for mode in modes
    ]
    results += [
        spectra(frame_length=6, fft_length=8, padding="same", expand_dims=True, name="wide")(sounds),
    ]
    yield "spectra", keras.Model(sound, results, name="spectra"), [floats(2, 32)]


if __name__ == "__main__":
    write_keras.main(functions, "functions.json.xz", {"3": keras})
