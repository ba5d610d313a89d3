"""GGUF: entries of metadata with their types, tensors with their offsets, and bytes."""

from __future__ import annotations

import random
import struct
from pathlib import Path
from typing import Any

from fuzz.format import Files, Format
from texelflow.importers.gguf.file import KINDS
from texelflow.importers.gguf.settings import TYPES

ENTRY = "model.gguf"
FOLDER = Path(__file__).resolve().parents[2] / "importers" / "gguf_files"
CODES = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
TEXT, LIST = 8, 9


def _seeds() -> list[Files]:
    return [{ENTRY: path.read_bytes()} for path in sorted(FOLDER.glob("*.gguf"))]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, code: str) -> Any:
        (number,) = struct.unpack_from(f"<{code}", self.data, self.at)
        self.at += struct.calcsize(f"<{code}")
        return number

    def text(self) -> str:
        length = self.number("Q")
        self.at += length
        return self.data[self.at - length : self.at].decode()

    def value(self, kind: int) -> Any:
        if kind == TEXT:
            return self.text()
        if kind != LIST:
            return self.number(CODES[kind])
        inner, count = self.number("I"), self.number("Q")
        return {"kind": inner, "items": [self.value(inner) for _ in range(count)]}


def _decode(files: Files) -> Any:
    reader = _Reader(files[ENTRY])
    reader.at = 4
    version, tensors, entries = reader.number("I"), reader.number("Q"), reader.number("Q")
    metadata = []
    for _ in range(entries):
        key, kind = reader.text(), reader.number("I")
        metadata.append({"key": key, "kind": kind, "value": reader.value(kind)})
    described = []
    for _ in range(tensors):
        name, axes = reader.text(), reader.number("I")
        shape = [reader.number("Q") for _ in range(axes)]
        described.append(
            {"name": name, "shape": shape, "kind": reader.number("I"), "offset": reader.number("Q")}
        )
    data = reader.data[-(-reader.at // 32) * 32 :]
    return {"version": version, "metadata": metadata, "tensors": described, "data": data}


def _number(code: str, number: Any) -> bytes:
    if code in "fd":
        return struct.pack(f"<{code}", number)
    size = struct.calcsize(f"<{code}")
    return (int(number) & (1 << 8 * size) - 1).to_bytes(size, "little")


def _text(text: Any) -> bytes:
    data = str(text).encode("utf-8", "replace")
    return _number("Q", len(data)) + data


def _value(kind: int, value: Any) -> bytes:
    """Return a value as its type has it; a text among numbers is its length."""
    if kind == TEXT:
        return _text(value)
    if kind == LIST:
        items = b"".join(_value(value["kind"], item) for item in value["items"])
        return _number("I", value["kind"]) + _number("Q", len(value["items"])) + items
    return _number(CODES.get(kind, "I"), value)


def _encode(records: Any) -> Files:
    entries = [
        _text(entry["key"]) + _number("I", entry["kind"]) + _value(entry["kind"], entry["value"])
        for entry in records["metadata"]
    ]
    tensors = []
    for tensor in records["tensors"]:
        shape = b"".join(_number("Q", extent) for extent in tensor["shape"])
        head = _text(tensor["name"]) + _number("I", len(tensor["shape"]))
        tensors.append(head + shape + _number("I", tensor["kind"]) + _number("Q", tensor["offset"]))
    counts = _number("I", records["version"]) + _number("Q", len(tensors)) + _number("Q", len(entries))
    head = b"GGUF" + counts + b"".join(entries) + b"".join(tensors)
    return {ENTRY: head + bytes(-len(head) % 32) + records["data"]}


def _entry(choose: random.Random, records: Any) -> None:
    """Give an entry another type with a value of it, or a number that sizes depend on."""
    entry = choose.choice(records["metadata"])
    kind = choose.choice((*CODES, TEXT, LIST, LIST))
    numbers = (0, 1, 2, 3, 100, 2**31 - 2, 2**31)
    if kind == LIST:
        entry["value"] = {"kind": choose.choice((4, 6, 8)), "items": [1, 2, 3]}
    elif kind == TEXT:
        entry["value"] = choose.choice((*TYPES, "linear", "yarn", "none", ""))
    else:
        entry["value"] = choose.choice(numbers)
    entry["kind"] = kind


def _tensor(choose: random.Random, records: Any) -> None:
    """Let a tensor lie over another, or be of another kind or shape."""
    one, other = choose.choice(records["tensors"]), choose.choice(records["tensors"])
    kind = choose.randrange(4)
    if kind == 0:
        one["offset"] = choose.choice((other["offset"], other["offset"] + 32, 2**63, 1))
    elif kind == 1:
        one["kind"] = choose.choice((*KINDS, 9, 2**31))
    elif kind == 2:
        one["shape"] = choose.choice(
            (one["shape"][::-1], [0], [], [2**63, 2], [1, *one["shape"]], other["shape"])
        )
    else:
        one["name"] = choose.choice((other["name"], "rope_freqs.weight", "output.weight"))


def _alignment(choose: random.Random, records: Any) -> None:
    value = choose.choice((0, 1, 3, 64, 2**31))
    records["metadata"].append({"key": "general.alignment", "kind": 4, "value": value})


def _words() -> list[str]:
    return [*TYPES, "token_embd.weight", "output.weight", "rope_freqs.weight"]


CHANGES = (_entry, _entry, _tensor, _tensor, _alignment)
FORMAT = Format(ENTRY, ("gguf",), _seeds, _decode, _encode, _words, CHANGES)
