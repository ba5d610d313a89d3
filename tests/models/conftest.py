"""Exported bundles of the real models, made once for all tests."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from browser_support import PageServer
from model_support import find_models
from texelflow.pipeline import Options, build, write
from texelflow.pipeline.summary import Summary


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
def bundle_of(
    source_of: Callable[[str], Path], page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str, str], tuple[str, Summary]]:
    """The URL and the summary of a model's bundle with weights of a type, exported on first use."""
    directory = tmp_path_factory.mktemp("models")
    url = page_server.mount("/models", directory)

    @cache
    def export(name: str, weights: str) -> tuple[str, Summary]:
        bundle = build(source_of(name), Options(weights=weights))
        write(bundle, directory / weights / name)
        return f"{url}/{weights}/{name}", bundle.summary

    return export


@pytest.fixture(scope="session")
def bundle_url(bundle_of: Callable[[str, str], tuple[str, Summary]]) -> Callable[[str], str]:
    """The URL of a model's bundle with the weights that the source has, exported on first use."""
    return lambda name: bundle_of(name, "float32")[0]
