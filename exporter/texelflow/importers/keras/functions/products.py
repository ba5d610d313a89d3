"""Products of tensors."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes


@computes("Matmul", "Dot")
def matmul(steps: Function) -> None:
    """Products of matrices; of Dot, those of up to two axes."""
    a, b = steps.operands("x1", "x2")
    ranks = [
        len(given.shape) if isinstance(given, Value) else 0
        for given in (steps.given(0, "x1"), steps.given(1, "x2"))
    ]
    if steps.function == "Dot" and (0 in ranks or max(ranks) > 2):
        raise steps.fail(f"its tensors have {ranks} axes; one or two are supported: use matmul or einsum")
    steps.add("MatMul", steps.result, a, b)


@computes("Einsum")
def einsum(steps: Function) -> None:
    """A sum of products along named axes."""
    equation = steps.setting("subscripts")
    if not isinstance(equation, str):
        raise steps.fail(f"its subscripts are {str(equation)[:80]}; a text is needed")
    operands = steps.together(list(steps.argument("positional", [])))
    steps.add("Einsum", steps.result, *operands, equation=equation.replace(" ", ""))
