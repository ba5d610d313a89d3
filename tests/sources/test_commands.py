"""Addresses where a model is asked for: on the command line and in Python."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from small_models import model_bytes
from source_server import Served, SourceServer

import texelflow
from texelflow.cli.commands import commands

MODEL = model_bytes()
LOCAL = """
import sys, texelflow
texelflow.export(sys.argv[1], sys.argv[2])
heavy = {"urllib.request", "http.client", "ssl", "tarfile", "huggingface_hub", "kagglehub", "skl2onnx"}
print(*sorted({name for name in heavy & set(sys.modules)}))
"""


@pytest.fixture
def address(server: SourceServer) -> str:
    """Of a model, with secrets."""
    server.files["/nets/net.onnx"] = Served(MODEL, login="Basic bWU6c2VjcmV0")
    return f"{server.url.replace('//', '//me:secret@')}/nets/net.onnx?token=hidden"


def run(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(commands, [str(argument) for argument in arguments])
    assert result.exit_code == code, result.output
    assert "secret" not in result.output and "hidden" not in result.output
    return result.output


def test_commands_take_addresses(address: str, server: SourceServer, tmp_path: Path) -> None:
    bundle = tmp_path / "bundle"
    run("export", address, "-o", bundle)
    text = (bundle / "graph.json").read_text()
    provenance = json.loads(text)["provenance"]
    assert provenance["source"] == f"{server.url}/nets/net.onnx"
    assert "secret" not in text and "hidden" not in text
    assert json.loads(text)["name"] == "net"
    asked = len(server.asked)
    summary = json.loads(run("inspect", address, "--offline", "--json"))
    assert summary["parameters"] == 600
    run("convert", address, "--offline", "-o", tmp_path / "again.onnx")
    assert len(server.asked) == asked


def test_commands_refuse_without_secrets(address: str, server: SourceServer, tmp_path: Path) -> None:
    said = run("export", address, "--offline", "-o", tmp_path / "bundle", code=1)
    assert "is not in the cache" in said
    server.files["/nets/net.onnx"].body = MODEL[:100]
    said = run("inspect", address, code=1)
    assert f"{server.url}/nets/net.onnx is not an ONNX model" in said
    server.files["/nets/net.onnx"].login = "other"
    run("convert", address, "-o", tmp_path / "again.onnx", code=1)
    run("verify", tmp_path, "--against", address, code=1)
    run("verify", tmp_path, "--against", address, "--offline", code=1)
    run("evaluate", tmp_path, tmp_path, "--against", address, code=1)


def test_python_takes_addresses(address: str, server: SourceServer, tmp_path: Path) -> None:
    told: list[str] = []
    summary = texelflow.inspect(address, progress=lambda text, _fraction: told.append(text))
    assert summary.parameters == 600 and told[0].startswith("downloading net.onnx")
    texelflow.export(address, tmp_path / "bundle", offline=True)
    assert texelflow.convert(address, tmp_path / "again.onnx", offline=True)[0].is_file()
    assert len(server.asked) == 1


def test_inspect_tells_bundles_from_models(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "net.onnx").write_bytes(MODEL)
    assert json.loads(run("inspect", tmp_path / "net", "--json"))["parameters"] == 600
    run("export", tmp_path / "net", "-o", tmp_path / "bundle")
    for path in (tmp_path / "bundle", tmp_path / "bundle" / "graph.json"):
        assert "formatVersion" in run("inspect", path, "--json")


def test_paths_load_nothing_that_fetches(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(MODEL)
    root = Path(__file__).resolve().parents[2]
    finished = subprocess.run(
        [sys.executable, "-c", LOCAL, str(tmp_path / "net.onnx"), str(tmp_path / "bundle")],
        env={"PYTHONPATH": str(root / "exporter")},
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert finished.stdout.split() == []
