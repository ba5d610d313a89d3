"""Unique: the page compares the slices."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product
from texelflow.operators.onnx.unique import Unique


@lowers("Unique")
def lower_unique(group: Group, lowering: Lowering) -> None:
    """Emit the step; `ints` are the elements before, along and after the axis, and whether to sort."""
    node = group.node
    source, axis = node.required(0), Unique.axis(node)
    shape = source.shape if axis is not None else (source.known_type.size,)
    middle = axis or 0
    parts = [product(shape[:middle]), shape[middle], product(shape[middle + 1 :])]
    outputs = [lowering.tensor(value) for value in node.outputs]
    is_sorted = int(node.attributes.get("sorted", 1))
    lowering.host("unique", [lowering.flat_precise(source)], outputs, [*parts, is_sorted])
    for value, output in zip(node.outputs, outputs, strict=True):
        lowering.bind(value, output)
