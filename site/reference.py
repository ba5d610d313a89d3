"""Writes the pages of the Python functions and of the command: `reference.py FOLDER`.

Griffe reads the functions' docstrings without importing them; the command describes itself.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import griffe

from texelflow.cli.commands import commands

EXPORTER = Path(__file__).resolve().parent.parent / "exporter"
SECTIONS = {"parameters": "Parameters", "attributes": "Fields", "raises": "Raises", "warns": "Warns"}


def main() -> None:
    """Write `python.md` and `command.md` into the folder that the command line names."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "python.md").write_text("\n".join(python_page()), encoding="utf-8")
    (folder / "command.md").write_text("\n".join(command_page()), encoding="utf-8")


def python_page() -> Iterator[str]:
    """Yield the lines of what `import texelflow` gives, and of what its functions return."""
    package = griffe.load("texelflow", search_paths=[str(EXPORTER)], docstring_parser="google")
    yield "# Python\n"
    yield from described(package)
    names = [name for name in package.exports or [] if not str(name).startswith("_")]
    for member in [package[str(name)] for name in names]:
        yield from member_section(resolved(member))
    for name in ("ImageOptions", "Summary", "DeviceNeeds", "Signature"):
        yield from member_section(resolved(package[f"pipeline.{name}"]))


def resolved(member: Any) -> Any:
    """Return what a name that was imported stands for."""
    return member.final_target if member.is_alias else member


def member_section(member: Any) -> Iterator[str]:
    """Yield a heading, the signature, and what the docstring says of a function or class."""
    yield f"## {member.name}\n"
    if member.is_function:
        yield f"```python\n{signature(member)}\n```\n"
    yield from described(member)
    fields = [field for field in member.attributes.values() if field.is_public] if member.is_class else []
    for field in fields:
        text = " ".join(field.docstring.value.split()) if field.docstring else ""
        kind = f"`{field.annotation}`" if field.annotation else ""
        yield f"- `{field.name}`: {kind}{'. ' if kind and text else ''}{text}"
    yield ""


def signature(function: Any) -> str:
    """Return how a function is called, a parameter a line."""
    lines, keywords = [], False
    for parameter in function.parameters:
        if parameter.kind is griffe.ParameterKind.keyword_only and not keywords:
            lines.append("*,")
            keywords = True
        default = "" if parameter.default is None else f" = {parameter.default}"
        lines.append(f"{parameter.name}: {parameter.annotation}{default},")
    body = "\n    ".join(lines)
    return f"{function.name}(\n    {body}\n) -> {function.returns}"


def described(member: Any) -> Iterator[str]:
    """Yield the parts of a docstring."""
    for section in member.docstring.parsed if member.docstring else []:
        if section.kind is griffe.DocstringSectionKind.text:
            yield f"{as_markdown(section.value)}\n"
        elif section.kind is griffe.DocstringSectionKind.returns:
            yield from (f"Returns: {' '.join(value.description.split())}\n" for value in section.value)
        else:
            yield f"**{SECTIONS[section.kind.value]}**\n"
            for entry in section.value:
                name = getattr(entry, "name", None) or entry.annotation
                yield f"- `{name}`: {' '.join(entry.description.split())}"
            yield ""


def as_markdown(text: str) -> str:
    """Return a text in which what is indented, code of Python, is fenced."""
    parts = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.splitlines()
        if all(line.startswith("    ") for line in lines):
            code = "\n".join(line[4:] for line in lines)
            paragraph = f"```python\n{code}\n```"
        parts.append(paragraph)
    return "\n\n".join(parts)


def command_page() -> Iterator[str]:
    """Yield the lines of what each command takes."""
    yield "# The command\n"
    yield f"{commands.help}\n"
    for name, command in sorted(commands.commands.items()):
        context = click.Context(command, info_name=f"texelflow {name}")
        yield f"## texelflow {name}\n"
        yield f"```\n{' '.join(command.get_usage(context).split()).removeprefix('Usage: ')}\n```\n"
        yield f"{escaped(' '.join((command.help or '').split()))}\n"
        yield "| option | |\n|---|---|"
        for parameter in command.get_params(context):
            row = parameter.get_help_record(context)
            if row is not None and isinstance(parameter, click.Option):
                option, text = (" ".join(part.split()) for part in row)
                yield f"| `{option.replace('|', chr(92) + '|')}` | {escaped(text)} |"
        yield ""


def escaped(text: str) -> str:
    """Return a text with what Markdown would take for its own as it is."""
    for character in "\\|<>[]*_`":
        text = text.replace(character, "\\" + character)
    return text


if __name__ == "__main__":
    main()
