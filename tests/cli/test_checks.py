"""The checks of `make check` find what they are there to find."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from command_support import REPOSITORY

COPIED = ("scripts", "exporter", "shaders", "webruntime/src", "tests/conformance")

needs_glslang = pytest.mark.skipif(
    shutil.which("glslangValidator") is None,
    reason="glslangValidator is missing: run scripts/setup_glslang.sh",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what the checks read, to spoil."""
    for folder in COPIED:
        ignored = shutil.ignore_patterns("__pycache__", ".mypy_cache")
        shutil.copytree(REPOSITORY / folder, tmp_path / folder, ignore=ignored)
    # Which keeps what it computes beside the repository that it lies in.
    (tmp_path / "tests/onnx_node_tests.py").symlink_to(REPOSITORY / "tests/onnx_node_tests.py")
    return tmp_path


def check(checkout: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the copy."""
    command = [sys.executable, f"scripts/{script}", *arguments]
    environment = {**os.environ, "PYTHONPATH": "exporter"}
    return subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, timeout=180, check=False
    )


@pytest.mark.parametrize(
    "script",
    [
        "lints/lint_imports.py",
        "lints/lint_circles.py",
        "lints/lint_runtime_names.py",
        "lints/lint_reasons.py",
        "generate_types.py",
    ],
)
def test_the_repository_passes(checkout: Path, script: str) -> None:
    finished = check(checkout, script, *(["--check"] if script == "generate_types.py" else []))
    assert finished.returncode == 0, finished.stderr


@pytest.mark.parametrize(
    ("path", "line", "fragment"),
    [
        (
            "exporter/texelflow/backends/webgl2/kernels/spoiled.py",
            "from texelflow.operators import relu",
            "know no operator",
        ),
        (
            "exporter/texelflow/backends/webgl2/plan/spoiled.py",
            "from ....operators import relu",
            "know no operator",
        ),
        ("exporter/texelflow/passes/spoiled.py", "import numpy as np", "does without"),
        ("exporter/texelflow/importers/spoiled.py", "def f():\n    import onnx.helper", "does without"),
        ("exporter/texelflow/graph/nodes.py", "import texelflow.passes.x", "imports only"),
        ("exporter/texelflow/pipeline/write_bundle.py", "from texelflow import cli", "command line"),
        ("exporter/texelflow/operators/spoiled.py", "import texelflow.checking.verify", "imports only"),
        ("webruntime/src/wait/spoiled.ts", 'import { x } from "../bundle/x";', "imports only nothing"),
        ("webruntime/src/api/spoiled.ts", "gl.flush();", "only backends use GL"),
        ("webruntime/src/bundle/spoiled.ts", 'import {\n  x,\n} from "../index";', "index.ts"),
        ("webruntime/src/bundle/spoiled.ts", 'import x from "lodash";', "no dependency"),
    ],
)
def test_wrong_imports_are_found(checkout: Path, path: str, line: str, fragment: str) -> None:
    with (checkout / path).open("a") as file:
        file.write(f"\n{line}\n")
    finished = check(checkout, "lints/lint_imports.py")
    assert finished.returncode == 1
    assert fragment in finished.stderr
    assert Path(path).name in finished.stderr


@pytest.mark.parametrize(
    ("low", "high", "line"),
    [
        (
            "exporter/texelflow/graph/nodes.py",
            "texelflow/passes/infer_types.py",
            "def f():\n    from texelflow.passes import infer_types",
        ),
        ("webruntime/src/graph/tensor.ts", "api/model.ts", 'import type { Model } from "../api/model.ts";'),
    ],
)
def test_imports_in_a_circle_are_found(checkout: Path, low: str, high: str, line: str) -> None:
    with (checkout / low).open("a") as file:
        file.write(f"\n{line}\n")
    finished = check(checkout, "lints/lint_circles.py")
    assert finished.returncode == 1
    assert low in finished.stderr
    assert high in finished.stderr


@pytest.mark.parametrize(
    ("path", "line", "reason"),
    [
        ("exporter/texelflow/spoiled.py", "import os  # noqa{}: F401", " -- a reason"),
        ("scripts/spoiled.py", "x: int = None  # type{}: ignore[assignment]", "  # a reason"),
        ("webruntime/src/spoiled.ts", "const x = y as{} unknown as Z;", ""),
    ],
)
def test_checkers_that_are_silenced_without_a_reason_are_found(
    checkout: Path, path: str, line: str, reason: str
) -> None:
    silencing = line.format("")
    reasoned = f"{silencing}{reason}" if reason else f"// a reason\n{silencing}"
    (checkout / path).write_text(f"{silencing}\n")
    finished = check(checkout, "lints/lint_reasons.py")
    assert finished.returncode == 1
    assert f"{path}:1" in finished.stderr
    (checkout / path).write_text(f"{reasoned}\n")
    assert check(checkout, "lints/lint_reasons.py").returncode == 0


@pytest.mark.parametrize(
    "line", ["// a Conv is drawn", "const kind = 'Not';", "class MatMul {}", "f(`Gather`);"]
)
def test_operator_names_are_found(checkout: Path, line: str) -> None:
    (checkout / "webruntime/src/spoiled.ts").write_text(f"\n{line}\n")
    finished = check(checkout, "lints/lint_runtime_names.py")
    assert finished.returncode == 1
    assert "spoiled.ts:2" in finished.stderr


def test_stale_types_are_found(checkout: Path) -> None:
    schema = checkout / "exporter/texelflow/bundle/graph.schema.json"
    schema.write_text(schema.read_text().replace('"const": 1, "description"', '"const": 2, "description"', 1))
    assert check(checkout, "generate_types.py", "--check").returncode == 1
    assert check(checkout, "generate_types.py").returncode == 0
    assert check(checkout, "generate_types.py", "--check").returncode == 0


def test_unknown_schema_keywords_are_refused(checkout: Path) -> None:
    schema = checkout / "exporter/texelflow/bundle/graph.schema.json"
    schema.write_text(schema.read_text().replace('"minItems": 1', '"uniqueItems": true', 1))
    finished = check(checkout, "generate_types.py")
    assert finished.returncode == 1
    assert "uniqueItems" in finished.stderr


@needs_glslang
def test_wrong_shaders_are_found(checkout: Path) -> None:
    with (checkout / "shaders/lib/kernel.glsl.j2").open("a") as template:
        template.write("\nint spoiled = 1.5;\n")
    (checkout / "shaders/unused.glsl.j2").write_text("{% extends 'lib/kernel.glsl.j2' %}\n")
    finished = check(checkout, "lints/lint_shaders.py")
    assert finished.returncode == 1
    assert "| int spoiled = 1.5;" in finished.stderr
    assert "no graph renders the template unused" in finished.stderr
