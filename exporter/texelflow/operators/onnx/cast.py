"""Cast and CastLike: another element type."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from texelflow.dimensions import Expression, equal
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import DTYPES, FLOATING, Element, Node, NodeError, TensorType
from texelflow.graph.onnx_dtypes import ONNX_DTYPES
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.elementwise import Elementwise, given


def dtype_of_code(node: Node, code: int) -> str:
    """Return the element type of an ONNX number; raise NodeError for one that is not supported."""
    dtype = ONNX_DTYPES.get(code, f"number {code}")
    if dtype not in DTYPES:
        raise NodeError(node, f"element type {dtype} is not supported; use one of {', '.join(DTYPES)}")
    return dtype


@operator("Cast", inputs=1)
class Cast(Elementwise):
    """Numbers converted: to integers by truncation, to bool by comparison with zero.

    float16, bfloat16 and float64 are computed in float32. A cast to float16 or bfloat16 rounds to what these
    hold; one from them, or to float64, keeps the number. A floating number out of an integer type's range,
    which ONNX leaves undefined, saturates at 32 bits.
    """

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type that the attribute `to` numbers."""
        if "to" not in node.attributes:
            raise NodeError(node, "attribute 'to' is missing")
        return dtype_of_code(node, int(node.attributes["to"]))

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the conversion."""
        return call("convert", node.outputs[0].dtype, *given(operands))

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Convert a number; an expression is whole, and as bool says whether it is not 0.

        An expression may exceed what types of 8 and 16 bits hold, so that its conversion is left to the GPU.
        """
        x, target = operands[0], node.outputs[0].dtype
        if isinstance(x, Expression):
            if target == "bool":
                return 1 - equal(x, 0)
            return x if node.required(0).dtype == "bool" or DTYPES[target] > 2 else None
        if isinstance(x, FloatExpression):
            return None if DTYPES[target] <= 2 else x.converted(target)
        if target == "bool":
            return bool(x)
        if target in FLOATING:
            return float(x)
        return int(x) if isfinite(x) else None


def _rounds(source: str, target: str) -> bool:
    """Whether a floating type of 16 bits does not hold all numbers of the source's type."""
    return target in ("float16", "bfloat16") and source not in (target, "bool", "int8", "uint8")


@operator("CastLike", inputs=2)
class CastLike(Operator):
    """Cast to the element type of the second input."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the first input's shape with the second's element type."""
        return [TensorType(node.required(1).dtype, node.required(0).shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by a Cast."""
        steps = Decomposition(node)
        steps.cast(node.outputs[0], node.required(0), node.required(1).dtype)
        return steps.nodes
