"""Dropout: the identity, when a model is not being trained."""

from __future__ import annotations

from texelflow.graph import Element, Node, NodeError, TensorType
from texelflow.graph.constants import scalar_value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition


@operator("Dropout", inputs=(1, 3))
class Dropout(Operator):
    """Returns its input, and as the optional second output a mask that is true everywhere."""

    decomposes = True

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type, and bool for the mask."""
        source = node.required(0).known_type
        training = node.input(2)
        if training is not None and not (training.elements and not training.elements[0]):
            raise NodeError(node, "its training_mode is not false; export the model for inference")
        return [source, TensorType("bool", source.shape)][: len(node.outputs)]

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the input's elements."""
        elements = node.required(0).elements
        if elements is None:
            return None
        mask: list[Element] = [True] * len(elements)
        return [list(elements), mask][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by an Identity, and a constant mask if it is asked for."""
        steps = Decomposition(node)
        source = node.required(0)
        steps.add("Identity", node.outputs[0], source)
        if len(node.outputs) > 1:
            shape = steps.vector("shape", source.shape)
            true = scalar_value(f"{node.outputs[1].name}/true", "bool", True)
            steps.add("ConstantOfShape", node.outputs[1], shape, value=true)
        return steps.nodes
