"""Writes a bundle: graph.json, its weight files, model.d.ts and a tokenizer, all of them or none.

A model that branches has a graph.json for each case, which share their weights.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, cast

from texelflow.bundle import declarations
from texelflow.bundle.safetensors import WeightEntry, group_into_files, split_rows, write_safetensors
from texelflow.bundle.tokenizer import TOKENIZER_FILES
from texelflow.bundle.types import BundleFile, GraphFile
from texelflow.errors import ExportError

GRAPH = "graph.json"
_GRAPH_NAME = re.compile(r"graph(-\d+)?\.json")

Graph: TypeAlias = tuple[Mapping[str, Any], Sequence[WeightEntry]]
"""What `write_bundle` takes for graph.json, and for the file of each other case of a model that branches."""


def write_bundle(
    graph_file: Mapping[str, Any],
    weights: Sequence[WeightEntry],
    directory: Path,
    force: bool = False,
    others: Sequence[Graph] = (),
    tokenizer: Sequence[Path] = (),
) -> GraphFile:
    """Write a bundle to a new folder.

    The files are written to a folder beside it that is renamed at the end, so that `directory` is never
    half-written.

    Args:
        graph_file: the content of graph.json without `weights[i].parts` and `files`.
        weights: the bytes of `graph_file["weights"][i]`, in the order of first use. Keys that occur twice are
            made to differ.
        directory: the folder to make; missing folders above it are made too.
        force: replace `directory` if it is a bundle or empty; nothing else is ever deleted.
        others: the same for the other files that `graph_file["branches"]` names, in their order.
        tokenizer: files to be copied, with names of `bundle.tokenizer.TOKENIZER_FILES`.

    Returns:
        The whole content of graph.json as written.

    Raises:
        ExportError: `directory` exists (without `force`), holds files that are not a bundle's, or cannot be
            written.
    """
    target = directory.resolve()  # through a symbolic link, so that the link survives
    check_target(target, force)
    made = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        made.mkdir()
        try:
            content = _write_files([(graph_file, weights), *others], made)
            for path in tokenizer:
                shutil.copyfile(path, made / path.name)
            _put_in_place(made, target)
            return content
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise ExportError(f"{directory} cannot be written: {error.strerror or error}") from error


def check_target(directory: Path, force: bool) -> None:
    """Raise ExportError if a bundle may not be written to `directory`: see `write_bundle`."""
    if not directory.exists():
        return
    if not directory.is_dir():
        raise ExportError(f"{directory} exists and is not a folder; choose another name")
    if not force:
        raise ExportError(
            f"{directory} exists; choose another name, or force the bundle in it to be replaced"
        )
    files = sorted(directory.iterdir())
    strangers = [path.name for path in files if not _is_bundle_file(path)]
    if strangers:
        listed = ", ".join(strangers[:5])
        raise ExportError(
            f"{directory} is not replaced: it has files that are no part of a bundle ({listed})"
        )
    if files and not _has_bundle_graph(directory):
        raise ExportError(f"{directory} is not replaced: its graph.json is not that of a bundle")


def _is_bundle_file(path: Path) -> bool:
    named = path.name in (declarations.FILE_NAME, *TOKENIZER_FILES)
    named = named or _GRAPH_NAME.fullmatch(path.name) is not None
    named = named or (path.name.startswith("weights") and path.suffix == ".safetensors")
    return named and path.is_file() and not path.is_symlink()


def _has_bundle_graph(directory: Path) -> bool:
    """Return whether graph.json is a bundle's, of whatever version."""
    try:
        content = json.loads((directory / "graph.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, dict) and {"formatVersion", "generator"} <= content.keys()


def _write_files(graphs: Sequence[Graph], folder: Path) -> GraphFile:
    entries, places = _shared([weights for _, weights in graphs])
    split = _with_unique_keys([split_rows(entry) for entry in entries])
    # What cases share lies apart from what one alone needs, so that no case downloads what is another's.
    users = [frozenset(n for n, own in enumerate(places) if index in own) for index in range(len(entries))]
    groups = [
        group
        for one in dict.fromkeys(users)
        for group in group_into_files(
            [part for parts, by in zip(split, users, strict=True) if by == one for part in parts]
        )
    ]
    files: list[BundleFile] = []
    file_of: dict[str, str] = {}
    for index, parts in enumerate(groups):
        name = f"weights-{index + 1:05}-of-{len(groups):05}" if len(groups) > 1 else "weights"
        files.append(write_safetensors(folder / f"{name}.safetensors", parts))
        file_of.update({entry.key: files[-1]["name"] for entry in parts})
    names = [branch["file"] for branch in graphs[0][0].get("branches", [{"file": GRAPH}])]
    written: list[GraphFile] = []
    for name, (graph, _), own in zip(names, graphs, places, strict=True):
        described = [
            {**weight, "parts": [{"file": file_of[part.key], "key": part.key} for part in split[place]]}
            for weight, place in zip(graph["weights"], own, strict=True)
        ]
        needed = {part["file"] for weight in described for part in weight["parts"]}
        listed = [file for file in files if file["name"] in needed]
        # Types cannot say that a dictionary with these keys replaced is a GraphFile.
        written.append(cast(GraphFile, {**graph, "weights": described, "files": listed}))
        text = json.dumps(written[-1], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        (folder / name).write_text(text + "\n", encoding="utf-8")
    (folder / declarations.FILE_NAME).write_text(declarations.declarations(*written), encoding="utf-8")
    return written[0]


def _shared(weights: Sequence[Sequence[WeightEntry]]) -> tuple[list[WeightEntry], list[list[int]]]:
    """Return the distinct entries of several cases, and where those of each case are among them."""
    if len(weights) == 1:
        return [*weights[0]], [[*range(len(weights[0]))]]
    known: dict[Hashable, int] = {}
    entries: list[WeightEntry] = []
    places: list[list[int]] = []
    for case in weights:
        # Two of one case are two tensors, even if they hold the same.
        counts: Counter[Hashable] = Counter()
        own = []
        for entry in case:
            digest = hashlib.sha256()
            for part in entry.data.parts:
                digest.update(part)
            content = (entry.dtype, entry.shape, digest.digest())
            counts[content] += 1
            place = known.setdefault((content, counts[content]), len(entries))
            if place == len(entries):
                entries.append(entry)
            own.append(place)
        places.append(own)
    return entries, places


def _with_unique_keys(split: Sequence[Sequence[WeightEntry]]) -> list[list[WeightEntry]]:
    """Number keys that occur again; `__metadata__` has a meaning of its own in safetensors."""
    taken = {"__metadata__"}

    def unique(entry: WeightEntry) -> WeightEntry:
        key, count = entry.key, 2
        while key in taken:
            key, count = f"{entry.key}#{count}", count + 1
        taken.add(key)
        return replace(entry, key=key)

    return [[unique(entry) for entry in parts] for parts in split]


def _put_in_place(made: Path, target: Path) -> None:
    """Rename the finished folder; a former bundle is moved aside first and comes back if that fails."""
    if not target.exists():
        made.rename(target)
        return
    former = target.with_name(f".{target.name}.{secrets.token_hex(4)}.former")
    target.rename(former)
    try:
        made.rename(target)
    except BaseException:
        former.rename(target)
        raise
    for path in former.iterdir():
        if _is_bundle_file(path):
            path.unlink()
    former.rmdir()
