"""A whole network with rounded weights: exactly what ONNX Runtime makes of these, and nearly what it was."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import LoadedBundle
from kernels.sheet import run_reference
from model_support import find_models
from texelflow import export

sys.path.append(str(Path(__file__).resolve().parents[1] / "passes"))

from test_quantize_weights import rounded

NAME = "squeezenet_f32_derived"


@pytest.mark.parametrize(("bits", "share"), [(8, 0.28), (4, 0.22)])
def test_squeezenet(
    bits: int, share: float, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    folder = find_models()
    if folder is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    [source] = (folder / "onnx" / NAME).glob("*.onnx")
    summary = export(source, tmp_path / "bundle", weights=f"int{bits}")
    chosen = {weight.name: weight.bits for weight in summary.quantized}
    model = onnx.load(source)
    original = sum(len(numpy_helper.to_array(tensor).tobytes()) for tensor in model.graph.initializer)
    for tensor in model.graph.initializer:
        if tensor.name in chosen:
            back = rounded(numpy_helper.to_array(tensor), chosen[tensor.name], 0)[2]
            tensor.CopyFrom(numpy_helper.from_array(back.astype(np.float32), tensor.name))
    onnx.save(model, tmp_path / "rounded.onnx")
    files = (tmp_path / "bundle").glob("*.safetensors")
    assert sum(file.stat().st_size for file in files) <= share * original

    constants = {tensor.name for tensor in model.graph.initializer}
    [given] = [value for value in model.graph.input if value.name not in constants]
    shape = [extent.dim_value or 1 for extent in given.type.tensor_type.shape.dim]
    feeds = {given.name: np.random.default_rng(6).uniform(-100, 100, shape).astype(np.float32)}
    [(name, expected)] = run_reference(tmp_path / "rounded.onnx", feeds).items()
    before = run_reference(source, feeds)[name]
    url = page_server.mount(f"/rounded_model{bits}", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        result = bundle.run(feeds)[name]
    assert np.abs(result - expected).max() <= 1e-4 * np.abs(expected).max()
    if bits == 8:
        assert result.argmax() == before.argmax()
