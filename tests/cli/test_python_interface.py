"""`import texelflow`: cheap to import, and the conversion needs neither NumPy nor the onnx package."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from command_support import REPOSITORY, make_classifier

import texelflow

BLOCKED_EXPORT = """
import sys
for name in ("numpy", "onnx", "onnxruntime", "click", "rich"):
    sys.modules[name] = None
import texelflow
summary = texelflow.export(sys.argv[1], sys.argv[2], image="imagenet")
print(summary.parameters)
"""
IMPORTS = """
import sys, texelflow
heavy = {"numpy", "onnx", "jinja2", "google.protobuf", "rich", "click", "asyncio"}
print(*sorted(heavy & set(sys.modules)))
"""


CORE_COMMANDS = """
import json, sys
from click.testing import CliRunner
from texelflow.checking.packages import PACKAGES
for name in PACKAGES:
    sys.modules[name] = None
from texelflow.cli.commands import commands
results = []
for arguments in json.loads(sys.argv[1]):
    result = CliRunner().invoke(commands, arguments)
    results.append([result.exit_code, result.output])
print(json.dumps(results))
"""


def run_python(code: str, *arguments: Path | str) -> str:
    """Return what the code prints in a Python of its own."""
    finished = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={"PYTHONPATH": str(REPOSITORY / "exporter")},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout.strip()


def test_import_is_cheap() -> None:
    assert run_python(IMPORTS) == ""


def test_export_with_numpy_and_onnx_blocked(classifier: Path, tmp_path: Path) -> None:
    assert run_python(BLOCKED_EXPORT, classifier, tmp_path / "bundle") == str(5 * 27 + 5 + 20 + 4)
    assert (tmp_path / "bundle" / "graph.json").is_file()


def test_only_verify_and_bench_need_the_extra(classifier: Path, tmp_path: Path) -> None:
    model, bundle, labels = str(classifier), str(tmp_path / "bundle"), tmp_path / "labels.txt"
    labels.write_text("a\nb\nc\nd\n", encoding="utf-8")
    given = ["--image", "imagenet"]
    done = [
        ["export", model, "-o", bundle, *given, "--labels", str(labels), "--json"],
        ["inspect", model, *given, "--json"],
        ["inspect", bundle],
        ["serve", "--help"],
    ]
    refused = [["verify", bundle, "--against", model], ["bench", bundle]]
    results = json.loads(run_python(CORE_COMMANDS, json.dumps([*done, *refused])))
    assert [code for code, _ in results] == [0] * len(done) + [1] * len(refused), results
    for _, output in results[len(done) :]:
        assert output == "error: this needs NumPy: pip install 'texelflow[verify]'\n"


def test_export_returns_the_summary_and_reports_progress(classifier: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, float]] = []
    summary = texelflow.export(
        classifier,
        tmp_path / "bundle",
        input_shapes={"picture": [2, 3, 8, 8]},
        weights="float16",
        progress=lambda description, fraction: steps.append((description, fraction)),
    )
    assert summary.operators["Conv"] == 1
    assert not summary.symbols
    fractions = [fraction for _, fraction in steps]
    assert fractions == sorted(fractions)
    assert 0 <= fractions[0] <= fractions[-1] <= 1
    assert all(description for description, _ in steps)


def test_float16_weights_are_half_the_size(classifier: Path) -> None:
    whole, half = (texelflow.inspect(classifier, weights=weights) for weights in ("float32", "float16"))
    assert half.weight_bytes < whole.weight_bytes


def test_weights_too_large_for_16_bits_are_told(tmp_path: Path) -> None:
    source = make_classifier(tmp_path / "large.onnx", scale=1e9)
    with pytest.warns(UserWarning, match="in weight 'matrix' exceed 65504"):
        texelflow.export(source, tmp_path / "half", weights="float16")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        texelflow.export(source, tmp_path / "full")


def test_errors(classifier: Path, tmp_path: Path) -> None:
    with pytest.raises(texelflow.ExportError, match=r"absent\.onnx") as caught:
        texelflow.inspect(tmp_path / "absent.onnx")
    assert caught.value.problems
    with pytest.raises(texelflow.ExportError, match="exists"):
        texelflow.export(classifier, tmp_path)
    with pytest.raises(ValueError, match="float16"):
        texelflow.inspect(classifier, weights="int2")


def test_error_text_shows_every_problem() -> None:
    error = texelflow.ExportError("two things are wrong", ["first", "second"])
    assert str(error) == "two things are wrong\n  - first\n  - second"
    assert texelflow.ExportError("one thing").problems == ["one thing"]
