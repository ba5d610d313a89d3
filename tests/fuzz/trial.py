"""One mutant through a whole export: an ExportError that names the file, or a bundle; nothing else."""

from __future__ import annotations

import json
import pickle
import random
import resource
import shutil
import signal
import struct
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import texelflow
from fuzz.damage import damaged_bytes
from fuzz.format import Files, Format, write
from fuzz.records import change
from texelflow.bundle.validation import violations

SECONDS = 5.0
"""Of the processor, for an export that takes milliseconds of an intact file."""

MEMORY = 768 * 2**20
"""Bytes that an export may ask for, beside what the interpreter and its libraries have."""

DEEPEST = 50_000
"""Of records; the exporter has Python's own limit."""

_NO_FILE = (ArithmeticError, AttributeError, LookupError, RecursionError, struct.error, TypeError, ValueError)
"""What is raised for records that no file can say."""


_STORED: dict[tuple[object, ...], bytes] = {}


@dataclass(frozen=True)
class Outcome:
    """How an export ended: `accepted`, `refused`, or else `failed`, with what is wrong."""

    end: str
    text: str = ""


class TooSlowError(BaseException):
    """Not an Exception, which the exporter might take for a fault of the model."""


def mutant(name: str, format_: Format, seeds: Sequence[Files], index: int) -> Files:
    """Return the files of a mutant: of odd ones records are changed, of the others bytes."""
    choose = random.Random(f"{name} {index}")
    seed = seeds[index // 2 % len(seeds)] if index < 2 * len(seeds) else choose.choice(seeds)
    if index % 2 == 0:
        spoiled = choose.choice(sorted(seed))
        return {**seed, spoiled: damaged_bytes(choose, seed[spoiled])}
    with _deep():
        stored = _decoded(name, format_, seed)
        while True:
            records = pickle.loads(stored)
            try:
                if format_.changes and choose.random() < 0.2:
                    choose.choice(format_.changes)(choose, records)
                else:
                    change(choose, records, format_.words())
                return format_.encode(records)
            except _NO_FILE:
                continue


def _decoded(name: str, format_: Format, seed: Files) -> bytes:
    """Return the records of a model, decoded once, so that each mutant has its own."""
    key = name, *sorted(seed.items())
    if key not in _STORED:
        _STORED[key] = pickle.dumps(format_.decode(seed))
    return _STORED[key]


@contextmanager
def _deep() -> Iterator[None]:
    former = sys.getrecursionlimit()
    sys.setrecursionlimit(DEEPEST)
    try:
        yield
    finally:
        sys.setrecursionlimit(former)


def export(files: Files, entry: str, folder: Path) -> Outcome:
    """Export the files of a model from an empty folder, which is empty afterwards."""
    source, target = folder / "model", folder / "bundle"
    write(source, files)
    try:
        outcome = _export(source / entry, target)
        left = sorted(path.name for path in folder.iterdir() if path not in (source, target))
        return Outcome("failed", f"it left {left} behind") if left else outcome
    finally:
        for path in folder.iterdir():
            shutil.rmtree(path, ignore_errors=True)


def _export(source: Path, target: Path) -> Outcome:
    try:
        with _time_limit():
            texelflow.export(source, target)
    except texelflow.ExportError as error:
        text = str(error)
        if str(source) not in text:
            return Outcome("failed", f"the refusal does not name {source.name}: {text[:500]}")
        if not error.problems or len(text) > 20_000:
            return Outcome("failed", f"the refusal has {len(text)} characters: {text[:500]}")
        return Outcome("refused", text)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt):
            raise
        return Outcome("failed", f"{type(error).__name__}: {str(error)[:700]}")
    return _judged(target)


def _judged(bundle: Path) -> Outcome:
    """Return whether what was written is a bundle that a page can read."""
    try:
        content = json.loads((bundle / "graph.json").read_text(encoding="utf-8"), parse_constant=_no_number)
    except ValueError as error:
        return Outcome("failed", f"graph.json: {error}")
    wrong = next(violations(content), None)
    return Outcome("failed", wrong) if wrong else Outcome("accepted")


def _no_number(text: str) -> Any:
    raise ValueError(f"it has {text}, which is no JSON")


@contextmanager
def _time_limit() -> Iterator[None]:
    def stop(_signal: int, _frame: object) -> None:
        raise TooSlowError(f"the export took more than {SECONDS:g} s")

    former = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


def limit_memory() -> None:
    """Let this process have `MEMORY` more than it has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
