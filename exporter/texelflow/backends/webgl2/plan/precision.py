"""Which results need 32 bits where a device stores them in 16, whose largest number is 65504.

1. Sums, products and means along axes, variances and running sums: their kernels ask for it themselves.
2. What elementwise work ends in a square, a higher power or an exponential, also with numbers added to it or
   multiplied by it. Not the exponential of a difference or of a negated number, as in softmax and sigmoid.
3. What elementwise work, reductions, poolings and copies make of such numbers alone: roots and reciprocals
   of variances, and the totals behind LpPool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from texelflow.backends.webgl2.plan.plan import PlanTensor
from texelflow.graph import Node, Value

_KEEPING = frozenset({"elementwise", "copy", "copy_pixels", "copy_texels", "pool", "shared_pool"})
_LINEAR = frozenset({"Add", "Sub", "Mul", "Sum", "Neg", "Abs"})


def needs_32_bits(template: str, inputs: Iterable[PlanTensor], epilogue: Sequence[Node]) -> bool:
    """Whether a kernel's result needs 32 bits, by rules 2 and 3; `epilogue` is the work that it ends in."""
    read = [tensor for tensor in inputs if not tensor.constant]
    keeps = template in _KEEPING or template.startswith("reduce")
    if keeps and read and all(tensor.precise and not tensor.external for tensor in read):
        return True
    grown: set[Value | None] = set()
    for step in epilogue:  # in the order computed
        if _outgrows(step, grown):
            grown.add(step.outputs[0])
    return bool(epilogue) and epilogue[-1].outputs[0] in grown


def _outgrows(step: Node, grown: Set[Value | None]) -> bool:
    """Whether the result of a step needs 32 bits, where the values in `grown` do."""
    if step.operator == "Mul" and step.inputs[0] is step.inputs[1]:
        return True
    if step.operator == "Pow":
        exponent = step.required(1).scalar
        return not (isinstance(exponent, (int, float)) and 0 <= exponent <= 1)
    if step.operator == "Exp":
        return not _is_difference(step.required(0))
    if step.operator == "Div":
        return step.required(1).scalar is not None and step.inputs[0] in grown
    return step.operator in _LINEAR and not grown.isdisjoint(step.inputs)


def _is_difference(value: Value) -> bool:
    return value.producer is not None and value.producer.operator in ("Sub", "Neg")
