"""Weights and constants of a program, by their names in the module."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from texelflow.graph import Value
from texelflow.importers.pytorch.archive import Archive
from texelflow.importers.pytorch.pickles import read_tensors
from texelflow.importers.pytorch.records import ProgramError, record, text
from texelflow.importers.pytorch.tensors import read_meta, stored_tensor

_PARTS = ("weights", "constants")
_LEGACY = ("serialized_state_dict.pt", "serialized_constants.pt")
"""Pickles, as PyTorch before 2.8 called them; 2.8 has them as `data/weights/model.pt`."""


class Weights:
    """The tensors of a program of an archive; each is looked at when it is asked for."""

    def __init__(self, archive: Archive, model: str, shown: str) -> None:
        self._archive = archive
        self._shown = shown
        self._values: dict[str, Value] = {}
        self._raw: dict[str, tuple[str, Mapping[str, Any]]] = {}
        if not any(name in archive for name in _LEGACY):
            if "byteorder" in archive and bytes(archive.read("byteorder")) != b"little":
                raise ProgramError(f"{shown} was written on a machine with another order of bytes")
            for part in _PARTS:
                self._add_part(part, model)
            return
        for name in _LEGACY:
            if name in archive and len(archive.read(name)):
                self._values.update(
                    read_tensors(Archive(archive.read(name), f"{shown}, {name}"), f"{shown}, {name}")
                )

    def find(self, name: str) -> Value:
        """Return a weight, the same value each time; raise ProgramError if there is none, or damage."""
        if name not in self._values:
            if name not in self._raw:
                raise ProgramError(f"weight {name!r} is not in the file: save the program anew")
            self._values[name] = self._read(name, *self._raw[name])
        return self._values[name]

    def _add_part(self, part: str, model: str) -> None:
        folder = f"data/{part}"
        configuration, pickled = f"{folder}/{model}_{part}_config.json", f"{folder}/{model}.pt"
        if configuration in self._archive:
            entries = record(self._archive.json(configuration).get("config"), configuration)
            for name, entry in entries.items():
                self._raw[name] = (folder, record(entry, f"the entry of weight {name!r}"))
        elif pickled in self._archive:
            shown = f"{self._shown}, {pickled}"
            self._values.update(read_tensors(Archive(self._archive.read(pickled), shown), shown))

    def _read(self, name: str, folder: str, entry: Mapping[str, Any]) -> Value:
        member = f"{folder}/{text(entry.get('path_name'), f'the place of weight {name!r}')}"
        if entry.get("tensor_meta") is None:
            raise ProgramError(f"{name!r} is an object of Python, which is not supported: only tensors are")
        if entry.get("use_pickle"):
            shown = f"{self._shown}, {member}"
            found = read_tensors(Archive(self._archive.read(member), shown), shown)
            if list(found) != [""]:
                raise ProgramError(f"{shown} is no tensor")
            found[""].name = name
            return found[""]
        meta = read_meta(entry["tensor_meta"], f"weight {name!r}")
        numbers = [
            *_numbers(meta.sizes, name),
            *_numbers(meta.strides, name),
            *_numbers((meta.offset,), name),
        ]
        rank = len(meta.sizes)
        sizes, strides, offset = numbers[:rank], numbers[rank:-1], numbers[-1]
        return stored_tensor(name, self._archive.read(member), meta.dtype, sizes, strides, offset)


def _numbers(extents: tuple[int | str, ...], name: str) -> Iterator[int]:
    for extent in extents:
        if not isinstance(extent, int):
            raise ProgramError(f"weight {name!r} has a size that is not fixed: {extent[:80]}")
        yield extent
