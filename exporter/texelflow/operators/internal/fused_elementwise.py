"""texelflow::Elementwise, a group of elementwise nodes in one draw; passes/fuse_elementwise.py makes them."""

from __future__ import annotations

from texelflow.operators import Operator, operator


@operator("Elementwise", domain="texelflow")
class FusedElementwise(Operator):
    """The nodes are its epilogue; their types were inferred before they were grouped."""
