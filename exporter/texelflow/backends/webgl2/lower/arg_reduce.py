"""How ArgMax and ArgMin become draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import lower_element_reduction
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.scalar import UNSIGNED_32
from texelflow.operators.shapes import normalize_axis


@lowers("ArgMax", "ArgMin")
def lower(group: Group, lowering: Lowering) -> None:
    """Compare the elements along the axis one by one."""
    node = group.node
    axis = normalize_axis(node, int(node.attributes.get("axis", 0)), node.required(0).known_type.rank)
    last_index = bool(node.attributes.get("select_last_index", 0))
    suffix = "_unsigned" if node.required(0).dtype in UNSIGNED_32 else ""
    lower_element_reduction(group, lowering, node.operator.lower() + suffix, [axis], last_index)
