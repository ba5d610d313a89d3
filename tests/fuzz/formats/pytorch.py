"""Programs of torch.export: a zip of JSON, tensors, and in old ones pickles, checksums as they must be."""

from __future__ import annotations

import io
import json
import random
import warnings
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import packed_files

from fuzz.format import Files, Format

ENTRY = "model.pt2"
FILES = Path(__file__).resolve().parents[2] / "importers" / "pytorch_files"
LARGEST = 60_000
"""Bytes of a program: mutants are many."""
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def _seeds() -> list[Files]:
    archives = [FILES / "operators.tar.xz", *sorted((FILES / "old").glob("*.tar.xz"))]
    programs = [case for path in archives for case in packed_files.load(path)[0].items()]
    good = [content for name, content in programs if not name.endswith("/refused")]
    return [{ENTRY: content} for content in good if len(content) < LARGEST]


def _decode(files: Files) -> Any:
    documents: dict[str, Any] = {}
    data: dict[str, bytes] = {}
    with zipfile.ZipFile(io.BytesIO(files[ENTRY])) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            if name.endswith(".json"):
                documents[name] = json.loads(content)
            else:
                data[name] = content
    return {"method": 0, "documents": documents, "data": data}


def _encode(records: Any) -> Files:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", METHODS[records["method"]]) as archive:
        warnings.simplefilter("ignore")  # of names that are there already
        for name, document in records["documents"].items():
            archive.writestr(name, json.dumps(document))
        for name, content in records["data"].items():
            archive.writestr(name, content if isinstance(content, bytes) else str(content))
    return {ENTRY: target.getvalue()}


def _nodes(records: Any) -> list[Any]:
    """The nodes of all programs."""
    found: list[Any] = []
    left = [*records["documents"].values()]
    while left:
        at = left.pop()
        if isinstance(at, dict):
            nodes = at.get("nodes")
            found += nodes if isinstance(nodes, list) else []
            left += at.values()
        elif isinstance(at, list):
            left += at
    return [node for node in found if isinstance(node, dict)]


def _target(choose: random.Random, records: Any) -> None:
    """Let a node be of another operator."""
    if nodes := _nodes(records):
        choose.choice(nodes)["target"] = choose.choice(_words())


def _argument(choose: random.Random, records: Any) -> None:
    """Give a node what another one takes, or lose, repeat or swap what it takes."""
    nodes = [node for node in _nodes(records) if node.get("inputs")]
    if not nodes:
        return
    one, other = choose.choice(nodes), choose.choice(nodes)
    kind = choose.randrange(4)
    if kind == 0:
        one["inputs"] = [*one["inputs"], choose.choice(other["inputs"])]
    elif kind == 1:
        one["inputs"] = one["inputs"][:-1]
    elif kind == 2:
        one["inputs"][choose.randrange(len(one["inputs"]))] = choose.choice(other["inputs"])
    else:
        one["inputs"], other["inputs"] = other["inputs"], one["inputs"]


def _members(choose: random.Random, records: Any) -> None:
    """Compress, lose a member, call it otherwise, or add one of a name that leads elsewhere."""
    records["method"] = choose.randrange(len(METHODS))
    data = records["data"]
    name = choose.choice([*data])
    kind = choose.randrange(3)
    if kind == 0:
        del data[name]
    elif kind == 1:
        data[name + choose.choice(("", "x", "/", "\0"))] = data.pop(name)
    else:
        data[choose.choice(("../x", "/etc/passwd", f"../{name}"))] = b"{}"


@cache
def _words() -> list[str]:
    """The operators of all seeds."""
    targets = {node.get("target") for seed in _seeds() for node in _nodes(_decode(seed))}
    return sorted(target for target in targets if isinstance(target, str))


FORMAT = Format(ENTRY, ("pytorch",), _seeds, _decode, _encode, _words, (_target, _argument, _members))
