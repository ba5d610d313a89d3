"""Hugging Face and Kaggle, by their own libraries, against a server that speaks their protocols.

The libraries read their settings when they are imported: each test runs a process of its own.
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from registries import put_repository
from small_models import make_model, model_bytes
from source_server import Served, SourceServer

from texelflow.errors import ExportError
from texelflow.sources import open_source

ROOT = Path(__file__).resolve().parents[2]
TRY_EACH = """
import json, sys
from texelflow.errors import ExportError
from texelflow.sources import open_source
results = []
for address, offline in json.loads(sys.argv[1]):
    told = []
    try:
        with open_source(address, offline=offline, progress=lambda *one: told.append(one)) as opened:
            folder = opened.path if opened.path.is_dir() else opened.path.parent
            files = {path.relative_to(folder).as_posix(): len(path.read_bytes())
                     for path in folder.rglob("*") if path.is_file()}
            results.append([opened.path.name, files, opened.origin, len(told)])
    except ExportError as error:
        results.append(str(error))
print(json.dumps(results))
"""


def try_each(tmp_path: Path, addresses: list[tuple[str, bool]], **environment: str) -> tuple[list[Any], str]:
    """Return what each address gives, with what the process says besides."""
    finished = subprocess.run(
        [sys.executable, "-c", TRY_EACH, json.dumps(addresses)],
        env={
            "PYTHONPATH": str(ROOT / "exporter"),
            "HOME": str(tmp_path / "home"),
            "TEXELFLOW_CACHE": str(tmp_path / "cache"),
            "HF_HUB_DISABLE_TELEMETRY": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return json.loads(finished.stdout.splitlines()[-1]), finished.stdout + finished.stderr


def needs(module: str) -> pytest.MarkDecorator:
    is_missing = importlib.util.find_spec(module) is None
    return pytest.mark.skipif(is_missing, reason=f"{module} is not installed: pip install 'texelflow[hub]'")


@needs("huggingface_hub")
def test_hugging_face(server: SourceServer, tmp_path: Path) -> None:
    external, data = make_model(location="model.onnx_data")
    index = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    put_repository(
        server,
        "org/net",
        {
            "1_Pooling/config.json": b"{ }",
            "config.json": b"{}",
            "modules.json": b"[]",
            "onnx/model.onnx": external.SerializeToString(),
            "onnx/model.onnx_data": data,
            "onnx/other.onnx": b"not asked for",
            "preprocessor_config.json": b"{}",
            "readme.md": b"",
            "tokenizer.json": b"{}",
        },
        login="Bearer hf_secretsecret",
    )
    put_repository(
        server,
        "org/language",
        {
            "config.json": b"{}",
            "consolidated.safetensors": b"not asked for",
            "model-1.safetensors": b"1",
            "model-2.safetensors": b"22",
            "model.safetensors.index.json": json.dumps(index).encode(),
            "tokenizer.json": b"{}",
        },
    )
    put_repository(server, "org/saved", {"tf/saved_model.pb": b"1", "tf/variables/variables.index": b"22"})
    server.files["/api/models/org/unknown"] = Served(status=404, headers={"X-Error-Code": "RepoNotFound"})
    addresses = [
        ("hf://org/net/onnx/model.onnx", True),
        ("hf://org/net/onnx/model.onnx", False),
        ("hf://org/net@main/onnx/model.onnx", True),
        ("hf://org/language@v1", False),
        ("hf://org/language@v1", True),
        ("hf://org/saved/tf", False),
        ("hf://org/net/gone.onnx", False),
        ("hf://org/unknown/net.onnx", False),
        ("hf://org/net", False),
        ("hf://datasets/org/net.onnx", False),
        ("hf://org/saved/tf/saved_model.pb", False),
        ("hf://org/top", False),
    ]
    put_repository(server, "org/top", {"saved_model.pb": b"1", "variables/v.index": b"22", "big.bin": b"no"})
    token = {"HF_ENDPOINT": server.url, "HF_HOME": str(tmp_path / "hf"), "HF_TOKEN": "hf_secretsecret"}
    results, said = try_each(tmp_path, addresses, **token)
    files = {
        "1_Pooling/config.json": 3,
        "config.json": 2,
        "modules.json": 2,
        "model.onnx": external.ByteSize(),
        "model.onnx_data": len(data),
        "preprocessor_config.json": 2,
        "tokenizer.json": 2,
    }
    assert "is not in the cache of huggingface_hub" in results[0]
    assert results[1][:3] == ["model.onnx", files, "hf://org/net/onnx/model.onnx"]
    assert results[1][3] > 0  # progress was told
    assert results[2][:2] == ["model.onnx", files]
    weights = {"config.json": 2, "model-1.safetensors": 1, "model-2.safetensors": 2, "tokenizer.json": 2}
    assert results[3][:3] == ["language", weights, "hf://org/language@v1"]
    assert results[4][:2] == ["language", weights]
    assert results[5][1] == {"saved_model.pb": 1, "variables/variables.index": 2}
    assert "does not exist: the repository has 1_Pooling/config.json, config.json" in results[6]
    assert "does not exist, or is not yours: then set HF_TOKEN" in results[7]
    assert "names no file of a model: the repository has onnx/model.onnx, onnx/other.onnx" in results[8]
    assert "not of the form hf://org/name" in results[9]
    assert results[10][1] == results[5][1]
    assert results[11][:2] == ["top", {"saved_model.pb": 1, "variables/v.index": 2}]
    assert "secret" not in said
    refused, _ = try_each(tmp_path, [addresses[1]], **{**token, "HF_TOKEN": "hf_wrongwrong"})
    assert "hf://org/net" in refused[0] and "wrong" not in refused[0]


@needs("kagglehub")
def test_kaggle(server: SourceServer, tmp_path: Path) -> None:
    model = model_bytes()
    service = "/api/v1/models.ModelApiService"
    listing = {"files": [{"name": "net.onnx"}], "nextPageToken": ""}
    server.files[f"{service}/GetModelInstance"] = Served(json.dumps({"versionNumber": 3}).encode())
    server.files[f"{service}/ListModelInstanceVersionFiles"] = Served(json.dumps(listing).encode())
    server.files[f"{service}/DownloadModelInstanceVersion"] = Served(model)
    address = "kaggle://owner/net/onnx/small"
    results, said = try_each(
        tmp_path,
        [
            (address, True),
            (address, False),
            (f"{address}/3", True),
            (f"{address}/3/net.onnx", True),
            (f"{address}/2", True),
            (f"{address}/gone.onnx", True),
            ("kaggle://owner/net", False),
        ],
        KAGGLE_API_ENVIRONMENT="LOCALHOST",
        KAGGLEHUB_CACHE=str(tmp_path / "kaggle"),
        KAGGLE_USERNAME="me",
        KAGGLE_KEY="secret_key",
        http_proxy=server.url,
    )
    assert "is not in the cache of kagglehub" in results[0]
    assert results[1][:3] == ["net.onnx", {"net.onnx": len(model)}, address], results[1]
    assert results[2][0] == results[3][0] == "net.onnx"
    assert "is not in the cache" in results[4]
    assert "gone.onnx does not exist: the model has net.onnx" in results[5]
    assert "not of the form kaggle://owner" in results[6]
    assert "secret" not in said


@pytest.mark.parametrize(
    ("module", "address"),
    [("huggingface_hub", "hf://org/net/net.onnx"), ("kagglehub", "kaggle://owner/net/onnx/small")],
)
def test_missing_libraries_are_named(module: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ExportError, match=rf"is fetched by {module}: pip install 'texelflow\[hub\]'"):
        open_source(address).__enter__()
