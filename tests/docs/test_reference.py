"""The references name all that there is, functions and options (site/reference.py), and codes of errors."""

from __future__ import annotations

import re
import sys

import click
from documents import DOCUMENTS

import texelflow
from browser_support import REPOSITORY
from texelflow.cli.commands import commands

sys.path.append(str(REPOSITORY / "site"))

from reference import command_page, python_page


def test_python() -> None:
    """Each function says what its parameters are, or that they are those of another one."""
    page = "\n".join(python_page())
    sections = {section.partition("\n")[0]: section for section in page.split("\n## ")[1:]}
    assert {name for name in texelflow.__all__ if not name.startswith("_")} <= sections.keys()
    for name in ("export", "convert"):
        for parameter in texelflow.__dict__[name].__annotations__.keys() - {"return"}:
            assert f"\n- `{parameter}`: " in sections[name], (name, parameter)
    assert "- `download_bytes`: `int`" in sections["Summary"]


def test_commands() -> None:
    page = "\n".join(command_page())
    sections = {section.partition("\n")[0]: section for section in page.split("\n## ")[1:]}
    assert sections.keys() == {f"texelflow {name}" for name in commands.commands}
    for name, command in commands.commands.items():
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert f"| `{', '.join(sorted(parameter.opts, key=len))}" in sections[f"texelflow {name}"], (
                    parameter
                )


def test_the_guide_of_the_command_has_every_option() -> None:
    guide = (REPOSITORY / "docs" / "command.md").read_text(encoding="utf-8")
    for name, command in commands.commands.items():
        for options in options_of(command):
            assert any(re.search(rf"`[^`]*(?<![\w-]){option}\b", guide) for option in options), (
                name,
                options,
            )


def test_there_are_the_options_that_documents_name() -> None:
    """Of the command, or of a script of the repository."""
    scripts = (*REPOSITORY.glob("benchmark/*.py"), *REPOSITORY.glob("tests/fuzz/*.py"))
    known = set(re.findall(r'"(--[a-z-]+)"', "".join(path.read_text(encoding="utf-8") for path in scripts)))
    for command in (commands, *commands.commands.values()):
        known |= {"--help", *(option for options in options_of(command) for option in options)}
    for document in DOCUMENTS:
        text = re.sub(r"<!--.*?-->", "", document.read_text(encoding="utf-8"))
        said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))
        assert said <= known, (document.name, said - known)


def options_of(command: click.Command) -> list[list[str]]:
    """Return the names of each option."""
    return [
        list(each.opts) for each in command.params if isinstance(each, click.Option) and each.name != "help"
    ]


def test_every_option_of_the_page_says_what_it_is() -> None:
    """The reference of JavaScript is made of these comments."""
    count = 0
    for path in (REPOSITORY / "dist").glob("*.d.ts"):
        text = path.read_text(encoding="utf-8")
        exported = set(
            re.findall(
                r"\w+", "".join(re.findall(r"^export (?:type )?\{(.*?)\}", text, re.MULTILINE | re.DOTALL))
            )
        )
        for name, body in re.findall(
            r"^interface (\w*Options)\b[^{]*\{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL
        ):
            lines = body.splitlines()
            for before, line in zip(["", *lines], lines, strict=False):
                member = re.match(r"    (?:readonly )?(\w+)\??:", line)
                if member and name in exported:
                    assert before.strip().endswith("*/"), f"{path.name}: {name}.{member[1]}"
                    count += 1
    assert count >= 40


def test_every_code_of_an_error_has_a_row() -> None:
    """Of the runtime, and of the exporter for pages; and each kind of exception of Python is named."""
    guide = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([\w-]+)` \|", guide, re.MULTILINE))
    codes: set[str] = set()
    for path, name in (
        ("webruntime/src/errors.ts", "ErrorCode"),
        ("converter/src/messages.ts", "FailureCode"),
    ):
        union = re.search(rf"type {name} =(.*?);", (REPOSITORY / path).read_text(encoding="utf-8"), re.DOTALL)
        assert union is not None
        found = set(re.findall(r'"([\w-]+)"', union[1]))
        assert len(found) >= 6
        codes |= found
    assert rows == codes
    for name in texelflow.__all__:
        if isinstance(getattr(texelflow, name), type):
            assert f"`{name}`" in guide, name
