"""Writes keras.json.xz: small models as Keras 2 and 3 save them (.h5, .keras), and what Keras computes.

What layers mean is tried by layers.json.xz; this is about where files have weights: models in models,
shared layers, layers inside of layers, names that do not follow the classes. Run by hand, where
`tensorflow-cpu` (2.21) and `tf_keras` (2.21) are installed; nothing else needs them:

    python tests/importers/tensorflow_files/write_keras.py
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import keras
import numpy as np
import packed_arrays
import tf_keras

random = np.random.default_rng(6)
files: dict[str, np.ndarray] = {}


def floats(*shape: int, low: float = -1) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, 1, shape) * 64) / 64).astype(np.float32)


def models(k: Any) -> Iterator[tuple[str, Any, list[np.ndarray]]]:
    """Yield models with names, and inputs."""
    layers = k.layers
    # Names against the order of the classes, and one that looks like another's group.
    flat = k.Sequential(
        [
            layers.Input((6, 5)),
            layers.Dense(4, name="dense_1", activation="tanh"),
            layers.Dropout(0.3, name="conv1d"),
            layers.Dense(7, name="dense"),
            layers.BatchNormalization(scale=False, name="last"),
            layers.BatchNormalization(center=False, name="batch_normalization"),
            layers.PReLU(shared_axes=[1], name="p"),
            layers.SeparableConv1D(3, 2, name="separable"),
            layers.Conv1D(2, 2, use_bias=False, name="c"),
        ],
        name="flat",
    )
    yield "flat", flat, [floats(2, 6, 5)]

    def pair(name: str) -> Any:
        dense = [layers.Dense(5, name=f"{name}_a"), layers.Dense(4, name=f"{name}_b", use_bias=False)]
        return k.Sequential(dense, name=name)

    inner = pair("inner")
    # Keras 2 does not itself read what it writes of a model that is in another one, too.
    inside = inner if k is keras else pair("inside")
    tokens = layers.Input((4,), dtype="int32", name="tokens")
    images = layers.Input((4, 5), name="images")
    shared = layers.Dense(5, name="shared", activation="relu")
    embedded = layers.Embedding(9, 5, name="table")(tokens)
    one = layers.Add(name="add")([shared(embedded), shared(images)])
    two = inner(one)
    functional = k.Model(images, layers.Dense(3, name="w")(inside(images)), name="outer")
    three = functional(one)
    joined = layers.Concatenate(name="joined")([two, three])
    result = layers.Dense(2, name="z")(joined)
    nested = k.Model([tokens, images], [result, two], name="nested")
    yield "nested", nested, [random.integers(0, 9, (2, 4)).astype(np.int32), floats(2, 4, 5)]
    recurrent = k.Sequential(
        [
            layers.Input((5, 3)),
            layers.Bidirectional(layers.LSTM(4, return_sequences=True), name="both"),
            layers.TimeDistributed(layers.Dense(4), name="each"),
            layers.GRU(3, return_sequences=True, name="gru_7"),
            layers.LSTM(3, name="lstm"),
            layers.Normalization(mean=0.5, variance=2.0, name="n"),
        ],
        name="recurrent",
    )
    yield "recurrent", recurrent, [floats(2, 5, 3)]
    # ONNX Runtime has no auto_pad beside dilations.
    dilated = k.Sequential(
        [
            layers.Input((None, 7, 3)),
            layers.Conv2D(4, (3, 2), padding="same", dilation_rate=2, name="all"),
            layers.DepthwiseConv2D(3, padding="same", dilation_rate=(1, 3), name="each"),
            layers.SeparableConv2D(2, 3, padding="same", dilation_rate=2, name="both"),
        ],
        name="dilated",
    )
    yield "dilated", dilated, [floats(1, 6, 7, 3)]


def main(
    made: Callable[[Any], Iterator[tuple[str, Any, list[np.ndarray]]]], name: str, versions: dict[str, Any]
) -> None:
    """Write the models that `made` yields for each version, and what Keras computes, to a file."""
    for version, k in versions.items():
        for name_, model, inputs in made(k):
            # The same for all formats, however the layers are nested.
            model.set_weights(
                [floats(*array.shape, low=0.2 if array.ndim == 1 else -1) for array in model.get_weights()]
            )
            results = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
            label = f"keras{version}_{name_}"
            for index, array in enumerate(inputs):
                files[f"{label}/in/{index}"] = array
            for index, array in enumerate(results if isinstance(results, list) else [results]):
                files[f"{label}/out/{index}"] = array
            with TemporaryDirectory() as folder:
                for ending in ("h5", "keras"):
                    path = Path(folder) / f"model.{ending}"
                    model.save(path)
                    files[f"{label}/files/{ending}"] = np.frombuffer(path.read_bytes(), np.uint8)
    packed_arrays.save(Path(__file__).parent / name, files)


if __name__ == "__main__":
    main(models, "keras.json.xz", {"2": tf_keras, "3": keras})
