"""How MatMul becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import lower_matrix_product
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("MatMul", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Multiply with rows as pixels and columns as channels; passes/fuse_biases.py may add a bias."""
    lower_matrix_product(group, lowering)
