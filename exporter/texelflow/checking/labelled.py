"""Labelled pictures and arrays, for `evaluate`.

Pictures lie in a folder for each class, or are listed in a CSV file, `file,class` in each line; arrays are in
an `.npz` file: one for each input, with an entry for each example along the first axis, and `labels`.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from texelflow.bundle.types import GraphFile
from texelflow.checking.input_files import make_inputs
from texelflow.checking.samples import Array, numpy_type
from texelflow.errors import ExportError

LIST_NAME = "labels.csv"
"""A list in the folder of its pictures."""

ARRAY_NAME = "labels"
"""The array of classes in an `.npz`."""

PICTURES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


@dataclass(frozen=True, slots=True)
class Example:
    """One example: what it is called, its class, and how its inputs are made."""

    name: str
    label: int
    inputs: Callable[[], dict[str, Array]]


def read_examples(data: Path, graph: GraphFile, names: Sequence[str]) -> list[Example]:
    """Return the examples in a folder, a CSV file or an `.npz`; `names` are those of the bundle's classes.

    A class is a number, as the output counts, or one of `names`. If these are empty, folders that are not
    called by numbers are classes in the order of their names.

    Raises:
        ExportError: there are none, or a file or class is not as described.
    """
    if data.suffix.lower() == ".npz" and data.is_file():
        return _arrays(data, graph)
    if data.is_file() and data.suffix.lower() in (".csv", ".tsv", ".txt"):
        labelled = list(_listed(data))
    elif (data / LIST_NAME).is_file():
        labelled = list(_listed(data / LIST_NAME))
    elif data.is_dir():
        labelled = list(_in_folders(data))
    else:
        raise ExportError(
            f"{data} is neither a folder with a folder of pictures for each class, nor a list {LIST_NAME} of "
            f"`file,class`, nor an .npz file"
        )
    if not labelled:
        raise ExportError(
            f"{data} has no pictures: put those of each class into a folder of their own, or list them in "
            f"{LIST_NAME}, `file,class` in each line"
        )
    numbers = _class_numbers(data, [label for _, label in labelled], names)

    def example(path: Path, label: str) -> Example:
        return Example(str(path), numbers[label], lambda: make_inputs(graph, [("", path)], {}, 0)[0])

    return [example(path, label) for path, label in labelled]


def _in_folders(data: Path) -> Iterator[tuple[Path, str]]:
    for folder in sorted(path for path in data.iterdir() if path.is_dir()):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in PICTURES and path.is_file():
                yield path, folder.name


def _listed(path: Path) -> Iterator[tuple[Path, str]]:
    """Yield files and classes of a list; a first line whose file does not exist is a heading."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"{path} cannot be read as a list of pictures: {error}") from None
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    for number, row in enumerate(csv.reader(text.splitlines(), delimiter=delimiter), 1):
        if not row:
            continue
        if len(row) != 2:
            raise ExportError(f"{path}, line {number}: `file,class` is expected, not {delimiter.join(row)!r}")
        file, label = path.parent / row[0].strip(), row[1].strip()
        if file.is_file():
            yield file, label
        elif number > 1:
            raise ExportError(
                f"{path}, line {number}: {file} does not exist; files are sought beside the list"
            )


def _class_numbers(data: Path, labels: Sequence[str], names: Sequence[str]) -> dict[str, int]:
    """Return the number of each class that occurs."""
    distinct = sorted(set(labels))
    if all(label.isascii() and label.isdigit() for label in distinct):
        return {label: int(label) for label in distinct}
    if not names:
        return {label: index for index, label in enumerate(distinct)}
    known = {name.strip().casefold(): index for index, name in reversed(list(enumerate(names)))}
    unknown = [label for label in distinct if label.casefold() not in known]
    if unknown:
        raise ExportError(
            f"{data}: {', '.join(map(repr, unknown[:5]))} {'is' if len(unknown) == 1 else 'are'} none of the "
            f"bundle's {len(names)} labels, such as {names[0]!r}: call classes so, or by their numbers"
        )
    return {label: known[label.casefold()] for label in distinct}


def _arrays(path: Path, graph: GraphFile) -> list[Example]:
    try:
        with np.load(path, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (OSError, ValueError, zipfile.BadZipFile, AttributeError) as error:
        raise ExportError(f"{path} is not an .npz file of arrays: {error}") from None
    labels = arrays.get(ARRAY_NAME)
    if labels is None or labels.dtype.kind not in "iu" or labels.ndim != 1 or not len(labels):
        raise ExportError(f"{path} has no array {ARRAY_NAME!r} of whole numbers, the class of each example")
    made: dict[str, Array] = {}
    for value in graph["inputs"]:
        name, shape = value["name"], value["shape"]
        array = arrays.get(name)
        if array is None or array.ndim not in (len(shape), len(shape) + 1) or len(array) != len(labels):
            got = "nothing" if array is None else f"an array of shape {list(array.shape)}"
            raise ExportError(
                f"{path} has {got} for input {name!r}: {len(labels)} examples along the first axis are "
                f"needed, each {value['dtype']}{shape}"
            )
        if not np.can_cast(array.dtype, numpy_type(value["dtype"]), "same_kind"):
            raise ExportError(
                f"{path}: input {name!r} is {array.dtype}, but the model takes {value['dtype']}"
            )
        if array.ndim == len(shape):
            if shape and shape[0] != 1 and not isinstance(shape[0], str):
                raise ExportError(
                    f"{path}: input {name!r} takes {shape[0]} examples at once; give them as one"
                )
            array = array[:, None]
        made[name] = array.astype(numpy_type(value["dtype"]))

    def example(index: int, label: int) -> Example:
        return Example(f"{path} [{index}]", label, lambda: {name: each[index] for name, each in made.items()})

    return [example(index, int(label)) for index, label in enumerate(labels)]
