"""Models whose sizes depend on numbers: on elements of small inputs, or on what a run computes; by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Case:
    """A model in ONNX's text format, and the inputs of its runs."""

    text: str
    feeds: Sequence[Callable[[Generator], Arrays]]
    tolerance: float = 1e-5


def sparse(*shape: int, share: float = 0.4) -> Callable[[Generator], np.ndarray]:
    """Numbers of which a share is not zero."""
    return lambda random: np.where(random.random(shape) < share, random.standard_normal(shape), 0).astype(
        np.float32
    )


def of(**inputs: object) -> Callable[[Generator], Arrays]:
    """Inputs by name: arrays, or what makes them of random numbers."""
    return lambda random: {
        name: value(random) if callable(value) else np.asarray(value) for name, value in inputs.items()
    }


def integers(*numbers: int) -> np.ndarray:
    """An int64 vector."""
    return np.asarray(numbers, np.int64)


def boxes(batches: int, classes: int, count: int) -> Callable[[Generator], Arrays]:
    """Boxes that overlap, and scores, some of them equal."""

    def make(random: Generator) -> Arrays:
        corners = random.random((batches, count, 4), np.float32) * 3
        return {
            "b": np.concatenate([corners[..., :2], corners[..., :2] + corners[..., 2:]], 2).astype(
                np.float32
            ),
            "s": (random.integers(0, 40, (batches, classes, count)) / 40).astype(np.float32),
        }

    return make


def choosing(call: str, inputs: str = "", numbers: str = "") -> str:
    """A model that chooses boxes, and gathers their corners and scores."""
    return f"""g (float[n,m,4] b, float[n,c,m] s{inputs}) =>
          (int64[k,3] y, float[k,4] corners, float[k] scores)
        <int64[3] order = {{0, 2, 1}}, int64[2] unbatched = {{0, 1}}{numbers}>
        {{ y = NonMaxSuppression {call}
           first = Constant <value = int64[2] {{0, 2}}> ()  places = Gather <axis = 1> (y, first)
           corners = GatherND (b, places)  byclass = Cast <to = 1> (s)  scores = GatherND (byclass, y) }}"""


LIMITS = ", int64[1] most = {4}, float[1] overlap = {0.3}, float[1] least = {0.2}"

CASES = {
    "NonZero of each rank": Case(
        """g (float[a] x, float[b,c] y, float[d,e,f] z) => (int64[1,i] p, int64[2,j] q, int64[3,k] r)
        { p = NonZero (x)  q = NonZero (y)  r = NonZero (z) }""",
        [
            of(x=sparse(9), y=sparse(4, 5), z=sparse(2, 3, 4)),
            of(x=sparse(1, share=1), y=sparse(3, 2, share=0), z=sparse(1, 1, 1)),
            of(x=sparse(0), y=sparse(0, 3), z=sparse(7, 5, 6)),
            of(x=sparse(30), y=sparse(1, 40, share=1), z=sparse(2, 3, 4)),
        ],
    ),
    "NonZero of computed bools and integers": Case(
        """g (float[n,m] x, int32[n] i) => (int64[2,k] p, int64[1,l] q, float[o] picked)
        <float zero = {0.5}> { above = Greater (x, zero)  p = NonZero (above)  q = NonZero (i)
          t = Transpose (p)  picked = GatherND (x, t) }""",
        [
            of(x=sparse(5, 7, share=1), i=np.int32([0, 3, 0, -1, 2])),
            of(x=sparse(1, 1, share=0), i=np.int32([0])),
            of(x=sparse(2, 9, share=1), i=np.int32([0, 0])),
        ],
    ),
    "work on what was found, and work that does not depend on it": Case(
        """g (float[n,m] x) => (float[n,m] y, float[k,m] z, float[m] total, float t)
        <int64[1] zeroth = {0}, float two = {2}>
        { y = Mul (x, two)  s = ReduceSum <keepdims = 0> (x, one)
          flags = NonZero (s)  row = Squeeze (flags, zeroth)
          z = Gather (y, row)  total = ReduceSum <keepdims = 0> (z, zeroth)  t = ReduceMax <keepdims = 0> (y)
          one = Constant <value = int64[1] {1}> () }""",
        [of(x=sparse(6, 3, share=0.2)), of(x=sparse(3, 3, share=0)), of(x=sparse(12, 2))],
    ),
    "work that is fused to what comes before the number that it needs": Case(
        """g (float[n,3] x) => (float[n,3] y, int64[l] z)
        <float[3,3] w = {1, 2, 0, -1, 0.5, 1, 2, 1, 0}, int64 zero = {0}, int64 one = {1}>
        { h = MatMul (x, w)  most = ReduceMax <keepdims = 0> (x)  k = Cast <to = 7> (most)
          z = Range (zero, k, one)  f = Cast <to = 1> (k)  y = Mul (h, f) }""",
        [
            lambda random: {"x": (random.random((4, 3)) * 6).astype(np.float32)},
            lambda random: {"x": (random.random((1, 3)) * 3).astype(np.float32)},
            lambda random: {"x": (random.random((7, 3)) * 9).astype(np.float32)},
        ],
    ),
    "values that passes give other names": Case(
        """g (float[n] x, float[1] c) => (int64[1,k] p, float[k] y, int64[l] z)
        <int64[1] zeroth = {0}, int64 zero = {0}, int64 one = {1}>
        { found = NonZero (x)  p = Identity (found)  same = Identity (p)  row = Squeeze (same, zeroth)
          y = Gather (x, row)  m = Mul (c, x)  most = ReduceMax <keepdims = 0> (m)  k = Cast <to = 7> (most)
          again = Identity (k)  end = Identity (again)  z = Range (zero, end, one) }""",
        [
            of(x=sparse(9), c=np.float32([2])),
            of(x=sparse(4, share=0), c=np.float32([1])),
            of(x=sparse(12, share=1), c=np.float32([3])),
        ],
    ),
    "what was found, searched again": Case(
        """g (float[n] x) => (int64[1,k] p, int64[1,l] q, float[l] y)
        <int64[1] zeroth = {0}, float limit = {0.5}>
        { p = NonZero (x)  row = Squeeze (p, zeroth)  found = Gather (x, row)  large = Greater (found, limit)
          q = NonZero (large)  second = Squeeze (q, zeroth)  y = Gather (found, second) }""",
        [of(x=sparse(20)), of(x=sparse(5, share=0)), of(x=sparse(50, share=0.9)), of(x=sparse(20))],
    ),
    "Compress along axes and of elements": Case(
        """g (float[n,m] x, bool[a] c, bool[b] d) => (float[k,m] y, float[l] z)
        { y = Compress <axis = 0> (x, c)  z = Compress (x, d) }""",
        [
            of(x=sparse(3, 4), c=np.array([True, False, True]), d=np.arange(5) % 3 > 0),
            of(x=sparse(4, 2), c=np.array([False] * 4), d=np.array([True] * 8)),
            of(x=sparse(4, 2), c=np.array([True]), d=np.array([], bool)),
        ],
    ),
    "Unique of elements": Case(
        """g (float[n,m] x) => (float[k] y, int64[k] first, int64[p] inverse, int64[k] counts)
        { rounded = Round (x)  y, first, inverse, counts = Unique (rounded) }""",
        [of(x=sparse(3, 8)), of(x=sparse(1, 1)), of(x=sparse(40, 2, share=1))],
    ),
    "Unique of slices, sorted and not": Case(
        """g (int64[n,m] x) =>
          (int64[k,m] y, int64[n] inverse, int64[n,l] z, int64[l] first, int64[l] counts)
        { y, f, inverse, c = Unique <axis = 0> (x)
          z, first, i, counts = Unique <axis = 1, sorted = 0> (x) }""",
        [
            of(x=lambda random: random.integers(-1, 2, (9, 2))),
            of(x=lambda random: random.integers(0, 2, (1, 12))),
            of(x=lambda random: random.integers(0, 3, (5, 5))),
        ],
    ),
    "NonMaxSuppression with limits": Case(
        choosing("(b, s, most, overlap, least)", numbers=LIMITS),
        [boxes(1, 1, 12), boxes(2, 3, 40), boxes(1, 2, 1), boxes(3, 1, 25)],
    ),
    "NonMaxSuppression by centres, without a least score": Case(
        choosing("<center_point_box = 1> (b, s, most, overlap)", numbers=LIMITS.rpartition(",")[0]),
        [boxes(1, 2, 30), boxes(2, 1, 9)],
    ),
    "NonMaxSuppression without limits chooses nothing": Case(
        choosing("(b, s)"), [boxes(1, 2, 10), boxes(2, 1, 3)]
    ),
    "NonMaxSuppression with limits from the page": Case(
        choosing("(b, s, most, overlap, least)", ", int64[1] most, float[1] overlap, float[1] least"),
        [
            lambda random: {
                **boxes(1, 2, 20)(random),
                "most": integers(3),
                "overlap": np.float32([0.5]),
                "least": np.float32([0.1]),
            },
            lambda random: {
                **boxes(2, 2, 20)(random),
                "most": integers(100),
                "overlap": np.float32([0]),
                "least": np.float32([0.7]),
            },
        ],
    ),
    "Range to what was computed": Case(
        """g (float[n] x) => (int64[k] y, float[k] z)
        <int64 zero = {0}, int64 one = {1}>
        { m = ReduceMax <keepdims = 0> (x)  k = Cast <to = 7> (m)  y = Range (zero, k, one)
          z = Cast <to = 1> (y) }""",
        [of(x=np.float32([1.5, 4.7])), of(x=np.float32([-3.0])), of(x=np.float32([0.5, 12.0, 3.0]))],
    ),
    "the longest of a batch": Case(
        """g (int64[n] lengths, float[n,t,2] x) => (float[n,l,2] y, bool[n,l] mask)
        <int64[1] zeroth = {0}, int64[1] first = {1}, int64 zero = {0}, int64 one = {1}>
        { longest = ReduceMax <keepdims = 0> (lengths)  end = Unsqueeze (longest, zeroth)
          y = Slice (x, zeroth, end, first)  places = Range (zero, longest, one)
          upright = Unsqueeze (lengths, first)  mask = Less (places, upright) }""",
        [
            of(lengths=integers(2, 3), x=sparse(2, 6, 2)),
            of(lengths=integers(6), x=sparse(1, 6, 2)),
            of(lengths=integers(1, 0, 1), x=sparse(3, 4, 2)),
            of(lengths=integers(9, 2), x=sparse(2, 9, 2)),
        ],
    ),
    "Reshape to a shape from the page": Case(
        """g (float[n,m] x, int64[3] s) => (float[a,b,c] y, float[a,b,c] z)
        { y = Reshape (x, s)  z = Neg (y) }""",
        [
            of(x=sparse(4, 6), s=integers(2, 3, 4)),
            of(x=sparse(4, 6), s=integers(-1, 2, 6)),
            of(x=sparse(4, 6), s=integers(0, -1, 3)),
            of(x=sparse(4, 6), s=integers(2, 0, 2)),
            of(x=sparse(5, 2), s=integers(1, 5, -1)),
            of(x=sparse(5, 2), s=integers(-1, 5, -1)),
            of(x=sparse(5, 2), s=integers(3, 1, -1)),
            of(x=sparse(5, 2), s=integers(5, 2, -2)),
        ],
    ),
    "Reshape where 0 is an extent": Case(
        "g (float[n,m] x, int64[2] s) => (float[a,b] y) { y = Reshape <allowzero = 1> (x, s) }",
        [
            of(x=sparse(0, 6), s=integers(3, 0)),
            of(x=sparse(4, 3), s=integers(-1, 2)),
            of(x=sparse(4, 3), s=integers(12, 1)),
            of(x=sparse(4, 3), s=integers(0, 12)),
        ],
    ),
    "Slice by bounds from the page": Case(
        """g (float[n,m] x, int64[2] starts, int64[2] ends) => (float[a,b] y)
        { y = Slice (x, starts, ends) }""",
        [
            of(x=sparse(5, 7), starts=integers(1, 2), ends=integers(4, 2**63 - 1)),
            of(x=sparse(5, 7), starts=integers(-3, -100), ends=integers(-1, 3)),
            of(x=sparse(5, 7), starts=integers(4, 0), ends=integers(2, 1)),
            of(x=sparse(2, 1), starts=integers(0, 0), ends=integers(2, -1)),
        ],
    ),
    "Slice backwards": Case(
        """g (float[n] x, int64[1] start, int64[1] end) => (float[a] y)
        <int64[1] axis = {0}, int64[1] step = {-2}> { y = Slice (x, start, end, axis, step) }""",
        [
            of(x=sparse(9), start=integers(7), end=integers(1)),
            of(x=sparse(9), start=integers(-1), end=integers(-(2**63))),
            of(x=sparse(9), start=integers(100), end=integers(-9)),
            of(x=sparse(9), start=integers(2), end=integers(5)),
        ],
    ),
    "Slice along axes, and by steps, from the page": Case(
        """g (float[n,m,3] x, int64[2] starts, int64[2] ends, int64[2] axes, int64[2] steps) =>
          (float[a,b,c] y)
        { y = Slice (x, starts, ends, axes, steps) }""",
        [
            of(
                x=sparse(5, 7, 3),
                starts=integers(1, 0),
                ends=integers(4, 9),
                axes=integers(0, 1),
                steps=integers(1, 2),
            ),
            of(
                x=sparse(5, 7, 3),
                starts=integers(2, -1),
                ends=integers(-9, 0),
                axes=integers(2, -2),
                steps=integers(-1, -3),
            ),
            of(
                x=sparse(5, 7, 3),
                starts=integers(0, 1),
                ends=integers(0, 2),
                axes=integers(1, 0),
                steps=integers(1, 1),
            ),
            of(
                x=sparse(1, 1, 3),
                starts=integers(0, 5),
                ends=integers(2**63 - 1, -100),
                axes=integers(-1, 0),
                steps=integers(2, -1),
            ),
            of(
                x=sparse(5, 7, 3),
                starts=integers(0, 1),
                ends=integers(1, 2),
                axes=integers(0, 0),
                steps=integers(1, 1),
            ),
            of(
                x=sparse(5, 7, 3),
                starts=integers(0, 1),
                ends=integers(1, 2),
                axes=integers(0, 3),
                steps=integers(1, 1),
            ),
            of(
                x=sparse(5, 7, 3),
                starts=integers(0, 1),
                ends=integers(1, 2),
                axes=integers(0, 1),
                steps=integers(0, 1),
            ),
            of(
                x=sparse(2, 2, 3),
                starts=integers(-2, 1),
                ends=integers(1, -1),
                axes=integers(0, 2),
                steps=integers(1, 5),
            ),
        ],
    ),
    "reductions along axes from the page": Case(
        """g (float[n,m,3] x, int64[1] a, int64[2] b) =>
          (float[p,q,r] y, float[s,t] z, float[u] w, float[v,o] l)
        { y = ReduceSum (x, a)  z = ReduceMax <keepdims = 0> (x, a)  w = ReduceMean <keepdims = 0> (x, b)
          l = ReduceLogSumExp <keepdims = 0> (x, a) }""",
        [
            of(x=sparse(4, 5, 3), a=integers(0), b=integers(0, 1)),
            of(x=sparse(4, 5, 3), a=integers(1), b=integers(2, 0)),
            of(x=sparse(2, 9, 3), a=integers(-1), b=integers(-2, -1)),
            of(x=sparse(1, 1, 3), a=integers(2), b=integers(1, -1)),
            of(x=sparse(4, 5, 3), a=integers(3), b=integers(0, 1)),
        ],
    ),
    "Squeeze and Unsqueeze of axes from the page": Case(
        """g (float[n,m,1] x, int64[1] a, int64[2] b) => (float[p,q] y, float[r,s,t,u,v] z)
        { y = Squeeze (x, a)  z = Unsqueeze (x, b) }""",
        [
            of(x=sparse(4, 5, 1), a=integers(2), b=integers(0, 1)),
            of(x=sparse(1, 5, 1), a=integers(-3), b=integers(4, 2)),
            of(x=sparse(4, 1, 1), a=integers(1), b=integers(-1, 0)),
            of(x=sparse(4, 5, 1), a=integers(1), b=integers(0, 1)),
            of(x=sparse(4, 5, 1), a=integers(-1), b=integers(1, 3)),
        ],
    ),
    "Expand, Tile and ConstantOfShape by numbers from the page": Case(
        """g (float[n,m] x, int64[3] s, int64[2] r, int64[2] f) =>
          (float[a,b,c] y, float[d,e] z, float[h,i] w)
        { y = Expand (x, s)  z = Tile (x, r)  w = ConstantOfShape (f) }""",
        [
            of(x=sparse(1, 4), s=integers(2, 3, 1), r=integers(3, 2), f=integers(2, 5)),
            of(x=sparse(3, 1), s=integers(1, 1, 6), r=integers(1, 0), f=integers(0, 5)),
            of(x=sparse(3, 4), s=integers(2, 3, 4), r=integers(1, 1), f=integers(1, 1)),
            of(x=sparse(3, 4), s=integers(2, 2, 4), r=integers(1, 1), f=integers(1, 1)),
            of(x=sparse(3, 4), s=integers(1, 1, 4), r=integers(1, -1), f=integers(1, 1)),
            of(x=sparse(3, 4), s=integers(1, 1, 4), r=integers(1, 2), f=integers(1, -1)),
            of(x=sparse(1, 1), s=integers(1, 1, 1), r=integers(2, 2), f=integers(7, 0)),
        ],
    ),
    "Pad by amounts from the page": Case(
        """g (float[n,m] x, int64[4] p, int64[4] q) => (float[a,b] y, float[c,d] z, float[c,d] w)
        { y = Pad (x, p)  z = Pad <mode = "edge"> (x, q)  w = Pad <mode = "reflect"> (x, q) }""",
        [
            of(x=sparse(4, 5), p=integers(1, 0, 2, 3), q=integers(1, 2, 0, 3)),
            of(x=sparse(4, 5), p=integers(-1, 2, -2, -3), q=integers(0, 1, 2, 0)),
            of(x=sparse(2, 3), p=integers(0, 0, 0, 0), q=integers(0, 0, 1, 2)),
            of(x=sparse(1, 3), p=integers(0, 0, 1, 0), q=integers(0, 1, 0, 0)),
        ],
    ),
    "Split by sizes from the page": Case(
        """g (float[n,m] x, int64[2] s) => (float[a,m] y, float[b,m] z) { y, z = Split (x, s) }""",
        [
            of(x=sparse(5, 3), s=integers(2, 3)),
            of(x=sparse(4, 3), s=integers(4, 0)),
            of(x=sparse(4, 3), s=integers(2, 3)),
            of(x=sparse(1, 1), s=integers(0, 1)),
        ],
    ),
    "TopK by a number from the page": Case(
        """g (float[n,m] x, int64[1] k) => (float[n,a] y, int64[n,a] places) { y, places = TopK (x, k) }""",
        [
            of(x=sparse(3, 9, share=1), k=integers(4)),
            of(x=sparse(2, 5, share=1), k=integers(5)),
            of(x=sparse(2, 5, share=1), k=integers(1)),
            of(x=sparse(2, 5, share=1), k=integers(6)),
        ],
    ),
    "Range from the page, whole numbers and floats": Case(
        """g (int64 a, int64 b, int64 c, float d, float e, float f) => (int64[n] y, float[m] z)
        { y = Range (a, b, c)  z = Range (d, e, f) }""",
        [
            of(
                a=np.int64(2),
                b=np.int64(11),
                c=np.int64(3),
                d=np.float32(1),
                e=np.float32(5),
                f=np.float32(2),
            ),
            of(
                a=np.int64(9),
                b=np.int64(-4),
                c=np.int64(-3),
                d=np.float32(0.1),
                e=np.float32(1),
                f=np.float32(0.1),
            ),
            of(
                a=np.int64(9),
                b=np.int64(12),
                c=np.int64(-1),
                d=np.float32(3),
                e=np.float32(-3),
                f=np.float32(-1.5),
            ),
            of(
                a=np.int64(-5),
                b=np.int64(-4),
                c=np.int64(7),
                d=np.float32(0),
                e=np.float32(0),
                f=np.float32(1),
            ),
        ],
    ),
    "OneHot and a triangle by numbers from the page": Case(
        """g (int64[n] i, float depth, float[n,n] x, int64 k) => (float[n,d] y, float[n,n] z)
        <float[2] values = {0, 1}> { y = OneHot (i, depth, values)  z = Trilu (x, k) }""",
        [
            of(i=integers(0, 2, 1, -1), depth=np.float32(4), x=sparse(4, 4, share=1), k=np.int64(1)),
            of(i=integers(3, 5), depth=np.float32(2), x=sparse(2, 2, share=1), k=np.int64(-1)),
            of(i=integers(0), depth=np.float32(1), x=sparse(1, 1, share=1), k=np.int64(0)),
        ],
    ),
    "Resize to sizes, and by scales, from the page": Case(
        """g (float[1,2,h,w] x, int64[4] s, float[2] f) => (float[a,b,c,d] y, float[e,f_,i,j] z)
        <float[2] kept = {1, 1}>
        { y = Resize <mode = "linear"> (x, , , s)  scales = Concat <axis = 0> (kept, f)
          z = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric",
                      nearest_mode = "floor"> (x, , scales) }""",
        [
            of(x=sparse(1, 2, 4, 5, share=1), s=integers(1, 2, 7, 3), f=np.float32([2, 1.5])),
            of(x=sparse(1, 2, 6, 3, share=1), s=integers(1, 2, 6, 9), f=np.float32([0.5, 1.3])),
            of(x=sparse(1, 2, 2, 2, share=1), s=integers(1, 2, 1, 1), f=np.float32([1, 1])),
        ],
    ),
    "arithmetic on numbers from the page": Case(
        """g (float[n,m] x, int64 a, int32 b, bool c) => (float[k,m] y, int64[l] z)
        <int64 two = {2}, int64 zero = {0}, int64 one = {1}, int64[1] first = {0}>
        { wide = Cast <to = 7> (b)  sum = Add (a, wide)  half = Div (sum, two)  flag = Cast <to = 7> (c)
          end = Add (half, flag)  ends = Unsqueeze (end, first)  none = Constant <value = int64[1] {0}> ()
          y = Slice (x, none, ends, first)  longest = Max (end, zero)  z = Range (zero, longest, one) }""",
        [
            of(x=sparse(9, 2), a=np.int64(3), b=np.int32(4), c=np.array(True)),
            of(x=sparse(9, 2), a=np.int64(-3), b=np.int32(-4), c=np.array(False)),
            of(x=sparse(9, 2), a=np.int64(-3), b=np.int32(12), c=np.array(False)),
            of(x=sparse(2, 2), a=np.int64(50), b=np.int32(1), c=np.array(True)),
        ],
    ),
}
