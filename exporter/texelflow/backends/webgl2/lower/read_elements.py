"""texelflow::ReadElements: the page reads the numbers back."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("ReadElements", domain="texelflow")
def lower_read_elements(group: Group, lowering: Lowering) -> None:
    """Emit the step that reads."""
    lowering.host("read", [lowering.flat_precise(group.node.required(0))])
