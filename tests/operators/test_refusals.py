"""A node that cannot be exported says why: what was expected and what came."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import read_text
from texelflow.errors import ExportError
from texelflow.passes import infer_types

REFUSALS = [
    (
        'g (float[1,1,2,2] x, float[1,2,2,2] z) => (float[4] y) { y = GridSample <mode = "area"> (x, z) }',
        "mode is 'area'; one of linear, nearest, cubic is expected",
    ),
    (
        "g (float[1,1,2,2] x, float[3,2,2,2] z) => (float[a,b,c,d] y) { y = GridSample (x, z) }",
        "the batches of its image and its grid differ: 1 and 3",
    ),
    (
        "g (float[1,1,2,2] x, float[1,2,2,3] z) => (float[a,b,c,d] y) { y = GridSample (x, z) }",
        "differ: 3 and 2",
    ),
    (
        "g (float[1,1,2,2] x, int64[1,2,2,2] z) => (float[a,b,c,d] y) { y = GridSample (x, z) }",
        "a floating type is needed",
    ),
    (
        "g (float[1,1,2,2] x, float[1,2,2] z) => (float[a,b,c,d] y) { y = GridSample (x, z) }",
        "its grid has shape [1, 2, 2]; rank 4 is needed",
    ),
    (
        "g (float[2,3] x, float[4] z) => (float[a,b] y) { y = Add (x, z) }",
        "do not broadcast together",
    ),
    (
        "g (float[2,3] x, int64[3] z) => (float[a,b] y) { y = Add (x, z) }",
        "different element types: float32, int64",
    ),
    (
        "g (float[2] x) => (float[2] y) { y = Add (x) }",
        "number of its inputs is 1; 2 is needed",
    ),
    (
        "g (float[2] x) => (float[2] y) { y = Exp (x, x) }",
        "number of its inputs is 2; 1 is needed",
    ),
    (
        "g (int32[2] x) => (bool[2] y) { y = IsInf (x) }",
        "type int32; a floating type is needed",
    ),
    (
        "g (int32[2] x) => (int32[2] y) { y = Exp (x) }",
        "type int32; a floating type is needed",
    ),
    (
        'g (float[2] x) => (float[2] y) { y = Gelu <approximate = "sin"> (x) }',
        "approximate is 'sin'",
    ),
    (
        'g (uint8[2] x) => (uint8[2] y) { y = BitShift <direction = "UP"> (x, x) }',
        "direction is 'UP'",
    ),
    (
        "g (float[2] x, bool[2] z) => (bool[2] y) { y = And (x, z) }",
        "type float32; bool is needed",
    ),
    (
        "g (float[2] x, float[2] z) => (float[2] y) { y = BitwiseAnd (x, z) }",
        "an integer type is needed",
    ),
    (
        "g (float[2] x, float[2] z) => (float[2] y) { y = Where (x, z, z) }",
        "condition has type float32",
    ),
    (
        "g (float[2] x) => (float[2] y) { y = Cast <to = 8> (x) }",
        "element type string is not supported",
    ),
    (
        "g (float[2] x, int64[n] s) => (float[a,b] y) { y = Reshape (x, s) }",
        "shape is computed from data",
    ),
    (
        "g (float[2,3] x) => (float[a] y) <int64[1] s = {5}> { y = Reshape (x, s) }",
        "has 6 elements, but shape [5] has 5",
    ),
    (
        "g (float[2,3] x) => (float[a,b] y) <int64[2] s = {-1, 4}> { y = Reshape (x, s) }",
        "do not fill shape",
    ),
    (
        "g (float[2,3] x) => (float[a,b] y) <int64[2] s = {-1, -1}> { y = Reshape (x, s) }",
        "more than one -1",
    ),
    (
        "g (float[2,3] x) => (float[a,b] y) { y = Transpose <perm = [0, 0]> (x) }",
        "axis is repeated",
    ),
    (
        "g (float[2,3] x) => (float[a] y) <int64[1] s = {0}> { y = Squeeze (x, s) }",
        "is 2 long; only 1 can be",
    ),
    (
        "g (float[2,3] x, float[2,4] z) => (float[a,b] y) { y = Concat <axis = 0> (x, z) }",
        "along axis 1 differ: 3 and 4",
    ),
    (
        "g (float[2,3] x) => (float[a,b] y) { y = Concat <axis = 2> (x, x) }",
        "axis 2 is out of range",
    ),
    (
        "g (float[5] x) => (float[2] y, float[2] z) <int64[2] s = {2, 2}> { y, z = Split (x, s) }",
        "do not cut an axis of 5",
    ),
    (
        "g (float[5] x) => (float[2] y) <int64[1] s = {0}, int64[1] d = {0}> { y = Slice (x, s, s, s, d) }",
        "a step is 0",
    ),
    (
        "g (float[5] x) => (float[2] y) <int64[1] s = {-6}> { y = Pad (x, s) }",
        "it has 1 pads for 1 axes",
    ),
    (
        "g (float[2,3] x, float[2] z) => (float[a,b] y) { y = Gather (x, z) }",
        "int32 or int64 is needed",
    ),
    (
        "g (float[2,5] x) => (float[a,b] y) <int64[2] z = {0, 5}> { y = Gather <axis = 1> (x, z) }",
        "index 5 is out of range for axis 1, 5 long",
    ),
    (
        "g (float[2,5] x) => (float[b] y) <int64 z = {-3}> { y = Gather (x, z) }",
        "index -3 is out of range for axis 0, 2 long",
    ),
    (
        "g (float[5] x) => (float[3] y) <int64[3] z = {0, 4, -6}> { y = GatherElements (x, z) }",
        "index -6 is out of range for axis 0, 5 long",
    ),
    (
        "g (float[2,3] x) => (float[2] y) <int64[2,2] z = {1, 2, 0, 3}> { y = GatherND (x, z) }",
        "index 3 is out of range for axis 1, 3 long",
    ),
    (
        "g (float[2,3] x) => (float[2] y) <int64[2,1] z = {-3, 3}> { y = GatherND <batch_dims = 1> (x, z) }",
        "index 3 is out of range for axis 1, 3 long",
    ),
    (
        "g (uint8[2,3] x, uint8[3,2] z) => (uint8[a,b] y) { y = MatMul (x, z) }",
        "type uint8; a floating type or integers of 32 or 64 bits are needed",
    ),
    (
        "g (int32[2,3] x, int32[3,2] z) => (int32[a,b] y) { y = Gemm <alpha = 0.5> (x, z) }",
        "alpha is 0.5; int32 is scaled by whole numbers only",
    ),
    (
        "g (float[1,3,8,8] x, float[4,2,3,3] w) => (float[a,b,c,d] y) { y = Conv (x, w) }",
        "differ: 3 and 2",
    ),
    (
        "g (float[1,3,2,2] x, float[4,3,3,3] w) => (float[a,b,c,d] y) { y = Conv (x, w) }",
        "does not fit into axis 2",
    ),
    (
        "g (float[1,3,8] x, float[4,3,3,3] w) => (float[a,b,c] y) { y = Conv (x, w) }",
        "different ranks",
    ),
    (
        "g (float[1,4,8,8] x, float[4,1,3,3] w) => (float[a,b,c,d] y) { y = Conv <group = 3> (x, w) }",
        "is not a multiple of 3",
    ),
    (
        "g (float[2,3] x, float[2,3] z) => (float[a,b] y) { y = MatMul (x, z) }",
        "differ: 3 and 2",
    ),
    (
        "g (float[1,3,8,8] x) => (float[a,b,c,d] y) { y = MaxPool (x) }",
        "'kernel_shape' is missing",
    ),
    (
        "g (float[1,3] x) => (float[a,b] y) { y = GlobalAveragePool (x) }",
        "rank at least 3 is needed",
    ),
    (
        "g (int64[2,3] x) => (int64[2,3] y) { y = Softmax (x) }",
        "a floating type is needed",
    ),
    (
        "g (float[2,3] x) => (float[2,3] y) { y = Softmax <axis = 2> (x) }",
        "axis 2 is out of range",
    ),
    (
        "g (float[2,3] x, float[n] s) => (float[a,b] y) { y = Resize (x, , s) }",
        "scales is computed from data",
    ),
    (
        "g (float[2,3] x, float[2] s) => (float[a,b] y) { t = Tanh (s)  y = Slice (x, t, s) }",
        "starts contain",
    ),
    (
        "g (float[2,3] x) => (float[2,3] y) { y = Resize (x) }",
        "exactly one of scales and sizes",
    ),
    (
        "g (float16 n) => (float16[k] y) <float16 a = {0}, float16 d = {1}> { y = Range (a, n, d) }",
        "limit is computed from data",
    ),
    (
        "g (float[1,6,4] x, float[4] s) => (float[a] y) { y = GroupNormalization <num_groups=4> (x, s, s) }",
        "is not a multiple of 4",
    ),
    (
        "g (float[2,3] x) => (float[2,3] y) { y = TopKek (x) }",
        "operator TopKek is not supported",
    ),
]


@pytest.mark.parametrize(("text", "reason"), REFUSALS)
def test_reason(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError) as caught:
        infer_types.run(read_text(text, tmp_path))
    assert len(caught.value.problems) == 1
    assert reason in caught.value.problems[0]
