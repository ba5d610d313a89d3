"""`texelflow verify`: a bundle compared with its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from texelflow.cli import options, report, verification_table
from texelflow.cli.group import commands
from texelflow.cli.running import exit_on_error, reference
from texelflow.options.arguments import parse_sizes, parse_tolerance

if TYPE_CHECKING:
    from texelflow.checking.verify import SizesVerification, Verification


@commands.command()
@options.bundle_folder
@click.option(
    "--against",
    metavar="MODEL",
    required=True,
    help="The model that it was made from, or its address: an .onnx file, or a .tflite one (which needs "
    "ai-edge-litert).",
)
@click.option("--layers", is_flag=True, help="Compare every intermediate value, too.")
@options.input_files
@options.dimensions
@click.option(
    "--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random values."
)
@options.parsed_option(
    "--tolerance",
    metavar="NUMBER",
    parse=parse_tolerance,
    help="Largest difference that passes, relative to the largest magnitude: 1e-4, or 5e-3 where 16 bits are "
    "in use, unless rounding of the operands explains more; integers must be equal.",
)
@click.option(
    "--sizes",
    metavar="auto|SIZES",
    help="Try several sizes of the free dimensions: a few of each, or each with each of those given, such as "
    "'batch=1,2;height=64,96'.",
)
@options.software
@options.offline
@options.as_json
def verify(
    bundle: Path,
    against: str,
    layers: bool,
    input_files: Sequence[tuple[str, Path]],
    dimensions: Mapping[str, int],
    seed: int,
    tolerance: float | None,
    sizes: str | None,
    software: bool,
    offline: bool,
    as_json: bool,
) -> None:
    """Run the bundle in headless Chromium and MODEL in ONNX Runtime or LiteRT, and compare their results."""
    trials = options.parse_option("--sizes", parse_sizes, sizes) if sizes is not None else None
    if layers and sizes is not None:
        raise click.BadParameter("--layers compares one size: use --dimension", param_hint="--sizes")
    with exit_on_error(as_json):
        result: Verification | SizesVerification
        from texelflow.checking.verify import verify as run_verification
        from texelflow.checking.verify import verify_sizes

        with reference(against, offline, bundle) as model:
            if sizes is not None:
                result = verify_sizes(
                    bundle,
                    model,
                    trials,
                    input_files=input_files,
                    dimensions=dimensions,
                    seed=seed,
                    tolerance=tolerance,
                    software=software,
                )
                show: Callable[[Any, Console], None] = verification_table.print_sizes
            else:
                result = run_verification(
                    bundle,
                    model,
                    layers=layers,
                    input_files=input_files,
                    dimensions=dimensions,
                    seed=seed,
                    tolerance=tolerance,
                    software=software,
                )
                show = verification_table.print_verification
        if as_json:
            report.print_json(result)
        else:
            show(result, report.output_console())
        report.print_warnings(verification_table.verification_warnings(result), Console(stderr=True))
        if not result.passed:
            raise click.exceptions.Exit(1)
