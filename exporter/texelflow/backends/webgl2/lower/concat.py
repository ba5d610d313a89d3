"""How Concat becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.joining import lower_concatenation
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.operators.shapes import normalize_axis


@lowers("Concat")
def lower(group: Group, lowering: Lowering) -> None:
    """Copy all inputs in one draw."""
    node = group.node
    axis = normalize_axis(node, int(node.attributes["axis"]), node.outputs[0].known_type.rank)
    lower_concatenation(node, lowering, axis)
