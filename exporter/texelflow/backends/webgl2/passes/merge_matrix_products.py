"""Computes products of one matrix with several constant ones as one, side by side: queries, keys and values.

Rules:
1. It joins MatMul nodes that have the same left operand, and on the right a constant of rank 2, or one
   of few bits that kernels decode. Behind each
   is an Add of a constant vector, and nothing else.
2. They become one MatMul and one Add, of the joined constants, and a Split.
3. Every part is a multiple of CHANNEL_BLOCK columns wide, and there is one matrix on the left: then the
   parts are read where they lie. Nothing elementwise reads them: it would no longer happen in a draw of the
   product.
The constants are joined by Concat nodes, which run at load.
"""

from __future__ import annotations

from typing import TypeAlias

from texelflow.backends.webgl2.passes.decode_weights import is_coded
from texelflow.backends.webgl2.plan.plan import CHANNEL_BLOCK
from texelflow.dimensions import product, proved_equal, same_shape
from texelflow.graph import Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.operators import operator_of
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.elementwise import Elementwise
from texelflow.passes.infer_types import infer_nodes

Biased: TypeAlias = tuple[Node, Node]
"""A MatMul and the Add behind it."""


def run(graph: Graph) -> int:
    """Merge products; return how many nodes went into others."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    by_operand: dict[Value | None, list[Biased]] = {}
    for node in graph.nodes:
        add = _bias_of(node, consumers, outputs)
        if add is not None:
            by_operand.setdefault(node.inputs[0], []).append((node, add))
    problems = Problems()
    made: dict[Node, list[Node]] = {}
    merged = [group for group in by_operand.values() if len(group) > 1]
    if any(product.required(1).constant is None for group in merged for product, _ in group):
        # What decodes a later matrix is needed where the first one is.
        constants = graph.constants()
        graph.nodes.sort(key=lambda node: not constants.issuperset(node.outputs))
    for group in merged:
        made.update({node: [] for pair in group for node in pair})
        made[group[0][0]] = infer_nodes(_merged(group), graph.outputs, problems)
    problems.raise_for(graph.source)
    before = len(graph.nodes)
    graph.nodes = [part for node in graph.nodes for part in made.get(node, [node])]
    return before - len(graph.nodes)


def _bias_of(node: Node, consumers: dict[Value, list[Node]], outputs: set[Value]) -> Node | None:
    """Return the Add behind a product that can be merged with others (rules 1 and 2)."""
    if (node.domain, node.operator) != ("", "MatMul"):
        return None
    a, b = node.required(0), node.required(1)
    columns = b.shape[-1]
    if (
        (b.constant is None and not is_coded(b))
        or b.known_type.rank != 2
        or not isinstance(columns, int)
        or columns % CHANNEL_BLOCK
    ):
        return None
    if not proved_equal(product(a.shape[:-2]), 1) or a.known_type.rank < 2 or node.outputs[0] in outputs:
        return None
    following = consumers.get(node.outputs[0], [])
    if len(following) != 1 or (following[0].domain, following[0].operator) != ("", "Add"):
        return None
    add = following[0]
    bias = _other(add, node.outputs[0])
    if (
        bias is None
        or bias.constant is None
        or not same_shape(bias.shape, (columns,))
        or add.outputs[0] in outputs
    ):
        return None
    behind = consumers.get(add.outputs[0], [])
    return None if any(isinstance(operator_of(consumer), Elementwise) for consumer in behind) else add


def _other(add: Node, value: Value) -> Value | None:
    return add.inputs[1] if add.inputs[0] is value else add.inputs[0]


def _merged(group: list[Biased]) -> list[Node]:
    node = group[0][0]
    steps = Decomposition(node)
    matrices = [each.required(1) for each, _ in group]
    biases = [_other(add, each.outputs[0]) for each, add in group]
    joined = steps.add("MatMul", "joined", node.inputs[0], steps.add("Concat", "matrices", *matrices, axis=1))
    total = steps.add("Add", "biased", joined, steps.add("Concat", "biases", *biases, axis=0))
    widths = [width for matrix in matrices if isinstance(width := matrix.shape[1], int)]
    results = [add.outputs[0] for _, add in group]
    split = Node("Split", [total, steps.vector("widths", widths)], results, {"axis": -1}, node.name)
    return [*steps.nodes, split]
