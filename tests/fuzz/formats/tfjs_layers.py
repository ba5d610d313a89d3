"""Layers models of TF.js: a configuration of Keras in JSON, and a shard of weights."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

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
    return [
        {name: files[f"{case}/files/{name}"].tobytes() for name in ("model.json", "weights.bin")}
        for case in cases
    ]


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


FORMAT = Format(ENTRY, ("tfjs",), _seeds, decode, encode, words, (shards, setting, setting))
