"""The runtime's tests write bundles into temporary folders and serve them."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser_support import PageServer

_numbers = itertools.count()


@pytest.fixture
def serve(page_server: PageServer) -> Callable[[Path], str]:
    """Serves a folder at a path of its own and returns the URL."""
    return lambda folder: page_server.mount(f"/bundle-{next(_numbers)}", folder)
