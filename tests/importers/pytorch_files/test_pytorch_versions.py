"""Programs as several versions of PyTorch write them (write_old.py), in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import packed_files
import pytest

from texelflow.conversion.convert import convert
from texelflow.importers import read_model

FILES = sorted((Path(__file__).parent / "old").glob("*.tar.xz"))


@pytest.mark.parametrize("file", FILES, ids=[file.name.removesuffix(".tar.xz") for file in FILES])
def test_versions(file: Path, tmp_path: Path) -> None:
    """Weights as bytes or pickles, sizes as texts or as sympy writes them; the range of sizes is kept."""
    programs, arrays = packed_files.load(file)
    feeds = {name.removeprefix("in/"): array for name, array in arrays.items() if name.startswith("in/")}
    for form, content in programs.items():
        path = tmp_path / f"{form}.pt2"
        path.write_bytes(content)
        graph = read_model(path)
        image, tokens = (value.known_type.shape for value in graph.inputs)
        assert image[0] == tokens[0] and image[1:] == (3, 8, 8)
        assert any("64" in str(constraint) for constraint in graph.facts.simplified())
        [written] = convert(path, tmp_path / f"{form}.onnx")
        answers = onnxruntime.InferenceSession(written).run(["scores", "last"], feeds)
        for name, answer in zip(("scores", "last"), answers, strict=True):
            np.testing.assert_allclose(answer, arrays[f"out/{name}"], rtol=1e-5, atol=2e-6)
