"""Frozen graphs of TensorFlow: a GraphDef, whose operators are TensorFlow's own tests of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import packed_arrays

from fuzz import wire
from fuzz.format import Files, Format
from texelflow.importers.tensorflow.lowering import DOMAIN
from texelflow.importers.tensorflow.operators import load
from texelflow.operators import registry

ENTRY = "model.pb"
FOLDER = Path(packed_arrays.__file__).parent
CONTROL = (
    "Switch Merge Enter Exit NextIteration LoopCond While If Case PartitionedCall Identity Const Placeholder"
)


def _seeds() -> list[Files]:
    files = packed_arrays.load(FOLDER / "operators.json.xz")
    return [{ENTRY: files[name].tobytes()} for name in sorted(files) if name.endswith("/graph")]


def words() -> Sequence[str]:
    """Return the operators that can be read."""
    load()
    return [*sorted(name for domain, name in registry() if domain == DOMAIN), *CONTROL.split()]


def _decode(files: Files) -> Any:
    return wire.decode(files[ENTRY])


def _encode(records: Any) -> Files:
    return {ENTRY: wire.encode(records)}


def _another_operator(choose: random.Random, records: Any) -> None:
    choose.choice(records["1"])["2"] = [choose.choice(words())]


def _another_input(choose: random.Random, records: Any) -> None:
    """Let a node read another one, itself, or what comes behind it."""
    node = choose.choice([node for node in records["1"] if node.get("3")])
    other = choose.choice(records["1"])["1"][0]
    node["3"][choose.randrange(len(node["3"]))] = (
        choose.choice(("", "^", "")) + str(other) + choose.choice(("", ":1"))
    )


FORMAT = Format(
    ENTRY, ("frozen_graph",), _seeds, _decode, _encode, words, (_another_operator, _another_input)
)
