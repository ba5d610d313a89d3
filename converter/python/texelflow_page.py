"""What the worker of a page calls: from the files that a visitor handed over to the files of a bundle.

It runs under Pyodide, where nothing but the exporter, Jinja, protobuf and a part of the standard library is
installed, and under any Python, too.
"""

from __future__ import annotations

import json
import os
import shutil
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import texelflow
from texelflow.errors import Choice, DefectError, ExportError
from texelflow.importers import is_archive
from texelflow.pipeline import Summary
from texelflow.sources.contents import is_model, models_in

Progress = Callable[[str, float], None]

LISTED = 12
"""Most models that a message names."""

CHANNELS = (1, 3)
LEAST_SIDE = 8
"""What the channels of a picture may be, and its width and height at least."""
LARGEST_TEXT = 2**20
"""Bytes of a text that may be names of classes."""
MEMORY = ("past", "cache")
"""How the names of inputs begin that have what a language model remembers."""


def export(given: str, target: str, options: str, progress: Progress) -> str:
    """Turn the model among the files in the folder `given` into a bundle in the folder `target`.

    Args:
        given: the folder that has the files, nothing else.
        target: the folder to make; one that exists is replaced.
        options: arguments of `texelflow.export` by name, as JSON; `labels` are the lines themselves, and
            `usual_image` is the `image` of models that say none, but may take one picture, and `usual_states`
            are the `states` of language models with a tokenizer, and `usual_labels` tells to take those of a
            text beside the model that has as many lines as it has classes. `model` is which of the files to
            take, or which within the only one.
        progress: called with what is being done and the fraction done, from 0 to 1.

    Returns:
        JSON: `summary`, or `failure` with a `code`, a `message`, all `problems`, and as `choice` what there
        is to choose from, where that is all that is missing.
    """
    return _answer(lambda: {"summary": _export(Path(given), Path(target), json.loads(options), progress)})


def convert(given: str, target: str, options: str, progress: Progress) -> str:
    """Write the model among the files in the folder `given` as `model.onnx` in the folder `target`.

    Args:
        given: the folder that has the files, nothing else.
        target: the folder to make; one that exists is replaced.
        options: arguments of `texelflow.convert` by name, as JSON.
        progress: called with what is being done and the fraction done, from 0 to 1.

    Returns:
        JSON: `files`, the names of those written, or `failure` as `export` has it.
    """
    return _answer(lambda: {"files": _convert(Path(given), Path(target), json.loads(options), progress)})


def companions(given: str, name: str) -> str:
    """Return the paths of the files that the model's file `name` in `given` needs beside it.

    Returns:
        JSON: `companions`, or `failure` as `export` has it.
    """
    from texelflow.sources.companions import companions as needed

    return _answer(lambda: {"companions": needed(Path(given) / name, name)})


def _answer(work: Callable[[], dict[str, Any]]) -> str:
    try:
        answer = work()
    except ExportError as error:
        answer = _failure("model", error.message, error.problems, error.choice)
    except ValueError as error:
        answer = _failure("option", str(error))
    except MemoryError:
        answer = _failure("memory", "The model is too large for the memory that a page may have.")
    except DefectError as error:
        memory = isinstance(error.__cause__, MemoryError)
        answer = _failure("memory" if memory else "defect", str(error))
    except OSError as error:
        answer = _failure("model", str(error))
    except Exception as error:
        answer = _failure("defect", str(DefectError(error)))
    return json.dumps(answer)


def _failure(
    code: str, message: str, problems: list[str] | None = None, choice: Choice | None = None
) -> dict[str, Any]:
    failure: dict[str, Any] = {"code": code, "message": message, "problems": problems or [message]}
    if choice is not None:
        failure["choice"] = {"option": choice.option, "names": choice.names}
    return {"failure": failure}


def _export(given: Path, target: Path, options: dict[str, Any], progress: Progress) -> dict[str, Any]:
    shutil.rmtree(target, ignore_errors=True)
    lines = options.pop("labels", None)
    if lines is not None:
        labels = target.with_name("labels.txt")
        labels.write_text("\n".join(lines), encoding="utf-8")
        options["labels"] = labels
    model = options.pop("model", None)
    image, states, named = (options.pop(f"usual_{name}", None) for name in ("image", "states", "labels"))
    with _inside(given):
        source = chosen(given, model)
        summary, told = _told_export(source, target, progress, options)
        usual: dict[str, Any] = {}
        if image is not None and "image" not in options and _may_take_a_picture(summary, target):
            usual["image"] = image
        if states is not None and "states" not in options and _has_memory(summary):
            usual["states"] = states
        if named and "labels" not in options and (beside := _labels_beside(given, target)):
            usual["labels"] = beside
        if usual:
            # Where that is refused, the model takes numbers after all, and what was made of it is right.
            with suppress(ExportError):
                summary, told = _told_export(source, target, progress, {**options, **usual})
    return {**_summary_json(summary), "warnings": told}


def _convert(given: Path, target: Path, options: dict[str, Any], progress: Progress) -> list[str]:
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    model = options.pop("model", None)
    with _inside(given):
        written = texelflow.convert(chosen(given, model), target / "model.onnx", progress=progress, **options)
    return [path.name for path in written]


def _told_export(
    source: Path, target: Path, progress: Progress, options: dict[str, Any]
) -> tuple[Summary, list[str]]:
    """Return what `texelflow.export` returns, and of what it warns."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        summary = texelflow.export(source, target, force=True, progress=progress, **options)
    return summary, [str(warning.message) for warning in told]


def _may_take_a_picture(summary: Summary, bundle: Path) -> bool:
    """Return whether a model's only input is no picture yet, but has the shape of one.

    That is three channels, first or last, and sides of some pixels; or one channel, and sides that are alike,
    since sounds and their spectra have shapes like those of grey pictures.
    """
    inputs = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))["inputs"]
    if len(inputs) != 1 or "image" in inputs[0] or len(summary.inputs[0].shape) not in (3, 4):
        return False
    first, middle, last = summary.inputs[0].shape[-3:]
    sides = (middle, last) if first in CHANNELS else (first, middle) if last in CHANNELS else ()
    is_grey = 3 not in (first, last)
    kinds = {type(side) if isinstance(side, str) else side for side in sides}
    if is_grey and (len(summary.inputs[0].shape) != 4 or len(kinds) > 1):
        return False
    return bool(sides) and all(isinstance(side, str) or side >= LEAST_SIDE for side in sides)


def _labels_beside(given: Path, bundle: Path) -> Path | None:
    """Return the only text of as many lines as a model without labels has classes, beside it."""
    graph = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))
    shapes = [one["shape"] for one in graph["outputs"] if "labels" not in one.get("meaning", {})]
    counts = {shape[-1] for shape in shapes if 0 < len(shape) <= 2 and isinstance(shape[-1], int)}
    texts = [path for path in given.rglob("*.txt") if path.is_file() and path.stat().st_size < LARGEST_TEXT]
    found = [path for path in texts if _lines(path) in counts - {1} and len(shapes) == len(graph["outputs"])]
    return found[0] if len(found) == 1 else None


def _lines(text: Path) -> int:
    try:
        return len(text.read_text(encoding="utf-8").splitlines())
    except UnicodeDecodeError:
        return 0


def _has_memory(summary: Summary) -> bool:
    """Return whether a language model takes what it remembers as inputs, by the names of exporters."""
    names = (value.name for value in summary.inputs)
    return bool(summary.tokenizer) and any(name.startswith(MEMORY) for name in names)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Let paths be relative to a folder, so that messages name files as the visitor knows them."""
    former = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(former)


def chosen(given: Path, model: str | None = None) -> Path:
    """Return what is to be exported, relative to the folder of the files, which is the working directory.

    One file or folder is that. Of several files it is the only model, so that others may lie beside it.

    Args:
        given: the folder of the files.
        model: which of the models that `ExportError.choice` has named; None takes the only one.

    Raises:
        ExportError: there is no file, no model among several files, or more than one.
    """
    if model is not None:
        path = given / model
        if path.exists() and path.resolve().is_relative_to(given.resolve()):
            return Path(model)
        return Path(f"{chosen(given)}#{model}")
    names = sorted(path.name for path in given.iterdir() if not path.name.startswith("."))
    if not names:
        raise ExportError("there is no file")
    if len(names) == 1:
        return _within(given, Path(names[0]))
    models = [Path(name) for name in names if is_model(given / name)]
    if not models:
        if (found := models_in(given)) == [given]:
            return given
        models = [path.relative_to(given) for path in found]
    if len(models) == 1:
        return models[0]
    listed = ", ".join(map(str, models[:LISTED] or names[:LISTED]))
    if models:
        raise _several(models)
    raise ExportError(f"none of these files is a model that can be read: {listed}")


def _within(given: Path, only: Path) -> Path:
    """Return the only file or folder, or the only archive in a folder that is no model."""
    folder = given / only
    if not folder.is_dir() or is_model(folder):
        return only
    models = models_in(folder)
    if len(models) > 1:
        raise _several([path.relative_to(given) for path in models])
    archives = [] if models else [path for path in folder.rglob("*") if path.is_file() and is_archive(path)]
    return archives[0].relative_to(given) if len(archives) == 1 else only


def _several(models: list[Path]) -> ExportError:
    listed = ", ".join(map(str, models[:LISTED]))
    return ExportError(
        f"these are {len(models)} models ({listed}): choose one, with what belongs to it",
        choice=Choice("model", tuple(path.as_posix() for path in models)),
    )


def _summary_json(summary: Summary) -> dict[str, Any]:
    """Return what a page may want to say of a model; the names are those of TypeScript's `Summary`."""
    signatures = {
        kind: [{"name": one.name, "dtype": one.dtype, "shape": [*one.shape]} for one in listed]
        for kind, listed in (("inputs", summary.inputs), ("outputs", summary.outputs))
    }
    return {
        "name": summary.name,
        "format": summary.source_format,
        "operators": dict(summary.operators),
        **signatures,
        "parameters": summary.parameters,
        "downloadBytes": summary.download_bytes,
        "programs": summary.programs,
        "draws": summary.draws_run,
    }
