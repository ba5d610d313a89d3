"""texelflow::Elementwise, a group of elementwise nodes in one draw; passes/fuse_elementwise.py makes them."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.elementwise import lower_group
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node
from texelflow.operators import Operator, operator


@operator("Elementwise", domain="texelflow")
class FusedElementwise(Operator):
    """The nodes are its epilogue; their types were inferred before they were grouped."""

    def lower(self, node: Node, lowering: Lowering) -> None:
        """Compute the group in a kernel of its own."""
        lower_group(node, lowering)
