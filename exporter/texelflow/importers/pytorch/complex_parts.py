"""Calls that do the same with both parts of complex numbers: each part gets one of its own."""

from __future__ import annotations

from texelflow.graph import Node, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.operators.builder import GraphBuilder

ARGUMENTS = "arguments"
DTYPES_MADE = "dtypes"
"""Attributes of a node: what it is called with, by its schema's names, and its results' element types."""

COMPLEX_READ = "complex_read"
"""Attribute of a node: which of its inputs have complex numbers, pairs along one more axis, the last."""

BY_PARTS = frozenset(
    """
    add as_strided cat chunk clone concat constant_pad_nd cumsum diagonal expand expand_as flatten flip
    gather index index_select mean movedim narrow neg pad permute repeat reshape roll select slice split
    split_with_sizes squeeze stack sub sum t transpose unbind unflatten unfold unsqueeze view where
    _unsafe_view
    """.split()
)
"""What moves numbers, or adds them up."""


def has_parts(node: Node) -> bool:
    """Whether a call is done for both parts of its complex numbers."""
    base = node.operator.partition(".")[0].removesuffix("_copy")
    arguments, pairs = node.attributes[ARGUMENTS], node.attributes[COMPLEX_READ]
    if base not in BY_PARTS or (base in ("constant_pad_nd", "pad") and arguments.get("value")):
        return False
    # Of numbers that are added, or chosen among, all must be complex.
    named = [arguments.get(name) for name in ("self", "other")] if base in ("add", "sub", "where") else []
    listed = arguments.get("tensors") if base in ("cat", "concat", "stack") else []
    numbers = [*(named if "other" in arguments else []), *(listed if isinstance(listed, list) else [])]
    return all(isinstance(number, Ref) and number.index in pairs for number in numbers)


def by_parts(node: Node) -> list[Node]:
    """Return nodes that do so; complex numbers are pairs along a last axis."""
    builder = GraphBuilder(node.outputs[0].name if node.outputs else node.name, node.name)
    attributes = {**node.attributes, COMPLEX_READ: [], DTYPES_MADE: ["float32"] * len(node.outputs)}
    made: list[list[Value]] = []
    for place in (0, 1):
        inputs = [
            builder.add("Gather", "part", value, builder.index("place", place), axis=-1)
            if value is not None and index in node.attributes[COMPLEX_READ]
            else value
            for index, value in enumerate(node.inputs)
        ]
        outputs = [builder.value("made") for _ in node.outputs]
        builder.nodes.append(Node(node.operator, inputs, outputs, attributes, node.name, node.domain))
        made.append(outputs)
    for result, *parts in zip(node.outputs, *made, strict=True):
        last = builder.vector("last", [-1])
        upright = [builder.add("Unsqueeze", "upright", part, last) for part in parts]
        builder.add("Concat", result, *upright, axis=-1)
    return builder.nodes
