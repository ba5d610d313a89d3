"""The operators of TensorFlow against TensorFlow itself, which wrote `operators.json.xz` (write_files.py)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import packed_arrays
import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import Fail, InvalidArgument
from onnxruntime.capi.onnxruntime_pybind11_state import NotImplemented as NoKernel
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Answer, Job, run_jobs
from texelflow.conversion.convert import convert
from texelflow.pipeline import Options, build, write

FOLDER = Path(__file__).parent
FILES = packed_arrays.load(FOLDER / "operators.json.xz")
CASES = sorted({name.split("/")[0] for name in FILES})

TOLERANCES = {"resize_cubic": 2e-3}
"""Where TensorFlow itself is not exact: it takes weights of cubic sampling from a table of 1,024 places."""


NOT_THERE = {
    "gather": "OneHot(11)",
    "occurrences": "Unique(11)",
    "unique": "Unique(11)",
    "resize_cubic": "'Cubic' mode only supports",
}
"""What ONNX Runtime has no kernel for: of these element types; and behind a Transpose, which it moves."""


def arrays(case: str, kind: str) -> dict[str, np.ndarray]:
    """The inputs (x) or outputs (out) of a case by name."""
    found = {name.split("/")[1]: FILES[name] for name in FILES if name.startswith(f"{case}/{kind}")}
    return dict(sorted(found.items(), key=lambda item: int(item[0].removeprefix(kind))))


@pytest.fixture(scope="module")
def answer_of(
    bundle_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Answer]:
    """What a case gives in the browser."""
    directory = tmp_path_factory.mktemp("tensorflow")
    url = page_server.mount("/tensorflow_operators", directory)

    @cache
    def run(case: str) -> Answer:
        path = directory / f"{case}.pb"
        path.write_bytes(FILES[f"{case}/graph"].tobytes())
        bundle = build(path, Options())
        write(bundle, directory / case)
        feeds = {item.name: arrays(case, "x")[item.name] for item in bundle.summary.inputs}
        [answer] = run_jobs(bundle_page, [Job(f"{url}/{case}", feeds)], {"poison": True})
        return answer

    return run


@pytest.mark.parametrize("case", CASES)
def test_operators(case: str, answer_of: Callable[[str], Answer]) -> None:
    """Element types and shapes are TensorFlow's, numbers nearly."""
    answer = answer_of(case)
    assert answer.error is None
    assert not differences(case, answer.outputs)


@pytest.mark.parametrize("case", CASES)
def test_as_onnx(case: str, tmp_path: Path) -> None:
    """What `convert` writes gives the same in ONNX Runtime, where that has kernels for it."""
    path = tmp_path / "model.pb"
    path.write_bytes(FILES[f"{case}/graph"].tobytes())
    convert(path, tmp_path / "model.onnx")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what it cannot do is raised, too
    try:
        session = onnxruntime.InferenceSession(tmp_path / "model.onnx", options)
        given = arrays(case, "x")
        found = session.run(None, {item.name: given[item.name] for item in session.get_inputs()})
    except (Fail, InvalidArgument, NoKernel) as error:
        assert case in NOT_THERE and NOT_THERE[case] in str(error)
    else:
        assert case not in NOT_THERE
        names = [item.name for item in session.get_outputs()]
        assert not differences(case, dict(zip(names, found, strict=True)))


def differences(case: str, answer: Mapping[str, np.ndarray]) -> list[str]:
    """What of an answer is other than in TensorFlow."""
    wrong = []
    for name, expected in arrays(case, "out").items():
        actual = answer[f"{name}_"]
        if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
            wrong.append(f"{name}: {actual.dtype}{actual.shape}, not {expected.dtype}{expected.shape}")
        elif expected.dtype.kind == "f":
            if not np.allclose(actual, expected, rtol=3e-5, atol=TOLERANCES.get(case, 3e-6), equal_nan=True):
                wrong.append(f"{name}: {np.abs(actual.astype(float) - expected).max()}")
        elif not np.array_equal(actual, expected):
            wrong.append(f"{name}: {actual.tolist()}, not {expected.tolist()}")
    return wrong
