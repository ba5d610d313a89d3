"""Numbers beyond 32 bits: limited where only their order matters, else refused or warned of."""

from __future__ import annotations

from pathlib import Path

import pytest

from model_support import read_text
from texelflow.backends.webgl2.passes import narrow_integers
from texelflow.errors import ExportError
from texelflow.passes import simplify

LARGEST = 2**63 - 1

DECIDED = {
    ("Less", "x, far"): ("LessOrEqual", 2**31 - 1),
    ("LessOrEqual", "x, far"): ("LessOrEqual", 2**31 - 1),
    ("Equal", "x, far"): ("Greater", 2**31 - 1),
    ("Greater", "far, x"): ("GreaterOrEqual", 2**31 - 1),
    ("Less", "far, x"): ("Less", 2**31 - 1),
    ("Less", "x, low"): ("Less", -(2**31)),
    ("Greater", "x, low"): ("GreaterOrEqual", -(2**31)),
    ("Equal", "low, x"): ("Greater", -(2**31)),
}
"""Comparisons with a number beyond 32 bits, and what decides them alike for every number of 32 bits."""


@pytest.mark.parametrize("comparison", DECIDED)
def test_comparisons_are_decided(comparison: tuple[str, str], tmp_path: Path) -> None:
    operator, operands = comparison
    text = f"g (int64[5] x) => (bool[5] y) <int64 far = {{{2**40}}}, int64 low = {{{-LARGEST}}}>"
    graph = read_text(f"{text} {{ y = {operator} ({operands}) }}", tmp_path)
    simplify(graph)
    narrow_integers.run(graph)
    (node,) = graph.nodes
    limit = next(value.scalar for value in node.inputs if value is not None and value.scalar is not None)
    assert (node.operator, limit) == DECIDED[comparison]
    assert graph.warnings == []


WARNED = {
    "a product": ("int64[3] y", "y = Mul (x, x)", "Mul 'Mul_0': its int64 results may exceed 32 bits"),
    "two products": (
        "int64[3] y",
        "a = Mul (x, x) c = Mul (x, z) y = BitwiseXor (a, c)",
        "Mul 'Mul_0' and 1 more: its int64 results may exceed 32 bits",
    ),
    "a hash": (
        "int64[3] y",
        """p = Constant <value_int = 1000003> () m = Constant <value_int = 50000> ()
        a = Mul (x, p) y = Mod (a, m)""",
        "Mul 'Mul_2': its int64 results may exceed 32 bits",
    ),
    "a power": ("int64[3] y", "p = Constant <value_int = 3> () y = Pow (x, p)", "Pow 'Pow_1': its int64"),
    "a sum": ("int64 y", "y = ReduceSum <keepdims = 0> (left)", "ReduceSum 'ReduceSum_0': its int64"),
    "a sum of 9 rows": ("int64[9,2] y", "y = MatMul (left, right)", "MatMul 'MatMul_0': its int64"),
    "a sum of milliseconds": (
        "int64[3] y",
        "k = Constant <value_int = 1000> () y = Mul (x, k)",
        "Mul 'Mul_1': its int64",
    ),
    "a shift": (
        "uint64[3] y",
        'y = BitShift <direction = "LEFT"> (u, u)',
        "BitShift 'BitShift_0': its uint64",
    ),
    "inverted bits": ("uint64[3] y", "y = BitwiseNot (u)", "BitwiseNot 'BitwiseNot_0': its uint64"),
    "a negative number made unsigned": ("uint64[3] y", "y = Cast <to = 13> (x)", "Cast 'Cast_0': its uint64"),
    "a large unsigned number made signed": (
        "int64[3] y",
        "y = Cast <to = 7> (v)",
        "Cast 'Cast_0': its int64",
    ),
    "a mask that is an output": (
        "int64[3] y",
        f"k = Constant <value_int = {LARGEST}> () y = Where (b, x, k)",
        "output 'y' may hold numbers beyond 32 bits",
    ),
    "a mask computed with": (
        "float[3] y",
        f"k = Constant <value_int = {LARGEST}> () w = Where (b, x, k) y = Cast <to = 1> (w)",
        "Cast 'Cast_2': it computes with numbers beyond 32 bits",
    ),
}

NOT_WARNED = {
    "places in an image": (
        "int64[n,4] y",
        """one = Constant <value_int = 1> () zero = Constant <value_int = 0> ()
        last = Constant <value_ints = [1]> () sizes = Shape (f)
        height = Gather (sizes, zero) width = Gather (sizes, one)
        r = Range (zero, height, one) column = Unsqueeze (r, last) begins = Mul (column, width)
        across = Range (zero, width, one) y = Add (begins, across)""",
    ),
    "positions counted from a mask": (
        "int64[3] y",
        """one = Constant <value_int = 1> () zero = Constant <value_int = 0> ()
        c = Cast <to = 7> (b) s = CumSum (c, zero) y = Sub (s, one)""",
    ),
    "a position in a list": (
        "int64 y",
        """k = Constant <value_int = 1000> () a = ArgMax <axis = 0, keepdims = 0> (x) y = Mul (a, k)""",
    ),
    "a token moved on": ("int64[3] y", "one = Constant <value_int = 1> () a = Add (x, z) y = Sub (a, one)"),
    "a hash of 32 bits": ("uint32[3] y", "a = Mul (v, v) y = BitwiseXor (a, v)"),
    "a bounded number": (
        "int64[3] y",
        """k = Constant <value_int = 999> () o = Constant <value_int = 0> ()
        c = Clip (x, o, k) y = Mul (c, c)""",
    ),
    "a remainder": ("int64[3] y", "k = Constant <value_int = 999> () m = Mod (x, k) y = Mul (m, m)"),
    "a mask that is compared": (
        "bool[3] y",
        f"k = Constant <value_int = {LARGEST}> () w = Where (b, x, k) y = Less (w, z)",
    ),
}

REFUSED = {
    "added": (
        "int64[3] y",
        f"k = Constant <value_int = {2**40}> () y = Add (x, k)",
        "Add 'Add_1': it computes with",
    ),
    "a filled tensor that is an output": (
        "int64[n,w] y",
        "s = Shape (f) y = ConstantOfShape <value = int64[1] {1099511627776}> (s)",
        "output 'y' is beyond 32 bits",
    ),
    "a filled tensor that is added": (
        "int64[n,w] y",
        "s = Shape (f) c = ConstantOfShape <value = int64[1] {1099511627776}> (s) y = Neg (c)",
        "Neg 'Neg_2': it computes with numbers beyond 32 bits",
    ),
    "a range": (
        "int64[n] y",
        f"""one = Constant <value_int = 1> () zero = Constant <value_int = 0> ()
        k = Constant <value_int = {2**40}> () s = Shape (f) n = Gather (s, zero)
        e = Add (n, k) y = Range (k, e, one)""",
        "Range 'Range_6': it computes with 1099511627776",
    ),
    "a weight": (
        "int64[3] y",
        f"t = Constant <value_ints = [0, 1, {2**40}]> () y = Gather (t, x)",
        "Gather 'Gather_1': its constant 't' holds 1099511627776",
    ),
    "a size times a number": (
        "int64 y",
        f"""zero = Constant <value_int = 0> () k = Constant <value_int = {2**60}> ()
        s = Shape (f) n = Gather (s, zero) y = Mul (n, k)""",
        "contains 1152921504606846976",
    ),
    "an extent with a number": (
        "int64[m] y",
        f"""zero = Constant <value_int = 0> () one = Constant <value_int = 1> ()
        k = Constant <value_int = {2**60}> () s = Shape (f) n = Gather (s, zero)
        e = Mul (n, k) y = Range (zero, e, one)""",
        "contains 1152921504606846976",
    ),
    "two masks that are compared": (
        "bool[3] y",
        f"""k = Constant <value_int = {LARGEST}> () l = Constant <value_int = {2**40}> ()
        w = Where (b, x, k) y = Greater (w, l)""",
        "it compares different numbers beyond 32 bits",
    ),
}

INPUTS = """int64[3] x, int64[3] z, uint64[3] u, uint32[3] v, bool[3] b, float[n,w] f, int64[9,9] left,
int64[9,2] right"""


def warnings_of(output: str, body: str, folder: Path) -> list[str]:
    """Export a graph; return what is warned of."""
    from texelflow.pipeline import Options, build

    read_text(f"g ({INPUTS}) => ({output}) {{ {body} }}", folder)
    return build(folder / "model.onnx", Options()).summary.warnings


@pytest.mark.parametrize("name", WARNED)
def test_warned(name: str, tmp_path: Path) -> None:
    output, body, beginning = WARNED[name]
    (warning,) = warnings_of(output, body, tmp_path)
    assert warning.startswith(beginning)


@pytest.mark.parametrize("name", NOT_WARNED)
def test_not_warned(name: str, tmp_path: Path) -> None:
    assert warnings_of(*NOT_WARNED[name], tmp_path) == []


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, tmp_path: Path) -> None:
    output, body, reason = REFUSED[name]
    with pytest.raises(ExportError) as caught:
        warnings_of(output, body, tmp_path)
    (problem,) = caught.value.problems
    assert reason in problem
