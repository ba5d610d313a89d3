"""Forms that operators had in older opsets, written as they are now: ONNX Runtime makes the same of both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import pytest

from conversion.test_conversion import is_close, run
from texelflow.conversion.convert import convert

CASES = {
    "bounds of 16 bits": (
        8,
        "g (float16[n,3] x) => (float16[n,3] y) { y = Clip <min = -0.5, max = 0.5> (x) }",
    ),
    "a bound of what was computed": (
        8,
        "g (float[n,3] x) => (float16[n,3] y) { z = Cast <to = 10> (x) y = Clip <min = 0.1> (z) }",
    ),
    "bounds": (7, "g (float[n,3] x) => (float[n,3] y) { y = Clip <min = -0.5, max = 0.5> (x) }"),
    "a border of 64 bits": (
        10,
        "g (double[n,3] x) => (double[n,k] y) { y = Pad <pads = [0, 1, 0, 2], value = 1.5> (x) }",
    ),
    "a border": (7, "g (float[n,3] x) => (float[n,k] y) { y = Pad <pads = [0, 1, 0, 2], value = 1.5> (x) }"),
    "a reflection": (
        7,
        'g (float[n,3] x) => (float[n,k] y) { y = Pad <mode = "reflect", pads = [0, 1, 0, 2]> (x) }',
    ),
    "the largest": (
        7,
        "g (float[n,3] x) => (float[n,2] y, int64[n,2] z) { y, z = TopK <axis = 1, k = 2> (x) }",
    ),
    "axes that count as one": (
        11,
        """g (float[n,3,2] x) =>
          (float[n,3,2] a, float[n,3,2] b, float[n,3,2] c, float[n,3,2] d, float[n,3,2] e)
        { a = Softmax (x) b = LogSoftmax <axis = 0> (x) c = Hardmax (x) d = Softmax <axis = -1> (x)
          e = Hardmax <axis = -2> (x) }""",
    ),
    "axes as attributes": (
        11,
        """g (float[n,1,3] x) => (float[n,3] a, float[n,1,1,3] b, float[n] c, float[n,1,1] d, float[n,1,2] e)
        { a = Squeeze <axes = [1]> (x) b = Unsqueeze <axes = [1]> (x)
          c = ReduceSum <axes = [1, 2], keepdims = 0> (x) d = ReduceMean <axes = [-1]> (x)
          s, t = Split <axis = 2, split = [2, 1]> (x) e = Neg (s) }""",
    ),
    "bounds as attributes": (
        9,
        "g (float[n,3] x) => (float[n,2] y) { y = Slice <starts = [1], ends = [3], axes = [1]> (x) }",
    ),
    "equal parts": (9, "g (float[n,4] x) => (float[n,2] y, float[n,2] z) { y, z = Split <axis = 1> (x) }"),
    "enlarged, by an attribute": (
        7,
        "g (float[1,1,n,3] x) => (float[1,1,k,l] y) { y = Upsample <scales = [1.0, 1.0, 2.0, 1.5]> (x) }",
    ),
    "enlarged, by an input": (
        9,
        """g (float[1,1,n,3] x) => (float[1,1,k,l] y) <float[4] s = {1, 1, 2, 2}>
        { y = Upsample <mode = "linear"> (x, s) }""",
    ),
    "resized as opset 10 does": (
        10,
        "g (float[1,1,n,3] x) => (float[1,1,k,l] y) <float[4] s = {1, 1, 2, 1.5}> { y = Resize (x, s) }",
    ),
    "left out nothing": (
        7,
        """g (float[n,3] x) => (float[n,3] y, float[n,3] z)
        { y = Dropout (x) a, m = Dropout <ratio = 0.2> (x) z = Neg (a) }""",
    ),
    "no C": (
        7,
        "g (float[n,3] x) => (float[n,3] y) <float[3,3] w = {1,2,3,4,5,6,7,8,9}, float[1] c = {1}> "
        "{ y = Gemm (x, w, c) }",
    ),
    "a turn": (
        11,
        """g (float[n,3] x) => (float[n,3] y) <float[2] v = {0.5, 2}, int64 d = {3}> {
          i = ArgMax <axis = 1, keepdims = 0> (x) y = OneHot (i, d, v) }""",
    ),
    "groups with a scale each": (
        18,
        """g (float[n,4,3] x) => (float[n,4,3] y) <float[2] s = {1, 2}, float[2] b = {0.5, 0}>
        { y = GroupNormalization <num_groups = 2> (x, s, b) }""",
    ),
    "an output that is an input": (18, "g (float[n,3] x) => (float[n,3] x, float[n,3] y) { y = Neg (x) }"),
    "an output that is a constant": (
        18,
        "g (float[n,3] x) => (float[3] c, float[n,3] y) <float[3] c = {1, 2, 3}> { y = Add (x, c) }",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_old_forms(name: str, tmp_path: Path) -> None:
    opset, text = CASES[name]
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    model = onnx.parser.parse_model(
        f'<ir_version: {8 if opset > 8 else 7}, opset_import: ["": {opset}]>\n{text}'
    )
    onnx.save(model, source)
    convert(source, target)
    onnx.checker.check_model(target)
    random = np.random.default_rng(len(name))
    for size in (1, 4):
        [given] = model.graph.input
        shape = [each.dim_value or size for each in given.type.tensor_type.shape.dim]
        dtype = onnx.helper.tensor_dtype_to_np_dtype(given.type.tensor_type.elem_type)
        feeds = {"x": np.asarray(random.standard_normal(shape), dtype)}
        expected, actual = run(source, feeds), run(target, feeds)
        assert len(expected) == len(actual)
        assert all(map(is_close, actual, expected)), name
