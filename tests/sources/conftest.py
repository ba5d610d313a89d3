"""Fixtures for the tests of sources: a server, a cache and settings of their own, and no network."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from source_server import SourceServer

import texelflow.sources.download


@pytest.fixture
def server() -> Iterator[SourceServer]:
    server = SourceServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache's folder; settings of the machine and of the user play no part."""
    for name in list(os.environ):
        if name.lower().startswith(("npm_config_", "pip_", "http_proxy", "https_proxy", "all_proxy", "hf_")):
            monkeypatch.delenv(name)
    for name in ("TEXELFLOW_OFFLINE", "TEXELFLOW_ALLOW_HTTP", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("TEXELFLOW_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("TEXELFLOW_TIMEOUT", "0.3")
    monkeypatch.setattr(texelflow.sources.download, "CHUNK", 1 << 10)
    monkeypatch.chdir(home)
    return tmp_path / "cache"
