"""How texelflow::Elementwise becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.elementwise import lower_group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node


@lowers("Elementwise", domain="texelflow")
def lower(node: Node, lowering: Lowering) -> None:
    """Compute the group in a kernel of its own."""
    lower_group(node, lowering)
