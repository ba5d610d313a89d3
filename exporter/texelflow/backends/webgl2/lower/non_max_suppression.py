"""NonMaxSuppression: the page chooses the boxes."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.graph.constants import constant_value

_DEFAULTS = (("most", "int64", 0), ("overlap", "float32", 0.0), ("least", "float32", float("-inf")))
"""Of the inputs from the third on, where they are omitted."""


@lowers("NonMaxSuppression")
def lower_non_max_suppression(group: Group, lowering: Lowering) -> None:
    """Emit the step; `ints` are batches, classes, boxes, and whether boxes are given by their centres."""
    node = group.node
    scores = node.required(1)
    inputs = [lowering.flat_precise(node.required(index)) for index in range(2)]
    for index, (name, dtype, default) in enumerate(_DEFAULTS, 2):
        value = node.input(index)
        known = default if value is None else value.number
        if isinstance(known, int | float):
            known = min(known, 2**31 - 1)  # by the habit of exporters, as many as there are
            value = constant_value(f"{node.outputs[0].name}/{name}", dtype, [1], [known])
        assert value is not None
        inputs.append(lowering.flat_precise(value))
    output = lowering.tensor(node.outputs[0])
    is_centred = int(node.attributes.get("center_point_box", 0))
    lowering.host("non-max-suppression", inputs, [output], [*scores.shape, is_centred])
    lowering.bind(node.outputs[0], output)
