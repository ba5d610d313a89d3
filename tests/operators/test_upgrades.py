"""Nodes of old opsets, upgraded, mean what ONNX Runtime computes of the original."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from onnx_export import to_onnx

from model_support import save_text
from texelflow.importers import read_model
from texelflow.passes import decompose_operators, infer_types

MODELS = {
    "batch normalization 7": """<ir_version: 3, opset_import: ["" : 7]>
        g (float[2,3,4] x) => (float[2,3,4] y)
        <float[3] s = {1.5, -1, 2}, float[3] b = {0, 1, 2}, float[3] m = {0.1, 0.2, 0.3},
         float[3] v = {1, 2, 3}>
        { y = BatchNormalization <epsilon = 0.001> (x, s, b, m, v) }""",
    "clip 6": """<ir_version: 3, opset_import: ["" : 10]>
        g (float[2,3] x) => (float[2,3] y) { y = Clip <min = -0.25, max = 0.5> (x) }""",
    "clip 6 below": """<ir_version: 3, opset_import: ["" : 7]>
        g (float[2,3] x) => (float[2,3] y) { y = Clip <min = -0.25> (x) }""",
    "clip 6 above": """<ir_version: 3, opset_import: ["" : 7]>
        g (float[2,3] x) => (float[2,3] y) { y = Clip <max = 0.25> (x) }""",
    "dropout 10": """<ir_version: 3, opset_import: ["" : 10]>
        g (float[2,3] x) => (float[2,3] y) { y = Dropout <ratio = 0.3> (x) }""",
    "pad 2 reflect": """<ir_version: 3, opset_import: ["" : 10]>
        g (float[3,4] x) => (float[6,6] y) { y = Pad <mode = "reflect", pads = [1, 0, 2, 2]> (x) }""",
    "pad 2 constant": """<ir_version: 3, opset_import: ["" : 7]>
        g (float[3,4] x) => (float[4,6] y) { y = Pad <pads = [1, 0, 0, 2], value = 2.5> (x) }""",
    "slice 1": """<ir_version: 3, opset_import: ["" : 9]>
        g (float[5,6] x) => (float[3,2] y)
        { y = Slice <axes = [1, 0], starts = [-3, 1], ends = [-1, 4]> (x) }""",
    "slice 1 without axes": """<ir_version: 3, opset_import: ["" : 9]>
        g (float[5,6] x) => (float[4,5] y) { y = Slice <starts = [1, 0], ends = [1000, -1]> (x) }""",
    "split 2": """<ir_version: 3, opset_import: ["" : 11]>
        g (float[6,2] x) => (float[1,2] y, float[5,2] z) { y, z = Split <axis = 0, split = [1, 5]> (x) }""",
    "split 2 equal": """<ir_version: 3, opset_import: ["" : 11]>
        g (float[6,2] x) => (float[3,2] y, float[3,2] z) { y, z = Split (x) }""",
    "squeeze 11": """<ir_version: 3, opset_import: ["" : 12]>
        g (float[1,3,1] x) => (float[3,1] y) { y = Squeeze <axes = [0]> (x) }""",
    "unsqueeze 11": """<ir_version: 3, opset_import: ["" : 12]>
        g (float[3,2] x) => (float[1,3,2,1] y) { y = Unsqueeze <axes = [0, -1]> (x) }""",
    "reduce sum 11": """<ir_version: 3, opset_import: ["" : 12]>
        g (float[3,4,2] x) => (float[3,2] y) { y = ReduceSum <axes = [1], keepdims = 0> (x) }""",
    "reduce mean 13": """<ir_version: 7, opset_import: ["" : 17]>
        g (float[3,4,2] x) => (float[3,1,1] y) { y = ReduceMean <axes = [-1, 1]> (x) }""",
    "reduce max 12": """<ir_version: 7, opset_import: ["" : 12]>
        g (float[3,4] x) => (float[1,1] y) { y = ReduceMax (x) }""",
    "reduce l2 11": """<ir_version: 7, opset_import: ["" : 11]>
        g (float[3,4] x) => (float[3] y) { y = ReduceL2 <axes = [1], keepdims = 0> (x) }""",
    "softmax 11": """<ir_version: 3, opset_import: ["" : 11]>
        g (float[2,3,4] x) => (float[2,3,4] y) { y = Softmax (x) }""",
    "softmax 11 last axis": """<ir_version: 3, opset_import: ["" : 11]>
        g (float[2,3,4] x) => (float[2,3,4] y) { y = Softmax <axis = 2> (x) }""",
    "log softmax 11": """<ir_version: 3, opset_import: ["" : 12]>
        g (float[2,3,4] x) => (float[2,3,4] y) { y = LogSoftmax <axis = 1> (x) }""",
    "hardmax 11": """<ir_version: 3, opset_import: ["" : 12]>
        g (float[2,3,4] x) => (float[2,3,4] y) { y = Hardmax <axis = 1> (x) }""",
    "upsample 7": """<ir_version: 3, opset_import: ["" : 8]>
        g (float[1,2,2,3] x) => (float[1,2,4,9] y) { y = Upsample <scales = [1.0, 1.0, 2.0, 3.0]> (x) }""",
    "upsample 9 linear": """<ir_version: 4, opset_import: ["" : 9]>
        g (float[1,2,2,3] x) => (float[1,2,4,6] y) <float[4] s = {1, 1, 2, 2}>
        { y = Upsample <mode = "linear"> (x, s) }""",
    "resize 10": """<ir_version: 5, opset_import: ["" : 10]>
        g (float[1,2,4,4] x) => (float[1,2,6,6] y) <float[4] s = {1, 1, 1.5, 1.5}> { y = Resize (x, s) }""",
    "resize 10 linear": """<ir_version: 5, opset_import: ["" : 10]>
        g (float[1,2,4,4] x) => (float[1,2,6,6] y) <float[4] s = {1, 1, 1.5, 1.5}>
        { y = Resize <mode = "linear"> (x, s) }""",
    "group normalization 18": """<ir_version: 8, opset_import: ["" : 18]>
        g (float[2,6,3] x) => (float[2,6,3] y) <float[2] s = {1.5, -1}, float[2] b = {0, 1}>
        { y = GroupNormalization <num_groups = 2> (x, s, b) }""",
    "gemm 9": """<ir_version: 4, opset_import: ["" : 9]>
        g (float[2,3] x) => (float[2,2] y) <float[2,3] w = {1, 2, 3, 4, 5, 6}, float[2] c = {1, -1}>
        { y = Gemm <transB = 1, alpha = 0.5, beta = 2.0> (x, w, c) }""",
    "fused convolution": """<ir_version: 8, opset_import: ["" : 11, "com.microsoft" : 1]>
        g (float[1,1,4,4] x) => (float[1,2,4,4] y) <float[2,1,1,1] w = {1, -2}, float[2] b = {0.5, 1}>
        { y = com.microsoft.FusedConv <activation = "LeakyRelu", activation_params = [0.25]> (x, w, b) }""",
    "fused convolution and sum": """<ir_version: 8, opset_import: ["" : 11, "com.microsoft" : 1]>
        g (float[1,2,4,4] x) => (float[1,2,4,4] y) <float[2,2,1,1] w = {1, -2, 3, 4}, float[2] b = {0.5, 1}>
        { y = com.microsoft.FusedConv <activation = "Relu"> (x, w, b, x) }""",
    "fused convolution clipped": """<ir_version: 8, opset_import: ["" : 11, "com.microsoft" : 1]>
        g (float[1,1,4,4] x) => (float[1,2,4,4] y) <float[2,1,1,1] w = {1, -2}>
        { y = com.microsoft.FusedConv <activation = "Clip", activation_params = [-0.5, 0.5]> (x, w) }""",
}


def _run(model: onnx.ModelProto, feeds: dict[str, np.ndarray]) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    results: list[np.ndarray] = session.run(None, feeds)
    return results


@pytest.mark.parametrize("name", MODELS)
def test_meaning_is_kept(name: str, tmp_path: Path) -> None:
    original = onnx.parser.parse_model(MODELS[name])
    graph = read_model(save_text(MODELS[name], tmp_path))
    infer_types.run(graph)
    decompose_operators.run(graph)
    random = np.random.default_rng(5)
    shape = tuple(int(extent) for extent in graph.inputs[0].shape)
    feeds = {"x": random.uniform(-1, 1, shape).astype(np.float32)}
    for actual, expected in zip(_run(to_onnx(graph, {}), feeds), _run(original, feeds), strict=True):
        np.testing.assert_allclose(actual, expected, rtol=1e-5, atol=1e-6)
