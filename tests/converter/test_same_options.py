"""The same options wherever a model is exported or converted: by the command, in Python, in a page."""

from __future__ import annotations

import inspect
import re

import click
import pytest

import texelflow
from browser_support import REPOSITORY
from texelflow.cli.commands import commands

MESSAGES = (REPOSITORY / "converter" / "src" / "messages.ts").read_text(encoding="utf-8")

ELSEWHERE = {"source", "directory", "target", "force", "offline", "progress"}
"""What is no option of a conversion: where the model is, where the result goes, how to follow it."""
OBJECTS = {"example_inputs", "dynamic_shapes"}
"""What only live objects of Python need."""
ARGUMENTS = {"model", "output", "as_json", *ELSEWHERE}
"""The same of the command."""

IN_PAGES = {"usual_image", "usual_labels", "usual_states", "model"}
"""What only pages ask for: a guess where nothing is said, and which of the files is the model. Others give
its path, or write `#NAME` behind that of the archive.
"""


def of_python(function: str) -> set[str]:
    return set(inspect.signature(getattr(texelflow, function)).parameters) - ELSEWHERE - OBJECTS


def of_command(name: str) -> set[str]:
    command = commands.get_command(click.Context(commands), name)
    assert command is not None
    return {str(parameter.name) for parameter in command.params} - ARGUMENTS


def of_page(interface: str) -> set[str]:
    """The properties of an interface, or those that a `Pick` of one names, as Python writes them."""
    picked = re.search(rf"type {interface} = Pick<\w+, ([^>]+)>", MESSAGES)
    body = re.search(rf"interface {interface} {{\n(.*?)\n}}", MESSAGES, re.DOTALL)
    if picked:
        names = re.findall(r'"(\w+)"', picked[1])
    else:
        assert body is not None
        names = re.findall(r"^  (\w+)\?: ", body[1], re.MULTILINE)
    assert names
    return {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in names}


@pytest.mark.parametrize(("function", "interface"), [("export", "ExportOptions"), ("convert", "OnnxOptions")])
def test_options(function: str, interface: str) -> None:
    in_page = of_page(interface) - IN_PAGES
    assert in_page == of_python(function) == of_command(function)
