"""Calls that do the same with both parts of complex numbers: each part gets one of its own."""

from __future__ import annotations

from texelflow.graph import Node
from texelflow.importers.lowering import complex_parts as lowering
from texelflow.importers.lowering.typed_lowering import Ref

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
    """Return nodes that do so."""
    made = {COMPLEX_READ: [], DTYPES_MADE: ["float32"] * len(node.outputs)}
    return lowering.by_parts(node, node.attributes[COMPLEX_READ], made)
