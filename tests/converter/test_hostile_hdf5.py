"""HDF5 files that ask for more than a page has: its reader refuses them at once, as the native one does."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from converter_support import REPOSITORY, converted
from playwright.sync_api import Page

sys.path.append(str(REPOSITORY / "tests" / "importers" / "tensorflow_files"))

from fuzz.hostile import keras

LONGEST = 30.0
"""Seconds of a refusal, on a machine that does other work."""


def trees(path: Path, kind: int) -> list[int]:
    """The places of nodes of B-trees: of groups (0), or of the parts of arrays (1)."""
    data = path.read_bytes()
    found, at = [], data.find(b"TREE")
    while at >= 0:
        found += [at] if data[at + 4] == kind and data[at + 6 : at + 8] != b"\0\0" else []
        at = data.find(b"TREE", at + 1)
    return found


def damaged_trees(kind: int, key: int) -> Callable[[Path], Path]:
    """Let the first node of each tree have itself, or one below many times, as what is below it."""

    def write(folder: Path) -> Path:
        def change(file: object) -> None:
            group, name = keras.first_array(file)
            data = group[name][()]
            del group[name]
            group.create_dataset(name, data=data, chunks=data.shape, compression="gzip")

        path = keras.hdf5(folder, change)
        data = bytearray(path.read_bytes())
        for at in trees(path, kind):
            data[at + 5], data[at + 6 : at + 8] = 30, b"\2\0"
            for index in range(2):
                place = at + 24 + key + index * (key + 8)
                data[place : place + 8] = at.to_bytes(8, "little")
        path.write_bytes(data)
        return path

    return write


def parts_that_are_missing(folder: Path) -> Path:
    """An array of which parts are not stored, whose elements would be no numbers."""

    def change(file: object) -> None:
        group, name = keras.first_array(file)
        shape = group[name].shape
        del group[name]
        group.create_dataset(name, shape=shape, dtype="f4", chunks=shape)

    return keras.hdf5(folder, change)


HOSTILE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "array_of_nothing": (keras.array_of_nothing, "cannot be read"),
    "chunk_that_unpacks": (keras.chunk_that_unpacks, "unpacks to more than 404 bytes"),
    "groups_in_themselves": (keras.groups_in_themselves, "nested too deeply, or too many"),
    "tree_of_parts": (damaged_trees(1, 24), "a tree in it is damaged"),
    "tree_of_a_group": (damaged_trees(0, 8), "it is no HDF5 file, or is damaged"),
    "parts_that_are_missing": (parts_that_are_missing, "cannot be read"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files(name: str, converter_page: Page, tmp_path: Path) -> None:
    write, says = HOSTILE[name]
    source = write(tmp_path)
    start = time.monotonic()
    answer = converted(converter_page, source)
    assert says in answer["message"]
    assert time.monotonic() - start < LONGEST
