"""Models with loops whose turns a run decides; by name."""

from __future__ import annotations

import numpy as np

from learned_sizes.case import Case, integers, of, sparse

COUNTED = """g (float[n,3] x, int64 turns) => (float[a,b] y, float[c,d,e] z)
    <float[3,3] weight = {{1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}}>
    {{
        y, z = Loop (turns, {condition}, x) <body = turn (int64 i, bool c, float[n,3] s)
            => (bool c1, float[n,3] s1, float[d,e] m)
        {{ {body} }}>
    }}"""

LOOPING = {
    "a count that is given": Case(
        COUNTED.format(
            condition="",
            body="c1 = Identity (c)  k = Cast <to = 1> (i)  p = MatMul (s, weight)  q = Add (p, k)"
            "  s1 = Tanh (q)  m = Mul (s1, x)",
        ),
        [
            of(x=sparse(4, 3), turns=np.int64(3)),
            of(x=sparse(4, 3), turns=np.int64(7)),
            of(x=sparse(5, 3), turns=np.int64(1)),
            of(x=sparse(4, 3), turns=np.int64(40)),
        ],
    ),
    "no turn": Case(
        """g (float[n,3] x, int64 turns) => (float[a,b] y, float[c] z)
        {
            y, z = Loop (turns, , x) <body = turn (int64 i, bool c, float[n,3] s)
                => (bool c1, float[n,3] s1, float m)
            { c1 = Identity (c)  s1 = Neg (s)  m = ReduceSum <keepdims = 0> (s1) }>
        }""",
        [of(x=sparse(n, 3), turns=np.int64(turns)) for n, turns in ((2, 0), (3, -2), (2, 5), (2, 0))],
    ),
    "a count that is computed": Case(
        """g (float[n,3] x) => (float[a,b] y, float[c,d] z)
        {
            ceiling = Abs (x)  most = ReduceMax <keepdims = 0> (ceiling)  whole = Cast <to = 7> (most)
            y, z = Loop (whole, , x) <body = turn (int64 i, bool c, float[n,3] s)
                => (bool c1, float[n,3] s1, float[d] m)
            { c1 = Identity (c)  s1 = Sin (s)  axis = Constant <value_ints = [0]> ()
              m = ReduceSum <keepdims = 0> (s1, axis) }>
        }""",
        [of(x=np.full((n, 3), most, np.float32)) for n, most in ((2, 3.5), (1, 0.5), (3, 9.1), (2, 3.9))],
    ),
    "a condition that is computed": Case(
        """g (float[n] x) => (float[a] y, float[c] z)
        <float limit = {100}, int64 most = {1000}, bool yes = {1}>
        {
            y, z = Loop (most, yes, x) <body = turn (int64 i, bool c, float[n] s)
                => (bool c1, float[n] s1, float m)
            { s1 = Add (s, s)  m = ReduceMax <keepdims = 0> (s1)  c1 = Less (m, limit) }>
        }""",
        [of(x=np.float32(x)) for x in ([1, 2, 3], [200], [0.001, 0], [1, 2, 3], [60, -7])],
    ),
    "a condition before the first turn": Case(
        """g (float[n] x) => (float[a] y)
        <float limit = {100}>
        {
            first = ReduceMax <keepdims = 0> (x)  begins = Less (first, limit)
            y = Loop (, begins, x) <body = turn (int64 i, bool c, float[n] s) => (bool c1, float[n] s1)
            { s1 = Add (s, s)  m = ReduceMax <keepdims = 0> (s1)  c1 = Less (m, limit) }>
        }""",
        [of(x=np.float32(x)) for x in ([1, 2, 3], [200, 300], [0.5], [100])],
    ),
    "what is carried changes places": Case(
        """g (float[n] x, float[n] y, int64 turns) => (float[a] p, float[b] q, float[c] r, int64 s)
        <int64 none = {0}>
        {
            p, q, r, s = Loop (turns, , x, y, x, none)
                <body = turn (int64 i, bool c, float[n] a, float[n] b, float[n] d, int64 e)
                => (bool c1, float[n] a1, float[n] b1, float[n] d1, int64 e1)
            { c1 = Identity (c)  a1 = Identity (b)  b1 = Identity (a)  d1 = Identity (d)  e1 = Add (e, i) }>
        }""",
        [of(x=sparse(5), y=sparse(5), turns=np.int64(turns)) for turns in (3, 4, 0, 3)],
    ),
    "loops in loops": Case(
        """g (float[n,2] x, int64 outer, int64 inner) => (float[a,b] y, float[c,d,e] z)
        <float tenth = {0.1}>
        {
            y, z = Loop (outer, , x) <body = around (int64 i, bool c, float[n,2] s)
                => (bool c1, float[n,2] s2, float[c,d,e] m)
            {
                c1 = Identity (c)  scaled = Mul (x, tenth)
                s1, parts = Loop (inner, , s) <body = within (int64 j, bool d, float[n,2] r)
                    => (bool d1, float[n,2] r2, float[e] part)
                {
                    d1 = Identity (d)  k = Add (i, j)  f = Cast <to = 1> (k)
                    r1 = Add (r, scaled)  r2 = Sub (r1, f)  axis = Constant <value_ints = [1]> ()
                    part = ReduceSum <keepdims = 0> (r2, axis)
                }>
                s2 = Sigmoid (s1)  m = Identity (parts)
            }>
        }""",
        [
            of(x=sparse(3, 2), outer=np.int64(outer), inner=np.int64(inner))
            for outer, inner in ((2, 3), (3, 1), (2, 3), (1, 5), (5, 4))
        ],
    ),
    "numbers of the turn that must be known": Case(
        """g (float[n,4] x) => (float[a,b] y, float[c,d] z) <int64 one = {1}>
        {
            shape = Shape (x)  first = Constant <value_int = 0> ()  rows = Gather (shape, first)
            zeros = Constant <value = float[4] {0,0,0,0}> ()
            y, z = Loop (rows, , zeros) <body = turn (int64 i, bool c, float[4] s)
                => (bool c1, float[4] s1, float[d] m)
            {
                c1 = Identity (c)  axis = Constant <value_ints = [0]> ()
                start = Unsqueeze (i, axis)  next = Add (i, one)  end = Unsqueeze (next, axis)
                row = Slice (x, start, end, axis)  flat = Squeeze (row, axis)
                s1 = Add (s, flat)  m = Neg (s1)
            }>
        }""",
        [of(x=sparse(rows, 4)) for rows in (3, 1, 6, 3)],
    ),
    "sizes that a turn learns": Case(
        """g (float[n] x, int64 turns) => (float[a] y, int64[b] z) <float half = {0.5}>
        {
            y, z = Loop (turns, , x) <body = turn (int64 i, bool c, float[n] s)
                => (bool c1, float[n] s1, int64 m)
            {
                c1 = Identity (c)  above = Greater (s, half)  places = NonZero (above)
                shape = Shape (places)  axis = Constant <value_ints = [1]> ()
                count = Gather (shape, axis)
                first = Constant <value_ints = [0]> ()  m = Squeeze (count, first)
                list = Transpose (places)  picked = GatherND (s, list)
                sum = ReduceSum <keepdims = 0> (picked)
                less = Mul (s, half)  far = Tanh (sum)  s1 = Add (less, far)
            }>
        }""",
        [of(x=sparse(n, share=0.8), turns=np.int64(turns)) for n, turns in ((5, 3), (9, 4), (5, 2), (4, 1))],
    ),
    "a scan of any length": Case(
        """g (float[b,t,3] x, float[b,3] h) => (float[c,d] last, float[e,f,g] all, float[i,j,k] sums)
        <float[3,3] weight = {1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}>
        {
            last, all, sums = Scan <num_scan_inputs = 1, scan_input_axes = [1], scan_input_directions = [1],
                scan_output_axes = [1, -1], scan_output_directions = [1, 0],
                body = turn (float[b,3] s, float[b,3] v) => (float[b,3] s1, float[b,3] m, float[b,3] q)
            { p = MatMul (s, weight)  r = Add (p, v)  s1 = Tanh (r)  m = Neg (s1)  q = Add (r, s) }> (h, x)
        }""",
        [of(x=sparse(b, t, 3), h=sparse(b, 3)) for b, t in ((2, 5), (1, 1), (3, 9), (2, 5), (2, 40))],
    ),
    "branches in a loop": Case(
        """g (float[n] x, int64 turns, int64 two) => (float[a] y)
        {
            y = Loop (turns, , x) <body = turn (int64 i, bool c, float[n] s) => (bool c1, float[n] s1)
            {
                c1 = Identity (c)  left = Mod (i, two)  is_odd = Cast <to = 9> (left)
                s1 = If (is_odd) <
                    then_branch = yes () => (float[n] a) { a = Neg (s) },
                    else_branch = no () => (float[n] b) { b = Add (s, x) }
                >
            }>
        }""",
        [of(x=sparse(4), turns=np.int64(t), two=np.int64(2)) for t in (5, 2, 0)],
    ),
    "integers and truth values": Case(
        """g (int32[n] x, int64 most) => (int32[a] y, bool[b] z, bool[c,d] all)
        <int32 two = {2}, int32 zero = {0}>
        {
            first = Greater (x, zero)
            y, z, all = Loop (most, , x, first) <body = turn (int64 i, bool c, int32[n] s, bool[n] p)
                => (bool c1, int32[n] s1, bool[n] p1, bool[n] m)
            { c1 = Identity (c)  s1 = Sub (s, two)  q = Greater (s1, zero)  p1 = And (p, q)  m = Not (p1) }>
        }""",
        [of(x=np.int32(x), most=np.int64(m)) for x, m in (([5, -1, 2], 3), ([1], 2), ([9, 8, 7, 6, 5], 4))],
    ),
    "nothing to carry": Case(
        """g (float[n,2] x, int64 most) => (float[a,b] y, int64[d] z) <bool yes = {1}>
        {
            y, z = Loop (most, yes) <body = turn (int64 i, bool c) => (bool c1, float[b] m, int64 k)
            { c1 = Identity (c)  axis = Constant <value_ints = [0]> ()
              m = ReduceMean <keepdims = 0> (x, axis)  k = Mul (i, i) }>
        }""",
        [of(x=sparse(3, 2), most=np.int64(most)) for most in (2, 5, 1)],
    ),
    "more turns than are written out": Case(
        """g (float[2] x) => (float[a] y, float[b] z) <int64 most = {1500}, float tiny = {0.001}>
        {
            y, z = Loop (most, , x) <body = turn (int64 i, bool c, float[2] s)
                => (bool c1, float[2] s1, float m)
            { c1 = Identity (c)  s1 = Add (s, tiny)  m = ReduceSum <keepdims = 0> (s1) }>
        }""",
        [of(x=sparse(2))],
        1e-4,
    ),
    "a constant to begin with, and constants as results": Case(
        """g (float[n] x, int64 turns) => (float[a] y, float[b,c] z, float[d] w)
        <float[3] begin = {1, 2, 3}, float[3] other = {4, 5, 6}>
        {
            y, w, z = Loop (turns, , begin, begin) <body = turn (int64 i, bool c, float[3] s, float[3] u)
                => (bool c1, float[3] s1, float[3] u1, float[3] m)
            { c1 = Identity (c)  sum = ReduceSum (x)  s1 = Mul (s, sum)
              u1 = Identity (other)  m = Identity (u) }>
        }""",
        [of(x=sparse(2), turns=np.int64(t)) for t in (2, 0, 1)],
    ),
    "sizes as integers carried": Case(
        """g (float[n] x, int64[1] start) => (int64[a] y, float[b] z)
        <int64[1] two = {2}, int64 turns = {1100}>
        {
            y = Loop (turns, , start) <body = turn (int64 i, bool c, int64[1] s) => (bool c1, int64[1] s1)
            { c1 = Identity (c)  s1 = Add (s, two) }>
            z = Neg (x)
        }""",
        [of(x=sparse(3), start=integers(5))],
    ),
    "names of the graph around, in bodies": Case(
        """g (float[n] x, float[m,n] rows, bool c, int64 turns) =>
            (float[n] y, float[n] inner, float[a] twice, float[b] known, float[n] last, float[m,n] sums)
        <int64 three = {3}>
        {
            y = If (c) <then_branch = one () => (float[n] y) { y = Neg (x) },
                else_branch = two () => (float[n] inner)
                {
                    inner = If (c) <then_branch = three () => (float[n] inner) { inner = Exp (x) },
                    else_branch = four () => (float[n] y) { y = Mul (x, x) }>
                }>
            inner = Add (x, x)
            twice = Loop (turns, , x) <body = turn (int64 i, bool c, float[n] x) => (bool c, float[n] twice)
            {
                twice = Loop (turns, , x)
                    <body = turn (int64 i, bool c, float[n] x) => (bool c, float[n] twice)
                { k = Cast <to = 1> (i)  twice = Add (x, k) }>
            }>
            known = Loop (three, , x) <body = turn (int64 i, bool c, float[n] x) => (bool c, float[n] known)
            { k = Cast <to = 1> (i)  known = Sub (x, k) }>
            last, sums = Scan <num_scan_inputs = 1, body = turn (float[n] x, float[n] row)
                => (float[n] last, float[n] sums) { last = Add (x, row)  sums = Abs (last) }> (x, rows)
        }""",
        [
            of(x=sparse(4, share=1), rows=sparse(3, 4), c=np.array(c), turns=np.int64(turns))
            for c, turns in ((True, 2), (False, 3), (False, 0))
        ],
    ),
}
