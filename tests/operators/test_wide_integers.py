"""Constants about and beyond 32 bits wherever a model has one: refused, warned of, or computed right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from kernels.sheet import run_reference
from model_support import save_text
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build, write

NUMBERS = (2**31 - 1, -(2**31), 2**31, -(2**31) - 1, 2**32, 2**53 + 1, 2**63 - 1, -(2**63))

BINARY = "Add Sub Mul Div Mod Pow BitwiseAnd BitwiseXor Max Min".split()

GRAPHS: dict[str, tuple[str, str]] = {
    **{f"{name} of a scalar": ("int64[a] y", f"y = {name} (x, k)") for name in BINARY},
    **{f"{name} of a vector": ("int64[a] y", f"y = {name} (x, vector)") for name in BINARY},
    "Equal": ("bool[a] y", "y = Equal (x, k)"),
    "Less": ("bool[a] y", "y = Less (vector, x)"),
    "concatenated": ("int64[a] y", "y = Concat <axis = 0> (x, vector)"),
    "expanded": ("int64[a] y", "s = Shape (h) e = Expand (k, s) y = Add (h, e)"),
    "an output": ("int64 y", "y = Identity (k)"),
    "on and off": ("int64[a,b] y", "d = Constant <value_int = 3> () y = OneHot (x, d, pair)"),
    "a matrix": ("int64 y", "y = MatMul (x, vector)"),
    "a bound of three": ("int64[a] y", "m = Max (x, k, x) y = Min (m, x)"),
    "filled and added": (
        "int64[a] y",
        "s = Shape (h) e = ConstantOfShape <value = int64[1] {K}> (s) y = Add (h, e)",
    ),
    "filled and chosen": (
        "int64[a] y",
        """s = Shape (h) e = ConstantOfShape <value = int64[1] {K}> (s)
        w = Where (q, h, e) y = Where (q, w, h)""",
    ),
    "an end chosen by the size": (
        "int64[a] y",
        """zero = Constant <value_int = 0> () two = Constant <value_int = 2> () s = Shape (h)
        n = Gather (s, zero) first = Constant <value_ints = [0]> () long = Greater (n, two)
        e = Where (long, k, n) end = Unsqueeze (e, first) y = Slice (h, first, end)""",
    ),
    "as a float": ("float[a] y", "f = Cast <to = 1> (k) g = Cast <to = 1> (x) y = Mul (f, g)"),
    "the start of a range": (
        "int64[a] y",
        """one = Constant <value_int = 1> () s = Shape (h) n = Squeeze (s) e = Add (k, n)
        y = Range (k, e, one)""",
    ),
}
"""Output and nodes; K and the constants k, vector and pair have the number."""


def save_graph(name: str, number: int, folder: Path) -> Path:
    """Write the model of a name with a number."""
    output, body = GRAPHS[name]
    constants = f"int64 k = {{{number}}}, int64[4] vector = {{1, {number}, 2, 1}}"
    constants += f", int64[2] pair = {{0, {number}}}"
    header = f"g (int64[4] x, int64[n] h, bool[n] q) => ({output})"
    return save_text(f"{header} <{constants}> {{ {body.replace('{K}', f'{{{number}}}')} }}", folder)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_right_warned_of_or_refused(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """No bundle is written that does not load, and no other number comes out without a warning."""
    x = np.array([1, 2, 3, -4])
    feeds = {"x": x, "h": x, "q": x % 2 == 1}
    url = page_server.mount("/wide", tmp_path)
    jobs: list[Job] = []
    expected: list[tuple[str, np.ndarray | None]] = []  # None where there is a warning
    refused = 0
    for index, (name, number) in enumerate((name, number) for name in GRAPHS for number in NUMBERS):
        folder = tmp_path / str(index)
        folder.mkdir()
        model = save_graph(name, number, folder)
        try:
            bundle = build(model, Options())
        except ExportError:
            assert not -(2**31) <= number < 2**31, f"{name} with {number} is refused"
            refused += 1
            continue
        write(bundle, folder / "bundle")
        jobs.append(Job(f"{url}/{index}/bundle", feeds))
        right = None if bundle.summary.warnings else run_reference(model, feeds)["y"]
        expected.append((f"{name} with {number}", right))
    wrong = []
    for (title, right), answer in zip(expected, run_jobs(bundle_page, jobs), strict=True):
        if answer.error is not None:
            if "the sizes of the inputs give" not in answer.error.lower():
                wrong.append(f"{title}: {answer.error}")
        elif right is not None and not np.array_equal(answer.outputs["y"], right):
            wrong.append(f"{title}: {answer.outputs['y']}, expected {right}")
    assert not wrong, "\n".join(wrong)
    assert refused > len(expected) / 3
    assert sum(right is not None for _, right in expected) > len(expected) / 3
