"""Convolves the parts of a concatenation instead of the concatenation, which is then stored nowhere.

Rules:
1. Conv(Concat(a, b, …)) along the channels becomes Conv(a) + Conv(b) + …, each with its share of the weights,
   the first with the bias. The sum happens in the draw of the last.
2. A pooling between them is of the parts instead.
3. Nothing else reads the concatenation, and every part fills whole texels of four channels.
4. The sums that are stored have fewer channels than the concatenation.
"""

from __future__ import annotations

from texelflow.graph import Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.operators.decomposition import Decomposition
from texelflow.passes.infer_types import infer_nodes


def run(graph: Graph) -> int:
    """Split convolutions; return how many concatenations went."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    made: dict[Node, list[Node]] = {}
    count = 0
    for node in graph.nodes:
        widths = _widths(node)
        if not widths:
            continue
        chain = [node]
        while (consumer := _pooling(consumers.get(chain[-1].outputs[0], []))) is not None:
            chain.append(consumer)
        joined = chain[-1].outputs[0]
        convolutions = consumers.get(joined, [])
        if any(each.outputs[0] in outputs for each in chain) or not _pays(convolutions, joined, widths):
            continue
        count += 1
        made[node] = []
        parts = [node.required(index) for index in range(len(widths))]
        for pooling in chain[1:]:
            steps = Decomposition(pooling)
            parts = [steps.add(pooling.operator, "part", part, **pooling.attributes) for part in parts]
            made[pooling] = steps.nodes
        for convolution in convolutions:
            made[convolution] = _split(convolution, parts, widths)
    problems = Problems()
    nodes = []
    for node in graph.nodes:
        replaced = made.get(node)
        nodes += [node] if replaced is None else infer_nodes(replaced, graph.outputs, problems)
    problems.raise_for(graph.source)
    graph.nodes = nodes
    return count


def _widths(node: Node) -> list[int]:
    """Return how many channels the parts of a concatenation have; none unless all are known (rule 3)."""
    if (node.domain, node.operator) != ("", "Concat") or node.outputs[0].known_type.rank not in (3, 4):
        return []
    if node.attributes["axis"] not in (1, 1 - node.outputs[0].known_type.rank):
        return []
    widths = [value.shape[1] for value in node.inputs if value is not None]
    known = [width for width in widths if isinstance(width, int) and width > 0 and width % 4 == 0]
    return known if len(known) == len(widths) > 1 else []


def _pooling(consumers: list[Node]) -> Node | None:
    """Return the pooling that alone reads a value (rule 2)."""
    if len(consumers) != 1 or (consumers[0].domain, consumers[0].operator) not in (
        ("", "MaxPool"),
        ("", "AveragePool"),
    ):
        return None
    return consumers[0] if len(consumers[0].outputs) == 1 else None


def _pays(convolutions: list[Node], joined: Value, widths: list[int]) -> bool:
    """Whether convolutions alone read a concatenation, and store less than it (rules 3 and 4)."""
    stored = 0
    for node in convolutions:
        if (node.domain, node.operator) != ("", "Conv") or node.attributes.get("group", 1) != 1:
            return False
        if any(value is joined for value in node.inputs[1:]):
            return False
        filters = node.outputs[0].shape[1]
        if not isinstance(filters, int):
            return False
        stored += (len(widths) - 1) * filters
    return 0 < stored < sum(widths)


def _split(node: Node, parts: list[Value], widths: list[int]) -> list[Node]:
    steps = Decomposition(node)
    total: Value | None = None
    first = 0
    for part, width in zip(parts, widths, strict=True):
        ends = [steps.vector(label, [number]) for label, number in (("from", first), ("to", first + width))]
        weights = steps.add("Slice", "weights", node.required(1), *ends, steps.vector("axis", [1]))
        bias = node.input(2) if first == 0 else None
        inputs = [part, weights] if bias is None else [part, weights, bias]
        product = steps.add("Conv", "part", *inputs, **node.attributes)
        first += width
        last = first == sum(widths)
        total = (
            product if total is None else steps.add("Add", node.outputs[0] if last else "sum", total, product)
        )
    return steps.nodes
