"""Operators that do the same with both parts of complex numbers: each part gets one of its own."""

from __future__ import annotations

from dataclasses import replace

from texelflow.graph import Node
from texelflow.importers.lowering import complex_parts as lowering
from texelflow.importers.tflite.model import Tensor
from texelflow.importers.tflite.operators.step import CALL, COMPLEX, Call

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
    """Return nodes that do so."""
    call: Call = node.attributes[CALL]
    own = replace(
        call,
        inputs=tuple(each and _part(each) for each in call.inputs),
        outputs=tuple(map(_part, call.outputs)),
    )
    pairs = [index for index, tensor in enumerate(call.inputs) if _is_complex(tensor)]
    return lowering.by_parts(node, pairs, {CALL: own})


def _is_complex(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.dtype == COMPLEX


def _part(tensor: Tensor) -> Tensor:
    return replace(tensor, dtype="FLOAT32") if _is_complex(tensor) else tensor
