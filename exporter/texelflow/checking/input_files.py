"""The values of a bundle's inputs: of files where they are given, else random."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from texelflow.bundle.types import GraphFile, GraphInput
from texelflow.checking.media import picture_values, sound_values
from texelflow.checking.samples import Array, chosen_sizes, load_inputs, sample_inputs
from texelflow.errors import ExportError

InputFiles = Sequence[tuple[str, Path]]
"""Files with the name of the input that each is for; "" leaves that to the file."""


def make_inputs(
    graph: GraphFile,
    files: InputFiles,
    dimensions: Mapping[str, int],
    seed: int,
    bounds: Mapping[str, int] | None = None,
) -> tuple[dict[str, Array], list[str]]:
    """Return a value for each input, and sentences on what was made of pictures and sounds.

    A file is an `.npz`, a sound (`.wav`) or a picture. Inputs without one are random, at the sizes that the
    files have for the dimensions they share.

    Raises:
        ExportError: a file is none of these, or does not fit its input.
    """
    if any(is_archive(path) and not name for name, path in files):
        if len(files) > 1:
            raise ExportError("an .npz file has every input: give it alone, or as NAME=FILE for one input")
        return load_inputs(files[0][1], graph), []
    chosen_sizes(graph, dimensions)  # refuses unknown names
    sizes, values, notes = dict(dimensions), {}, []
    for name, path in files:
        if not path.is_file():
            raise ExportError(f"{path} does not exist")
        target = _target(graph, name, path)
        if target["name"] in values:
            raise ExportError(f"input {target['name']!r} is given twice")
        if is_archive(path):
            value = _from_archive(path, graph, target)
        else:
            value, note = (sound_values if is_sound(path) else picture_values)(path, target, sizes)
            notes.append(note)
        values[target["name"]] = value
        for extent, size in zip(target["shape"], value.shape, strict=True):
            if isinstance(extent, str):
                sizes.setdefault(extent, size)
    rest: GraphFile = {**graph, "inputs": [value for value in graph["inputs"] if value["name"] not in values]}
    values.update(sample_inputs(rest, sizes, seed, bounds))
    return {value["name"]: values[value["name"]] for value in graph["inputs"]}, notes


def is_archive(path: Path) -> bool:
    """Return whether the name is that of a NumPy archive."""
    return path.suffix.lower() == ".npz"


def is_sound(path: Path) -> bool:
    """Return whether the name is that of a sound."""
    return path.suffix.lower() in (".wav", ".wave")


def _target(graph: GraphFile, name: str, path: Path) -> GraphInput:
    """Return the input that a file is for: the named one, the one that takes pictures, the only one."""
    inputs = graph["inputs"]
    names = ", ".join(value["name"] for value in inputs)
    if name:
        if found := next((value for value in inputs if value["name"] == name), None):
            return found
        raise ExportError(f"--input names input {name!r}; the inputs are {names}")
    likely = inputs
    if len(inputs) > 1:
        ranks = (1, 2, 3) if is_sound(path) else (4,)
        likely = [value for value in inputs if "image" in value and 4 in ranks] or [
            value
            for value in inputs
            if len(value["shape"]) in ranks and value["dtype"] in ("float32", "float16")
        ]
    if len(likely) != 1:
        raise ExportError(f"which input is {path.name} for? Say --input NAME={path}; the inputs are {names}")
    return likely[0]


def _from_archive(path: Path, graph: GraphFile, target: GraphInput) -> Array:
    with np.load(path, allow_pickle=False) as archive:
        if target["name"] not in archive.files:
            raise ExportError(f"{path} has no array {target['name']!r}")
    only: GraphFile = {**graph, "inputs": [target]}
    return load_inputs(path, only, partial=True)[target["name"]]
