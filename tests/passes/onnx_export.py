"""Writes a Graph back as an ONNX model, so that ONNX Runtime can say whether the passes kept its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import onnx
from onnx import TensorProto, helper

from texelflow.conversion.onnx_model import OPSET
from texelflow.dimensions import Dimension, Expression, substitute
from texelflow.dimensions.floats import FloatExpression, compute
from texelflow.graph import LEARNED, PRECISE, Body, Graph, Node, TensorType, Value
from texelflow.graph.constants import pack_elements
from texelflow.operators import operator_of

_TYPES = {"float32": "FLOAT", "float64": "DOUBLE"}


def to_onnx(graph: Graph, symbols: Mapping[str, int]) -> onnx.ModelProto:
    """Return the graph with its symbols bound to numbers."""
    writer = _Writer(graph, symbols)
    nodes = [writer.node(part) for node in graph.nodes for part in _in_onnx(node)]
    body = helper.make_graph(
        nodes,
        graph.name,
        [writer.declaration(value) for value in graph.inputs],
        [writer.declaration(value) for value in graph.outputs],
        list(writer.initializers.values()),
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(body, opset_imports=opsets, ir_version=10)


class _Writer:
    def __init__(self, graph: Graph, symbols: Mapping[str, int]) -> None:
        self.initializers: dict[int, TensorProto] = {}
        self._symbols = symbols
        self._names: dict[int, str] = {}
        self._inputs = {id(value) for value in graph.inputs}
        for value in (*graph.inputs, *graph.outputs):
            self._names[id(value)] = value.name

    def name(self, value: Value | None) -> str:
        if value is None:
            return ""
        if value.producer is None and id(value) not in self._inputs and id(value) not in self.initializers:
            self.initializers[id(value)] = self._tensor(value, f"constant_{len(self.initializers)}")
            self._names[id(value)] = self.initializers[id(value)].name
        return self._names.setdefault(id(value), f"value_{len(self._names)}")

    def declaration(self, value: Value) -> onnx.ValueInfoProto:
        shape = [extent if isinstance(extent, int) else str(extent) for extent in self._extents(value)]
        return helper.make_tensor_value_info(value.name, _code(value.known_type), shape)

    def node(self, node: Node) -> onnx.NodeProto:
        return helper.make_node(
            node.operator,
            [self.name(value) for value in node.inputs],
            [self.name(value) if value.name else "" for value in node.outputs],
            domain=node.domain,
            **{
                name: self._attribute(item)
                for name, item in node.attributes.items()
                if (node.operator, name) != ("Split", "even")  # Texelflow's own: it only refuses sizes
                and name not in (PRECISE, LEARNED)  # how devices store sums
            },
        )

    def _attribute(self, attribute: Any) -> Any:
        if isinstance(attribute, Body):
            return self._branch(attribute)
        return self._tensor(attribute, attribute.name) if isinstance(attribute, Value) else attribute

    def _branch(self, body: Body) -> onnx.GraphProto:
        """Return a branch, whose results must be those of its own nodes."""
        nodes = [self.node(node) for node in body.nodes]
        results = [f"{self.name(value)}/result" for value in body.outputs]
        for value, result in zip(body.outputs, results, strict=True):
            nodes.append(helper.make_node("Identity", [self.name(value)], [result]))
        return helper.make_graph(nodes, "branch", [], list(map(helper.make_empty_tensor_value_info, results)))

    def _tensor(self, value: Value, name: str) -> TensorProto:
        if value.constant is not None:
            content = value.constant.tobytes()
        else:
            assert value.elements is not None, f"{value} has neither bytes nor elements"
            content = pack_elements(value.dtype, [self._number(element) for element in value.elements])
        return helper.make_tensor(name, _code(value.known_type), self._shape(value), content, raw=True)

    def _shape(self, value: Value) -> list[int]:
        return [int(self._number(extent)) for extent in value.shape]

    def _extents(self, value: Value) -> list[Dimension]:
        """Return extents, of which those stay symbols that a run learns from data."""
        return [substitute(extent, self._symbols) for extent in value.shape]

    def _number(self, element: int | float | Expression | FloatExpression) -> int | float:
        if isinstance(element, FloatExpression):
            operands = [float(self._number(operand)) for operand in element.operands]
            computed = compute(element.operation, operands, element.dtype)
            assert computed is not None, element
            return computed
        if not isinstance(element, Expression):
            return element
        number = substitute(element, self._symbols)
        assert isinstance(number, int), f"{element} has symbols other than {sorted(self._symbols)}"
        return number


def _in_onnx(node: Node) -> list[Node]:
    """Return ONNX's own nodes in place of one that has graphs inside."""
    return operator_of(node).in_onnx(node) if node.bodies else [node]


def _code(type_: TensorType) -> int:
    return TensorProto.DataType.Value(_TYPES.get(type_.dtype, type_.dtype.upper()))
