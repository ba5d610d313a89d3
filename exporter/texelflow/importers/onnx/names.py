"""Which names nodes of ONNX graphs read, and what initializers give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from texelflow.graph import Value
from texelflow.graph.problems import Problems
from texelflow.importers.onnx.tensors import ExternalFiles, TensorError, read_tensor

Scope: TypeAlias = dict[str, Value | None]
"""Values by the names of one graph or function; None for an input of a function that its caller omits."""


def names_read(proto: Any) -> Iterator[str]:
    """Yield the names that a NodeProto reads, and those that its subgraphs read of the graph around them."""
    yield from filter(None, proto.input)
    for attribute in proto.attribute:
        if attribute.HasField("g"):
            yield from _names_captured(attribute.g)


def _names_captured(graph: Any) -> Iterator[str]:
    own = {name for node in graph.node for name in node.output}
    own |= {item.name for items in (graph.input, graph.initializer) for item in items}
    for node in graph.node:
        yield from (name for name in names_read(node) if name not in own)
    yield from (item.name for item in graph.output if item.name not in own)


def read_initializers(graph: Any, external: ExternalFiles, problems: Problems) -> Scope:
    """Return the initializers of a GraphProto that a node or output uses as constants, by name."""
    used = {name for node in graph.node for name in names_read(node)}
    used |= {output.name for output in graph.output}
    values: Scope = {}
    for tensor in graph.initializer:
        if tensor.name in values:
            problems.add(f"there are two initializers called {tensor.name!r}")
        elif tensor.name in used:
            try:
                values[tensor.name] = read_tensor(tensor, tensor.name, external)
            except TensorError as error:
                problems.add(f"initializer {tensor.name!r}: {error}")
                values[tensor.name] = Value(tensor.name)  # so that its consumers are not reported too
    return values
