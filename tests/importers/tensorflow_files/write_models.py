"""Writes models.json.xz: small SavedModels and a TF.js model, inputs, and what TensorFlow computes.

Run by hand, where `tensorflow-cpu` (2.21) is installed; nothing else needs it:

    python tests/importers/tensorflow_files/write_models.py
"""

from __future__ import annotations

import base64
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import packed_arrays
import tensorflow as tf

random = np.random.default_rng(11)
files: dict[str, np.ndarray] = {}


def floats(*shape: int, low: float = -1, high: float = 1) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, high, shape) * 64) / 64).astype(np.float32)


def add_folder(name: str, folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "fingerprint.pb":
            files[f"{name}/files/{path.relative_to(folder)}"] = np.frombuffer(path.read_bytes(), np.uint8)


def add_run(name: str, signature: str, inputs: dict[str, Any], outputs: dict[str, Any]) -> None:
    for key, array in inputs.items():
        files[f"{name}/{signature}/in/{key}"] = np.asarray(array)
    for key, array in outputs.items():
        files[f"{name}/{signature}/out/{key}"] = np.asarray(array)


class Model(tf.Module):
    """Variables in lists, two signatures, a loop and a branch that read variables."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = [tf.Variable(floats(4, 6)), tf.Variable(floats(6, 3))]
        self.bias = tf.Variable(floats(6))
        self.unused = tf.Variable("text")
        self.half = tf.Variable(floats(3).astype(np.float16))

    @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, "x")])
    def predict(self, x: Any) -> dict[str, Any]:
        hidden = tf.nn.relu(x @ self.layers[0] + self.bias)
        made = hidden @ self.layers[1] + tf.cast(self.half, tf.float32)
        return {"scores": tf.nn.softmax(made), "hidden:0": hidden}

    @tf.function(input_signature=[tf.TensorSpec([2, 6], tf.float32), tf.TensorSpec([], tf.bool)])
    def turn(self, state: Any, flag: Any) -> dict[str, Any]:
        _, looped = tf.while_loop(
            lambda i, _: i < 3, lambda i, s: (i + 1, tf.tanh(s + self.bias)), (0, state)
        )
        return {"state": tf.cond(flag, lambda: looped + self.bias, lambda: looped)}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def lookup(self, words: Any) -> dict[str, Any]:
        return {"length": tf.strings.length(words)}


def modern() -> None:
    model = Model()
    with tempfile.TemporaryDirectory() as folder:
        signatures = {"serving_default": model.predict, "turn": model.turn, "words": model.lookup}
        tf.saved_model.save(model, folder, signatures=signatures)
        add_folder("modern", Path(folder))
    x, state = floats(3, 4), floats(2, 6)
    add_run("modern", "serving_default", {"x": x}, model.predict(tf.constant(x)))
    for flag in (True, False):
        inputs = {"state": state, "flag": np.array(flag)}
        add_run(
            "modern", "turn" if flag else "turn ", inputs, model.turn(tf.constant(state), tf.constant(flag))
        )


class State(tf.Module):
    """A variable that runs change and read, and one that they only change."""

    def __init__(self) -> None:
        super().__init__()
        self.total = tf.Variable(floats(2))
        self.seed = tf.Variable(3)

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def count(self, x: Any) -> dict[str, Any]:
        self.total.assign_add(x)
        return {"total": self.total + 0.0}

    @tf.function(input_signature=[tf.TensorSpec([2], tf.float32, "x")])
    def seeded(self, x: Any) -> dict[str, Any]:
        self.seed.assign(5)
        return {"sum": x + self.total}


def state() -> None:
    model = State()
    with tempfile.TemporaryDirectory() as folder:
        tf.saved_model.save(model, folder, signatures={"count": model.count, "seeded": model.seeded})
        add_folder("state", Path(folder))
    x = floats(2)
    add_run("state", "seeded", {"x": x}, model.seeded(tf.constant(x)))


def recurrent() -> None:
    """Layers of Keras whose loops hold lists of tensors."""
    inputs = tf.keras.Input((5, 3), batch_size=2, name="steps")
    x = tf.keras.layers.LSTM(4, return_sequences=True)(inputs)
    x = tf.keras.layers.Bidirectional(tf.keras.layers.GRU(3))(x)
    model = tf.keras.Model(inputs, tf.keras.layers.Dense(2, activation="gelu")(x))
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, verbose=False)
        add_folder("recurrent", Path(folder))
    steps = floats(2, 5, 3)
    add_run("recurrent", "serving_default", {"steps": steps}, {"output_0": model(steps)})


def old() -> None:
    """A SavedModel of TensorFlow 1: reference and resource variables, a branch of Switch and Merge."""
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session, tempfile.TemporaryDirectory() as parent:
        v1.disable_control_flow_v2()
        x = v1.placeholder(tf.float32, [None, 3], "x")
        keep = v1.placeholder_with_default(1.0, [], "keep")
        a = v1.get_variable("a", initializer=floats(3, 2), use_resource=False)
        b = v1.get_variable("b", initializer=floats(2), use_resource=True)
        made = tf.cond(keep < 0.5, lambda: tf.matmul(x, a), lambda: tf.matmul(x, a) + b)
        session.run(v1.global_variables_initializer())
        folder = f"{parent}/model"
        builder = v1.saved_model.Builder(folder)
        signature = v1.saved_model.predict_signature_def({"x": x}, {"made": made})
        builder.add_meta_graph_and_variables(session, ["serve"], {"only": signature})
        builder.save()
        add_folder("old", Path(folder))
        feed = floats(4, 3)
        add_run("old", "only", {"x": feed}, {"made": session.run(made, {x: feed})})
        v1.enable_control_flow_v2()


def javascript() -> None:
    """A TF.js graph model with weights of all kinds, in shards that cut through them."""
    rows = {"scale": 0.01, "min": -1.27}
    weights = {
        "w8": (random.integers(0, 256, (40, 30)).astype(np.uint8), {"dtype": "uint8", **rows}),
        "w8_odd": (
            random.integers(0, 256, (40, 30)).astype(np.uint8),
            {"dtype": "uint8", "scale": 0.013, "min": -1.1},
        ),
        "w16": (
            random.integers(0, 65536, (40, 30)).astype(np.uint16),
            {"dtype": "uint16", "scale": 3e-5, "min": -1.0},
        ),
        "half": (floats(40, 30).astype(np.float16), {"dtype": "float16"}),
        "full": (floats(40, 30), None),
        "small": (random.integers(0, 256, (30,)).astype(np.uint8), {"dtype": "uint8", **rows}),
        "whole": (
            random.integers(0, 256, (2, 30)).astype(np.uint8),
            {"dtype": "uint8", "scale": 2.0, "min": -7.0},
        ),
        "wide": (np.array([1], np.int32), None),
    }
    manifest, data, values = [], b"", {}
    for name, (array, quantization) in weights.items():
        dtype = "int32" if name in ("whole", "wide") else "float32"
        manifest.append({"name": name, "shape": list(array.shape), "dtype": dtype})
        if quantization:
            manifest[-1]["quantization"] = quantization
        value = array.astype(np.float64)
        if quantization and "scale" in quantization:
            value = value * quantization["scale"] + quantization["min"]
        values[name] = (np.round(value) if dtype == "int32" else value).astype(dtype)
        data += array.tobytes()
    cut = len(data) // 3
    shards = {
        "a-shard1of3.bin": data[:cut],
        "a-shard2of3.bin": data[cut : 2 * cut],
        "a-shard3of3.bin": data[2 * cut :],
    }

    def text(value: str) -> dict[str, str]:
        return {"s": base64.b64encode(value.encode()).decode()}

    kind = {"T": {"type": "DT_FLOAT"}}
    nodes: list[dict[str, Any]] = [
        {
            "name": "x",
            "op": "Placeholder",
            "attr": {
                "dtype": {"type": "DT_FLOAT"},
                "shape": {"shape": {"dim": [{"size": "-1"}, {"size": "40"}]}},
            },
        },
    ]
    for name, value in values.items():
        dtype = "DT_INT64" if name == "wide" else "DT_INT32" if value.dtype == np.int32 else "DT_FLOAT"
        nodes.append({"name": name, "op": "Const", "attr": {"dtype": {"type": dtype}}})
    names = ["w8", "w8_odd", "w16", "half", "full"]
    for name in names:
        attributes = {**kind, "fused_ops": {"list": {"s": [text("BiasAdd")["s"], text("Relu")["s"]]}}}
        attributes |= {"num_args": {"i": "1"}, "transpose_a": {"b": False}}
        nodes.append(
            {
                "name": f"{name}_product",
                "op": "_FusedMatMul",
                "input": ["x", name, "small"],
                "attr": attributes,
            }
        )
    nodes += [
        {
            "name": "sum",
            "op": "AddN",
            "input": [f"{name}_product" for name in names],
            "attr": {"N": {"i": "5"}, **kind},
        },
        {
            "name": "floats",
            "op": "Cast",
            "input": ["whole"],
            "attr": {"SrcT": {"type": "DT_INT32"}, "DstT": {"type": 1}},
        },
        {"name": "best", "op": "Max", "input": ["sum", "wide"], "attr": {"keep_dims": {"b": True}, **kind}},
        {"name": "result", "op": "Sub", "input": ["floats", "best"], "attr": kind},
    ]
    model = {
        "format": "graph-model",
        "signature": {
            "inputs": {"x": {"name": "x:0", "dtype": "DT_FLOAT"}},
            "outputs": {"first": {"name": "result:0"}, "second": {"name": "sum:0"}},
        },
        "modelTopology": {"node": nodes, "library": {}},
        "weightsManifest": [{"paths": list(shards), "weights": manifest}],
    }
    files["javascript/files/model.json"] = np.frombuffer(json.dumps(model).encode(), np.uint8)
    for name, shard in shards.items():
        files[f"javascript/files/{name}"] = np.frombuffer(shard, np.uint8)
    x = floats(2, 40)
    total = sum(np.maximum(x.astype(np.float64) @ values[name] + values["small"], 0) for name in names)
    result = values["whole"] - total.max(1, keepdims=True)
    add_run(
        "javascript", "", {"x": x}, {"result": result.astype(np.float32), "sum": total.astype(np.float32)}
    )


def main() -> None:
    for write in (modern, state, recurrent, old, javascript):
        write()
    path = Path(__file__).parent / "models.json.xz"
    packed_arrays.save(path, files)
    print(path.stat().st_size, "bytes", sorted({"/".join(name.split("/")[:2]) for name in files}))


if __name__ == "__main__":
    main()
