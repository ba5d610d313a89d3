"""Layers models of TF.js: a configuration of Keras in JSON, and a shard of weights."""

from __future__ import annotations

import itertools
import json
import math
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import packed_arrays

from fuzz.format import Files, Format
from fuzz.formats.frozen_graph import FOLDER
from fuzz.formats.tfjs_graph import ENTRY, decode, encode, shards
from texelflow.importers.keras.layers import load
from texelflow.importers.keras.lowering import DOMAIN
from texelflow.operators import registry


def _seeds() -> list[Files]:
    files = packed_arrays.load(FOLDER / "layers.json.xz")
    cases = sorted({name.split("/")[0] for name in files})
    found = [
        {name: files[f"{case}/files/{name}"].tobytes() for name in (ENTRY, "weights.bin")} for case in cases
    ]
    return [*found, *(_quantised(model, dtype) for model, dtype in zip(found, itertools.cycle(_DTYPES)))]


_DTYPES = {"uint8": "<u1", "uint16": "<u2", "float16": "<f2"}
"""What weights are quantised to, and their elements."""


def _quantised(model: Files, dtype: str) -> Files:
    """Return a model whose weights are quantised, of a new form of manifest, in two shards, beside a text."""
    records, stored = json.loads(model[ENTRY]), model["weights.bin"]
    position, parts = 0, []
    for weight in records["weightsManifest"][0]["weights"]:
        length = 4 * math.prod(weight["shape"])
        numbers = np.frombuffer(stored[position : position + length], "<f4")
        position += length
        if weight["dtype"] != "float32":
            parts.append(stored[position - length : position])
            continue
        weight["quantization"] = {"dtype": dtype}
        if dtype != "float16":
            scale = float(np.ptp(numbers)) / 255 or 1.0
            weight["quantization"] |= {"scale": scale, "min": -128 * scale}
            numbers = np.clip(np.round(numbers / scale + 128), 0, 255)
        parts.append(numbers.astype(_DTYPES[dtype]).tobytes())
    whole = b"".join([*parts, b"\x03\x00\x00\x00abc"])
    group = records["weightsManifest"][0]
    group["paths"] = ["first.bin", "second.bin"]
    group["weights"].append({"name": "text", "shape": [1], "dtype": "string"})
    half = len(whole) // 2
    return {ENTRY: json.dumps(records).encode(), "first.bin": whole[:half], "second.bin": whole[half:]}


def words() -> Sequence[str]:
    """Return the layers that can be read, and what their settings say."""
    load()
    settings = (
        "relu gelu softmax same valid causal channels_first channels_last Functional Sequential".split()
    )
    return [*sorted(name for domain, name in registry() if domain == DOMAIN), *settings]


def layers_below(value: Any) -> list[Any]:
    """Return the configurations of layers anywhere in records."""
    found, pending = [], [value]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("config"), dict) and "class_name" in value:
                found.append(value)
            pending += value.values()
        elif isinstance(value, list):
            pending += value
    return found


def setting(choose: random.Random, records: Any) -> None:
    """Give a layer another class, or a setting another value."""
    layer = choose.choice(layers_below(records))
    if choose.random() < 0.3:
        layer["class_name"] = choose.choice(words())
    elif layer["config"]:
        key = choose.choice(sorted(layer["config"]))
        others = (
            None,
            True,
            0,
            -1,
            3,
            2**31,
            1e300,
            "",
            "same",
            [],
            [0],
            [2, 2],
            [1, -1, 2**40],
            {},
            {"config": 3},
        )
        layer["config"][key] = choose.choice((*others, layer))


# What graph models alone have is theirs.
FOLDERS = ("tfjs/layers.py", "tfjs/weights.py")
FORMAT = Format(ENTRY, FOLDERS, _seeds, decode, encode, words, (shards, setting, setting))
