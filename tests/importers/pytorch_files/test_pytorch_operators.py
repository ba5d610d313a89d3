"""The operators of PyTorch against PyTorch itself, which wrote `operators.tar.xz` (write_operators.py).

They are written as ONNX, which ONNX Runtime computes: the same operators' draws are tested elsewhere.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import packed_files
import pytest

from texelflow.conversion.convert import convert
from texelflow.errors import ExportError
from texelflow.importers import read_model

PROGRAMS, ARRAYS = packed_files.load(Path(__file__).parent / "operators.tar.xz")
TOLERANCES = {"resizing": 2e-5, "transforms": 3e-5}


def arrays(case: str, kind: str) -> list[np.ndarray]:
    """The inputs (x) or outputs (out) of a case in order."""
    prefix = f"{case}/{kind}"
    count = sum(name.startswith(prefix) for name in ARRAYS)
    return [ARRAYS[f"{prefix}{index}"] for index in range(count)]


REFUSED = {
    "views": r"reads 'clone', which 'fill_' changes in place by another name: .*run_decompositions\({}\)",
    "training": "is random, as in training: export the model behind model.eval",
    "batch_statistics": "normalises by the batch, as in training",
    "spectrum": "has complex numbers: return torch.view_as_real of it",
    "quotient": "it divides by complex numbers",
    "chance": "it is random: draw the numbers in the page",
    "inverse": "linalg_inv.* (is not supported|solves or decomposes)",
    "counter": "buffer 'function.runs' is changed by each run, and does not begin with zeros",
}
"""What is said of programs that cannot be read."""


def test_refusals(tmp_path: Path) -> None:
    assert {f"{name}/refused" for name in REFUSED} == {name for name in PROGRAMS if name.endswith("/refused")}
    for name, says in REFUSED.items():
        path = tmp_path / "model.pt2"
        path.write_bytes(PROGRAMS[f"{name}/refused"])
        with pytest.raises(ExportError, match=says):
            convert(path, tmp_path / "model.onnx")


@pytest.mark.parametrize("program", sorted(name for name in PROGRAMS if not name.endswith("/refused")))
def test_operators(program: str, tmp_path: Path) -> None:
    """Element types and shapes are PyTorch's, numbers nearly."""
    case = program.split("/")[0]
    path = tmp_path / "model.pt2"
    path.write_bytes(PROGRAMS[program])
    graph = read_model(path)
    [written] = convert(path, tmp_path / "model.onnx")
    session = onnxruntime.InferenceSession(written, providers=["CPUExecutionProvider"])
    feeds = dict(zip([value.name for value in graph.inputs], arrays(case, "x"), strict=True))
    known = {value.name for value in session.get_inputs()}
    names = [value.name for value in session.get_outputs()]
    answers = session.run(names, {name: array for name, array in feeds.items() if name in known})
    expected = arrays(case, "out")
    assert names == [f"out{index}" for index in range(len(expected))]
    wrong = []
    for name, actual, wanted in zip(names, answers, expected, strict=True):
        if (actual.dtype, actual.shape) != (wanted.dtype, wanted.shape):
            wrong.append(f"{name}: {actual.dtype}{actual.shape}, not {wanted.dtype}{wanted.shape}")
        elif wanted.dtype.kind == "f":
            if not np.allclose(actual, wanted, rtol=1e-5, atol=TOLERANCES.get(case, 2e-6), equal_nan=True):
                wrong.append(f"{name}: {np.nanmax(np.abs(actual.astype(float) - wanted))}")
        elif not np.array_equal(actual, wanted):
            wrong.append(f"{name}: {actual.tolist()}, not {wanted.tolist()}")
    assert not wrong
