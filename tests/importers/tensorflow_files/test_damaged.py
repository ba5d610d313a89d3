"""Damaged files of TensorFlow's formats: a clear error, no crash, no hang."""

from __future__ import annotations

import json
import random
import time
from pathlib import Path
from typing import Any

import pytest
from test_layers import CASES as LAYERS
from test_layers import write_case
from test_operators import CASES, FILES
from test_written_models import write_model

from texelflow.dimensions import assuming
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.passes import infer_types, remove_dead_nodes

COUNT = 300


def _mutated(source: random.Random, good: bytes) -> bytes:
    """Return bytes with some changed, left out, repeated or cut off."""
    data = bytearray(good)
    for _ in range(source.randrange(1, 6)):
        place = source.randrange(len(data))
        kind = source.randrange(5)
        if kind == 0:
            data[place] = source.randrange(256)
        elif kind == 1:
            data[place] ^= 1 << source.randrange(8)
        elif kind == 2:
            data[place : place + source.randrange(1, 9)] = b""
        elif kind == 3:
            data[place:place] = data[place : place + source.randrange(1, 30)]
        else:
            data[place : place + 4] = source.choice(
                [b"\xff\xff\xff\xff", b"\x00\x00\x00\x00", b"\x7f\x0a\x12\x80"]
            )
        if not data:
            data = bytearray(b"\x0a")
    return bytes(data[: source.randrange(1, len(data) + 1)] if source.random() < 0.1 else data)


def _read(path: Path, signature: str | None = None) -> bool:
    """Read and infer a model; return whether it was refused."""
    start = time.perf_counter()
    try:
        graph = read_model(path, signature=signature)
        remove_dead_nodes.run(graph)
        with assuming(graph.facts):
            infer_types.run(graph)
    except ExportError as error:
        assert str(error)
        return True
    finally:
        assert time.perf_counter() - start < 10
    return False


@pytest.mark.parametrize("part", range(3))
def test_graphs(tmp_path: Path, part: int) -> None:
    source = random.Random(part)
    path, refused = tmp_path / "model.pb", 0
    for _ in range(COUNT // 3):
        good = FILES[f"{source.choice(CASES)}/graph"].tobytes()
        path.write_bytes(_mutated(source, good))
        refused += _read(path)
    assert refused > COUNT // 6


def test_saved_models(tmp_path: Path) -> None:
    source, refused = random.Random(1), 0
    folder = write_model("modern", tmp_path)
    parts = ["saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001"]
    good = {part: (folder / part).read_bytes() for part in parts}
    for index in range(120):
        part = parts[index % 2 if index % 10 else 2]
        (folder / part).write_bytes(_mutated(source, good[part]))
        refused += _read(folder, source.choice(["serving_default", "turn"]))
        (folder / part).write_bytes(good[part])
    assert refused > 30


def test_json(tmp_path: Path) -> None:
    """Half of them are changed as records, so that all is well-formed."""
    source, refused = random.Random(2), 0
    path = write_model("javascript", tmp_path) / "model.json"
    good = path.read_bytes()
    for index in range(200):
        if index % 2:
            path.write_bytes(_mutated(source, good))
        else:
            model = json.loads(good)
            for _ in range(source.randrange(1, 3)):
                _change(source, model)
            path.write_text(json.dumps(model))
        refused += _read(path)
    assert refused > 100


def test_configurations(tmp_path: Path) -> None:
    """Configurations of Keras, changed as records."""
    source, refused = random.Random(4), 0
    for _ in range(200):
        path = write_case(source.choice(LAYERS), tmp_path)
        model = json.loads(path.read_bytes())
        _change(source, model["modelTopology"])
        path.write_text(json.dumps(model))
        refused += _read(path)
    assert refused > 40


def _change(source: random.Random, content: Any) -> None:
    """Change one of the values of a record, at any depth."""
    while True:
        keys = list(content) if isinstance(content, dict) else list(range(len(content)))
        key = source.choice(keys)
        inner = content[key]
        if isinstance(inner, dict | list) and inner and source.random() < 0.9:
            content = inner
            continue
        others: list[Any] = [
            None,
            -1,
            0,
            2**40,
            1e308,
            "",
            "x",
            [],
            {},
            [{}],
            {"s": 5},
            True,
            "\u0000",
            "../x",
        ]
        content[key] = source.choice(others)
        return


def test_many_nodes_are_bounded(tmp_path: Path) -> None:
    """Functions that call functions may not expand without end, and large constants take no memory."""
    path = tmp_path / "model.json"
    calls = 12

    def function(name: str, nodes: list[dict[str, Any]], result: str) -> dict[str, Any]:
        signature = {"name": name, "inputArg": [{"name": "x"}], "outputArg": [{"name": "y"}]}
        return {"signature": signature, "nodeDef": nodes, "ret": {"y": result}}

    functions = [function("f0", [{"name": "n", "op": "Neg", "input": ["x"]}], "n:y:0")]
    for depth in range(1, calls):
        nodes = []
        for turn in range(8):
            before = "x" if turn == 0 else f"c{turn - 1}:output:0"
            attributes = {"f": {"func": {"name": f"f{depth - 1}"}}}
            nodes.append({"name": f"c{turn}", "op": "PartitionedCall", "input": [before], "attr": attributes})
        functions.append(function(f"f{depth}", nodes, "c7:output:0"))
    nodes = [
        {"name": "x", "op": "Placeholder", "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": {}}}},
        {"name": "y", "op": f"f{calls - 1}", "input": ["x"]},
    ]
    topology = {"node": nodes, "library": {"function": functions}}
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": []}))
    with pytest.raises(ExportError, match="expand to more than 100000 nodes"):
        read_model(path)
    functions[0] = function("f0", [{"name": "n", "op": f"f{calls - 1}", "input": ["x"]}], "n:y:0")
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": []}))
    with pytest.raises(ExportError, match="calls itself"):
        read_model(path)
