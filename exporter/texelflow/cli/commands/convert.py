"""`texelflow convert`: a model to an ONNX file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from texelflow.cli import options, report
from texelflow.cli.running import exit_on_error, opened

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@click.argument("model", metavar="MODEL")
@click.option("--output", "-o", metavar="FILE", type=options.PATH, required=True, help="The .onnx to write.")
@options.input_shapes
@options.signature
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@options.offline
@options.as_json
def convert(
    model: str,
    output: Path,
    input_shapes: Mapping[str, list[int | str]],
    signature: str | None,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Write MODEL, of any format that can be read, as an ONNX file.

    Weights of more than 1 GiB are written beside it, to FILE.data.
    """
    with exit_on_error(as_json):
        from texelflow.conversion.convert import convert as convert_model

        with opened(model, offline, input_shapes) as (found, _progress):
            written = convert_model(found.path, output, input_shapes, signature=signature, force=force)
        files = [str(path) for path in written]
        if as_json:
            report.print_json({"files": files})
        else:
            print(f"wrote {' and '.join(files)}")
