"""Building nodes one after another, for decompositions and importers alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Node, TensorType, Value
from texelflow.graph.constants import constant_value, scalar_value, vector_value
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.operators import EVALUATION_LIMIT


class GraphBuilder:
    """Nodes in the order they are added.

    They bear the name `name`; a value that they pass between them is called `<prefix>/<step>`. Both may be
    set anew in between.
    """

    def __init__(self, prefix: str, name: str) -> None:
        self.prefix = prefix
        self.name = name
        self.nodes: list[Node] = []
        self._names: set[str] = set()

    def add(self, operator: str, step: str | Value, *inputs: Value | None, **attributes: Any) -> Value:
        """Append a node and return its result: the Value `step`, or a new one named for that word."""
        result = self.value(step) if isinstance(step, str) else step
        self.nodes.append(Node(operator, list(inputs), [result], attributes, self.name))
        return result

    def add_all(
        self, operator: str, results: Sequence[str | Value], *inputs: Value | None, **attributes: Any
    ) -> list[Value]:
        """Append a node of several outputs and return them, each as `add` does its one."""
        outputs = [self.value(step) if isinstance(step, str) else step for step in results]
        self.nodes.append(Node(operator, list(inputs), outputs, attributes, self.name))
        return outputs

    def value(self, step: str) -> Value:
        """Return a new value named for that word, for a node that the caller makes."""
        return Value(self._name(step))

    def scalar(self, step: str, dtype: str, element: int | float | bool) -> Value:
        """Return a constant of rank 0."""
        return scalar_value(self._name(step), dtype, element)

    def constant(
        self, step: str, dtype: str, shape: Sequence[int], elements: Sequence[int | float | bool]
    ) -> Value:
        """Return a constant with the given elements, row-major; of many, only the bytes are kept."""
        value = constant_value(self._name(step), dtype, shape, elements)
        if len(elements) > EVALUATION_LIMIT:
            value.elements = None
        return value

    def vector(self, step: str, elements: Sequence[Dimension]) -> Value:
        """Return an int64 vector known at export; its elements may be expressions."""
        name = self._name(step)
        numbers = [element for element in elements if isinstance(element, int)]
        if len(numbers) == len(elements):
            return vector_value(name, "int64", numbers)
        return Value(name, TensorType("int64", (len(elements),)), elements=list(elements))

    def index(self, step: str, element: Dimension) -> Value:
        """Return an int64 scalar known at export; it may be an expression."""
        if isinstance(element, int):
            return self.scalar(step, "int64", element)
        return Value(self._name(step), TensorType("int64", ()), elements=[element])

    def places(self, step: str, count: Dimension) -> Value:
        """Append a Range of the int64 numbers from 0 to before `count`."""
        bounds = (("first", 0), ("end", count), ("by", 1))
        return self.add("Range", step, *(self.index(f"{step}_{name}", bound) for name, bound in bounds))

    def cast(self, step: str | Value, value: Value, dtype: str) -> Value:
        """Append a Cast to an element type."""
        return self.add("Cast", step, value, to=onnx_number(dtype))

    def reshape(self, step: str | Value, value: Value, shape: Sequence[Dimension]) -> Value:
        """Append a Reshape to a shape known at export."""
        label = step if isinstance(step, str) else "result"
        # Zero must mean an empty extent here, not "as in the input".
        return self.add("Reshape", step, value, self.vector(f"{label}_shape", shape), allowzero=1)

    def slice(self, step: str, value: Value, axis: int, first: Dimension, end: Dimension) -> Value:
        """Append a Slice of an axis from `first` to before `end`."""
        bounds: tuple[tuple[str, Dimension], ...] = (("start", first), ("end", end), ("axis", axis))
        return self.add("Slice", step, value, *(self.vector(name, [number]) for name, number in bounds))

    def reduce(self, operator: str, step: str | Value, value: Value, axes: Sequence[int]) -> Value:
        """Append a reduction over `axes` that keeps them with extent 1."""
        label = step if isinstance(step, str) else "result"
        axes_value = self.vector(f"{label}_axes", list(axes))
        return self.add(operator, step, value, axes_value, keepdims=1, noop_with_empty_axes=1)

    def _name(self, step: str) -> str:
        base = f"{self.prefix}/{step}"
        name, count = base, 2
        while name in self._names:
            name, count = f"{base}_{count}", count + 1
        self._names.add(name)
        return name
