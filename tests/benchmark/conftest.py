"""Lets the tests import the benchmark's modules, which are no part of the package."""

from __future__ import annotations

import sys

from browser_support import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "benchmark"))
