"""How an operator of TensorFlow becomes ONNX's: a function in `operators/`, found by the decorator here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import dimensions, integers

DOMAIN = "tensorflow"

OUTPUT_NAMES: dict[str, tuple[str, ...]] = {}
"""What the outputs of an operator are called inside of functions, where it has several."""


class Lowering(Decomposition):
    """The ONNX nodes in place of a node whose inputs have types; `result` is its first output."""

    @property
    def result(self) -> Value:
        """The first output of the node."""
        return self.node.outputs[0]

    @property
    def count(self) -> int:
        """How many inputs the node has."""
        return len(self.node.inputs)

    def input(self, index: int) -> Value:
        """Return an input, which has a type; raise NodeError if there is none."""
        return self.node.required(index)

    def inputs(self) -> list[Value]:
        """Return all inputs."""
        return [self.node.required(index) for index in range(self.count)]

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute of the node."""
        found = self.node.attributes.get(name)
        return default if found is None else found

    def fail(self, reason: str) -> NodeError:
        """Return the error to raise for the node."""
        return NodeError(self.node, reason)

    def known_integers(self, index: int, meaning: str) -> list[int]:
        """Return the elements of an input that are needed at export; raise NodeError if they are not known."""
        return integers(self.node, self.node.known(index, meaning), meaning)

    def known_dimensions(self, index: int, meaning: str) -> list[Dimension]:
        """Return the elements of an input that may depend on sizes; raise NodeError if they depend on data."""
        return dimensions(self.node, self.node.known(index, meaning), meaning)

    def as_int64(self, step: str, value: Value) -> Value:
        """Return whole numbers as int64, which ONNX wants of shapes and axes."""
        return value if value.dtype == "int64" else self.cast(step, value, "int64")


Lower: TypeAlias = Callable[[Lowering], object]


def lowers(
    *names: str, inputs: int | tuple[int, int] = 1, outputs: Sequence[str] = ()
) -> Callable[[Lower], Lower]:
    """Register a function that replaces nodes of these operators.

    It adds nodes to the Lowering that end in the outputs of the node; it raises NodeError for what it cannot
    do. `inputs` is how many there are, or the least and the most; `outputs` are their names if several.
    """
    least, most = (inputs, inputs) if isinstance(inputs, int) else inputs

    def register(function: Lower) -> Lower:
        class Lowered(Operator):
            expands = True

            def infer(self, node: Node) -> list[TensorType]:
                raise NodeError(node, "its inputs have no types")

            def expand(self, node: Node) -> list[Node] | None:
                if not least <= len(node.inputs) <= most:
                    wanted = f"{least}" if least == most else f"{least} or more"
                    raise NodeError(node, f"it has {len(node.inputs)} inputs; {wanted} are needed")
                steps = Lowering(node)
                try:
                    function(steps)
                except ValueError as error:  # of `importers/channels_last`
                    raise NodeError(node, str(error)) from error
                return steps.nodes

        operator(*names, inputs=(least, most), domain=DOMAIN)(Lowered)
        for name in names:
            if outputs:
                OUTPUT_NAMES[name] = tuple(outputs)
        return function

    return register


def refuses(*names: str, reason: str) -> None:
    """Register operators that cannot be supported, with what to do instead."""

    class Refused(Operator):
        def infer(self, node: Node) -> list[TensorType]:
            raise NodeError(node, reason)

        def expand(self, node: Node) -> list[Node] | None:
            raise NodeError(node, reason)

    Refused.expands = True
    operator(*names, inputs=(0, MANY), domain=DOMAIN)(Refused)
