"""Lets convolutions that differ by what limits their results run as one program.

Drivers take up to 0.1 s to compile each program, and a first result waits for it; limiting a number to an
interval costs next to nothing.

Rules:
1. Convolutions are alike if they have the same operator, kernel, stride, dilation, kind of groups, and both a
   bias or both none. Products by a constant matrix are like 1×1 convolutions, whatever their stride.
2. Of alike ones that end in nothing, or in Relu or Clip alone by numbers known at export, all end in Clip,
   unless they end alike already: from -inf to inf instead of in nothing, from 0 to inf instead of in Relu.
3. Only floating numbers.
"""

from __future__ import annotations

from collections.abc import Hashable
from math import inf

from texelflow.ir import Graph, Node, TensorType, Value


def run(graph: Graph) -> None:
    """Change epilogues in place."""
    alike: dict[Hashable, list[Node]] = {}
    for node in graph.nodes:
        if _has_limits(node):
            alike.setdefault(_form(node), []).append(node)
    for nodes in alike.values():
        if len({_end(node) for node in nodes}) > 1:  # rule 2
            for node in nodes:
                _limit(node)


def _end(node: Node) -> str:
    return node.epilogue[0].operator if node.epilogue else ""


def _has_limits(node: Node) -> bool:
    """Whether a node is a convolution that ends in nothing, Relu, or Clip by two known numbers (rule 2)."""
    if node.domain or not (node.operator in ("Conv", "ConvTranspose") or _is_fully_connected(node)):
        return False
    if not node.outputs[0].known_type.is_floating or len(node.epilogue) > 1:
        return False
    if _end(node) == "Clip":
        bounds = node.epilogue[0].inputs[1:]
        return len(bounds) == 2 and all(bound and isinstance(bound.scalar, float) for bound in bounds)
    return _end(node) in ("", "Relu")


def _is_fully_connected(node: Node) -> bool:
    """Whether a node multiplies by one constant matrix, as it is stored or transposed."""
    if node.operator != "MatMul" or node.required(1).known_type.rank != 2:
        return False
    matrix = node.required(1)
    if matrix.producer is not None and matrix.producer.operator == "Transpose":
        matrix = matrix.producer.required(0)
    return matrix.constant is not None


def _form(node: Node) -> Hashable:
    """Return what alike convolutions share (rule 1)."""
    group = node.attributes.get("group", 1)
    weights = node.required(1).shape
    pads = any(node.attributes.get("pads", ())), node.attributes.get("auto_pad")
    kind = 1 if group == 1 else 0 if weights[1] == 1 else weights[1]
    # Whatever auto_pad says, a window of one pixel needs no padding.
    is_point = node.operator == "Conv" and kind == 1 and set(weights[2:]) == {1} and not pads[0]
    if is_point or node.operator == "MatMul":
        return "point", node.input(2) is None
    lists = [tuple(node.attributes.get(name, ())) for name in ("strides", "dilations")]
    return (node.operator, weights[2:], kind, node.input(2) is None, *lists, *pads)


def _limit(node: Node) -> None:
    """Let a convolution end in Clip."""
    output = node.outputs[0]
    if _end(node) == "Clip":
        return
    if node.result is None:
        node.result = Value(f"{output.name}/unlimited", TensorType(output.dtype, output.shape), producer=node)
    scalar = TensorType(output.dtype, ())
    bounds = [Value("", scalar, elements=[bound]) for bound in (0.0 if node.epilogue else -inf, inf)]
    node.epilogue = [Node("Clip", [node.result, *bounds], [output], {}, node.name)]
    output.producer = node
