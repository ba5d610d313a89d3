"""How Resize becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.resizing import lower_resize
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.onnx.resize import resized_axes


@lowers("Resize", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Sample the rows and columns of an image."""
    node = group.node
    lower_resize(group, lowering, resized_axes(node))
