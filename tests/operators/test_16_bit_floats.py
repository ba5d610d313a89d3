"""Numbers of 16 bits on their way into a run and out of it, as NumPy converts them."""

from __future__ import annotations

from pathlib import Path

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import numpy_helper, parser
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from texelflow.pipeline import Options, build, write

TYPES = {"float16": np.float16, "bfloat16": ml_dtypes.bfloat16}
EVERY = np.arange(2**16, dtype=np.uint16)

TEXT = """<ir_version: 10, opset_import: ["": 21]>
g ({0}[65536] x, {0}[65536] z, int64[65536] i)
=> (float[65536] widened, {0}[65536] product, float[65536] gathered) {{
  widened = Cast <to = 1> (x)
  product = Mul (x, z)
  found = Gather (table, i)
  gathered = Cast <to = 1> (found)
}}"""


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", TYPES)
def test_every_number(name: str, bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """As inputs and as weights; products are computed in 32 bits and rounded once."""
    x = EVERY.view(TYPES[name])
    z = np.random.default_rng(2).permutation(EVERY).view(TYPES[name])
    model = parser.parse_model(TEXT.format(name))
    model.graph.initializer.append(numpy_helper.from_array(x, "table"))
    onnx.save(model, tmp_path / "model.onnx")
    write(build(tmp_path / "model.onnx", Options()), tmp_path / "bundle")
    url = page_server.mount(f"/{name}", tmp_path)
    feeds = {"x": x, "z": z, "i": EVERY.astype(np.int64)}
    (answer,) = run_jobs(bundle_page, [Job(f"{url}/bundle", feeds)])
    assert answer.error is None
    expected = x.astype(np.float32)
    assert_same(answer.outputs["widened"], expected)
    assert_same(answer.outputs["gathered"], expected)
    product = expected * z.astype(np.float32)
    rounded = answer.outputs["product"].view(TYPES[name]).astype(np.float32)
    normal = (np.abs(expected) >= 2**-126) & (np.abs(z.astype(np.float32)) >= 2**-126)
    assert_same(rounded[normal], product.astype(TYPES[name]).astype(np.float32)[normal])


def assert_same(actual: np.ndarray, expected: np.ndarray) -> None:
    """Compare bit by bit, but for NaN and for what is so small that a GPU may take it for 0."""
    same = (actual.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(actual) & np.isnan(expected))
    same |= (np.abs(expected) <= 2**-126) & (np.abs(actual) <= np.abs(expected))
    assert same.all(), list(zip(actual[~same], expected[~same], strict=True))[:8]
