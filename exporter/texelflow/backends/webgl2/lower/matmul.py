"""How MatMul becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.convolution import lower_matrix_product
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph import Node


@lowers("MatMul", fuses_epilogue=True)
def lower(node: Node, lowering: Lowering) -> None:
    """Multiply with rows as pixels and columns as channels; passes/fuse_biases.py may add a bias."""
    lower_matrix_product(node, lowering)
