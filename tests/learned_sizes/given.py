"""Models whose sizes depend on elements of small inputs; by name."""

from __future__ import annotations

import numpy as np

from learned_sizes.case import Case, integers, of, sparse

GIVEN = {
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
            of(x=sparse(9), start=integers(-1), end=integers(2**31 - 1)),
            of(x=sparse(9), start=integers(6), end=integers(2**63 - 1)),
            of(x=sparse(9), start=integers(-1), end=integers(2**31 - 2)),
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
    "Slice of nothing, forwards and backwards": Case(
        """g (float[n] x, float[0] none, int64[1] start, int64[1] end) =>
            (float[a] f, float[b] g, float[c] h, float[d] i, float[e] j, float[k] y)
        <int64[1] axis = {0}, int64[1] back = {-2}, int64[1] ahead = {2}, int64[1] last = {-1},
         int64[1] far = {-9223372036854775807}>
        { f = Slice (none, start, far, last, back)  g = Slice (none, start, end, axis, ahead)
          h = Slice (x, start, far, axis, back)  i = Slice (x, start, end, axis, back)
          j = Slice (none, far, far, axis, back)  y = Slice (x, last, far, axis, back) }""",
        [
            of(x=sparse(n), none=sparse(0), start=integers(start), end=integers(end))
            for n in (0, 1, 5)
            for start, end in ((0, 3), (-1, -7), (4, 0))
        ],
    ),
}
