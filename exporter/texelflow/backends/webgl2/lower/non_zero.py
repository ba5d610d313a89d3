"""NonZero: the page looks for the elements that are not zero."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering


@lowers("NonZero")
def lower_non_zero(group: Group, lowering: Lowering) -> None:
    """Emit the step that lists their places; `ints` are the extents of the input."""
    source, result = group.node.required(0), group.node.outputs[0]
    output = lowering.tensor(result)
    lowering.host("non-zero", [lowering.flat_precise(source)], [output], source.shape)
    lowering.bind(result, output)
