"""Exported bundles of the real models, made once for all tests."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from browser_support import PageServer
from texelflow.pipeline import Options, build, write

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder of the real models; skips where there is none, fails where TEXELFLOW_MODELS names none."""
    named = os.environ.get("TEXELFLOW_MODELS")
    folder = Path(named).resolve() if named else REPOSITORY.parent / "shared" / "models"
    if not (folder / "onnx").is_dir():
        assert not named, f"TEXELFLOW_MODELS names {named}, where there are no models"
        pytest.skip("no models: set TEXELFLOW_MODELS")
    return folder


@pytest.fixture(scope="session")
def source_of(models_folder: Path) -> Callable[[str], Path]:
    """The .onnx file of a model by name."""

    def find(name: str) -> Path:
        (path,) = (models_folder / "onnx" / name).glob("*.onnx")
        return path

    return find


@pytest.fixture(scope="session")
def bundle_url(
    source_of: Callable[[str], Path], page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], str]:
    """The URL of a model's bundle, exported on first use."""
    directory = tmp_path_factory.mktemp("models")
    url = page_server.mount("/models", directory)

    def export(name: str) -> str:
        target = directory / name
        if not target.exists():
            write(build(source_of(name), Options()), target)
        return f"{url}/{name}"

    return export
