"""The writer of ONNX files lies with the tests of the passes."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "passes"))
