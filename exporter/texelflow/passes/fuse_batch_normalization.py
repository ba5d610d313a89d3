"""Folds BatchNormalization into the weights of the convolution or matrix product before it.

With `factor = scale / sqrt(variance + epsilon)` and `shift = bias - mean · factor`, it is `x · factor +
shift` for each channel (axis 1). The arithmetic on weights becomes nodes; those depend on constants alone, so
that they run once, at load.

Rules, where its four parameters are constant:
1. After Conv: the weight is multiplied by the factor along its first axis.
2. After ConvTranspose: along its second axis, for each group the group's part of the factor.
3. After Gemm: along the axis of the columns of B; `beta` is multiplied into C.
4. After MatMul of matrices: along the last axis of B; an Add of the shift follows.
5. In 1 to 3 the bias becomes `bias · factor + shift`, or `shift` if there is none.
6. In 1 to 4 the weight and bias are constant, and nothing but the normalisation reads the product.
7. Else the node stays; its operator decomposes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.batch_normalization import factor_and_shift, trains
from texelflow.passes.infer_types import infer_nodes


def run(graph: Graph) -> int:
    """Fold batch normalisations; return how many. Raises ExportError with all problems."""
    problems = Problems()
    constants = graph.constants()
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    folded: set[Node] = set()
    nodes: list[Node] = []
    for node in graph.nodes:
        host = _private_producer(node, consumers, outputs)
        parts: list[Node] | None = None
        with problems.of(node):
            parts = _fold(node, host, constants) if host is not None else None
        if host is None or parts is None:
            nodes.append(node)  # rule 7
        else:
            folded.add(host)
            nodes.extend(infer_nodes(parts, graph.outputs, problems))
    graph.nodes = [node for node in nodes if node not in folded]
    problems.raise_for(graph.source)
    return len(folded)


def _private_producer(node: Node, consumers: dict[Value, list[Node]], outputs: set[Value]) -> Node | None:
    """Return the node whose result a BatchNormalization, which is not trained, alone reads (rule 6)."""
    if (node.domain, node.operator) != ("", "BatchNormalization") or trains(node):
        return None
    product = node.required(0)
    return product.producer if len(consumers[product]) == 1 and product not in outputs else None


def _fold(node: Node, host: Node, constants: set[Value]) -> list[Node] | None:
    """Return the host with the normalisation in its weights, or None if rules 1 to 6 do not apply."""
    fold = _HOSTS.get(host.operator) if not host.domain else None
    parameters = [*node.inputs[1:], *host.inputs[1:]]
    if fold is None or not all(value is None or value.is_known or value in constants for value in parameters):
        return None
    steps = Decomposition(node)
    return steps.nodes if fold(steps, host) else None


def _fold_conv(steps: Decomposition, host: Node) -> bool:
    factor, shift = factor_and_shift(steps)
    weight = host.required(1)
    column = steps.reshape("column", factor, [-1, *[1] * (weight.known_type.rank - 1)])
    bias = _folded_bias(steps, host.input(2), factor, shift)
    _add_host(steps, host, steps.add("Mul", "weight", weight, column), bias)
    return True


def _fold_conv_transpose(steps: Decomposition, host: Node) -> bool:
    factor, shift = factor_and_shift(steps)
    weight = host.required(1)
    groups = host.attributes.get("group", 1)
    channels, group_channels, *kernel = weight.shape
    ones: list[Dimension] = [1] * len(kernel)
    grouped_shape = [groups, channels // groups, group_channels, *kernel]
    grouped = steps.reshape("groups", weight, grouped_shape)
    row = steps.reshape("row", factor, [groups, 1, group_channels, *ones])
    scaled = steps.reshape("weight", steps.add("Mul", "scaled_groups", grouped, row), weight.shape)
    _add_host(steps, host, scaled, _folded_bias(steps, host.input(2), factor, shift))
    return True


def _fold_gemm(steps: Decomposition, host: Node) -> bool:
    factor, shift = factor_and_shift(steps)
    row = steps.reshape("column", factor, [-1, 1]) if host.attributes.get("transB", 0) else factor
    matrix = steps.add("Mul", "matrix", host.required(1), row)
    beta = host.attributes.get("beta", 1.0)
    bias = host.input(2)
    if bias is not None and beta != 1:
        bias = steps.add("Mul", "scaled_bias", bias, steps.scalar("beta", bias.dtype, beta))
    _add_host(steps, host, matrix, _folded_bias(steps, bias, factor, shift), beta=1.0)
    return True


def _fold_matmul(steps: Decomposition, host: Node) -> bool:
    if host.required(0).known_type.rank != 2 or host.required(1).known_type.rank != 2:
        return False
    factor, shift = factor_and_shift(steps)
    matrix = steps.add("Mul", "matrix", host.required(1), factor)
    product = steps.add("MatMul", "product", host.required(0), matrix)
    steps.add("Add", steps.node.outputs[0], product, shift)
    return True


_HOSTS: dict[str, Callable[[Decomposition, Node], bool]] = {
    "Conv": _fold_conv,
    "ConvTranspose": _fold_conv_transpose,
    "Gemm": _fold_gemm,
    "MatMul": _fold_matmul,
}


def _folded_bias(steps: Decomposition, bias: Value | None, factor: Value, shift: Value) -> Value:
    """Apply rule 5."""
    if bias is None:
        return shift
    return steps.add("Add", "bias", steps.add("Mul", "scaled_host_bias", bias, factor), shift)


def _add_host(steps: Decomposition, host: Node, weight: Value, bias: Value, **changed: Any) -> None:
    """Append the host with its new weight and bias; it makes what the normalisation made."""
    inputs = [host.inputs[0], weight, bias]
    attributes = {**host.attributes, **changed}
    steps.nodes.append(Node(host.operator, inputs, steps.node.outputs[:1], attributes, host.name))
