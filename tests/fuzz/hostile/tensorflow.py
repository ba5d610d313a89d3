"""Graphs and checkpoints of TensorFlow that ask for more than any machine has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import packed_arrays

from fuzz import wire
from fuzz.format import write
from fuzz.formats import saved_model
from fuzz.formats.frozen_graph import FOLDER


def node(name: str, operator: str, inputs: list[str] | None = None, **attributes: Any) -> dict[str, Any]:
    entries = [{"1": [key], "2": [value]} for key, value in attributes.items()]
    return {"1": [name], "2": [operator], "3": list(inputs or []), "5": entries}


FLOAT = {"6": [1]}
X = node("x", "Placeholder", dtype=FLOAT, shape={"7": [{"2": [{"1": [2]}]}]})


def frozen(folder: Path, nodes: list[Any], functions: list[Any] | None = None) -> Path:
    path = folder / "model.pb"
    path.write_bytes(wire.encode({"1": nodes, **({"2": [{"1": functions}]} if functions else {})}))
    return path


def function(name: str, nodes: list[Any], result: str, controls: list[str] | None = None) -> dict[str, Any]:
    signature = {"1": [name], "2": [{"1": ["v"], "3": [1]}], "3": [{"1": ["r"], "3": [1]}]}
    returns = [{"1": ["r"], "2": [result]}]
    return {
        "1": [signature],
        "3": nodes,
        "4": returns,
        "6": [{"1": [each], "2": [each]} for each in controls or []],
    }


def tensor_of_many_axes(folder: Path) -> Path:
    tensor = {"8": [{"1": [1], "2": [{"2": [{"1": [2**31]}] * 400}], "5": [1.0, 2.0]}]}
    return frozen(
        folder, [X, node("w", "Const", dtype=FLOAT, value=tensor), node("y", "Add", ["x", "w"], T=FLOAT)]
    )


def many_outputs(folder: Path) -> Path:
    """Nodes of which the last of ten thousand outputs is read."""
    nodes = [X, *(node(f"a{i}", "Unknown", ["x"]) for i in range(500))]
    return frozen(folder, [*nodes, node("y", "AddN", [f"a{i}:9999" for i in range(500)], T=FLOAT)])


def unread_nodes(folder: Path) -> Path:
    """A long chain of which many nodes, that nothing reads, are the ends."""
    chain = [node(f"c{i}", "Neg", [f"c{i - 1}" if i else "x"], T=FLOAT) for i in range(5000)]
    ends = [node(f"e{i}", "Unknown", ["c4999"], T=FLOAT) for i in range(5000)]
    return frozen(folder, [X, *chain, *ends])


def deep_functions(folder: Path) -> Path:
    """Functions that call each other, which something waits for."""
    functions = [
        function(f"f{i}", [node("n", f"f{i + 1}" if i < 2999 else "Neg", ["v"], T=FLOAT)], "n:r:0")
        for i in range(3000)
    ]
    return frozen(folder, [X, node("c", "f0", ["x"]), node("y", "Neg", ["x", "^c"], T=FLOAT)], functions)


def nested_cases(folder: Path) -> Path:
    """Branches in branches in branches."""
    functions = [function("f39", [node("n", "Neg", ["v"], T=FLOAT)], "n:y:0")]
    for level in range(39):
        calls = [{"1": [f"f{level + 1}"]}] * 30
        index = node("i", "Cast", ["v"], SrcT=FLOAT, DstT={"6": [3]})
        functions.append(
            function(
                f"f{level}",
                [index, node("n", "Case", ["i", "v"], branches={"1": [{"9": calls}]})],
                "n:output:0",
            )
        )
    return frozen(folder, [X, node("y", "f0", ["x"])], functions)


def names_of_calls(folder: Path) -> Path:
    body = [node(f"n{i}", "Neg", [f"n{i - 1}" if i else "v"], T=FLOAT) for i in range(5000)]
    functions = [function("f", body, "n4999:y:0")]
    return frozen(folder, [X, node("c" * 2**20, "f", ["x"])], functions)


def saved(folder: Path, change: Callable[[Any], None]) -> Path:
    files = packed_arrays.load(FOLDER / "models.json.xz")
    prefix = "modern/files/"
    found = {name.removeprefix(prefix): files[name].tobytes() for name in files if name.startswith(prefix)}
    records = saved_model.FORMAT.decode(found)
    change(records)
    return write(folder / "model", saved_model.FORMAT.encode(records))


def restoring_functions(folder: Path) -> Path:
    """What restores variables calls ten functions, each of which calls ten, and so on."""

    def change(records: Any) -> None:
        graph = records["graph"]["2"][0]["2"][0]
        functions = []
        for level in range(20):
            inner = [
                node(
                    f"n{i}",
                    f"again{level + 1}" if level < 19 else "Identity",
                    ["v" if not i else f"n{i - 1}"],
                )
                for i in range(10)
            ]
            functions.append(function(f"again{level}", inner, "n9:r:0", [f"n{i}" for i in range(10)]))
        graph.setdefault("2", [{}])[0].setdefault("1", []).extend(functions)
        name = records["graph"]["2"][0]["3"][0]["3"][0]
        graph["1"] = [each for each in graph["1"] if each["1"][0] != name]
        graph["1"].append(node(name, "again0", [graph["1"][0]["1"][0]]))

    return saved(folder, change)


def table_of(folder: Path, content: bytes) -> Path:
    path = saved(folder, lambda _records: None)
    (path / saved_model.INDEX).write_bytes(content)
    return path


def blocks_again(folder: Path) -> Path:
    """A block of zeros, compressed, which the index names a thousand times."""
    result = bytearray()
    piece = (
        saved_model.varint(2**20)
        + b"\0\0"
        + bytes([63 << 2 | 2, 1, 0]) * (2**14 - 1)
        + bytes([62 << 2 | 2, 1, 0])
    )
    result += piece + bytes([saved_model.SNAPPY]) + saved_model.masked_crc(b"")
    handle = saved_model.varint(0) + saved_model.varint(len(piece))
    entries = [(f"{index:06}".encode(), handle) for index in range(1000)]
    meta, where = saved_model.append_block(result, [], 0), saved_model.append_block(result, entries, 0)
    return table_of(folder, bytes(result + (meta + where).ljust(40, b"\0") + saved_model.MAGIC))


def long_keys(folder: Path) -> Path:
    """Keys that share a megabyte."""
    block = bytearray(saved_model.varint(0) + saved_model.varint(2**20) + b"\0" + b"k" * 2**20)
    for _ in range(100):
        block += saved_model.varint(2**20) + b"\1\0z"
    result = bytearray()
    keys = saved_model.append_content(result, bytes(block), saved_model.NONE)
    where = saved_model.append_block(result, [(b"z", keys)], saved_model.NONE)
    meta = saved_model.append_block(result, [], saved_model.NONE)
    return table_of(folder, bytes(result + (meta + where).ljust(40, b"\0") + saved_model.MAGIC))


def output_that_is_not(folder: Path) -> Path:
    """The second output of a node that has one."""
    return frozen(folder, [X, node("a", "Neg", ["x"], T=FLOAT), node("y", "Add", ["x", "a:1"], T=FLOAT)])


def loop_of_nothing(folder: Path) -> Path:
    """A loop that is entered without a value."""
    frame = {"frame_name": {"2": ["f"]}, "T": FLOAT}
    nodes = [
        node("enter", "Enter", [], **frame),
        node("merge", "Merge", ["enter", "next"], T=FLOAT),
        node("goes", "LoopCond", ["merge"]),
        node("switch", "Switch", ["merge", "goes"], T=FLOAT),
        node("next", "NextIteration", ["switch:1"], T=FLOAT),
        node("exit", "Exit", ["switch"], T=FLOAT),
        node("y", "Add", ["x", "exit"], T=FLOAT),
    ]
    return frozen(folder, [X, *nodes])


def switch_without_condition(folder: Path) -> Path:
    """A choice, one of whose sides also depends on a switch that nothing decides."""
    truth = {"dtype": {"6": [10]}, "shape": {"7": [{}]}}
    nodes = [
        node("goes", "Placeholder", **truth),
        node("open", "Switch", ["x"], T=FLOAT),
        node("switch", "Switch", ["x", "goes"], T=FLOAT),
        node("sum", "Add", ["switch:1", "open"], T=FLOAT),
        node("y", "Merge", ["switch", "sum"], T=FLOAT),
    ]
    return frozen(folder, [X, *nodes])


def list_of_nothing(folder: Path) -> Path:
    """A list that is filled without anything."""
    nodes = [node("full", "TensorArrayScatterV3", [], T=FLOAT), node("y", "TensorArraySizeV3", ["x", "full"])]
    return frozen(folder, [X, *nodes])


HOSTILE: dict[Callable[[Path], Path], str] = {
    output_that_is_not: "it reads 'a:1', which tensorflow::Neg 'a' does not make",
    loop_of_nothing: "Enter 'enter' has 0 inputs; one is needed",
    switch_without_condition: "Switch 'open' has 1 inputs; two are needed",
    list_of_nothing: "it has 0 inputs; 4 to 4 are needed",
    tensor_of_many_axes: "it has 400 axes; at most 64",
    many_outputs: "expand to more than 100000 nodes",
    unread_nodes: "Unknown",
    deep_functions: "call each other more than 40 deep",
    nested_cases: "expand to more than 100000 nodes",
    names_of_calls: "the names of calls are too long",
    restoring_functions: "",
    blocks_again: "blocks lie over each other",
    long_keys: "their keys are too long",
}
