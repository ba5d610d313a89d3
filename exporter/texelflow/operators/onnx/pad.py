"""Pad: elements added at (or, if negative, removed from) the ends of axes."""

from __future__ import annotations

from texelflow.dimensions import Dimension, less, maximum, proved_different, proved_equal
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, dimensions, normalize_axes
from texelflow.operators.upgrading import attribute_to_input, inputs_like_first

MODES = ("constant", "reflect", "edge", "wrap")


def padding(node: Node) -> list[tuple[Dimension, Dimension]]:
    """Return for each axis how many elements are added before and behind it (negative: removed).

    Raises NodeError if the amounts are not known at export or do not fit the axes.
    """
    rank = node.required(0).known_type.rank
    amounts = dimensions(node, node.known(1, "pads"), "pads")
    axes = list(range(rank))
    if node.input(3) is not None:
        axes = normalize_axes(node, node.known(3, "axes"), rank)
    if len(amounts) != 2 * len(axes):
        raise NodeError(node, f"it has {len(amounts)} pads for {len(axes)} axes; two for each are expected")
    result: list[tuple[Dimension, Dimension]] = [(0, 0)] * rank
    for index, axis in enumerate(axes):
        result[axis] = (amounts[index], amounts[index + len(axes)])
    return result


def _has_known_fill(node: Node) -> bool:
    """Whether the constant of the borders is a number known at export, given or not."""
    fill = node.input(2)
    return fill is None or (fill.number is not None)


def _require_reflection(
    node: Node, axis: int, extent: Dimension, before: Dimension, behind: Dimension
) -> None:
    """Let what is left of an axis have two elements: a border reflects all but the first of them."""
    if any(not isinstance(border, int) or border > 0 for border in (before, behind)):
        left = extent + sum(border for border in (before, behind) if isinstance(border, int) and border < 0)
        least = 1 + less(0, maximum(before, behind))
        at_least(node, left, least, f"axis {axis} of its input, which mode reflect mirrors,")


@operator("Pad", inputs=(1, 4), attributes={"value": "a number"})
class Pad(Operator):
    """The input with borders: a constant, its reflection, its edge, or its other end."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 11 turned the attributes pads and value into inputs."""
        if opset < 11:
            attribute_to_input(node, "pads", 1)
            attribute_to_input(node, "value", 2, "float32")

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it with a border of the input's type."""
        return inputs_like_first(node, {2: "value"})

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the padded tensor; raise NodeError if a border cannot be filled."""
        source = node.required(0).known_type
        mode = node.attributes.get("mode", "constant")
        if mode not in MODES:
            raise NodeError(node, f"mode is {mode!r}; one of {', '.join(MODES)} is expected")
        shape: list[Dimension] = []
        for axis, (before, behind) in enumerate(padding(node)):
            extent = source.shape[axis]
            padded = extent + before + behind
            if isinstance(padded, int) and padded < 0:
                raise NodeError(node, f"pads {before}, {behind} remove more than axis {axis} of {source}")
            if mode != "constant" and not proved_equal(padded, extent):
                at_least(node, extent, 1, f"axis {axis} of {source}, which mode {mode} repeats,")
            if mode == "reflect":
                _require_reflection(node, axis, extent, before, behind)
            at_least(node, padded, 0, f"the extent of axis {axis} of its output")
            shape.append(padded)
        fill = node.input(2)
        if fill is not None and proved_different(fill.known_type.size, 1):
            raise NodeError(node, f"its constant_value is {fill.type}; one number is needed")
        return [TensorType(source.dtype, tuple(shape))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Choose, where the constant is known in runs only, between it and the input by a mask."""
        if _has_known_fill(node) or node.attributes.get("mode", "constant") != "constant":
            return None
        source, result = node.required(0), node.outputs[0]
        steps = Decomposition(node)
        mask = steps.add(
            "Expand",
            "mask",
            steps.scalar("inside", "bool", True),
            steps.vector("shape", source.shape),
        )
        inputs = (node.input(1), None, node.input(3))
        padded = steps.add("Pad", "padded", source, *inputs)
        fill = steps.reshape("fill", node.required(2), [])
        steps.add("Where", result, steps.add("Pad", "padded_mask", mask, *inputs), padded, fill)
        return steps.nodes
