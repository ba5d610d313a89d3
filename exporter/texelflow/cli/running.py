"""What the commands share: fetching the model, showing progress, reporting errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from texelflow.checking.packages import missing_package
from texelflow.cli import report
from texelflow.errors import DefectError, ExportError

if TYPE_CHECKING:
    from texelflow.sources import Opened


@contextmanager
def opened(
    source: str,
    offline: bool,
    input_shapes: Mapping[str, Sequence[int | str]],
    constants: Mapping[str, Sequence[float]] | None = None,
) -> Iterator[tuple[Opened, Callable[[str, float], None]]]:
    """Bring a model to this machine, with a progress bar that goes on in the block.

    Some models do not tell how they are called: the shapes and numbers of their inputs do.
    """
    from texelflow.sources import Examples, open_source

    examples = Examples(input_shapes, constants or {})
    with (
        progress_bar() as progress,
        open_source(source, offline=offline, progress=progress, examples=examples) as found,
    ):
        yield found, progress


@contextmanager
def reference(source: str | None, offline: bool, bundle: Path) -> Iterator[Any]:
    """Bring the model to compare a bundle with to this machine; yields its path, or None if there is none.

    A model that does not tell how it is called is called as the bundle is.
    """
    from texelflow.bundle.reader import read_graph
    from texelflow.checking.model_inputs import with_constants
    from texelflow.sources import Examples, open_source

    if source is None:
        yield None
        return
    graph = read_graph(bundle)
    shapes = {
        one["name"]: [extent for extent in one["shape"] if isinstance(extent, int | str)]
        for one in graph["inputs"]
    }
    fixed = {name: array.ravel().tolist() for name, array in with_constants(graph, {}).items()}
    examples = Examples(shapes, fixed)
    with ExitStack() as stack:
        with progress_bar() as progress:
            opened = open_source(source, offline=offline, progress=progress, examples=examples)
            found = stack.enter_context(opened)
        yield found.path


def bundle_folder(path: Path) -> Path | None:
    """Return the folder of the bundle that a path names; None if the path names a model, or nothing."""
    if path.name == "graph.json" and path.is_file():
        return path.parent
    if not path.is_dir():
        return None
    from texelflow.sources.contents import models_in

    return path if (path / "graph.json").exists() or not models_in(path) else None


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar on standard error, if that is a terminal; yields the function that moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=1.0)
        yield lambda description, fraction: progress.update(task, description=description, completed=fraction)


@contextmanager
def exit_on_error(as_json: bool) -> Iterator[None]:
    """Turn what goes wrong into one message and exit code 1.

    An exception that nobody foresaw is a defect of Texelflow: the message says where (see DefectError), and
    with the variable `TEXELFLOW_TRACEBACK` set it is raised as it is.
    """
    try:
        yield
    except (click.exceptions.Exit, click.Abort):
        raise
    except Exception as raised:
        if isinstance(raised, ExportError):
            error = raised
        elif isinstance(raised, OSError):
            error = ExportError(str(raised))
        elif isinstance(raised, ModuleNotFoundError) and (missing := missing_package(raised)):
            error = missing
        elif os.environ.get("TEXELFLOW_TRACEBACK"):
            raise
        else:
            error = ExportError(str(raised if isinstance(raised, DefectError) else DefectError(raised)))
        if as_json:
            report.print_json(report.error_json(error))
        report.print_error(error, Console(stderr=True))
        raise click.exceptions.Exit(1) from None
