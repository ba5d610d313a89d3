"""Nodes that cannot be lowered: all of them are named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import texelflow
from model_support import save_text

TWO_PROBLEMS = """
samples (float[1, 2, 2, 2, 2, 2] x, float[1, 3, 3, 3, 3, 4] grid, int32[1, 3, 8, 8] y)
 => (float[1, 2, 3, 3, 3, 3] z, int32[1, 3, 4, 4] w)
<float[4] scales = {1, 1, 0.5, 0.5}>
{
    sampled = GridSample(x, grid)
    z = Relu(sampled)
    small = Resize <mode = "linear"> (y, , scales)
    w = Relu(small)
}
"""


def test_every_problem_is_told(tmp_path: Path) -> None:
    with pytest.raises(texelflow.ExportError) as caught:
        texelflow.export(save_text(TWO_PROBLEMS, tmp_path), tmp_path / "bundle")
    first, second = caught.value.problems
    assert first.startswith("GridSample") and "1 to 3 spatial axes" in first
    assert second.startswith("Resize") and "cast the input" in second
    assert not (tmp_path / "bundle").exists()
