"""Dropout: the identity, but in training, where elements are left out by chance."""

from __future__ import annotations

from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.graph.constants import scalar_value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.randomness import NOTE, uniform

DEFAULT_RATIO = 0.5


@operator("Dropout", inputs=(1, 3))
class Dropout(Operator):
    """Its input, and as the optional second output a mask that is true everywhere.

    In training, true with the probability 1 - ratio: elements are divided by that, or else 0.
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Before opset 12 the ratio was an attribute, which mattered in training only."""
        if opset < 12:
            node.attributes.pop("ratio", None)

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type, and bool for the mask."""
        source = node.required(0).known_type
        if self._trains(node) and not source.is_floating:
            raise NodeError(node, f"its input has type {source.dtype}; a floating type is needed")
        return [source, TensorType("bool", source.shape)][: len(node.outputs)]

    def warnings(self, node: Node) -> list[str]:
        """Warn that nothing is random: each run gives the same numbers."""
        return [NOTE] if self._trains(node) else []

    @staticmethod
    def _trains(node: Node) -> bool:
        return node.input(2) is not None and bool(node.known(2, "training_mode")[0])

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the input's elements."""
        elements = node.required(0).elements
        if elements is None or self._trains(node):
            return None
        mask: list[Element] = [True] * len(elements)
        return [list(elements), mask][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by an Identity, and a constant mask if it is asked for; in training by a choice."""
        if self._trains(node):
            return self._chosen(node)
        steps = Decomposition(node)
        source = node.required(0)
        steps.add("Identity", node.outputs[0], source)
        if len(node.outputs) > 1:
            shape = steps.vector("shape", source.shape)
            true = scalar_value(f"{node.outputs[1].name}/true", "bool", True)
            steps.add("ConstantOfShape", node.outputs[1], shape, value=true)
        return steps.nodes

    @staticmethod
    def _chosen(node: Node) -> list[Node]:
        steps, source, given = Decomposition(node), node.required(0), node.input(1)
        ratio = steps.scalar("ratio", "float32", DEFAULT_RATIO)
        if given is not None:
            ratio = steps.cast("ratio", steps.reshape("number", given, []), "float32")
        left_out = steps.add("Less", "left_out", uniform(steps, source.shape), ratio)
        mask = steps.add("Not", node.outputs[1] if len(node.outputs) > 1 else "mask", left_out)
        share = steps.add("Sub", "share", steps.scalar("one", "float32", 1), ratio)
        larger = steps.add("Div", "larger", source, steps.cast("kept", share, source.dtype))
        steps.add("Where", node.outputs[0], mask, larger, steps.scalar("zero", source.dtype, 0))
        return steps.nodes
