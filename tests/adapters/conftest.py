"""Bundles that the tests of the adapters load."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from browser_support import PageServer

_numbers = itertools.count()


@pytest.fixture
def serve(page_server: PageServer) -> Callable[[Path], str]:
    """Serves a folder at a path of its own and returns the URL."""
    return lambda folder: page_server.mount(f"/adapted-{next(_numbers)}", folder)
