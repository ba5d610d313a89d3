"""`texelflow inspect`: what a model or a bundle is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from texelflow.cli import options, report
from texelflow.cli.running import bundle_folder, exit_on_error, opened
from texelflow.options import ImageOptions, Options

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@click.argument("source", metavar="MODEL|DIR")
@options.weights
@options.input_shapes
@options.constants
@options.states
@options.last
@options.top_k
@options.signature
@options.image
@options.offline
@options.as_json
def inspect(
    source: str,
    weights: str,
    input_shapes: Mapping[str, list[int | str]],
    constants: Mapping[str, list[float]],
    states: Mapping[str, str],
    last: Sequence[str],
    top_k: Mapping[str, int],
    signature: str | None,
    image: ImageOptions | None,
    offline: bool,
    as_json: bool,
) -> None:
    """Say what `export` would say of MODEL, or every reason why it cannot, without writing; or describe the
    bundle in DIR.
    """
    with exit_on_error(as_json):
        if (folder := bundle_folder(Path(source))) is not None:
            from texelflow.bundle.reader import read_graph

            facts = report.bundle_facts(read_graph(folder))
            report.print_json(facts) if as_json else report.print_bundle(facts, report.output_console())
        else:
            from texelflow.pipeline import build

            wanted = Options(
                weights,
                input_shapes,
                image,
                constants=constants,
                states=states,
                signature=signature,
                last=last,
                top_k=top_k,
            )
            with opened(source, offline, input_shapes, constants) as (found, progress):
                summary = build(found.path, wanted, progress, found.origin).summary
            report.print_warnings(summary.warnings, Console(stderr=True))
            report.print_json(summary) if as_json else report.print_summary(summary, report.output_console())
