"""How MaxPool and AveragePool become draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.pooling import lower_pooling
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import NodeError
from texelflow.operators.onnx.pooling import pool_windows


@lowers("MaxPool", fuses_epilogue=True)
def lower_max_pool(group: Group, lowering: Lowering) -> None:
    """Take the maximum over each window."""
    node = group.node
    if len(node.outputs) > 1:
        raise NodeError(node, "its second output (Indices) is not supported; export the model without it")
    lower_pooling(group, lowering, pool_windows(node), "max")


@lowers("AveragePool", fuses_epilogue=True)
def lower_average_pool(group: Group, lowering: Lowering) -> None:
    """Take the mean over each window."""
    node = group.node
    count_padding = bool(node.attributes.get("count_include_pad", 0))
    lower_pooling(group, lowering, pool_windows(node), "average", count_padding)
