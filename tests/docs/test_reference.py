"""The reference of Python and of the command names all that there is (site/reference.py)."""

from __future__ import annotations

import sys

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
