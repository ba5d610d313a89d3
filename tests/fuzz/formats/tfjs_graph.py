"""Graph models of TF.js: a GraphDef in JSON, and shards of weights."""

from __future__ import annotations

import json
import random
from typing import Any

import packed_arrays

from fuzz.format import Files, Format
from fuzz.formats.frozen_graph import FOLDER, words

ENTRY = "model.json"


def _seeds() -> list[Files]:
    files = packed_arrays.load(FOLDER / "models.json.xz")
    prefix = "javascript/files/"
    found = {name.removeprefix(prefix): files[name].tobytes() for name in files if name.startswith(prefix)}
    more = json.dumps(_more(json.loads(found[ENTRY]))).encode()
    text = b"\x03\x00\x00\x00abc"
    return [found, {**found, ENTRY: more, "more.bin": b"\xff\xff\xff\xff\x1e\x00\x00\x00" + text}]


def _more(model: Any) -> Any:
    """A model with functions, texts, and without a signature."""
    del model["signature"]
    topology = model["modelTopology"]
    kind = {"T": {"type": "DT_FLOAT"}}
    doubled = {
        "signature": {
            "name": "doubled",
            "inputArg": [{"name": "v", "type": "DT_FLOAT"}],
            "outputArg": [{"name": "r", "type": "DT_FLOAT"}],
        },
        "nodeDef": [{"name": "sum", "op": "AddV2", "input": ["v", "v"], "attr": kind}],
        "ret": {"r": "sum:z:0"},
        "controlRet": {"sum": "sum"},
    }
    topology["library"] = {"function": [doubled]}
    call = {"f": {"func": {"name": "doubled", "attr": kind}}, "Tin": {"list": {"type": ["DT_FLOAT"]}}}
    topology["node"] += [
        {"name": "called", "op": "PartitionedCall", "input": ["sum"], "attr": call},
        {
            "name": "resized",
            "op": "Reshape",
            "input": ["called", "where"],
            "attr": {"T": {"type": 1}, "_class": {"list": {}}},
        },
        {"name": "where", "op": "Const", "attr": {"dtype": {"type": "DT_INT32"}}},
        {"name": "named", "op": "Const", "attr": {"dtype": {"type": "DT_STRING"}}},
        {"name": "waits", "op": "Identity", "input": ["resized", "^named"], "attr": kind},
    ]
    model["weightsManifest"].append(
        {
            "paths": ["more.bin"],
            "weights": [
                {"name": "where", "shape": [2], "dtype": "int32"},
                {"name": "named", "shape": [1], "dtype": "string"},
            ],
        }
    )
    return model


def decode(files: Files) -> Any:
    """Return model.json and the shards as records."""
    others = {name: content for name, content in files.items() if name != ENTRY}
    return {"model": json.loads(files[ENTRY]), "files": others}


def encode(records: Any) -> Files:
    """Return the files of a model in JSON."""
    files = {name: content for name, content in records["files"].items() if isinstance(content, bytes)}
    return {**files, ENTRY: json.dumps(records["model"], default=lambda data: list(data)).encode()}


def shards(choose: random.Random, records: Any) -> None:
    """Let the list of shards, or a weight in them, be wrong."""
    group = choose.choice(records["model"]["weightsManifest"])
    paths, weight = group["paths"], choose.choice(group["weights"])
    kind = choose.randrange(5)
    if kind == 0:
        paths.insert(
            choose.randrange(len(paths) + 1),
            choose.choice([*paths, "../model.json", "/dev/zero", "model.json"]),
        )
    elif kind == 1:
        paths.reverse()
    elif kind == 2:
        weight["shape"] = choose.choice(
            ([2**39] * 400, [0], [-1], [True, 3], [2**20, 2**20], [], "ab", [1.5])
        )
    elif kind == 3:
        weight["dtype"] = choose.choice(
            ("float32", "int32", "bool", "uint8", "complex64", "string", "float16", "x")
        )
    else:
        dtype, scale = (
            choose.choice(("uint8", "uint16", "float16", "x")),
            choose.choice((0, 1, -2.0, 1e308, "1", None)),
        )
        weight["quantization"] = {"dtype": dtype, "scale": scale, "min": choose.choice((0, -1, 1e9, None))}


def _node(choose: random.Random, records: Any) -> None:
    nodes = records["model"]["modelTopology"]["node"]
    node, other = choose.choice(nodes), choose.choice(nodes)
    if choose.random() < 0.5 or not node.get("input"):
        node["op"] = choose.choice(words())
    else:
        node["input"][choose.randrange(len(node["input"]))] = choose.choice(("", "^")) + str(other["name"])


FORMAT = Format(ENTRY, ("tfjs",), _seeds, decode, encode, words, (shards, _node))
