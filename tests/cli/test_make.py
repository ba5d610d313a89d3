"""Every target of the Makefile can be made: what it needs is there, or is said how to make."""

from __future__ import annotations

import re
import subprocess

import pytest

from browser_support import REPOSITORY

MAKEFILE = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
TARGETS = re.findall(r"[\w-]+", MAKEFILE.partition(".PHONY:")[2].partition(".DELETE_ON_ERROR")[0])


@pytest.mark.parametrize("target", TARGETS)
def test_what_a_target_needs_is_known(target: str) -> None:
    """As if nothing was made: only then is all that is needed looked for."""
    run = subprocess.run(
        ["make", "--dry-run", "--always-make", target],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_head_of_the_file_names_what_a_reader_may_want() -> None:
    head = "\n".join(line for line in MAKEFILE.splitlines() if line.startswith("# make "))
    told = set(re.findall(r"make ([\w-]+)", head))
    assert {"demo", "test", "check", "setup"} <= told <= set(TARGETS)


def test_help_names_every_target() -> None:
    run = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert [target for target in TARGETS if f"make {target} " not in run.stdout] == []
