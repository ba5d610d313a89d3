"""Small models with free extents that went wrong once, or are next to one that did, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Sizes = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """A model in ONNX's text format, and the sizes of its free extents in each run.

    An axis of an input that is written `?` has no name; its size is found under `<input>_<axis>`.
    """

    text: str
    sizes: Sequence[Sizes]


def _pyramid(lower: str) -> str:
    """A feature and, by `lower`, a smaller one made of it, upsampled and added: FPNs and U-Nets are such."""
    return f"""g (float[n,3,h,w] x) => (float y)
        <float[4,3,3,3] first = {{{_numbers(108)}}}, float[4,4,1,1] second = {{{_numbers(16)}}},
         float[4] scales = {{1, 1, 2, 2}}>
        {{ a = Conv <pads = [1, 1, 1, 1]> (x, first)  {lower}
           y = Add (up, a) }}"""


def _numbers(count: int) -> str:
    return ", ".join(f"{(7 * index) % 11 / 10 - 0.5:.1f}" for index in range(count))


IMAGES = (
    {"n": 1, "h": 8, "w": 8},
    {"n": 2, "h": 8, "w": 12},
    {"n": 3, "h": 4, "w": 20},
    {"n": 1, "h": 7, "w": 8},
    {"n": 1, "h": 2, "w": 2},
)
ROWS = (
    {"n": 4, "m": 4},
    {"n": 4, "m": 1},
    {"n": 1, "m": 4},
    {"n": 4, "m": 3},
    {"n": 0, "m": 1},
    {"n": 1, "m": 1},
)
LENGTHS = ({"n": 2, "t": 5}, {"n": 1, "t": 1}, {"n": 3, "t": 12}, {"n": 2, "t": 0}, {"n": 2, "t": 16})

SEEN = {
    "pyramid by MaxPool, Conv and nearest Resize": Seen(
        _pyramid(
            """p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)  c = Conv (p, second)
            up = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric",
                         nearest_mode = "floor"> (c, , scales)"""
        ),
        IMAGES,
    ),
    "pyramid by Conv and linear Resize to the size of the other": Seen(
        _pyramid(
            """c = Conv <strides = [2, 2], kernel_shape = [1, 1]> (a, second)  s = Shape (a)
            up = Resize <mode = "linear"> (c, , , s)"""
        ),
        IMAGES,
    ),
    "pyramid by AveragePool and ConvTranspose": Seen(
        _pyramid(
            """p = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (a)
            up = ConvTranspose <strides = [2, 2], output_padding = [1, 1]> (p, second)"""
        ),
        IMAGES,
    ),
    "pyramid of two levels": Seen(
        _pyramid(
            """p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)  c = Conv (p, second)
            q = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (c)  d = Conv (q, second)
            e = Resize <mode = "nearest"> (d, , scales)  f = Add (e, c)
            up = Resize <mode = "nearest"> (f, , scales)"""
        ),
        IMAGES,
    ),
    "pyramid joined by Concat": Seen(
        _pyramid(
            """p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)  c = Conv (p, second)
            u = Resize <mode = "nearest"> (c, , scales)  j = Concat <axis = 1> (u, a)
            up = ReduceMax <axes = [1]> (j)"""
        )
        .replace("ReduceMax <axes = [1]> (j)", "ReduceMax (j, one)")
        .replace("float[4] scales", "int64[1] one = {1}, float[4] scales"),
        IMAGES,
    ),
    "a gate of one pixel": Seen(
        _pyramid("p = GlobalAveragePool (a)  c = Conv (p, second)  s = Sigmoid (c)  up = Mul (s, a)"), IMAGES
    ),
    "Add of rows": Seen("g (float[n,6] x, float[m,1] b) => (float y) { y = Add (x, b) }", ROWS),
    "Add of rows, both whole": Seen("g (float[n,6] x, float[m,6] b) => (float y) { y = Add (x, b) }", ROWS),
    "Add of rows without names": Seen(
        "g (float[?,6] x, float[?,6] b) => (float y) { y = Add (x, b) }",
        [{"x_0": one["n"], "b_0": one["m"]} for one in ROWS],
    ),
    "Add of lengths to rows": Seen(
        "g (float[n,3] x, float[m] b) => (float y) { y = Add (b, x) }",
        [{"n": 2, "m": 3}, {"n": 2, "m": 1}, {"n": 3, "m": 2}, {"n": 1, "m": 3}],
    ),
    "Add of images of two batches": Seen(
        "g (float[n,5,h,w] x, float[m,5,h,w] b) => (float y) {"
        " p = MaxPool <kernel_shape = [1, 1]> (x)  q = MaxPool <kernel_shape = [1, 1]> (b)  y = Add (p, q) }",
        [{**one, "h": 3, "w": 6} for one in ROWS],
    ),
    "Add of images of two widths": Seen(
        "g (float[1,5,h,n] x, float[1,5,h,m] b) => (float y) {"
        " p = MaxPool <kernel_shape = [1, 1]> (x)  q = MaxPool <kernel_shape = [1, 1]> (b)  y = Add (p, q) }",
        [{**one, "h": 3} for one in ROWS],
    ),
    "Where of three rows": Seen(
        "g (bool[n,1] c, float[m,4] x, float[k,4] b) => (float y) { y = Where (c, x, b) }",
        [
            {"n": 3, "m": 3, "k": 3},
            {"n": 3, "m": 1, "k": 1},
            {"n": 1, "m": 3, "k": 1},
            {"n": 1, "m": 1, "k": 3},
            {"n": 2, "m": 3, "k": 1},
            {"n": 1, "m": 2, "k": 3},
            {"n": 0, "m": 1, "k": 1},
        ],
    ),
    "Max, Mean and Sum of three": Seen(
        "g (float[n] x, float[m] b, float[k] c) => (float y) {"
        " p = Max (x, b, c)  q = Mean (x, c)  r = Sum (p, q, b)  y = Min (r, x) }",
        [
            {"n": 3, "m": 3, "k": 3},
            {"n": 3, "m": 1, "k": 1},
            {"n": 1, "m": 3, "k": 1},
            {"n": 1, "m": 1, "k": 3},
            {"n": 2, "m": 3, "k": 1},
        ],
    ),
    "alternating sums of two rows": Seen(
        "g (float[n] x, float[m] b) => (float y) {"
        + "".join(f" a{i} = Add ({'x' if not i else f'a{i - 1}'}, {'xb'[i % 2]})" for i in range(18))
        + " y = Add (a17, x) }",
        ROWS,
    ),
    "Expand to the Shape of another": Seen(
        "g (float[n,1] x, float[m,5] b) => (float y) { s = Shape (b)  y = Expand (x, s) }", ROWS
    ),
    "Expand to a number": Seen(
        "g (float[n,1] x) => (float y) <int64[2] s = {4, 3}> { y = Expand (x, s) }",
        [{"n": 1}, {"n": 4}, {"n": 3}],
    ),
    "Expand by ones": Seen(
        "g (float[n,t] x) => (float y) <int64[3] s = {2, 1, 1}> { y = Expand (x, s) }", LENGTHS
    ),
    "Concat along another axis": Seen(
        "g (float[n,3] x, float[m,2] b) => (float y) { y = Concat <axis = 1> (x, b) }",
        # ONNX Runtime passes over an input without elements, whatever its shape.
        [one for one in ROWS if one["n"]],
    ),
    "Concat along the free axis": Seen(
        "g (float[n,3] x, float[m,3] b) => (float y) { y = Concat <axis = 0> (x, b) }", ROWS
    ),
    "MatMul of inner sizes": Seen("g (float[3,n] x, float[m,5] b) => (float y) { y = MatMul (x, b) }", ROWS),
    "MatMul of batches": Seen("g (float[n,3,4] x, float[m,4,5] b) => (float y) { y = MatMul (x, b) }", ROWS),
    "MatMul by a constant": Seen(
        f"g (float[n,t] x) => (float y) <float[5,4] w = {{{_numbers(20)}}}> {{ y = MatMul (x, w) }}", LENGTHS
    ),
    "Gemm with a bias of a free length": Seen(
        "g (float[3,n] x, float[m,5] b, float[k] c) => (float y) { y = Gemm (x, b, c) }",
        [
            {"n": 2, "m": 2, "k": 5},
            {"n": 2, "m": 2, "k": 1},
            {"n": 2, "m": 3, "k": 5},
            {"n": 2, "m": 2, "k": 4},
        ],
    ),
    "Conv of a free number of channels": Seen(
        f"g (float[1,c,4,4] x) => (float y) <float[2,3,1,1] w = {{{_numbers(6)}}}> {{ y = Conv (x, w) }}",
        [{"c": 3}, {"c": 1}, {"c": 4}],
    ),
    "Conv of an image smaller than its window": Seen(
        f"g (float[1,1,h,w] x) => (float y) <float[1,1,3,3] k = {{{_numbers(9)}}}> {{ y = Conv (x, k) }}",
        [{"h": 3, "w": 5}, {"h": 2, "w": 5}, {"h": 5, "w": 1}],
    ),
    "MaxPool of an image smaller than its window": Seen(
        "g (float[1,1,h,w] x) => (float y) { y = MaxPool <kernel_shape = [3, 3]> (x) }",
        [{"h": 3, "w": 5}, {"h": 2, "w": 5}, {"h": 5, "w": 1}],
    ),
    "Reshape to rows of 4": Seen(
        "g (float[n,3] x) => (float y) <int64[2] s = {-1, 4}> { y = Reshape (x, s) }",
        [{"n": 4}, {"n": 8}, {"n": 5}, {"n": 0}],
    ),
    "Reshape to a fixed shape": Seen(
        "g (float[n,6] x) => (float y) <int64[2] s = {4, 3}> { y = Reshape (x, s) }", [{"n": 2}, {"n": 3}]
    ),
    "Reshape to the shape of another": Seen(
        "g (float[n,6] x, float[m,3] b) => (float y) { s = Shape (b)  y = Reshape (x, s) }",
        [{"n": 2, "m": 4}, {"n": 3, "m": 6}, {"n": 2, "m": 3}],
    ),
    "Reshape that keeps an axis": Seen(
        "g (float[n,t,4] x) => (float y) <int64[4] s = {0, 0, 2, -1}> { y = Reshape (x, s) }", LENGTHS
    ),
    "at least one": Seen(
        "g (float[n,3] x) => (float y, int64 m) <int64[1] one = {1}, int64[1] zero = {0}> {"
        " s = Shape (x)  m = Max (s, one)  k = Slice (m, zero, one)  y = Expand (half, k) }".replace(
            "int64[1] zero = {0}", "int64[1] zero = {0}, float[1] half = {0.5}"
        ),
        [{"n": 3}, {"n": 0}, {"n": 1}],
    ),
    "a past": Seen(
        "g (float[n,2,p,4] past, float[n,2,t,4] x) => (float y, float present) {"
        " present = Concat <axis = 2> (past, x)  k = Transpose <perm = [0, 1, 3, 2]> (present)"
        " s = MatMul (x, k)  a = Softmax <axis = -1> (s)  y = MatMul (a, present) }",
        [
            {"n": 1, "p": 3, "t": 1},
            {"n": 1, "p": 0, "t": 4},
            {"n": 2, "p": 0, "t": 1},
            {"n": 2, "p": 7, "t": 2},
        ],
    ),
    "a past whose length is counted": Seen(
        "g (float[n,p,4] past, int64[n,t] ids) => (float y)"
        f" <float[16,4] table = {{{_numbers(64)}}}, int64 zero = {{0}}, int64 one = {{1}}> {{"
        " s = Shape (past)  p = Gather (s, one)  q = Shape (ids)  t = Gather (q, one)  all = Add (p, t)"
        " positions = Range (p, all, one)  place = Gather (table, positions)  token = Gather (table, ids)"
        " e = Add (token, place)  y = Concat <axis = 1> (past, e) }",
        [{"n": 1, "p": 3, "t": 1}, {"n": 1, "p": 0, "t": 4}, {"n": 2, "p": 5, "t": 3}],
    ),
    "positions sliced from a table": Seen(
        f"g (float[n,t,4] x) => (float y) <float[1,16,4] table = {{{_numbers(64)}}}, int64[1] zero = {{0}},"
        " int64[1] one = {1}, int64[1] two = {2}> {"
        " s = Shape (x)  t = Slice (s, one, two)  p = Slice (table, zero, t, one)  y = Add (x, p) }",
        [*LENGTHS, {"n": 2, "t": 17}],
    ),
    "positions and tokens of a table": Seen(
        f"g (int64[n,t] ids) => (float y) <float[16,4] table = {{{_numbers(64)}}}, int64[1] zero = {{0}},"
        " int64[1] one = {1}, int64[1] two = {2}> {"
        " s = Shape (ids)  t = Slice (s, one, two)  p = Slice (table, zero, t, zero)"
        " e = Gather (table, ids)  y = Add (e, p) }",
        [*LENGTHS, {"n": 2, "t": 17}],
    ),
    "a causal mask cut from a square": Seen(
        "g (float[n,t,t] x) => (float y) <int64[2] square = {16, 16}, int64[1] zero = "
        "{0}, int64[1] one = {1},"
        " int64[1] two = {2}, float far = {-1000}> {"
        " ones = ConstantOfShape <value = float[1] {1}> (square)  low = Trilu <upper = 0> (ones)"
        " s = Shape (x)  t = Slice (s, one, two)  a = Slice (low, zero, t, zero)  b = Slice (a, zero, t, one)"
        " m = Sub (ones1, b)  f = Mul (m, far)  z = Add (x, f)  y = Softmax <axis = -1> (z) }".replace(
            "ones1", "unit"
        ).replace("float far", "float unit = {1}, float far"),
        LENGTHS[:3],
    ),
    "Resize by 1.3": Seen(
        "g (float[1,1,h,w] x) => (float y) <float[4] s = {1, 1, 1.3, 1.3}> { y = Resize "
        '<mode = "linear"> (x, , s) }',
        [{"h": h, "w": w} for h, w in ((90, 3), (10, 20), (30, 7), (100, 1), (50, 70))],
    ),
    "nearest Resize by 0.7": Seen(
        "g (float[1,1,h,w] x) => (float y) <float[4] s = {1, 1, 0.7, 0.7}>"
        ' { y = Resize <mode = "nearest"> (x, , s) }',
        [{"h": h, "w": w} for h, w in ((90, 3), (10, 20), (30, 7), (100, 2), (50, 70))],
    ),
    "half, computed in floats": Seen(
        "g (float[1,2,h,w] x) => (float y) <float half = {0.5}, int64[1] two = {2}, int64[1] four = {4},"
        " int64[1] zero = {0}> {"
        " s = Shape (x)  front = Slice (s, zero, two)  tail = Slice (s, two, four)  f = Cast <to = 1> (tail)"
        " m = Mul (f, half)  k = Floor (m)  i = Cast <to = 7> (k)  size = Concat <axis = 0> (front, i)"
        ' y = Resize <mode = "nearest"> (x, , , size) }',
        [{"h": 8, "w": 6}, {"h": 7, "w": 5}, {"h": 3, "w": 2}],
    ),
    "a multiple of 32": Seen(
        "g (float[1,1,h,w] x) => (float y) <float unit = {32}, int64[1] two = {2}, int64[1] four = {4},"
        " int64[1] zero = {0}> {"
        " s = Shape (x)  front = Slice (s, zero, two)  tail = Slice (s, two, four)  f = Cast <to = 1> (tail)"
        " d = Div (f, unit)  k = Ceil (d)  m = Mul (k, unit)  i = Cast <to = 7> (m)"
        ' size = Concat <axis = 0> (front, i)  y = Resize <mode = "linear"> (x, , , size) }',
        [{"h": 32, "w": 33}, {"h": 7, "w": 64}, {"h": 65, "w": 1}],
    ),
    "padded to a multiple of 8": Seen(
        "g (float[1,1,h,w] x) => (float y) <int64 eight = {8}, int64[1] two = {2}, int64[1] four = {4},"
        " int64[4] zeros = {0, 0, 0, 0}, int64[2] front = {0, 0}> {"
        " s = Shape (x)  tail = Slice (s, two, four)  n = Neg (tail)  r = Mod (n, eight)"
        " pads = Concat <axis = 0> (zeros, front, r)  y = Pad (x, pads) }",
        [{"h": 8, "w": 3}, {"h": 17, "w": 16}, {"h": 1, "w": 9}],
    ),
    "a scale from a shape": Seen(
        "g (float[n,t,4] x) => (float y) <int64 one = {1}, float zero = {0}> {"
        " s = Shape (x)  t = Gather (s, one)  f = Cast <to = 1> (t)  r = Sqrt (f)  y = Div (x, r) }",
        LENGTHS,
    ),
    "a mean by the count": Seen(
        "g (float[n,t,4] x) => (float y) <int64 one = {1}, int64[1] axis = {1}> {"
        " s = Shape (x)  t = Gather (s, one)  f = Cast <to = 1> (t)"
        " q = ReduceSum <keepdims = 0> (x, axis)  y = Div (q, f) }",
        [one for one in LENGTHS if one["t"]],
    ),
    "Squeeze of a free axis": Seen(
        "g (float[n,t,3] x) => (float y) <int64[1] axes = {1}> { y = Squeeze (x, axes) }",
        [{"n": 2, "t": 1}, {"n": 2, "t": 2}, {"n": 1, "t": 1}, {"n": 2, "t": 0}],
    ),
    "Squeeze of a batch": Seen(
        "g (float[n,t,3] x) => (float y) <int64[1] axes = {0}> { a = Squeeze (x, axes)  y = Relu (a) }",
        [{"n": 1, "t": 4}, {"n": 2, "t": 4}, {"n": 1, "t": 1}],
    ),
    "Split in parts of a given size": Seen(
        "g (float[n,t] x) => (float y, float z) <int64[2] parts = {2, 3}> { y, z = Split "
        "<axis = 1> (x, parts) }",
        LENGTHS,
    ),
    "Split of a free axis": Seen(
        "g (float[n,t] x) => (float y, float z) { y, z = Split <axis = 1, num_outputs = 2> (x) }",
        [{"n": 2, "t": 4}, {"n": 2, "t": 5}, {"n": 1, "t": 2}],
    ),
    "Gather of an index out of range": Seen(
        "g (float[n,t] x) => (float y) <int64 i = {3}> { y = Gather <axis = 1> (x, i) }", LENGTHS
    ),
    "Gather of the last": Seen(
        "g (float[n,t] x) => (float y) <int64 i = {-1}> { y = Gather <axis = 1> (x, i) }", LENGTHS
    ),
    "Slice beyond the end": Seen(
        "g (float[n,t] x) => (float y) <int64[1] a = {2}, int64[1] b = {9}, int64[1] axis = {1}>"
        " { y = Slice (x, a, b, axis) }",
        LENGTHS,
    ),
    "Slice from the end by -2": Seen(
        "g (float[n,t] x) => (float y) <int64[1] a = {-1}, int64[1] b = {-100}, int64[1] axis = {1},"
        " int64[1] step = {-2}> { y = Slice (x, a, b, axis, step) }",
        LENGTHS,
    ),
    "halves of a free axis, swapped": Seen(
        "g (float[n,t] x) => (float y) <int64[1] one = {1}, int64[1] two = {2}, int64[1] zero = {0},"
        " int64[1] far = {9223372036854775807}> {"
        " s = Shape (x)  t = Slice (s, one, two)  h = Div (t, two)  a = Slice (x, zero, h, one)"
        " b = Slice (x, h, far, one)  y = Concat <axis = 1> (b, a) }",
        LENGTHS,
    ),
    "Range to the length": Seen(
        "g (float[n,t] x) => (float y) <int64 zero = {0}, int64 one = {1}> {"
        " s = Shape (x)  t = Gather (s, one)  r = Range (zero, t, one)  f = Cast <to = "
        "1> (r)  y = Mul (x, f) }",
        LENGTHS,
    ),
    "Tile by the shape of another": Seen(
        "g (float[1,3] x, float[n,m] b) => (float y) { s = Shape (b)  y = Tile (x, s) }",
        [{"n": 2, "m": 3}, {"n": 1, "m": 1}, {"n": 0, "m": 2}],
    ),
    "sums of nothing": Seen(
        "g (float[n,t] x) => (float y, float z) <int64[1] one = {1}> {"
        " y = ReduceSum (x, one)  z = ReduceSumSquare <keepdims = 0> (x, one) }",
        LENGTHS,
    ),
    "a mask of attention": Seen(
        "g (float[n,t,4] x, int64[n,t] mask) => (float y)"
        " <int64[1] one = {1}, float unit = {1}, float far = {-1000}> {"
        " k = Transpose <perm = [0, 2, 1]> (x)  s = MatMul (x, k)  u = Unsqueeze (mask, one)"
        " f = Cast <to = 1> (u)  i = Sub (unit, f)  m = Mul (i, far)  z = Add (s, m)"
        " a = Softmax <axis = -1> (z)  y = MatMul (a, x) }",
        LENGTHS,
    ),
    "a mask of another length": Seen(
        "g (float[n,t] x, float[m,t] b, float[t] c) => (float y) { p = Mul (x, b)  q = "
        "Add (p, c)  y = Tanh (q) }",
        [
            {"n": 2, "m": 1, "t": 4},
            {"n": 1, "m": 3, "t": 4},
            {"n": 2, "m": 3, "t": 4},
            {"n": 2, "m": 2, "t": 1},
        ],
    ),
    "Reshape by a target that Where completes": Seen(
        "g (float[n,t] x, float[m,t] b) => (float y) <int64[2] wanted = {-1, 3}, int64 minus = {-1}> {"
        " s = Shape (b)  free = Equal (wanted, minus)  target = Where (free, s, wanted)  "
        "y = Reshape (x, target) }",
        [{"n": 2, "m": 2, "t": 3}, {"n": 4, "m": 2, "t": 3}, {"n": 3, "m": 2, "t": 2}],
    ),
    "DepthToSpace and back": Seen(
        "g (float[n,8,h,w] x) => (float y) { a = DepthToSpace <blocksize = 2> (x)"
        " b = SpaceToDepth <blocksize = 2> (a)  y = Add (a2, x) }".replace("a2", "b"),
        IMAGES,
    ),
    "SpaceToDepth of a free image": Seen(
        "g (float[n,2,h,w] x) => (float y) { y = SpaceToDepth <blocksize = 2> (x) }", IMAGES
    ),
    "windows that keep the size": Seen(
        f"g (float[n,1,h,w] x) => (float y) <float[1,1,2,2] k = {{{_numbers(4)}}}> {{"
        ' a = Conv <auto_pad = "SAME_UPPER"> (x, k)  b = Conv <auto_pad = "SAME_LOWER"> (x, k)'
        " c = MaxPool <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x)  d = Add (a, b)  y = Add (d, c) }",
        IMAGES,
    ),
}
