"""Writes layers.json.xz: small models of Keras 2 and 3 as TF.js layers models, inputs, and what Keras computes.

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
    return random.uniform(low, high, shape).astype(np.float32)


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
    topology = json.loads(model.to_json())
    text = {
        "format": "layers-model",
        "modelTopology": {"keras_version": topology.get("keras_version", keras.__version__), "model_config": topology},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": manifest}],
    }
    files[f"{name}/files/model.json"] = np.frombuffer(json.dumps(text).encode(), np.uint8)
    files[f"{name}/files/weights.bin"] = np.frombuffer(data, np.uint8)
    for index, array in enumerate(inputs):
        files[f"{name}/in/{index}"] = array
    results = model(list(inputs) if len(inputs) > 1 else inputs[0], training=False)
    for index, result in enumerate(results if isinstance(results, list | tuple) else [results]):
        files[f"{name}/out/{index}"] = np.asarray(result)


def many(name: str, k: Any, shape: tuple[int | None, ...], make: list[Callable[[], Any]], array: np.ndarray) -> None:
    """Add a model that calls many layers with one input."""
    inputs = k.Input(shape, name="given")
    case(name, k.Model(inputs, [layer()(inputs) for layer in make]), array)


def both(k: Any, prefix: str) -> None:
    """Cases that Keras 2 and 3 have alike."""
    L = k.layers
    names = "linear relu sigmoid tanh softplus softsign elu selu exponential swish gelu softmax hard_sigmoid".split()
    many(f"{prefix}_dense", k, (5,), [
        *(lambda name=name: L.Dense(3, activation=name) for name in names),
        lambda: L.Dense(2, use_bias=False), lambda: L.RepeatVector(3), lambda: L.Dropout(0.5),
        lambda: L.ReLU(), lambda: L.ReLU(max_value=0.5), lambda: L.ReLU(max_value=0.5, negative_slope=0.1, threshold=0.2),
        lambda: L.LeakyReLU(), lambda: L.ELU(0.7), lambda: L.PReLU(), lambda: L.Softmax(),
        lambda: L.BatchNormalization(), lambda: L.LayerNormalization(),
    ], floats(2, 5))  # fmt: skip
    many(f"{prefix}_conv1d", k, (9, 4), [
        lambda: L.Conv1D(3, 3), lambda: L.Conv1D(3, 2, padding="causal", dilation_rate=2),
        lambda: L.Conv1D(4, 3, strides=2, padding="same", groups=2),
        lambda: L.Conv1DTranspose(2, 3, strides=2, padding="same"), lambda: L.SeparableConv1D(3, 3, padding="same"),
        lambda: L.MaxPooling1D(2), lambda: L.AveragePooling1D(3, strides=2, padding="same"),
        lambda: L.GlobalMaxPooling1D(), lambda: L.GlobalAveragePooling1D(), lambda: L.ZeroPadding1D((1, 2)),
        lambda: L.Cropping1D((2, 1)), lambda: L.UpSampling1D(2), lambda: L.Permute((2, 1)), lambda: L.Flatten(),
        lambda: L.Reshape((6, -1)), lambda: L.TimeDistributed(L.Dense(2, activation="relu")),
        lambda: L.BatchNormalization(axis=1, scale=False), lambda: L.DepthwiseConv1D(3, depth_multiplier=2),
    ], floats(2, 9, 4))  # fmt: skip
    many(f"{prefix}_conv2d", k, (7, 6, 4), [
        lambda: L.Conv2D(3, 3, strides=2, padding="same", activation="relu"),
        lambda: L.Conv2D(3, (2, 3), dilation_rate=2, use_bias=False), lambda: L.DepthwiseConv2D(3, strides=2, depth_multiplier=2),
        lambda: L.SeparableConv2D(3, 3, padding="same", depth_multiplier=2, activation="tanh"),
        lambda: L.Conv2DTranspose(3, 3, strides=2, padding="same"), lambda: L.Conv2DTranspose(3, 4, strides=2),
        lambda: L.Conv2DTranspose(2, 2, strides=3), lambda: L.Conv2DTranspose(2, 3, strides=2, padding="same", output_padding=1),
        lambda: L.MaxPooling2D(), lambda: L.AveragePooling2D((3, 2), padding="same"), lambda: L.GlobalAveragePooling2D(),
        lambda: L.GlobalMaxPooling2D(keepdims=True), lambda: L.ZeroPadding2D(((1, 0), (2, 1))), lambda: L.Cropping2D(1),
        lambda: L.UpSampling2D((2, 3)), lambda: L.BatchNormalization(center=False), lambda: L.BatchNormalization(axis=2),
        lambda: L.LayerNormalization(axis=[2, 3]), lambda: L.SpatialDropout2D(0.3), lambda: L.PReLU(shared_axes=[1, 2]),
        lambda: L.TimeDistributed(L.Conv1D(2, 3)), lambda: L.UnitNormalization(),
    ], floats(2, 7, 6, 4))  # fmt: skip
    many(f"{prefix}_conv3d", k, (4, 5, 4, 2), [
        lambda: L.Conv3D(3, 2, padding="same"), lambda: L.MaxPooling3D(2), lambda: L.AveragePooling3D(2, padding="same"),
        lambda: L.GlobalAveragePooling3D(), lambda: L.UpSampling3D(2), lambda: L.ZeroPadding3D(1), lambda: L.Cropping3D(1),
    ], floats(1, 4, 5, 4, 2))  # fmt: skip
    many(f"{prefix}_recurrent", k, (4, 3), [
        lambda: L.LSTM(3), lambda: L.LSTM(2, return_sequences=True, activation="relu", recurrent_activation="hard_sigmoid"),
        lambda: L.LSTM(2, use_bias=False, go_backwards=True, return_sequences=True), lambda: L.GRU(3),
        lambda: L.GRU(2, reset_after=False, return_sequences=True), lambda: L.SimpleRNN(3),
        lambda: L.SimpleRNN(2, go_backwards=True), lambda: L.Bidirectional(L.LSTM(2, return_sequences=True)),
        lambda: L.Bidirectional(L.GRU(2), merge_mode="sum"),
        lambda: L.Bidirectional(L.SimpleRNN(2, return_sequences=True), merge_mode="ave"),
    ], floats(2, 4, 3))  # fmt: skip
    a, b, c = (k.Input((3, 4), name=name) for name in ("a", "b", "c"))
    case(f"{prefix}_merge", k.Model([a, b, c], [
        L.Add()([a, b, c]), L.Subtract()([a, b]), L.Multiply()([a, b]), L.Average()([a, b, c]), L.Maximum()([a, b]),
        L.Minimum()([a, b]), L.Concatenate()([a, b]), L.Concatenate(axis=1)([a, c]), L.Dot(axes=2)([a, b]), L.Dot(axes=(1, 1))([a, b]),
    ]), floats(2, 3, 4), floats(2, 3, 4), floats(2, 3, 4))  # fmt: skip
    words = k.Input((5,), dtype="int32", name="words")
    case(f"{prefix}_embedding", k.Model(words, L.Embedding(7, 3)(words)), random.integers(0, 7, (2, 5)).astype(np.int32))
    # Nested models, a layer and a model that are called twice, a sequence's states given on.
    inner = k.Sequential([k.Input((4,)), L.Dense(4, activation="tanh", name="inner_dense"), L.Dense(4, name="inner_last")], name="inner")
    x, y = k.Input((4,), name="x"), k.Input((4,), name="y")
    shared = L.Dense(4, name="shared")
    joined = L.Add()([inner(shared(x)), inner(y), shared(y)])
    outer = k.Model([x, y], [joined, L.Dense(2, name="end")(inner(joined))], name="outer")
    again = k.Input((4,), name="again")
    made = outer([again, again])
    case(f"{prefix}_nested", k.Model(again, [L.Add()([made[0], again]), made[1]]), floats(3, 4))
    steps = k.Input((4, 3), name="steps")
    sequence, h, cell = L.LSTM(3, return_sequences=True, return_state=True, name="encoder")(steps)
    decoded = L.LSTM(3, name="decoder")(sequence, initial_state=[h, cell])
    case(f"{prefix}_states", k.Model(steps, [decoded, h]), floats(2, 4, 3))


def newer() -> None:
    L = keras.layers
    many("keras3_more", keras, (6, 6, 4), [
        lambda: L.Conv2D(4, 3, activation="mish", groups=2), lambda: L.Activation("relu6"), lambda: L.Activation("leaky_relu"),
        lambda: L.Activation("hard_silu"), lambda: L.Activation("log_softmax"), lambda: L.UpSampling2D(2, interpolation="bilinear"),
        lambda: L.Resizing(4, 9), lambda: L.Resizing(3, 3, interpolation="nearest"), lambda: L.CenterCrop(3, 4),
        lambda: L.Rescaling(1 / 127.5, offset=-1), lambda: L.GroupNormalization(2), lambda: L.Normalization(mean=0.5, variance=2.0),
        lambda: L.Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4]),
        lambda: L.EinsumDense("abcd,de->abce", output_shape=(None, None, 3), bias_axes="e"), lambda: L.Identity(),
    ], floats(2, 6, 6, 4))  # fmt: skip


def main() -> None:
    both(tf_keras, "keras2")
    both(keras, "keras3")
    newer()
    path = Path(__file__).parent / "layers.json.xz"
    packed_arrays.save(path, files)
    print(path.stat().st_size, "bytes", len({name.split("/")[0] for name in files}), "cases")


if __name__ == "__main__":
    main()
