"""What the gallery shows: a file of `entries/` says of each entry what it is and where it comes from.

    title, about      what it is called, and what it does, in a sentence
    task              what the last step does, in the words of `texelflow/pipeline`
    takes             `picture`, `sound`, `bytes` or `text`: where its input comes from
    maker, licence, origin   whose work it is, under what licence, and the address where that is told
    bytes             what a visitor downloads, about
    photos            the files of `photos/` that it is shown with, by their names
    sounds            those of `sounds/`
    steps             one model, or two, of which the second looks closer at what the first found:
        model         the address of the model's file, with the version of its package
        sha256        of that file; another one is refused
        options       keyword arguments of `texelflow.export`
        network       the file of `networks/` that makes a model of that file, where it is none by itself
        tokenizer     of a model of texts, the address of its `tokenizer.json`, whatever it is called there
        labels        names of its classes, or the address of a file with one a line, or, in
                      JSON, with those of each class by its number
        meanings      what its outputs are, as `--meaning` says it
        crop          of a second step: how it is cut out, as `regionOf` of `texelflow/ends` takes it

A file of `photos/` or `sounds/` says of a sample: title, file (an address, or the name of one beside it),
sha256, credit, licence, origin; of a sound, between which of its seconds it is heard: `part`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

GALLERY = Path(__file__).resolve().parent
TASKS = {"picture", "sound", "bytes", "text"}
SAMPLES = ("photos", "sounds")
"""Folders of samples, and what an entry calls those that it is shown with."""

T = TypeVar("T")


class EntryError(Exception):
    """A file of the gallery does not say what it must; the message names it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A model of an entry."""

    model: str
    sha256: str
    meanings: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    labels: Sequence[str] | str = ()
    crop: Mapping[str, Any] | None = None
    network: str | None = None
    tokenizer: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What the gallery shows, by the name of its file."""

    name: str
    title: str
    about: str
    task: str
    takes: str
    maker: str
    licence: str
    origin: str
    bytes: int
    steps: Sequence[Step]
    photos: Sequence[str] = ()
    sounds: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture or a sound to try an entry on, by the name of its file."""

    name: str
    title: str
    file: str
    sha256: str
    credit: str
    licence: str
    origin: str
    part: Sequence[float] = ()

    @property
    def file_name(self) -> str:
        """What it is called beside the page."""
        return self.name + Path(self.file).suffix


def entries() -> list[Entry]:
    """Return the entries in the order of their names; raise EntryError where one does not say what it
    must.
    """
    return [_entry(path) for path in sorted((GALLERY / "entries").glob("*.json"))]


def samples(kind: str) -> dict[str, Sample]:
    """Return the samples of a folder, `photos` or `sounds`, by name; raise EntryError where one does not say
    what it must.
    """
    found = [_made(Sample, path, {"name": path.stem, **_read(path)}) for path in _files(kind)]
    return {sample.name: sample for sample in found}


def _files(folder: str) -> list[Path]:
    return sorted((GALLERY / folder).glob("*.json"))


def _entry(path: Path) -> Entry:
    content = {"name": path.stem, **_read(path)}
    steps = content.get("steps")
    if not isinstance(steps, list) or len(steps) not in (1, 2):
        raise EntryError(f"{path.name}: `steps` is one model or two")
    content["steps"] = [_made(Step, path, step) for step in steps]
    entry = _made(Entry, path, content)
    for step in entry.steps:
        if not re.match(r"(npm:@?[^@]+|pypi:[^@]+)@[^/@]+/.", step.model):
            raise EntryError(f"{path.name}: {step.model} names no package with version and file")
        if step.network is not None and not (GALLERY / "networks" / f"{step.network}.py").is_file():
            raise EntryError(f"{path.name}: there is no network {step.network}")
    for kind in SAMPLES:
        if missing := set(getattr(entry, kind)) - {sample.stem for sample in _files(kind)}:
            raise EntryError(f"{path.name}: {kind}/ has no {', '.join(sorted(missing))}")
    if entry.takes not in TASKS:
        raise EntryError(f"{path.name}: `takes` is one of {', '.join(sorted(TASKS))}")
    return entry


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EntryError(f"{path.name} is no JSON: {error}") from None
    if not isinstance(content, dict):
        raise EntryError(f"{path.name} is no object")
    return content


def _made(kind: type[T], path: Path, content: Mapping[str, Any]) -> T:
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]  # T is a dataclass, always
    if unknown := set(content) - set(known):
        raise EntryError(f"{path.name}: {', '.join(sorted(unknown))} is nothing that it may say")
    required = {
        name for name, item in known.items() if item.default is MISSING and item.default_factory is MISSING
    }
    if missing := required - set(content):
        raise EntryError(f"{path.name} does not say {', '.join(sorted(missing))}")
    return kind(**content)
