"""Which results need 32 bits where a device stores them in 16, whose largest number is 65504.

1. Sums, products and means along axes, variances and running sums: their kernels ask for it themselves.
2. What elementwise work ends in a square, a higher power or an exponential, also with numbers added to it or
   multiplied by it. Not the exponential of a difference or of a negated number, as in softmax and sigmoid.
3. What elementwise work, reductions, poolings and copies make of such numbers alone: roots and reciprocals
   of variances, and the totals behind LpPool.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from texelflow.backends.webgl2.plan.plan import PlanTensor
from texelflow.graph import Node, Value

_KEEPING = frozenset({"elementwise", "copy", "copy_pixels", "copy_texels", "pool", "shared_pool"})
_LINEAR = frozenset({"Add", "Sub", "Mul", "Sum", "Neg", "Abs"})


def needs_32_bits(template: str, inputs: Iterable[PlanTensor], epilogue: Sequence[Node]) -> bool:
    """Whether a kernel's result does, by rules 2 and 3; `epilogue` is the work that it ends in."""
    read = [tensor for tensor in inputs if not tensor.constant]
    keeps = template in _KEEPING or template.startswith("reduce")
    if keeps and read and all(tensor.precise and not tensor.external for tensor in read):
        return True
    return bool(epilogue) and _outgrows(epilogue[-1], epilogue)


def _outgrows(step: Node, epilogue: Sequence[Node]) -> bool:
    own = {other.outputs[0]: other for other in epilogue}
    steps = [own[value] for value in step.inputs if value is not None and value in own]
    if step.operator == "Mul" and step.inputs[0] is step.inputs[1]:
        return True
    if step.operator == "Pow":
        exponent = step.required(1).scalar
        return not (isinstance(exponent, (int, float)) and 0 <= exponent <= 1)
    if step.operator == "Exp":
        return not _is_difference(step.required(0))
    if step.operator == "Div":
        return step.required(1).scalar is not None and any(_outgrows(other, epilogue) for other in steps[:1])
    return step.operator in _LINEAR and any(_outgrows(other, epilogue) for other in steps)


def _is_difference(value: Value) -> bool:
    return value.producer is not None and value.producer.operator in ("Sub", "Neg")
