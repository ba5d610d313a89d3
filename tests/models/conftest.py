"""Exported bundles of the real models, made once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from browser_support import PageServer
from model_support import find_models
from texelflow.pipeline import Options, build, write


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """The folder of the real models; skips where there is none, fails where TEXELFLOW_MODELS names none."""
    folder = find_models()
    if folder is None:
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
