"""TF.js models that lead elsewhere, or say what no model says."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fuzz.format import write
from fuzz.formats import tfjs_graph


def javascript(folder: Path, change: Callable[[Any], None]) -> Path:
    records = tfjs_graph.FORMAT.decode(tfjs_graph.FORMAT.seeds()[0])
    change(records["model"])
    return write(folder / "model", tfjs_graph.FORMAT.encode(records)) / "model.json"


def shard_twice(folder: Path) -> Path:
    def change(model: Any) -> None:
        paths = model["weightsManifest"][0]["paths"]
        paths[:] = paths * 1000

    return javascript(folder, change)


def linked_shard(folder: Path) -> Path:
    path = javascript(folder, lambda _model: None)
    shard = path.with_name("a-shard1of3.bin")
    shard.rename(folder / "elsewhere")
    shard.symlink_to(folder / "elsewhere")
    return path


def infinite_shape(folder: Path) -> Path:
    def change(model: Any) -> None:
        model["modelTopology"]["node"][0]["attr"]["shape"]["shape"]["dim"][0]["size"] = float("inf")

    return javascript(folder, change)


def strange_type(folder: Path) -> Path:
    def change(model: Any) -> None:
        model["signature"]["inputs"]["x"] = {"name": "w8:0", "dtype": [3]}

    return javascript(folder, change)


def scale_of_many_digits(folder: Path) -> Path:
    def change(model: Any) -> None:
        model["weightsManifest"][0]["weights"][0]["quantization"]["scale"] = 10**400

    return javascript(folder, change)


def weight_of_many_axes(folder: Path) -> Path:
    def change(model: Any) -> None:
        model["weightsManifest"][0]["weights"][4]["shape"] = [2**39] * 400

    return javascript(folder, change)


def calls_that_double(folder: Path, last: str = "Neg") -> Path:
    """Functions that call each other eight times each."""
    functions = [_function("f0", [{"name": "n", "op": last, "input": ["x"]}], "n:y:0")]
    for depth in range(1, 12):
        nodes = []
        for turn in range(8):
            before = f"c{turn - 1}:output:0" if turn else "x"
            attributes = {"f": {"func": {"name": f"f{depth - 1}"}}}
            nodes.append({"name": f"c{turn}", "op": "PartitionedCall", "input": [before], "attr": attributes})
        functions.append(_function(f"f{depth}", nodes, "c7:output:0"))
    first = {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": {}}}
    nodes = [{"name": "x", "op": "Placeholder", "attr": first}, {"name": "y", "op": "f11", "input": ["x"]}]
    topology = {"node": nodes, "library": {"function": functions}}
    path = folder / "model.json"
    path.write_text(json.dumps({"modelTopology": topology, "weightsManifest": []}))
    return path


def _function(name: str, nodes: list[dict[str, Any]], result: str) -> dict[str, Any]:
    signature = {"name": name, "inputArg": [{"name": "x"}], "outputArg": [{"name": "y"}]}
    return {"signature": signature, "nodeDef": nodes, "ret": {"y": result}}


def function_that_calls_itself(folder: Path) -> Path:
    return calls_that_double(folder, "f11")


HOSTILE: dict[Callable[[Path], Path], str] = {
    calls_that_double: "expand to more than 100000 nodes",
    function_that_calls_itself: "calls itself",
    shard_twice: "has the shard 'a-shard1of3.bin' twice",
    linked_shard: "is not inside the model's folder",
    infinite_shape: "a shape is",
    strange_type: "an element type is [3]",
    scale_of_many_digits: "a number is needed",
    weight_of_many_axes: "has 400 axes; at most 64",
}
