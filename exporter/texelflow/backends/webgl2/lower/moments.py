"""How texelflow::Moments becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.moments import lower_moments
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("Moments", domain="texelflow", fuses_epilogue=True)
def lower(group: Group, lowering: Lowering) -> None:
    """Reduce the channels of whole texels."""
    lower_moments(group, lowering)
