"""Models with sequences and optional values, of which export leaves nothing; by name."""

from __future__ import annotations

import numpy as np

from learned_sizes.case import Case, integers, of, sparse

RESOLVED = {
    "tensors appended in a loop": Case(
        """g (float[n,3] x) => (float[a,b,c] stacked, float[d,e] joined, int64 count) <int64 turns = {4}>
        {
            empty = SequenceEmpty ()
            last, all = Loop (turns, , x, empty)
                <body = turn (int64 i, bool c, float[n,3] s, seq(float) list)
                => (bool c1, float[n,3] s1, seq(float) longer)
            { c1 = Identity (c)  s1 = Tanh (s)  longer = SequenceInsert (list, s1) }>
            stacked = ConcatFromSequence <axis = 1, new_axis = 1> (all)
            joined = ConcatFromSequence <axis = -1> (all)
            count = SequenceLength (all)
        }""",
        [of(x=sparse(n, 3)) for n in (2, 5)],
    ),
    "parts of a tensor": Case(
        """g (float[b,6] x) => (float[b] y, float[b,c] z, float[d,e] w)
        <int64 two = {2}, int64 third = {-3}, int64 fourth = {4}, int64[3] sizes = {1, 2, 3}, int64 one = {1}>
        {
            slices = SplitToSequence <axis = 1, keepdims = 0> (x)
            y = SequenceAt (slices, third)
            pairs = SplitToSequence <axis = 1> (x, fourth)
            last = SequenceAt (pairs, one)
            cut = SplitToSequence <axis = 1> (x, sizes)
            middle = SequenceAt (cut, one)
            z = Mul (middle, last)
            less = SequenceErase (cut, one)
            first = SequenceErase (less)
            more = SequenceInsert (first, last, one)
            w = ConcatFromSequence <axis = 1> (more)
        }""",
        [of(x=sparse(b, 6)) for b in (2, 1, 5)],
    ),
    "what a branch returns": Case(
        """g (float[n,4] x, bool up) => (float[a,b] y, bool has, bool none) <int64 zero = {0}>
        {
            list = If (up) <
                then_branch = yes () => (seq(float) a) { e = Neg (x)  a = SequenceConstruct (e, x) },
                else_branch = no () => (seq(float) b) { f = Exp (x)  b = SequenceConstruct (f) }
            >
            found = SequenceAt (list, zero)
            some = Optional (found)
            has = OptionalHasElement (some)
            none = OptionalHasElement ()
            y = OptionalGetElement (some)
        }""",
        [of(x=sparse(n, 4), up=np.array(up)) for n, up in ((2, True), (2, False), (3, True))],
    ),
    "a map over two sequences": Case(
        """g (float[n,4] x, float[m] y) => (float[a,b] z) <int64[2] sizes = {1, 3}>
        {
            s = SplitToSequence <axis = 1> (x, sizes)
            t = SequenceConstruct (x, x)
            u = SequenceMap (s, t, y) <body = each (float[n,k] v, float[n,4] w, float[m] f) => (float[n,k] r)
            { axis = Constant <value_ints = [1]> ()  sum = ReduceSum (w, axis)
              most = ReduceMax (f)  p = Mul (v, sum)  r = Sub (p, most) }>
            z = ConcatFromSequence <axis = 1> (u)
        }""",
        [of(x=sparse(n, 4), y=sparse(m)) for n, m in ((2, 3), (1, 1))],
    ),
    "the place in a sequence is given": Case(
        """g (float[n,4] x, int64 place) => (float[n,4] y)
        {
            a = Neg (x)  b = Exp (x)  list = SequenceConstruct (a, b, x)
            first = Constant <value_int = 0> ()  shape = Shape (place)  rank = Size (shape)
            y = SequenceAt (list, rank)
        }""",
        [of(x=sparse(2, 4), place=np.int64(1)), of(x=sparse(1, 4), place=integers(0)[0])],
    ),
}
