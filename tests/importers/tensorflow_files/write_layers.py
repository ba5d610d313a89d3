"""Writes layers.json.xz: small models of Keras 2 and 3 as layers models of TF.js, and what Keras computes.

Run by hand, where `tensorflow-cpu` (2.21) and `tf_keras` (2.21) are installed; nothing else needs them:

    python tests/importers/tensorflow_files/write_layers.py
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import packed_arrays
import tf_keras

random = np.random.default_rng(5)
files: dict[str, np.ndarray] = {}


def floats(*shape: int, low: float = -1, high: float = 1) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, high, shape) * 64) / 64).astype(np.float32)


def leaves(model: Any) -> list[Any]:
    """The layers that are no models, each once."""
    found: list[Any] = []
    for layer in model.layers:
        inner = leaves(layer) if hasattr(layer, "layers") else [layer]
        found += [each for each in inner if each not in found]
    return found


def case(name: str, model: Any, *inputs: np.ndarray) -> None:
    """Add a model with seeded weights, as model.json and one shard."""
    manifest, data = [], b""
    for layer in leaves(model):
        values = []
        for variable in layer.weights:
            low = 0.3 if "variance" in variable.name else -0.7
            values.append(floats(*variable.shape, low=low, high=0.9))
        if values:
            layer.set_weights(values)
        for variable, value in zip(layer.weights, values, strict=True):
            path = getattr(variable, "path", variable.name).split(":")[0]
            last = path.split("/")[-1]
            way = next((part for part in path.split("/") if part.startswith(("forward", "backward"))), "")
            label = f"{layer.name}/{way + '/' if way else ''}{last}"
            manifest.append({"name": label, "shape": list(value.shape), "dtype": "float32"})
            data += value.tobytes()
    topology = _plain(json.loads(model.to_json()))
    version = topology.get("keras_version", keras.__version__)
    text = {
        "format": "layers-model",
        "modelTopology": {"keras_version": version, "model_config": topology},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": manifest}],
    }
    files[f"{name}/files/model.json"] = np.frombuffer(json.dumps(text).encode(), np.uint8)
    files[f"{name}/files/weights.bin"] = np.frombuffer(data, np.uint8)
    for index, array in enumerate(inputs):
        files[f"{name}/in/{index}"] = array
    results = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
    for index, result in enumerate(results if isinstance(results, list | tuple) else [results]):
        files[f"{name}/out/{index}"] = np.asarray(result)


def _plain(content: Any) -> Any:
    """Return a configuration without what is for training only."""
    if isinstance(content, list):
        return [_plain(item) for item in content]
    if not isinstance(content, dict):
        return content
    training = ("_initializer", "_regularizer", "_constraint")
    return {key: _plain(value) for key, value in content.items() if not key.endswith(training)}


def many(
    name: str, k: Any, shape: tuple[int | None, ...], make: list[Callable[[], Any]], array: np.ndarray
) -> None:
    """Add a model that calls many layers with one input."""
    inputs = k.Input(shape, name="given")
    case(name, k.Model(inputs, [layer()(inputs) for layer in make]), array)


def both(k: Any, prefix: str) -> None:
    """Cases that Keras 2 and 3 have alike."""
    layers = k.layers
    names = "linear relu sigmoid tanh softplus softsign elu selu exponential swish gelu softmax".split()
    names.append("hard_sigmoid")
    many(
        f"{prefix}_dense",
        k,
        (5,),
        [
            *(lambda name=name: layers.Dense(3, activation=name) for name in names),
            lambda: layers.Dense(2, use_bias=False),
            lambda: layers.RepeatVector(3),
            lambda: layers.Dropout(0.5),
            lambda: layers.ReLU(),
            lambda: layers.ReLU(max_value=0.5),
            lambda: layers.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2),
            lambda: layers.LeakyReLU(),
            lambda: layers.ELU(0.7),
            lambda: layers.PReLU(),
            lambda: layers.Softmax(),
            lambda: layers.BatchNormalization(),
            lambda: layers.LayerNormalization(),
        ],
        floats(2, 5),
    )
    many(
        f"{prefix}_conv1d",
        k,
        (9, 4),
        [
            lambda: layers.Conv1D(3, 3),
            lambda: layers.Conv1D(3, 2, padding="causal", dilation_rate=2),
            lambda: layers.Conv1D(4, 3, strides=2, padding="same", groups=2),
            lambda: layers.Conv1DTranspose(2, 3, strides=2, padding="same"),
            lambda: layers.SeparableConv1D(3, 3, padding="same"),
            lambda: layers.MaxPooling1D(2),
            lambda: layers.AveragePooling1D(3, strides=2, padding="same"),
            lambda: layers.GlobalMaxPooling1D(),
            lambda: layers.GlobalAveragePooling1D(),
            lambda: layers.ZeroPadding1D((1, 2)),
            lambda: layers.Cropping1D((2, 1)),
            lambda: layers.UpSampling1D(2),
            lambda: layers.Permute((2, 1)),
            lambda: layers.Flatten(),
            lambda: layers.Reshape((6, -1)),
            lambda: layers.TimeDistributed(layers.Dense(2, activation="relu")),
            lambda: layers.BatchNormalization(axis=1, scale=False),
            lambda: layers.DepthwiseConv1D(3, depth_multiplier=2),
        ],
        floats(2, 9, 4),
    )
    many(
        f"{prefix}_conv2d",
        k,
        (7, 6, 4),
        [
            lambda: layers.Conv2D(3, 3, strides=2, padding="same", activation="relu"),
            lambda: layers.Conv2D(3, (2, 3), dilation_rate=2, use_bias=False),
            lambda: layers.DepthwiseConv2D(3, strides=2, depth_multiplier=2),
            lambda: layers.SeparableConv2D(3, 3, padding="same", depth_multiplier=2, activation="tanh"),
            lambda: layers.Conv2DTranspose(3, 3, strides=2, padding="same"),
            lambda: layers.Conv2DTranspose(3, 4, strides=2),
            lambda: layers.Conv2DTranspose(2, 2, strides=3),
            lambda: layers.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1),
            lambda: layers.MaxPooling2D(),
            lambda: layers.AveragePooling2D((3, 2), padding="same"),
            lambda: layers.GlobalAveragePooling2D(),
            lambda: layers.GlobalMaxPooling2D(keepdims=True),
            lambda: layers.ZeroPadding2D(((1, 0), (2, 1))),
            lambda: layers.Cropping2D(1),
            lambda: layers.UpSampling2D((2, 3)),
            lambda: layers.BatchNormalization(center=False),
            lambda: layers.BatchNormalization(axis=2),
            lambda: layers.LayerNormalization(axis=[2, 3]),
            lambda: layers.SpatialDropout2D(0.3),
            lambda: layers.PReLU(shared_axes=[1, 2]),
            lambda: layers.TimeDistributed(layers.Conv1D(2, 3)),
            lambda: layers.UnitNormalization(),
        ],
        floats(2, 7, 6, 4),
    )
    many(
        f"{prefix}_conv3d",
        k,
        (4, 5, 4, 2),
        [
            lambda: layers.Conv3D(3, 2, padding="same"),
            lambda: layers.MaxPooling3D(2),
            lambda: layers.AveragePooling3D(2, padding="same"),
            lambda: layers.GlobalAveragePooling3D(),
            lambda: layers.UpSampling3D(2),
            lambda: layers.ZeroPadding3D(1),
            lambda: layers.Cropping3D(1),
        ],
        floats(1, 4, 5, 4, 2),
    )
    many(
        f"{prefix}_recurrent",
        k,
        (4, 3),
        [
            lambda: layers.LSTM(3),
            lambda: layers.LSTM(
                2, return_sequences=True, activation="relu", recurrent_activation="hard_sigmoid"
            ),
            lambda: layers.LSTM(2, use_bias=False, go_backwards=True, return_sequences=True),
            lambda: layers.GRU(3),
            lambda: layers.GRU(2, reset_after=False, return_sequences=True),
            lambda: layers.SimpleRNN(3),
            lambda: layers.SimpleRNN(2, go_backwards=True),
            lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
            lambda: layers.Bidirectional(layers.GRU(2), merge_mode="sum"),
            lambda: layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True), merge_mode="ave"),
        ],
        floats(2, 4, 3),
    )
    a, b, c = (k.Input((3, 4), name=name) for name in ("a", "b", "c"))
    case(
        f"{prefix}_merge",
        k.Model(
            [a, b, c],
            [
                layers.Add()([a, b, c]),
                layers.Subtract()([a, b]),
                layers.Multiply()([a, b]),
                layers.Average()([a, b, c]),
                layers.Maximum()([a, b]),
                layers.Minimum()([a, b]),
                layers.Concatenate()([a, b]),
                layers.Concatenate(axis=1)([a, c]),
                layers.Dot(axes=2)([a, b]),
                layers.Dot(axes=(1, 1))([a, b]),
            ],
        ),
        floats(2, 3, 4),
        floats(2, 3, 4),
        floats(2, 3, 4),
    )
    words = k.Input((5,), dtype="int32", name="words")
    case(
        f"{prefix}_embedding",
        k.Model(words, layers.Embedding(7, 3)(words)),
        random.integers(0, 7, (2, 5)).astype(np.int32),
    )
    # Nested models, a layer and a model that are called twice, a sequence's states given on.
    inner = k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(4, activation="tanh", name="inner_dense"),
            layers.Dense(4, name="inner_last"),
        ],
        name="inner",
    )
    x, y = k.Input((4,), name="x"), k.Input((4,), name="y")
    shared = layers.Dense(4, name="shared")
    joined = layers.Add()([inner(shared(x)), inner(y), shared(y)])
    outer = k.Model([x, y], [joined, layers.Dense(2, name="end")(inner(joined))], name="outer")
    again = k.Input((4,), name="again")
    made = outer([again, again])
    case(f"{prefix}_nested", k.Model(again, [layers.Add()([made[0], again]), made[1]]), floats(3, 4))
    steps = k.Input((4, 3), name="steps")
    sequence, h, cell = layers.LSTM(3, return_sequences=True, return_state=True, name="encoder")(steps)
    decoded = layers.LSTM(3, name="decoder")(sequence, initial_state=[h, cell])
    case(f"{prefix}_states", k.Model(steps, [decoded, h]), floats(2, 4, 3))


def newer() -> None:
    layers = keras.layers
    many(
        "keras3_more",
        keras,
        (6, 6, 4),
        [
            lambda: layers.Conv2D(4, 3, activation="mish", groups=2),
            lambda: layers.Activation("relu6"),
            lambda: layers.Activation("leaky_relu"),
            lambda: layers.Activation("hard_silu"),
            lambda: layers.Activation("log_softmax"),
            lambda: layers.UpSampling2D(2, interpolation="bilinear"),
            lambda: layers.Resizing(4, 9),
            lambda: layers.Resizing(3, 3, interpolation="nearest"),
            lambda: layers.CenterCrop(3, 4),
            lambda: layers.Rescaling(1 / 127.5, offset=-1),
            lambda: layers.GroupNormalization(2),
            lambda: layers.Normalization(mean=0.5, variance=2.0),
            lambda: layers.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4]),
            lambda: layers.EinsumDense("abcd,de->abce", output_shape=(None, None, 3), bias_axes="e"),
            lambda: layers.Identity(),
        ],
        floats(2, 6, 6, 4),
    )


def newest() -> None:
    """What Keras 3.15 has, and what does nothing but in training."""
    layers = keras.layers
    many(
        "keras3_newest",
        keras,
        (7, 6, 3),
        [
            lambda: layers.AdaptiveAveragePooling2D((3, 2)),
            lambda: layers.AdaptiveAveragePooling2D(4),
            lambda: layers.AdaptiveAveragePooling2D(1),
            lambda: layers.AdaptiveMaxPooling2D((7, 3)),
            lambda: layers.AdaptiveMaxPooling2D((2, 5)),
            lambda: layers.AutoContrast(value_range=(0, 1)),
            lambda: layers.AutoContrast(value_range=(-1, 2)),
            lambda: layers.RandomCrop(3, 3),
            lambda: layers.RandomGrayscale(),
        ],
        np.concatenate([floats(2, 7, 6, 2, low=0), np.full((2, 7, 6, 1), 0.25, np.float32)], -1),
    )
    many(
        "keras3_newest_rows",
        keras,
        (7, 3),
        [lambda: layers.AdaptiveAveragePooling1D(3), lambda: layers.AdaptiveMaxPooling1D(4)],
        floats(2, 7, 3),
    )


def main() -> None:
    both(tf_keras, "keras2")
    both(keras, "keras3")
    newer()
    newest()
    path = Path(__file__).parent / "layers.json.xz"
    packed_arrays.save(path, files)
    print(path.stat().st_size, "bytes", len({name.split("/")[0] for name in files}), "cases")


if __name__ == "__main__":
    main()
