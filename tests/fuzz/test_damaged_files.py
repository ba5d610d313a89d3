"""A share of the mutants of each format (`make fuzz` makes a thousand): ExportError or bundle, no more."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from fuzz.format import NAMES

RUNNER = Path(__file__).with_name("run.py")
MUTANTS = 100


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """What became of the mutants, by format: in a process of their own, which may end as it likes."""
    command = [sys.executable, str(RUNNER), "--json", "--mutants", str(MUTANTS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = [json.loads(line) for line in done.stdout.splitlines()]
    return {each["format"]: each for each in told}


@pytest.mark.parametrize("name", NAMES)
def test_mutants(name: str, results: dict[str, Any]) -> None:
    assert not results[name]["failures"], "\n".join(results[name]["failures"])
    ends = results[name]["ends"]
    assert ends["refused"] + ends["accepted"] == MUTANTS
    assert min(ends["refused"], ends["accepted"]) > MUTANTS / 20, ends
