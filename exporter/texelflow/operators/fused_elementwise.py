"""texelflow::Elementwise, a group of elementwise nodes that one draw computes; made by passes/fuse_elementwise.py."""

from __future__ import annotations

from texelflow.ir import Node
from texelflow.lowering.elementwise import lower_group
from texelflow.lowering.lowering import Lowering
from texelflow.operators import Operator, operator


@operator("Elementwise", domain="texelflow")
class FusedElementwise(Operator):
    def lower(self, node: Node, lowering: Lowering) -> None:
        lower_group(node, lowering)
