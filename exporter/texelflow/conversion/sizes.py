"""Makes ONNX nodes that compute elements that the Graph has as expressions over sizes."""

from __future__ import annotations

from collections.abc import Iterator

from texelflow.dimensions import Expression, proved_equal, symbol
from texelflow.dimensions.expressions import Atom
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import Element, Graph, Node, Value
from texelflow.graph.constants import vector_value
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.graph.problems import Problems


def element_nodes(graph: Graph, value: Value, problems: Problems) -> list[Node]:
    """Return nodes that compute a value of which some elements are expressions; the last one makes it."""
    steps = _Steps(graph, value.name)
    try:
        parts = [steps.vector(element) for element in value.elements or []]
    except _UnsaidError as error:
        problems.add(f"{value.name!r} has the size {error}, which no ONNX operators compute")
        return []
    joined = steps.add("Concat", *parts, axis=0)
    shape = [extent for extent in value.shape if isinstance(extent, int)]
    shaped = steps.add("Reshape", joined, vector_value(f"{value.name}/shape", "int64", shape))
    steps.add("Cast", shaped, to=onnx_number(value.dtype))
    return steps.nodes


class _UnsaidError(Exception):
    """An expression that nodes do not compute."""


class _Steps:
    def __init__(self, graph: Graph, prefix: str) -> None:
        self.graph = graph
        self.prefix = prefix
        self.nodes: list[Node] = []

    def add(self, operator: str, *inputs: Value, **attributes: int) -> Value:
        """Append a node; return its result, an int64 vector of one element but at the end."""
        result = Value(f"{self.prefix}/{operator}")
        self.nodes.append(Node(operator, list(inputs), [result], attributes, result.name))
        return result

    def vector(self, dimension: Element) -> Value:
        """Return a dimension as a vector of one element; raise _UnsaidError for any other element."""
        if isinstance(dimension, float | FloatExpression):
            raise _UnsaidError(str(dimension))
        if isinstance(dimension, int):
            return vector_value(f"{self.prefix}/number", "int64", [dimension])
        total: Value | None = None
        for monomial, coefficient in dimension.terms.items():
            term = self.vector(coefficient) if coefficient != 1 or not monomial else None
            for atom in monomial:
                factor = self.atom(atom)
                term = factor if term is None else self.add("Mul", term, factor)
            assert term is not None
            total = term if total is None else self.add("Add", total, term)
        assert total is not None
        return total

    def atom(self, atom: Atom) -> Value:
        """Return a symbol, or an operation, as a vector of one element; raise _UnsaidError."""
        if atom.operation == "symbol":
            wanted = symbol(str(atom.operands[0]))
            for value, axis in self.extents():
                if proved_equal(value.shape[axis], wanted):
                    return self.add("Shape", value, start=axis, end=axis + 1)
        if len(atom.dimensions) != len(atom.operands):  # the name of a symbol, or a float
            raise _UnsaidError(str(Expression({(atom,): 1})))
        operands = [self.vector(operand) for operand in atom.dimensions]
        match atom.operation:
            case "min" | "max":
                return self.add(atom.operation.capitalize(), *operands)
            case "%":
                return self.add("Mod", *operands)  # with the divisor's sign
            case "//":
                rest = self.add("Sub", operands[0], self.add("Mod", *operands))
                return self.add("Div", rest, operands[1])
            case "==" | "<":
                compared = self.add("Equal" if atom.operation == "==" else "Less", *operands)
                return self.add("Cast", compared, to=onnx_number("int64"))
            case "select":
                return self.add("Where", self.add("Cast", operands[0], to=onnx_number("bool")), *operands[1:])
            case "broadcast":  # the one that is not 1
                first, *others = operands
                for other in others:
                    first = self.add("Where", self.add("Equal", first, self.vector(1)), other, first)
                return first
        raise _UnsaidError(str(Expression({(atom,): 1})))

    def extents(self) -> Iterator[tuple[Value, int]]:
        """Yield each axis of each input, then of what nodes make: sizes may be learned of data."""
        made = (value for node in self.graph.nodes for value in node.outputs)
        for value in (*self.graph.inputs, *made):
            for axis in range(value.type.rank if value.type is not None else 0):
                yield value, axis
