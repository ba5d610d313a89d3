"""`texelflow evaluate`: a bundle on labelled data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from texelflow.cli import options, report
from texelflow.cli.running import exit_on_error, reference

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@options.bundle_folder
@click.argument("data", metavar="DATA", type=options.PATH)
@click.option(
    "--against", metavar="MODEL", help="The .onnx file that it was made from, or its address, to compare."
)
@click.option("--output", metavar="NAME", help="The output with a score for each class.")
@options.signature
@options.software
@options.offline
@options.as_json
def evaluate(
    bundle: Path,
    data: Path,
    against: str | None,
    output: str | None,
    signature: str | None,
    software: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Say how often the bundle is right on labelled DATA: a folder of pictures for each class, or with
    labels.csv, a CSV file of `file,class`, or an .npz with an array for each input and `labels`.
    """
    with exit_on_error(as_json):
        from texelflow.checking.evaluate import evaluate as run_evaluation
        from texelflow.cli.accuracy_table import print_evaluation

        with reference(against, offline, bundle) as model:
            result = run_evaluation(
                bundle, data, model=model, output=output, signature=signature, software=software
            )
        report.print_json(result) if as_json else print_evaluation(result, report.output_console())
