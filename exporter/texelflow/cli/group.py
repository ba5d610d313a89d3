"""The group of all commands, to which each module of `commands/` adds its own."""

from __future__ import annotations

import click

import texelflow


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, no_args_is_help=True)
@click.version_option(texelflow.__version__, message="%(prog)s %(version)s")
def commands() -> None:
    """Turn a trained model into static files that any web page runs on its visitor's GPU."""
