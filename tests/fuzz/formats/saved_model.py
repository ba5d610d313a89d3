"""SavedModels: a graph with functions, and a checkpoint: a sorted table of where variables lie in shards."""

from __future__ import annotations

import os
import random
from typing import Any

import packed_arrays

from fuzz import wire
from fuzz.format import Files, Format
from fuzz.formats.frozen_graph import FOLDER, words
from texelflow.importers.saved_model.table import read_table

GRAPH, INDEX = "saved_model.pb", "variables/variables.index"
MODELS = ("modern", "old", "recurrent")
MAGIC = 0xDB4775248B80FB57.to_bytes(8, "little")
NONE, SNAPPY = 0, 1
LONGEST_CHECKED = 2**16


def _crc_table() -> list[int]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        table.append(byte)
    return table


CRC = _crc_table()


def masked_crc(data: bytes) -> bytes:
    """Return CRC-32C as tables have it, which the importer does not look at; of long blocks none."""
    if len(data) > LONGEST_CHECKED:
        return bytes(4)
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ CRC[(crc ^ byte) & 255]
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8 & 0xFFFFFFFF).to_bytes(4, "little")


def varint(number: int) -> bytes:
    return wire.encode({"packed": [number]})


def snappy(data: bytes) -> bytes:
    """Return a block compressed: pieces that were there before are copied, others stand for themselves."""
    result, at = bytearray(varint(len(data))), 0
    while at < len(data):
        piece = data[at : at + 8]
        before = data.rfind(piece, 0, at)
        if len(piece) == 8 and before >= 0 and at - before < 65_536:
            result += bytes([7 << 2 | 2]) + (at - before).to_bytes(2, "little")
        elif (
            piece[:4]
            and len(piece) >= 4
            and (before := data.rfind(piece[:4], 0, at)) >= 0
            and at - before < 2048
        ):
            piece, offset = piece[:4], at - before
            result += bytes([offset >> 8 << 5 | 1, offset & 255])
        else:
            result += bytes([len(piece) - 1 << 2]) + piece
        at += len(piece)
    return bytes(result)


def table(entries: list[tuple[bytes, bytes]], kind: int) -> bytes:
    """Return a table of entries, two to a block; keys and checksums as they must be."""
    result, index = bytearray(), []
    for start in range(0, len(entries), 2):
        part = entries[start : start + 2]
        index.append((part[-1][0], append_block(result, part, kind)))
    meta = append_block(result, [], NONE)
    where = append_block(result, index, NONE)
    footer = meta + where
    return bytes(result + footer + bytes(40 - len(footer)) + MAGIC)


def append_block(result: bytearray, entries: list[tuple[bytes, bytes]], kind: int) -> bytes:
    """Append a block of entries; return where it is."""
    block, last = bytearray(), b""
    for key, value in entries:
        shared = len(os.path.commonprefix([key, last]))  # noqa: RUF071 -- of bytes
        block += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return append_content(result, bytes(block), kind)


def append_content(result: bytearray, block: bytes, kind: int) -> bytes:
    """Append a block; return where it is."""
    plain = block + bytes(4) + (1).to_bytes(4, "little")
    content = snappy(plain) if kind == SNAPPY else plain
    offset = len(result)
    result += content + bytes([kind & 255]) + masked_crc(content + bytes([kind & 255]))
    return varint(offset) + varint(len(content))


def _seeds() -> list[Files]:
    files = packed_arrays.load(FOLDER / "models.json.xz")
    seeds: list[Files] = []
    for model in MODELS:
        prefix = f"{model}/files/"
        found = {
            name.removeprefix(prefix): files[name].tobytes() for name in files if name.startswith(prefix)
        }
        seeds.append(found)
        # Those of one signature have no other way in.
        seeds.append(_encode({**_decode(found), "kind": SNAPPY}))
    return seeds


def _decode(files: Files) -> Any:
    entries = read_table(memoryview(files[INDEX])) if INDEX in files else {}
    return {
        "graph": wire.decode(files[GRAPH]),
        "kind": NONE,
        "index": [
            {"key": key.decode(), "value": wire.decode(bytes(value))} for key, value in entries.items()
        ],
        "files": {name: content for name, content in files.items() if name not in (GRAPH, INDEX)},
    }


def _encode(records: Any) -> Files:
    entries = [
        (str(entry["key"]).encode("utf-8", "replace"), wire.encode(entry["value"]))
        for entry in records["index"]
    ]
    files = {str(name): content for name, content in records["files"].items() if isinstance(content, bytes)}
    return {**files, GRAPH: wire.encode(records["graph"]), INDEX: table(entries, int(records["kind"]))}


def _variable(choose: random.Random, records: Any) -> None:
    """Let a variable be another's, of another type, shape or size, or in another shard."""
    one, other = (choose.choice(records["index"])["value"] for _ in range(2))
    field = choose.choice(("1", "2", "3", "4", "5", "7"))
    number = choose.choice((-1, 0, 1, 2, 4, 100, 2**31, 2**62))
    one[field] = choose.choice((other.get(field, []), [number], [{"2": [{"1": [number]}] * 3}]))


def _node(choose: random.Random, records: Any) -> None:
    """Let a node of a function be of another operator, or read another one."""
    graph = records["graph"]["2"][0]["2"][0]
    functions = [function["3"] for library in graph.get("2", []) for function in library.get("1", [])]
    nodes = choose.choice([graph["1"], *functions])
    node, other = choose.choice(nodes), choose.choice(nodes)
    if choose.random() < 0.5 or not node.get("3"):
        node["2"] = [choose.choice(words())]
    else:
        node["3"][choose.randrange(len(node["3"]))] = str(other["1"][0]) + choose.choice(
            ("", ":0", ":output:0")
        )


FORMAT = Format("", ("saved_model",), _seeds, _decode, _encode, words, (_variable, _node))
