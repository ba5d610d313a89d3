"""`texelflow runtime`: the scripts of pages, written to a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from texelflow.cli import options, report
from texelflow.cli.running import exit_on_error

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@click.argument("directory", metavar="DIR", type=options.PATH)
@click.option("--force", is_flag=True, help="Replace scripts of another version.")
@options.as_json
def runtime(directory: Path, force: bool, as_json: bool) -> None:
    """Write the scripts that pages run bundles with into DIR: texelflow.js, and those beside it."""
    with exit_on_error(as_json):
        from texelflow.cli.runtime_scripts import write_runtime

        written = write_runtime(directory, force)
        if as_json:
            report.print_json({"files": [str(path) for path in written]})
        else:
            print(f"wrote {directory / 'texelflow.js'} and {len(written) - 1} scripts that it may load")
