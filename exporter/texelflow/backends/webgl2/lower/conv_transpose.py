"""How ConvTranspose becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import lower_convolution
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.onnx.conv_transpose import conv_transpose_windows


@lowers("ConvTranspose", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Gather, for each output pixel, the input pixels that reach it."""
    node = group.node
    lower_convolution(
        group,
        lowering,
        conv_transpose_windows(node),
        int(node.attributes.get("group", 1)),
        transposed=True,
    )
