"""`texelflow serve`: a folder served to browsers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from texelflow.cli import options
from texelflow.cli.running import exit_on_error

if TYPE_CHECKING:
    pass
from texelflow.cli.group import commands


@commands.command()
@click.argument("directory", metavar="DIR", type=options.PATH)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    help="0 takes any that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen at; 0.0.0.0 for the whole network.",
)
@click.option("--https", is_flag=True, help="Use a self-made certificate: phones need HTTPS for the camera.")
def serve(directory: Path, port: int, host: str, https: bool) -> None:
    """Serve DIR, a bundle or a folder with index.html, to browsers until interrupted."""
    from texelflow.checking.serve import StaticServer, folder_mounts, serve_until_interrupted

    with exit_on_error(False), StaticServer(folder_mounts(directory), host, port) as server:
        serve_until_interrupted(server, directory, host, https)
