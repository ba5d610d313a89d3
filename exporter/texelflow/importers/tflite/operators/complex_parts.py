"""Operators that do the same with both parts of complex numbers: each part gets one of its own."""

from __future__ import annotations

from dataclasses import replace

from texelflow.graph import Node, Value
from texelflow.importers.tflite.model import Tensor
from texelflow.importers.tflite.operators.step import CALL, COMPLEX, Call
from texelflow.operators.builder import GraphBuilder

BY_PARTS = frozenset(
    """
    ADD ADD_N BATCH_TO_SPACE_ND BROADCAST_TO CONCATENATION CUMSUM DYNAMIC_UPDATE_SLICE EXPAND_DIMS GATHER
    GATHER_ND MEAN NEG PACK PAD REVERSE_V2 SLICE SPACE_TO_BATCH_ND SPLIT SPLIT_V SQUEEZE STRIDED_SLICE SUB SUM
    TILE TRANSPOSE UNPACK
    """.split()
)
"""What moves numbers, or adds them up."""


def has_parts(node: Node) -> bool:
    """Whether a node is done for both parts of its complex numbers."""
    call: Call = node.attributes[CALL]
    return node.operator in BY_PARTS and any(map(_is_complex, call.inputs))


def by_parts(node: Node) -> list[Node]:
    """Return nodes that do so; complex numbers are pairs along a last axis."""
    call: Call = node.attributes[CALL]
    builder = GraphBuilder(node.outputs[0].name if node.outputs else node.name, node.name)
    own = replace(
        call,
        inputs=tuple(each and _part(each) for each in call.inputs),
        outputs=tuple(map(_part, call.outputs)),
    )
    made: list[list[Value]] = []
    for place in (0, 1):
        inputs = [
            builder.add("Gather", "part", value, builder.index("place", place), axis=-1)
            if value is not None and _is_complex(tensor)
            else value
            for value, tensor in zip(node.inputs, call.inputs, strict=True)
        ]
        outputs = [builder.value("made") for _ in node.outputs]
        attributes = {**node.attributes, CALL: own}
        builder.nodes.append(Node(node.operator, inputs, outputs, attributes, node.name, node.domain))
        made.append(outputs)
    for result, *parts in zip(node.outputs, *made, strict=True):
        last = builder.vector("last", [-1])
        builder.add(
            "Concat", result, *(builder.add("Unsqueeze", "upright", part, last) for part in parts), axis=-1
        )
    return builder.nodes


def _is_complex(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.dtype == COMPLEX


def _part(tensor: Tensor) -> Tensor:
    return replace(tensor, dtype="FLOAT32") if _is_complex(tensor) else tensor
