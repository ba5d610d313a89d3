"""The base of operators that compute each element from the elements at the same place of the inputs.

Such an operator needs no lowering of its own: it is an expression (`graph/scalar.py`), which backends print.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from texelflow.dimensions import Expression
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, TensorType
from texelflow.graph.constants import pack_elements, unpack_elements
from texelflow.graph.scalar import Operand, Scalar
from texelflow.operators import Operator
from texelflow.operators.row_major import broadcast_elements
from texelflow.operators.shapes import broadcast, known_shape, same_dtype


class Elementwise(Operator):
    """An operator applied to each element, its inputs broadcast together."""

    may_miss_operand: ClassVar[bool] = False
    """Whether the shader reads zeros for a second input that is omitted, by the program that reads one."""

    @property
    def is_symmetric(self) -> bool:
        """Whether its two operands may change places."""
        return False

    def scalar(self, node: Node, operands: Sequence[Scalar | None]) -> Scalar:
        """Return what an element of the result is, of the elements of the inputs; None for an omitted one."""
        raise NotImplementedError(f"{type(self).__name__}.scalar")

    def tree(self, node: Node) -> Scalar:
        """Return what an element of the result is, of the node's inputs."""
        return self.scalar(
            node,
            [
                None if value is None else Operand(index, value.dtype)
                for index, value in enumerate(node.inputs)
            ],
        )

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type whose shape is that of the inputs broadcast together."""
        kinds = [node.required(index).known_type for index in range(max(self.inputs[0], len(node.inputs)))]
        return [TensorType(self.result_dtype(node, kinds), broadcast(node, [kind.shape for kind in kinds]))]

    def result_dtype(self, node: Node, kinds: Sequence[TensorType]) -> str:
        """Return the element type of the output, given the types of the inputs that are not omitted."""
        return same_dtype(node, kinds)

    def element(self, node: Node, operands: Sequence[Element]) -> Element | None:
        """Return one element, given those of the inputs that are not omitted; None: left to the GPU."""
        return None

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Apply `element` everywhere, with broadcasting and the wrap-around of the output's type."""
        kind = node.outputs[0].known_type
        shape = known_shape(kind.shape)
        if shape is None:
            return None
        columns: list[list[Element]] = []
        for value in node.inputs:
            if value is None:
                continue
            size = known_shape(value.shape)
            if value.elements is None or size is None:
                return None
            columns.append(broadcast_elements(value.elements, size, shape))
        result: list[Element] = []
        for operands in zip(*columns, strict=True):
            element = self.element(node, operands)
            if element is None:
                return None
            result.append(round_element(kind.dtype, element))
        return [result]


def round_element(dtype: str, element: Element) -> Element:
    """Return the element as its type holds it: whole numbers wrapped around, floating ones rounded."""
    if isinstance(element, Expression | FloatExpression):
        return element
    if dtype == "bool":
        return bool(element)
    if dtype in FLOATING:
        return unpack_elements(dtype, pack_elements(dtype, [element]))[0]
    bits = int(dtype.removeprefix("u").removeprefix("int"))
    wrapped = int(element) & ((1 << bits) - 1)
    return wrapped - (1 << bits) if not dtype.startswith("u") and wrapped >> (bits - 1) else wrapped


def given(operands: Sequence[Scalar | None]) -> list[Scalar]:
    """Return the operands, of which none is omitted."""
    assert all(operand is not None for operand in operands)
    return [operand for operand in operands if operand is not None]


def whole(element: Element) -> int | Expression | None:
    """Return the element as an exact whole number, or None if it is not one."""
    if isinstance(element, float):
        return int(element) if element.is_integer() else None
    return None if isinstance(element, FloatExpression) else element


def is_symbolic(*elements: Element) -> bool:
    """Return whether an element is not a number, but an expression over the sizes of a run."""
    return any(isinstance(element, Expression | FloatExpression) for element in elements)
