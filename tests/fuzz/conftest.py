"""The models that are damaged lie with the tests of the importers."""

from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path += [
    str(TESTS / part)
    for part in ("importers", "importers/pytorch_files", "importers/tensorflow_files", "passes")
]
