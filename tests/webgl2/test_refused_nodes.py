"""Nodes that cannot be lowered: all of them are named at once."""

from __future__ import annotations

from pathlib import Path

import pytest

import texelflow
from model_support import save_text

TWO_PROBLEMS = """
volumes (float[1, 2, 4, 4, 4] x, float[1, 3, 8, 8] y) => (float[1, 2, 2, 2, 2] z, float[1, 3, 4, 4] w)
<float[2, 2, 3, 3, 3] kernel, float[4] scales = {1, 1, 0.5, 0.5}>
{
    volume = Conv(x, kernel)
    z = Relu(volume)
    small = Resize <mode = "linear", antialias = 1> (y, , scales)
    w = Softmax(small)
}
"""


def test_every_problem_is_told(tmp_path: Path) -> None:
    text = TWO_PROBLEMS.replace(
        "float[2, 2, 3, 3, 3] kernel", f"float[2, 2, 3, 3, 3] kernel = {{{', '.join(['1'] * 108)}}}"
    )
    with pytest.raises(texelflow.ExportError) as caught:
        texelflow.export(save_text(text, tmp_path), tmp_path / "bundle")
    first, second = caught.value.problems
    assert first.startswith("Conv") and "1 or 2 spatial axes" in first
    assert second.startswith("Resize") and "antialias" in second
    assert not (tmp_path / "bundle").exists()
