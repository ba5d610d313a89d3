"""Bundles of each version of the format, frozen by formats/freeze.py, and what becomes of them today.

Before 1.0, a version is read by the exporters and runtimes that write it, and refused by all others.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Error, Page

from browser_support import PageServer
from bundle.formats.freeze import LABELS, feeds
from bundle_runner import LoadedBundle
from texelflow import ExportError
from texelflow.bundle.reader import FORMAT_VERSION, read_graph

FORMATS = Path(__file__).parent / "formats"


def test_every_version_is_frozen() -> None:
    frozen = sorted(path.parent.name for path in FORMATS.glob("*/graph.json"))
    assert frozen == [str(version) for version in range(1, FORMAT_VERSION + 1)]


def test_the_current_version_is_read() -> None:
    graph = read_graph(FORMATS / str(FORMAT_VERSION))
    assert graph["formatVersion"] == FORMAT_VERSION
    assert graph["provenance"]["source"] == "frozen.onnx"
    assert graph["outputs"][0]["meaning"] == {"labels": [*LABELS]}


def test_the_current_version_runs(bundle_page: Page, page_server: PageServer) -> None:
    folder = FORMATS / str(FORMAT_VERSION)
    expected = json.loads((folder / "results.json").read_text())
    with LoadedBundle(bundle_page, page_server.mount("/frozen", folder)) as bundle:
        results = bundle.run(feeds())
    np.testing.assert_allclose(results["scores"], expected["scores"], rtol=1e-5)
    assert results["best"].tolist() == expected["best"]


@pytest.mark.parametrize("version", range(1, FORMAT_VERSION))
def test_older_versions_are_refused(bundle_page: Page, page_server: PageServer, version: int) -> None:
    folder = FORMATS / str(version)
    with pytest.raises(ExportError, match=f"format version {version}.*export the model again"):
        read_graph(folder)
    url = page_server.mount(f"/frozen{version}", folder)
    with pytest.raises(Error, match=rf"format version {version} \(written by texelflow .*Export the model"):
        LoadedBundle(bundle_page, url)
