"""ONNX: a message of protobuf, and files of data beside it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
import onnx.parser
from onnx import TensorProto, helper, numpy_helper

from fuzz import wire
from fuzz.format import Files, Format
from fuzz.small_models import MODELS
from texelflow.operators import registry

ENTRY = "model.onnx"
HEADER = '<ir_version: 10, opset_import: ["" : 21, "local" : 1, "com.microsoft" : 1]>\n'

TEXTS = (
    # Branches and loops, which read what is around them.
    """g (float[2,n] x, bool b) => (float[2,n] y, float[k,2,n] z) {
        y = If (b) <then_branch = t () => (float[2,n] r) { r = Neg(x) },
                    else_branch = e () => (float[2,n] r) { h = Exp(x) r = Add(h, x) }>
        limit = Constant <value_int = 3> () yes = Constant <value = bool {1}> ()
        state, z = Loop (limit, yes, x) <body =
            t (int64 i, bool c, float[2,n] s) => (bool d, float[2,n] u, float[2,n] v)
            { d = Identity(c) u = Add(s, x) v = Relu(s) }>
    }""",
    # Functions in functions, with attributes.
    """g (float[2,3] x) => (float[2,3] y, float[2,3] z)
    { y = local.outer <slope: float = 0.2> (x) z = local.inner (x, x) }
    <domain: "local", opset_import: ["" : 21, "local" : 1]> outer <slope> (v) => (r)
    { a = LeakyRelu <alpha: float = @slope> (v) r = local.inner (a, v) }
    <domain: "local", opset_import: ["" : 21]> inner (v, w) => (r) { r = Mul(v, w) }""",
    # Constants of every sort, and outputs that are inputs.
    """g (float[n,4] x) => (float[n,4] x, float[n,4] y, float[2] c, int64[m] s)
    <float[2] c = {1, 2}, int64[1] i = {1}> {
        a = Constant <value_floats = [1.0, 2.0, 3.0, 4.0]> ()
        b = Constant <value = float[4] {1, 2, 3, 4}> ()
        d = Add(a, b) y = Mul(x, d) e = Constant <value_ints = [0]> () f = Shape(x) s = Gather(f, e)
        drop, mask = Dropout(y)
    }""",
)


def _typed() -> onnx.ModelProto:
    """Constants whose numbers are in the fields of their types, in files, and in no order."""
    arrays = {
        "float64": np.array([1.5, 2.0, 3.0]),
        "float32": np.array([1.0, 2.0, 3.0], np.float32),
        "int64": np.array([1, 2, -3]),
        "int32": np.array([1, 2, -3], np.int32),
        "uint8": np.array([1, 2, 3], np.uint8),
        "uint64": np.array([1, 2, 3], np.uint64),
        "float16": np.array([1, 2, 3], np.float16),
        "bool": np.array([True, False, True]),
    }
    tensors, nodes, outputs = [], [], []
    for name, array in arrays.items():
        code = helper.np_dtype_to_tensor_dtype(array.dtype)
        tensors.append(helper.make_tensor(name, code, [3], array.tolist()))
        nodes.append(helper.make_node("Cast", [name], [f"{name} cast"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Add", [f"{name} cast", "x"], [f"{name} sum"], name=f"add {name}"))
        outputs.append(helper.make_empty_tensor_value_info(f"{name} sum"))
    outside = numpy_helper.from_array(np.ones((3,), np.float32), "outside")
    onnx.external_data_helper.set_external_data(outside, "data.bin", 4, 12)
    outside.ClearField("raw_data")
    tensors.append(outside)
    nodes.insert(0, helper.make_node("Add", ["outside", "x"], ["y"]))
    nodes.append(
        helper.make_node(
            "BatchNormalization", ["image", *["outside"] * 4], ["normal", "mean", "var", "m", "v"]
        )
    )
    inputs = [
        helper.make_tensor_value_info("x", TensorProto.FLOAT, [3]),
        helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, "height", None]),
    ]
    outputs += [
        helper.make_tensor_value_info("y", TensorProto.FLOAT, [3]),
        helper.make_empty_tensor_value_info("normal"),
    ]
    graph = helper.make_graph(nodes[::-1], "typed", inputs, outputs, tensors)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 8)], ir_version=8)


def _seeds() -> list[Files]:
    models = [make().model() for make in MODELS.values()]
    models += [onnx.parser.parse_model(HEADER + text) for text in TEXTS]
    seeds: list[Files] = [{ENTRY: model.SerializeToString()} for model in models]
    seeds.append({ENTRY: _typed().SerializeToString(), "data.bin": np.ones(6, np.float32).tobytes()})
    return seeds


def _decode(files: Files) -> Any:
    others = {name: content for name, content in files.items() if name != ENTRY}
    return {"model": wire.decode(files[ENTRY]), "files": others}


def _encode(records: Any) -> Files:
    files = records["files"] if isinstance(records.get("files"), dict) else {}
    return {
        **{name: content for name, content in files.items() if isinstance(content, bytes)},
        ENTRY: wire.encode(records["model"]),
    }


def _words() -> Sequence[str]:
    return [
        *sorted({name for _, name in registry()}),
        *sorted({domain for domain, _ in registry()}),
        "../data.bin",
    ]


def _another_operator(choose: random.Random, records: Any) -> None:
    """Let a node be of another operator, with what it has."""
    graph = records["model"]["7"][0]
    choose.choice(graph["1"])["4"] = [choose.choice(_words())]


def _attribute(choose: random.Random, records: Any) -> None:
    """Give a node an attribute that many operators know, with any number."""
    node = choose.choice(records["model"]["7"][0]["1"])
    name = choose.choice(
        ("axis", "axes", "pads", "strides", "perm", "group", "mode", "keepdims", "to", "dilations")
    )
    number = choose.choice((-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 2**31, 2**40, 2**62))
    content: dict[str, Any] = {"1": [name], "20": [2], "3": [number]}
    if choose.random() < 0.5:
        content = {"1": [name], "20": [7], "8": [number] * choose.choice((1, 1, 2, 4, 7))}
    node.setdefault("5", []).append(content)


FORMAT = Format(ENTRY, ("onnx",), _seeds, _decode, _encode, _words, (_another_operator, _attribute))
