"""The operators of TensorFlow against TensorFlow itself, which wrote `operators.json.xz` (write_files.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import packed_arrays
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Answer, Job, run_jobs
from texelflow.pipeline import Options, build, write

FOLDER = Path(__file__).parent
FILES = packed_arrays.load(FOLDER / "operators.json.xz")
CASES = sorted({name.split("/")[0] for name in FILES})

TOLERANCES = {"resize_cubic": 2e-3}
"""Where TensorFlow itself is not exact: it takes weights of cubic sampling from a table of 1,024 places."""


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
    wrong = []
    for name, expected in arrays(case, "out").items():
        actual = answer.outputs[f"{name}_"]
        if (actual.dtype, actual.shape) != (expected.dtype, expected.shape):
            wrong.append(f"{name}: {actual.dtype}{actual.shape}, not {expected.dtype}{expected.shape}")
        elif expected.dtype.kind == "f":
            if not np.allclose(actual, expected, rtol=3e-5, atol=TOLERANCES.get(case, 3e-6), equal_nan=True):
                wrong.append(f"{name}: {np.abs(actual.astype(float) - expected).max()}")
        elif not np.array_equal(actual, expected):
            wrong.append(f"{name}: {actual.tolist()}, not {expected.tolist()}")
    assert not wrong
