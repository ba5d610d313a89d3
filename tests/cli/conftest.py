"""Fixtures for the tests of the command line. See command_support.py for what they are made of."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_support import REPOSITORY, Result, RunCommand, make_classifier

COMMAND_SECONDS = 180


@pytest.fixture
def texelflow_command(tmp_path: Path) -> RunCommand:
    """Runs `texelflow` with the given arguments in `tmp_path`, as a process of its own."""

    def run(*arguments: object, **environment: str) -> Result:
        finished = subprocess.run(
            [sys.executable, "-m", "texelflow.cli", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(REPOSITORY / "exporter"), "COLUMNS": "200", **environment},
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        return Result(finished.returncode, finished.stdout, finished.stderr)

    return run


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    """The file of a small picture classifier."""
    return make_classifier(tmp_path / "classifier.onnx")
