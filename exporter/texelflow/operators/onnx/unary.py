"""Elementwise operators of one input and no attributes that keep the element type, by a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, sqrt

from texelflow.dimensions import Expression, less, maximum
from texelflow.dimensions.floats import FloatExpression, FloatOperand, float_operation
from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given

FUNCTIONS: Mapping[str, str] = {
    "Acos": "acos",
    "Acosh": "acosh",
    "Asin": "asin",
    "Asinh": "asinh",
    "Atan": "atan",
    "Atanh": "atanh",
    "Ceil": "ceil",
    "Cos": "cos",
    "Cosh": "cosh",
    "Erf": "erf",
    "Exp": "exp",
    "Floor": "floor",
    "HardSwish": "hard_swish",
    "Log": "log",
    "Mish": "mish",
    "Reciprocal": "reciprocal",
    "Round": "round_even",
    "Sigmoid": "sigmoid",
    "Sin": "sin",
    "Sinh": "sinh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Sqrt": "sqrt",
    "Tan": "tan",
    "Tanh": "tanh",
}
"""Primitives of the operators that take floating numbers only."""

SIGNED_FUNCTIONS: Mapping[str, str] = {"Abs": "abs", "Neg": "negate", "Relu": "relu", "Sign": "sign"}
"""Primitives of the operators that take whole numbers too."""

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


@operator(*FUNCTIONS, inputs=1)
class FloatFunction(Elementwise):
    """A function of floating numbers."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the input's element type; raise NodeError unless it is floating."""
        if not kinds[0].is_floating:
            raise NodeError(node, f"its input has type {kinds[0].dtype}; a floating type is needed")
        return kinds[0].dtype

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the function."""
        return call(FUNCTIONS[self.name], node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute what shape arithmetic needs; an expression is a whole number."""
        return _evaluate(self.name, operands[0], node.outputs[0].dtype)


@operator(*SIGNED_FUNCTIONS, inputs=1)
class SignedFunction(Elementwise):
    """A function of floating or whole numbers."""

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the function."""
        return call(SIGNED_FUNCTIONS[self.name], node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Compute the function."""
        return _evaluate(self.name, operands[0], node.outputs[0].dtype)


@operator("Identity", inputs=1)
class Identity(Elementwise):
    """The input itself."""

    takes_sequences = True

    def expand(self, node: Node) -> list[Node] | None:
        """Pass the input through, if it is not a tensor."""
        source, output = node.required(0), node.outputs[0]
        if source.type is not None:
            return None
        output.sequence, output.is_missing = source.sequence, source.is_missing
        return []

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the operand."""
        return call("copy", node.outputs[0].dtype, *given(operands))

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
