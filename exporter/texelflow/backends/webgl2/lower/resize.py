"""How Resize becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.resizing import lower_resize
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node
from texelflow.operators.onnx.resize import resized_axes


@lowers("Resize", fuses_epilogue=True)
def lower(node: Node, lowering: Lowering) -> None:
    """Sample the rows and columns of an image."""
    lower_resize(node, lowering, resized_axes(node))
