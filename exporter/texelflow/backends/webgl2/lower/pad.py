"""How Pad becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.padding import lower_padding
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import Dimension, maximum, proved_equal
from texelflow.graph import Node
from texelflow.operators.onnx.pad import padding


def fuses_prologue(node: Node) -> bool:
    """Only where it copies the whole input: a constant border and a removed one are views."""
    constant = node.attributes.get("mode", "constant") == "constant"
    return not constant and all(
        proved_equal(_removed(amount), 0) for pair in padding(node) for amount in pair
    )


@lowers("Pad", fuses_prologue=fuses_prologue)
def lower(group: Group, lowering: Lowering) -> None:
    """Read a constant outside the input without moving it; other borders are copied.

    What negative amounts remove is gone before the rest is repeated, as in ONNX Runtime.
    """
    node = group.node
    source, output = node.required(0), node.outputs[0]
    mode = node.attributes.get("mode", "constant")
    amounts = padding(node)
    added = [maximum(before, 0) for before, _ in amounts]

    def cut(view: View) -> View | None:
        left: View | None = view
        for axis, (before, behind) in enumerate(amounts):
            removed = _removed(before) + _removed(behind)
            if left is not None and not proved_equal(removed, 0):
                left = left.slice(axis, _removed(before), 1, left.shape[axis] - removed)
        return left

    if mode == "constant":
        number = 0.0 if node.input(2) is None else node.known(2, "constant_value")[0]
        assert isinstance(number, int | float)

        def padded(view: View) -> View | None:
            left = cut(view)
            return left and left.pad(tuple(added), output.shape, number)

        lowering.bind_view(output, source, padded)
        return
    if not fuses_prologue(node):
        shape = tuple(
            extent - _removed(before) - _removed(behind)
            for extent, (before, behind) in zip(source.shape, amounts, strict=True)
        )
        whole, source = source, source.like("cut", shape)
        lowering.bind_view(source, whole, cut)
    lower_padding(group, source, lowering, mode, added)


def _removed(amount: Dimension) -> Dimension:
    return maximum(-amount, 0)
