"""`texelflow bench`: a bundle timed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from texelflow.cli import options, report
from texelflow.cli.running import exit_on_error

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@options.bundle_folder
@click.option(
    "--runs", type=click.IntRange(min=1), default=20, show_default=True, help="Runs that are timed."
)
@click.option("--warm-up", type=click.IntRange(min=1), default=3, show_default=True, help="Runs before them.")
@options.input_files
@options.dimensions
@options.software
@click.option("--profile", is_flag=True, help="Time each draw of a run, too.")
@click.option(
    "--trace",
    metavar="FILE",
    type=options.PATH,
    help="Write the profile as a trace for chrome://tracing or Perfetto.",
)
@options.as_json
def bench(
    bundle: Path,
    runs: int,
    warm_up: int,
    input_files: Sequence[tuple[str, Path]],
    dimensions: Mapping[str, int],
    software: bool,
    profile: bool,
    trace: Path | None,
    as_json: bool,
) -> None:
    """Time the bundle in headless Chromium: loading, first result, runs, draws."""
    with exit_on_error(as_json):
        from texelflow.checking.benchmark import benchmark
        from texelflow.cli.profile_table import print_profile

        result = benchmark(
            bundle,
            runs=runs,
            warm_up=warm_up,
            input_files=input_files,
            dimensions=dimensions,
            software=software,
            profile=profile,
            trace=trace,
        )
        if as_json:
            report.print_json(result)
        else:
            report.print_benchmark(result, report.output_console())
            if profile and result.profile:
                print_profile(result.profile, report.output_console())
