"""`texelflow convert`: files, exit codes, machine-readable output."""

from __future__ import annotations

from pathlib import Path

import onnx
from command_support import RunCommand


def test_convert_writes_an_onnx_file(texelflow_command: RunCommand, classifier: Path) -> None:
    target = classifier.with_name("converted.onnx")
    finished = texelflow_command("convert", classifier, "-o", target, "--json")
    assert finished.code == 0
    assert finished.json == {"files": [str(target)]}
    onnx.checker.check_model(target)
    written = target.read_bytes()
    texelflow_command("convert", classifier, "-o", target).assert_one_error("exists", "--force")
    assert target.read_bytes() == written
    assert texelflow_command("convert", classifier, "-o", target, "--force").code == 0
    assert target.read_bytes() == written


def test_convert_refuses_what_is_not_a_model(texelflow_command: RunCommand, tmp_path: Path) -> None:
    model = tmp_path / "model.onnx"
    model.write_bytes(b"this is no model\n" * 20)
    texelflow_command("convert", model, "-o", tmp_path / "new.onnx").assert_one_error("model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["model.onnx"]
