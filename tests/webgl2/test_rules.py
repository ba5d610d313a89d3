"""Every operator becomes draws: by decomposition, as an expression, or by a rule of the backend."""

from __future__ import annotations

from texelflow.backends.webgl2.lower import rules
from texelflow.backends.webgl2.scalar import print_scalar
from texelflow.graph.scalar import PRIMITIVES, Call, Operand
from texelflow.operators import Operator, registry
from texelflow.operators.elementwise import Elementwise
from texelflow.operators.ml.categories import Refused

DOMAINS = {"", "ai.onnx.ml", "com.microsoft", "texelflow"}
"""Those of operators that a Graph has once types are inferred; what else is there by then has no rule, and is
refused."""

EVALUATED = {"Shape", "Size"}
"""Operators whose outputs are always known at export, so that nothing is left to draw."""

DECODED = {"DecodeWeights"}
"""What kernels decode, or passes/decode_at_load.py replaces."""


def _is_served(operator: Operator) -> bool:
    replaced = operator.decomposes or operator.expands or isinstance(operator, Refused)
    return replaced or isinstance(operator, Elementwise) or (operator.domain, operator.name) in rules()


def test_every_operator_is_served() -> None:
    operators = [operator for operator in registry().values() if operator.domain in DOMAINS]
    missing = {operator.name for operator in operators if not _is_served(operator)}
    assert missing <= EVALUATED | DECODED, f"no draws for {sorted(missing - EVALUATED - DECODED)}"


def test_every_rule_has_an_operator() -> None:
    assert set(rules()) <= set(registry())


class Names:
    """Uniforms that are not looked at."""

    def real(self, number: float) -> str:
        return "1.0"

    def integer(self, number: int) -> str:
        return "1"


def test_every_primitive_is_printed() -> None:
    for primitive in PRIMITIVES:
        count = 2 if primitive == "power" else 3
        tree = Call(primitive, (Operand(0, "float32"),) * count, "float32")
        assert "a" in print_scalar(tree, ["a"], Names())
