"""How Conv becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import lower_convolution
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.onnx.conv import conv_windows


@lowers("Conv", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Convolve in a kernel for one group, for depthwise convolution, or for any groups."""
    node = group.node
    lower_convolution(
        group, lowering, conv_windows(node), int(node.attributes.get("group", 1)), transposed=False
    )
