"""Models whose sizes depend on what a run computes; by name."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from learned_sizes.case import Arrays, Case, Generator, integers, of, sparse


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

COMPUTED = {
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
    "what constants of each type hold": Case(
        """g (float[n] x) => (float[n] y, float[a] f, int64[b] i, int8[c] s, int64[2,d] u, int64[1,e] t,
                             int64[2,h] g, int64[k,3] chosen)
        <float[2,2] floats = {3, 4, 4, -5}, int64[4] integers = {3, -4, 4, 4},
         int8[2,2] small = {3, 4, 4, -5}, uint8[2,2] unsigned = {0, 200, 3, 0}, bool[3] truths = {1, 0, 1},
         int32[2,2] whole = {0, -3, 0, 9}, float[1,2,4] boxes = {0, 0, 1, 1, 2, 2, 3, 3},
         float[1,1,2] scores = {0.5, 0.75}, int64[1] most = {5}>
        { y = Neg (x)  f = Unique (floats)  i = Unique (integers)  s = Unique (small)  u = NonZero (unsigned)
          t = NonZero (truths)  g = NonZero (whole)  chosen = NonMaxSuppression (boxes, scores, most) }""",
        [of(x=sparse(3)), of(x=sparse(5))],
    ),
}
