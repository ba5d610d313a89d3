"""Finds the other files that a model's file refers to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from texelflow.errors import ExportError
from texelflow.importers import is_archive, marked_format
from texelflow.importers.files.mapped_files import map_file

MOST_COMPANIONS = 10_000
LARGEST_JSON = 512 << 20


def companions(path: Path, shown: str) -> list[str]:
    """Return the relative paths of the files that a model's file needs.

    They are the shards of TF.js and safetensors, and the external data of ONNX.

    Raises:
        ExportError: one would lie outside of the model's folder.
    """
    found = _of_json(path) if path.suffix == ".json" else _of_onnx(path)
    names = list(dict.fromkeys(found))
    if len(names) > MOST_COMPANIONS:
        raise ExportError(f"{shown} needs {len(names)} other files: no model is that large")
    for name in names:
        if not is_inside(name):
            raise ExportError(
                f"{shown} needs {name[:200]!r}, which is not inside the model's folder, as it must be"
            )
    return names


def is_inside(name: str) -> bool:
    """Return whether a path names a file in the folder that it is relative to, or below it."""
    parts = name.split("/")
    forbidden = any(character in name for character in "\\\0?#%") or ":" in parts[0]
    return not forbidden and name.isprintable() and all(part not in ("", ".", "..") for part in parts)


def _of_json(path: Path) -> Iterator[str]:
    if path.stat().st_size > LARGEST_JSON:
        return
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return  # reading says so
    if not isinstance(content, dict):
        return
    manifest = content.get("weightsManifest")  # TF.js
    for group in manifest if isinstance(manifest, list) else []:
        paths = group.get("paths") if isinstance(group, dict) else None
        yield from (name for name in (paths if isinstance(paths, list) else []) if isinstance(name, str))
    shards = content.get("weight_map")  # safetensors
    yield from (
        name for name in (shards.values() if isinstance(shards, dict) else []) if isinstance(name, str)
    )


def _of_onnx(path: Path) -> Iterator[str]:
    if not re.search(b"location", map_file(path)):
        return
    if is_archive(path) or marked_format(path) is not None:
        return
    from google.protobuf.message import DecodeError

    from texelflow.importers.onnx.messages import message_class

    try:
        model = message_class("Model").FromString(path.read_bytes())
    except DecodeError:
        return
    graphs: list[Any] = [model.graph]
    nodes: list[Any] = [node for function in model.functions for node in function.node]
    while graphs or nodes:
        if graphs:
            graph = graphs.pop()
            yield from _locations(graph.initializer)
            nodes.extend(graph.node)
            continue
        for attribute in nodes.pop().attribute:
            yield from _locations([attribute.t, *attribute.tensors])
            if attribute.HasField("g"):
                graphs.append(attribute.g)


def _locations(tensors: Any) -> Iterator[str]:
    for tensor in tensors:
        for entry in tensor.external_data:
            if entry.key == "location":
                yield str(PurePosixPath(entry.value.replace("\\", "/")))
