"""Elementwise operators of one input and no attributes that keep the element type, by a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, sqrt

from texelflow.dimensions import Expression, less, maximum
from texelflow.dimensions.floats import FloatExpression, FloatOperand, float_operation
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.operators import operator
from texelflow.operators.elementwise import UNSIGNED_32, Elementwise, Uniforms, wrap

FUNCTIONS: Mapping[str, str] = {
    "Acos": "accurate_acos",
    "Acosh": "accurate_acosh",
    "Asin": "accurate_asin",
    "Asinh": "accurate_asinh",
    "Atan": "accurate_atan",
    "Atanh": "accurate_atanh",
    "Ceil": "ceil",
    "Cos": "accurate_cos",
    "Cosh": "accurate_cosh",
    "Erf": "error_function",
    "Exp": "accurate_exp",
    "Floor": "floor",
    "HardSwish": "hard_swish",
    "Log": "accurate_log",
    "Mish": "mish",
    "Reciprocal": "reciprocal",
    "Round": "roundEven",
    "Sigmoid": "logistic",
    "Sin": "accurate_sin",
    "Sinh": "accurate_sinh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "accurate_sqrt",
    "Tan": "accurate_tan",
    "Tanh": "accurate_tanh",
}
"""GLSL functions of the operators that take floating numbers only."""

SIGNED_FUNCTIONS: Mapping[str, str] = {"Abs": "abs", "Neg": "-", "Relu": "relu", "Sign": "sign_of"}
"""GLSL functions of the operators that take whole numbers too."""

EVALUATIONS: Mapping[str, Callable[[float], float]] = {
    "Ceil": lambda x: float(ceil(x)),
    "Floor": lambda x: float(floor(x)),
    "Round": lambda x: float(round(x)),
    "Abs": abs,
    "Neg": lambda x: -x,
    "Relu": lambda x: max(x, 0),
    "Sign": lambda x: (x > 0) - (x < 0),
    "Sqrt": sqrt,
    "Reciprocal": lambda x: 1 / x,
}
"""Those that occur in shape arithmetic."""

_FLOAT_OPERATIONS = {"Ceil": "ceil", "Floor": "floor", "Round": "round", "Sqrt": "sqrt", "Abs": "abs"}
"""Those of float arithmetic on extents; see dimensions/floats.py."""


@operator(*FUNCTIONS)
class FloatFunction(Elementwise):
    """A function of floating numbers."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the input's element type; raise NodeError unless it is floating."""
        if not kinds[0].is_floating:
            raise NodeError(node, f"its input has type {kinds[0].dtype}; a floating type is needed")
        return kinds[0].dtype

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of the function."""
        return f"{FUNCTIONS[self.name]}({operands[0]})"

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute what shape arithmetic needs; an expression is a whole number."""
        return _evaluate(self.name, operands[0], node.outputs[0].dtype)


@operator(*SIGNED_FUNCTIONS)
class SignedFunction(Elementwise):
    """A function of floating or whole numbers."""

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the call of the function; an unsigned number is its own absolute value."""
        kind, operand = node.required(0).known_type, operands[0]
        if kind.dtype in UNSIGNED_32:
            return f"sign_of_unsigned({operand})" if self.name == "Sign" else f"{operand}"
        call = f"(-({operand}))" if self.name == "Neg" else f"{SIGNED_FUNCTIONS[self.name]}({operand})"
        return wrap(kind.dtype, call)

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute the function."""
        return _evaluate(self.name, operands[0], node.outputs[0].dtype)


@operator("Identity")
class Identity(Elementwise):
    """The input itself."""

    def expression(self, node: Node, operands: list[str | None], uniforms: Uniforms) -> str:
        """Return the operand."""
        return f"({operands[0]})"

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Return the element."""
        return operands[0]


def _evaluate(name: str, x: Element, dtype: str) -> Element | None:
    if isinstance(x, Expression):
        match name:
            case "Neg":
                return -x
            case "Abs":
                return maximum(x, -x)
            case "Relu":
                return maximum(x, 0)
            case "Sign":
                return less(0, x) - less(x, 0)
    if isinstance(x, Expression | FloatExpression):
        return _evaluate_float(name, x, dtype)
    try:
        return EVALUATIONS[name](x) if name in EVALUATIONS else None
    except (ValueError, OverflowError, ZeroDivisionError):
        return None  # not a finite number: left to the GPU, which has infinities


def _evaluate_float(name: str, x: Expression | FloatExpression, dtype: str) -> Element | None:
    if name in _FLOAT_OPERATIONS:
        return float_operation(_FLOAT_OPERATIONS[name], [x], dtype)
    pairs: dict[str, tuple[str, list[FloatOperand]]] = {
        "Neg": ("*", [x, -1.0]),
        "Relu": ("max", [x, 0.0]),
        "Reciprocal": ("/", [1.0, x]),
    }
    return float_operation(*pairs[name], dtype) if name in pairs else None
