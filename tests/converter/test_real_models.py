"""Every real model, converted in the page: as a native export does it, or refused in its words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from converter_support import converted, exported
from playwright.sync_api import Page

from model_support import find_models
from texelflow.errors import ExportError

ENDINGS = (".onnx", ".tflite", ".h5", ".hdf5", ".keras", ".pb", ".pt", ".pt2", ".pth")
FOLDERS = ("model.json", "saved_model.pb")
"""Files of models that are their folders."""


def sources() -> list[Path]:
    """The files and folders of all models, the folders of the formats that are folders."""
    root = find_models()
    if root is None:
        return []
    found = {path.parent for name in FOLDERS for path in root.rglob(name)}
    files = {path for path in root.rglob("*") if path.suffix in ENDINGS and path.name not in FOLDERS}
    inputs = {path for path in files if any(part.startswith("test_data_set") for part in path.parts)}
    return sorted(found | (files - inputs))


def parameters() -> list[object]:
    if not (found := sources()):
        return [pytest.param(None, marks=pytest.mark.skip("no models: set TEXELFLOW_MODELS"))]
    return [pytest.param(path, id="-".join(path.parts[-3:-1])) for path in found]


@pytest.mark.parametrize("source", parameters())
def test_a_model_is_converted_as_natively(
    source: Path, converter_page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The page knows files by their names alone.
    monkeypatch.chdir(source.parent)
    native = outcome(lambda: exported(Path(source.name), tmp_path / "bundle"))
    answer = converted(converter_page, source)
    if "files" in answer:
        assert answer["files"] == native
    else:
        assert answer["code"] == "model"
        assert [answer["message"], *answer["problems"]] == native


def outcome(export: Callable[[], dict[str, bytes]]) -> dict[str, bytes] | list[str]:
    """The files of a bundle, or why there are none."""
    try:
        return export()
    except ExportError as error:
        return [error.message, *error.problems]
