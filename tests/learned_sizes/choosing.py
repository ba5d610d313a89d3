"""Models of which a run takes one branch or another by what it computes; by name."""

from __future__ import annotations

import numpy as np

from learned_sizes.case import Case, integers, of, sparse

CONDITION = (
    "zero = Constant <value_float = 0.0> ()  sum = ReduceSum <keepdims = 0> (x)  up = Greater (sum, zero)"
)
WEIGHTS = "<float[3,3] w = {1,2,-1,0.5,-1,0.25,0.1,0.2,0.3}, float[3,2] v = {1,2,3,4,5,6}>"

CHOOSING = {
    "large branches": Case(
        f"""g (float[n,3] x) => (float[n,3] y, float[n] z) {WEIGHTS}
        {{
            {CONDITION}
            y, z = If (up) <
                then_branch = yes () => (float[n,3] a, float[n] b)
                {{ p = MatMul (x, w)  a = Tanh (p)  axis = Constant <value_ints = [1]> ()
                   b = ReduceSum <keepdims = 0> (a, axis) }},
                else_branch = no () => (float[n,3] c, float[n] d)
                {{ q = MatMul (x, w)  r = MatMul (q, w)  c = Sub (r, x)
                   other = Constant <value_ints = [1]> ()  d = ReduceMax <keepdims = 0> (x, other) }}
            >
        }}""",
        [of(x=np.full((n, 3), sign, np.float32)) for n, sign in ((2, 1), (2, -1), (4, -2), (2, 1))],
    ),
    "results of other sizes": Case(
        f"""g (float[n,3] x) => (float[a,b] y, float[c] sums) {WEIGHTS}
        {{
            {CONDITION}
            y = If (up) <
                then_branch = yes () => (float[n,2] a) {{ a = MatMul (x, v) }},
                else_branch = no () => (float[m,3] c) {{ c = Concat <axis = 0> (x, x) }}
            >
            axis = Constant <value_ints = [1]> ()  sums = ReduceSum <keepdims = 0> (y, axis)
        }}""",
        [of(x=np.full((n, 3), sign, np.float32)) for n, sign in ((2, 1), (2, -1), (4, -2), (3, 1))],
    ),
    "what both read, and what is read behind them": Case(
        f"""g (float[b,3,n] x) => (float[b,3,n] y, float[b,3,n] z) {WEIGHTS}
        {{
            {CONDITION}
            t = Transpose <perm = [0, 2, 1]> (x)
            r = If (up) <
                then_branch = yes () => (float[b,n,3] a) {{ p = MatMul (t, w)  a = Softmax (p) }},
                else_branch = no () => (float[b,n,3] c) {{ q = MatMul (t, w)  c = MatMul (q, w) }}
            >
            s = MatMul (t, w)  u = Add (r, s)
            y = Transpose <perm = [0, 2, 1]> (u)  z = Softmax <axis = 1> (x)
        }}""",
        [of(x=np.full((b, 3, n), sign, np.float32)) for b, n, sign in ((2, 4, 1), (1, 4, -1), (2, 4, -2))],
    ),
    "sizes that a branch learns": Case(
        f"""g (float[n] x) => (float[a] y) <float[1] w = {{2}}>
        {{
            {CONDITION}
            y = If (up) <
                then_branch = yes () => (float[k] a)
                {{ places = NonZero (x)  list = Transpose (places)  a = GatherND (x, list) }},
                else_branch = no () => (float[n] c) {{ c = Mul (x, w) }}
            >
        }}""",
        [of(x=np.float32(x)) for x in ([1, 0, 2], [0, -1, 0], [0, 0, 0, 9, 1])],
    ),
    "large branches within each other, and in a loop": Case(
        f"""g (float[n,3] x, int64 turns) => (float[a,b] y) {WEIGHTS}
        {{
            y = Loop (turns, , x) <body = turn (int64 i, bool c, float[n,3] s) => (bool c1, float[n,3] s1)
            {{
                c1 = Identity (c)  zero = Constant <value_float = 0.0> ()
                sum = ReduceSum <keepdims = 0> (s)  up = Greater (sum, zero)
                s1 = If (up) <
                    then_branch = yes () => (float[n,3] a)
                    {{
                        most = ReduceMax <keepdims = 0> (s)  one = Constant <value_float = 1.0> ()
                        far = Greater (most, one)
                        a = If (far) <
                            then_branch = near () => (float[n,3] e) {{ e = MatMul (x, w) }},
                            else_branch = nearer () => (float[n,3] f)
                            {{ g = MatMul (s, w)  f = Sub (g, one) }}
                        >
                    }},
                    else_branch = no () => (float[n,3] d) {{ q = MatMul (s, w)  d = Add (q, x) }}
                >
            }}>
        }}""",
        [of(x=sparse(n, 3), turns=np.int64(turns)) for n, turns in ((2, 5), (2, 0), (3, 4), (2, 5))],
    ),
    "loops in branches": Case(
        f"""g (float[n,3] x, int64 turns) => (float[a,b] y) {WEIGHTS}
        {{
            {CONDITION}
            y = If (up) <
                then_branch = yes () => (float[n,3] d)
                {{
                    d = Loop (turns, , x) <body = turn (int64 i, bool c, float[n,3] s)
                        => (bool c1, float[n,3] s1)
                    {{ c1 = Identity (c)  p = MatMul (s, w)  s1 = Tanh (p) }}>
                }},
                else_branch = no () => (float[n,3] e) {{ e = MatMul (x, w) }}
            >
        }}""",
        [
            of(x=np.full((2, 3), sign, np.float32), turns=np.int64(turns))
            for sign, turns in ((1, 3), (-1, 3), (1, 0), (1, 5))
        ],
    ),
    "constants and inputs as results": Case(
        f"""g (float[n,3] x, int64[2] k) => (float[a,b] y, int64[c] z) {WEIGHTS}
        {{
            {CONDITION}
            y, z = If (up) <
                then_branch = yes () => (float[n,3] a, int64[2] d) {{ a = Identity (x)  d = Identity (k) }},
                else_branch = no () => (float[3,3] b, int64[1] e)
                {{ b = Identity (w)  e = Constant <value_ints = [7]> () }}
            >
        }}""",
        [
            of(x=np.full((n, 3), s, np.float32), k=integers(5, 6))
            for n, s in ((2, 1), (2, -1), (3, -1), (3, 1))
        ],
    ),
}
