"""Building the simpler nodes that replace one node."""

from __future__ import annotations

from texelflow.graph import Node
from texelflow.operators.builder import GraphBuilder


class Decomposition(GraphBuilder):
    """The nodes that replace `node`: they bear its name, and their values that of its first output."""

    def __init__(self, node: Node) -> None:
        super().__init__(node.outputs[0].name if node.outputs else node.name, node.name)
        self.node = node
