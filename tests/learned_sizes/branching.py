"""Models that do one thing or another by what a run is given; by name."""

from __future__ import annotations

import numpy as np

from learned_sizes.case import Case, integers, of, sparse

WINDOWS = """
    sixteen = Constant <value_int = 16000> ()
    is_fast = Equal (rate, sixteen)
    y = If (is_fast) <
        then_branch = fast () => (float[b, c, t] a) { a = Conv <strides = [4]> (x, long) },
        else_branch = slow () => (float[b, c, t] a) { a = Conv <strides = [2]> (x, short) }
    >"""

BRANCHING = {
    "a convolution by the sampling rate": Case(
        """g (float[b,1,n] x, int64 rate) => (float[b,c,t] y)
        <float[2,1,3] short = {1,2,3,4,5,6}, float[2,1,9] long = {1,2,3,4,5,6,7,8,9,9,8,7,6,5,4,3,2,1}>
        {"""
        + WINDOWS
        + "}",
        [
            of(x=sparse(1, 1, 12), rate=np.int64(16000)),
            of(x=sparse(2, 1, 5), rate=np.int64(8000)),  # too short for the other branch
            of(x=sparse(1, 1, 20), rate=np.int64(16000)),
            of(x=sparse(1, 1, 20), rate=np.int64(1)),
        ],
    ),
    "Squeeze where an axis is 1": Case(
        """g (float[n,m] x) => (float[r] y, float[k] s)
        {
            one = Constant <value_int = 1> ()
            axis = Constant <value_ints = [1]> ()
            zero = Constant <value_int = 0> ()
            shape = Shape (x)
            extent = Gather (shape, axis)
            is_one = Equal (extent, one)
            y = If (is_one) <
                then_branch = squeezed () => (float[r] a) { a = Squeeze (x, axis) },
                else_branch = kept () => (float[r] a) { a = Neg (x) }
            >
            s = ReduceSum <keepdims = 0> (x, axis)
        }""",
        [of(x=sparse(3, 1)), of(x=sparse(3, 4)), of(x=sparse(2, 2)), of(x=sparse(5, 1))],
    ),
    "a cache that the first run does not have": Case(
        """g (float[b,n,4] x, float[b,p,4] past, bool[1] has_past) => (float[b,q,4] present, float[b,n,2] y)
        <float[4,4] keys = {1,2,3,4,5,6,7,8,8,7,6,5,4,3,2,1}, float[4,2] values = {1,-1,2,-2,3,-3,4,-4}>
        {
            present = If (has_past) <
                then_branch = later () => (float[b, q, 4] a)
                { k = MatMul (x, keys)  a = Concat <axis = 1> (past, k) },
                else_branch = first () => (float[b, q, 4] a) { a = MatMul (x, keys) }
            >
            y = MatMul (x, values)
        }""",
        [
            of(x=sparse(1, 5, 4), past=sparse(1, 1, 4), has_past=np.array([False])),
            of(x=sparse(1, 1, 4), past=sparse(1, 5, 4), has_past=np.array([True])),
            of(x=sparse(2, 1, 4), past=sparse(2, 7, 4), has_past=np.array([True])),
            of(x=sparse(2, 3, 4), past=sparse(2, 1, 4), has_past=np.array([False])),
        ],
    ),
    "branches in branches": Case(
        """g (float[n,3] x) => (float[r] y)
        {
            shape = Shape (x)
            zero = Constant <value_ints = [0]> ()
            rows = Gather (shape, zero)
            two = Constant <value_int = 2> ()
            five = Constant <value_int = 5> ()
            is_small = Less (rows, two)
            y = If (is_small) <
                then_branch = small () => (float[r] a) { a = Squeeze (x, zero) },
                else_branch = large () => (float[r] a)
                {
                    is_huge = Greater (rows, five)
                    a = If (is_huge) <
                        then_branch = huge () => (float[r] b) { b = ReduceMax <keepdims = 0> (x) },
                        else_branch = middle () => (float[r] b) { b = Transpose (x) }
                    >
                }
            >
        }""",
        [of(x=sparse(1, 3)), of(x=sparse(3, 3)), of(x=sparse(8, 3)), of(x=sparse(2, 3)), of(x=sparse(6, 3))],
    ),
    "more branches than there are plans": Case(
        "g (float[n,3] x, int64[4] k) => (float[n,3] y0, float[n,3] y1, float[n,3] y2, float[n,3] y3) {"
        + "\n".join(
            f"""
            at{i} = Constant <value_int = {i}> ()
            own{i} = Gather (k, at{i})
            holds{i} = Greater (own{i}, at0)
            y{i} = If (holds{i}) <
                then_branch = yes{i} () => (float[n,3] a{i}) {{ a{i} = Neg (x) }},
                else_branch = no{i} () => (float[n,3] b{i}) {{ b{i} = Exp (x) }}
            >"""
            for i in range(4)
        )
        + "}",
        [
            of(x=sparse(2, 3), k=integers(1, 0, 1, 0)),
            of(x=sparse(4, 3), k=integers(0, 0, 5, -1)),
            of(x=sparse(1, 3), k=integers(7, 7, 7, 7)),
        ],
    ),
    "a condition of computed numbers": Case(
        """g (float[n,3] x) => (float[n,3] y)
        {
            zero = Constant <value_float = 0.0> ()
            sum = ReduceSum <keepdims = 0> (x)
            is_positive = Greater (sum, zero)
            y = If (is_positive) <
                then_branch = yes () => (float[n,3] a) { a = Neg (x) },
                else_branch = no () => (float[n,3] a) { a = Exp (x) }
            >
        }""",
        [of(x=np.full((2, 3), sign, np.float32)) for sign in (1, -1)],
    ),
}
