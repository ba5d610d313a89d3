"""Shape arithmetic of exported models becomes expressions over the symbols of the inputs."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import read_text
from texelflow.passes import infer_types

GRAPHS = {
    "flatten by shape, gather and concat": (
        """g (float[N,3,H,W] x) => (float[a,b] y)
        <int64 zero = {0}, int64[1] rest = {-1}, int64[1] axes = {0}>
        { s = Shape (x)  n = Gather (s, zero)  u = Unsqueeze (n, axes)
          target = Concat <axis = 0> (u, rest)  y = Reshape (x, target) }""",
        {"y": "float32[N, 3*H*W]"},
    ),
    "halves by Div and Mul": (
        """g (float[1,8,H,W] x) => (float[a,b,c,d] y)
        <int64[1] two = {2}, int64[1] h = {2}, int64[1] w = {3}, int64[1] end = {4}, int64[1] front = {0}>
        { s = Shape (x)  rows = Slice (s, h, w)  columns = Slice (s, w, end)  first = Slice (s, front, h)
          r = Div (rows, two)  c = Mul (columns, two)  size = Concat <axis = 0> (first, r, c)
          y = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric"> (x, , , size) }""",
        {"y": "float32[1, 8, H//2, 2*W]"},
    ),
    "scaled by floats": (
        """g (float[1,1,H,4] x) => (float[a] y)
        <float two = {2}, int64 axis = {2}, int64 zero = {0}, int64 one = {1}>
        { s = Shape (x)  h = Gather (s, axis)  f = Cast <to = 1> (h)  m = Mul (f, two)  k = Floor (m)
          i = Cast <to = 7> (k)  r = Range (zero, i, one)  y = Cast <to = 1> (r) }""",
        {"y": "float32[2*H]"},
    ),
    "-1 broadcast away by Where and ConstantOfShape": (
        """g (float[1,C,1] x, float[N,C,T] t) => (float[a,b,c] y)
        <int64[3] wanted = {-1, 1, 7}, int64 minus = {-1}, int64[1] three = {3}, int64[1] zero = {0}>
        { all = ConstantOfShape <value = int64[1] {1}> (three)  free = Equal (wanted, minus)
          extents = Where (free, all, wanted)  s = Shape (t)  m = Max (s, extents)  e = Slice (m, zero, three)
          y = Expand (x, e) }""",
        {"y": "float32[max(1, N), C, max(T, 7)]"},
    ),
    "heads of an attention": (
        """g (int64[B,T] ids, float[B,T,12] x) => (float[a,b,c,d] y)
        <int64[2] tail = {3, -1}, int64[1] zero = {0}, int64[1] two = {2}>
        { s = Shape (ids)  front = Slice (s, zero, two)  target = Concat <axis = 0> (front, tail)
          v = Reshape (x, target)  y = Transpose <perm = [0, 2, 1, 3]> (v) }""",
        {"y": "float32[B, 3, T, 4]"},
    ),
    "an extent put into a shape by ScatterND": (
        """g (float[N,4,6] x) => (float[a,b] y)
        <int64[2] target = {0, -1}, int64[1,1] place = {-2}, int64[1] zero = {0}, int64[1] one = {1}>
        { s = Shape (x)  n = Slice (s, zero, one)  t = ScatterND (target, place, n)  y = Reshape (x, t) }""",
        {"y": "float32[N, 24]"},
    ),
    "a row put into a table by ScatterND": (
        """g (float[N,4,6] x) => (float[a,b,c,d] y)
        <int64[2,2] table = {9, 9, 3, -1}, int64[1,1] place = {0}, int64[1] zero = {0}, int64[1] two = {2},
         int64[1] flat = {-1}>
        { s = Shape (x)  n = Slice (s, zero, two)  row = Unsqueeze (n, zero)
          t = ScatterND (table, place, row)  target = Reshape (t, flat)  y = Reshape (x, target) }""",
        {"y": "float32[N, 4, 3, 2]"},
    ),
    "all but the last": (
        """g (float[T,5] x) => (float[a,b] y)
        <int64[1] zero = {0}, int64[1] minus = {-1}> { y = Slice (x, zero, minus, zero) }""",
        {"y": "float32[max(0, T - 1), 5]"},
    ),
    "halves by Split": (
        "g (float[2,C] x) => (float[2,c] y, float[2,d] z) { y, z = Split <axis = 1, num_outputs = 2> (x) }",
        {"y": "float32[2, (C + 1)//2]"},
    ),
    "same padding": (
        """g (float[1,1,H,W] x, float[2,1,3,3] w) => (float[1,2,a,b] y)
        { y = Conv <auto_pad = "SAME_UPPER", strides = [2, 2]> (x, w) }""",
        {"y": "float32[1, 2, (H + 1)//2, (W + 1)//2]"},
    ),
    "pooling rounded up": (
        """g (float[1,1,H,8] x) => (float[1,1,a,b] y)
        { y = MaxPool <kernel_shape = [3, 3], strides = [2, 2], ceil_mode = 1> (x) }""",
        {"y": "float32[1, 1, H//2, 4]"},
    ),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_shapes(name: str, tmp_path: Path) -> None:
    text, expected = GRAPHS[name]
    graph = read_text(text, tmp_path)
    infer_types.run(graph)
    found = {value.name: str(value.type) for value in graph.outputs if value.name in expected}
    assert found == expected
