"""The element type in which two operands are computed, as PyTorch finds it."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import FLOATING, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.lowering import Step

_WHOLE = ("uint8", "int8", "int16", "int32", "int64")
_FLOATS = ("bfloat16", "float16", "float32", "float64")


def _category(dtype: str) -> int:
    return 2 if dtype in FLOATING else 0 if dtype == "bool" else 1


def _joined(a: str, b: str) -> str:
    """Return the type of two tensors of as many axes."""
    if a == b:
        return a
    if _category(a) != _category(b):
        return a if _category(a) > _category(b) else b
    if _category(a) == 2:
        return "float32" if {a, b} == {"float16", "bfloat16"} else max(a, b, key=_FLOATS.index)
    if a not in _WHOLE or b not in _WHOLE:
        return "int64"
    if "uint8" in (a, b) and "int8" in (a, b):
        return "int16"
    return max(a, b, key=_WHOLE.index)


def common_dtype(step: Step, names: Sequence[str]) -> str:
    """Return the type in which arguments, tensors or numbers, are computed together.

    Tensors with axes count before those without, and these before numbers: one of these only decides where
    it is of a higher kind (truth, whole, floating).
    """
    groups: list[list[str]] = [[], [], []]
    for name in names:
        found = step.arguments.get(name)
        if isinstance(found, Ref):
            value: Value = step.input(found.index)
            groups[0 if value.shape else 1].append(value.dtype)
        elif isinstance(found, bool):
            groups[2].append("bool")
        else:
            groups[2].append("int64" if isinstance(found, int) else "float32")
    result: str | None = None
    for group in groups:
        kind: str | None = None
        for dtype in group:
            kind = dtype if kind is None else _joined(kind, dtype)
        if kind is not None and (result is None or _category(kind) > _category(result)):
            result = kind
    return result or "float32"
