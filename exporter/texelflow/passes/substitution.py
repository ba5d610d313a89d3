"""Replacing values throughout a graph, in one walk."""

from __future__ import annotations

from texelflow.graph import Graph, Node, Value


class Substitution:
    """Which values stand for which; `rewrite` applies it to a node, `finish` to all of them."""

    def __init__(self) -> None:
        self._replacements: dict[Value, Value] = {}
        self._replaced: list[Value] = []  # kept alive, so that no other value gets its id

    def replace(self, old: Value, new: Value) -> None:
        """Have `new` read wherever `old` is."""
        self._replacements[old] = new
        self._replaced.append(old)

    def resolve(self, value: Value) -> Value:
        """Return the value to read in place of `value`."""
        while value in self._replacements:
            value = self._replacements[value]
        return value

    def rewrite(self, node: Node) -> None:
        """Rewrite the inputs of a node."""
        node.inputs = [None if value is None else self.resolve(value) for value in node.inputs]

    def finish(self, graph: Graph, nodes: list[Node]) -> int:
        """Give the graph the nodes that are left, rewritten; return how many it lost."""
        for node in nodes:
            self.rewrite(node)
        removed = len(graph.nodes) - len(nodes)
        graph.nodes = nodes
        return removed
