"""BitCast: the bits of numbers read as those of another type."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import DTYPES, FLOATING, Node, NodeError, TensorType
from texelflow.graph.scalar import Scalar, call
from texelflow.operators import operator
from texelflow.operators.elementwise import Elementwise, given
from texelflow.operators.onnx.cast import dtype_of_code


@operator("BitCast", inputs=1)
class BitCast(Elementwise):
    """The same bits as a type of as many: of whole numbers and bools, and of float32 in 32 bits."""

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type that `to` numbers; raise NodeError if it has not as many bits."""
        if "to" not in node.attributes:
            raise NodeError(node, "attribute 'to' is missing")
        source, target = kinds[0].dtype, dtype_of_code(node, int(node.attributes["to"]))
        if DTYPES[source] != DTYPES[target]:
            raise NodeError(node, f"its input has type {source}; {target} has not as many bits")
        if source != target and {source, target} & (FLOATING - {"float32"}):
            kept = source if source in FLOATING else target
            raise NodeError(
                node, f"the bits of {kept} are not kept: it is computed in float32; cast to that before"
            )
        return target

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return the bits of a float, or the float of bits; whole numbers wrap around."""
        source, target = node.required(0).dtype, node.outputs[0].dtype
        is_other = (source in FLOATING) != (target in FLOATING)
        primitive = "convert" if not is_other else "bits_of_float" if source in FLOATING else "float_of_bits"
        return call(primitive, target, *given(operands))
