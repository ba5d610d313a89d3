"""Sequences of tensors and optional values: a sequence is a list of values, of which export leaves nothing.

How many tensors it has, and which one is meant, must be known at export, as they are in loops that are
written out.
"""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.graph.constants import scalar_value, vector_value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.onnx.if_branches import body_of
from texelflow.operators.shapes import normalize_axis

MOST_TENSORS = 1024
"""Most tensors of a sequence."""


class Resolving(Operator):
    """An operator of which export leaves nothing but nodes on tensors."""

    expands = True
    takes_sequences = True

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of it before its inputs are."""
        raise NodeError(node, "what it reads is not known at export")


def items_of(node: Node, index: int) -> list[Value]:
    """Return the tensors of the sequence that an input is."""
    value = node.required(index)
    if value.sequence is None:
        raise NodeError(node, f"its input {value.name!r} is no sequence")
    return value.sequence


def resolve(node: Node, items: Sequence[Value], output: int = 0) -> list[Node]:
    """Let an output of a node be a sequence of these tensors."""
    if len(items) > MOST_TENSORS:
        raise NodeError(node, f"its sequence has {len(items)} tensors; at most {MOST_TENSORS} are supported")
    node.outputs[output].sequence = list(items)
    return []


def _place(node: Node, index: int, count: int, omitted: int) -> int:
    """Return the place in a sequence that an input says, counted from the front."""
    place = omitted if node.input(index) is None else node.known_number(index, "place in the sequence")
    if not isinstance(place, int):
        raise NodeError(node, f"its place in the sequence is {place}; a number known at export is needed")
    found = place + count if place < 0 else place
    if not 0 <= found < count + (omitted == count):
        raise NodeError(node, f"its place {place} is not in a sequence of {count} tensors")
    return found


@operator("SequenceEmpty", inputs=0)
class SequenceEmpty(Resolving):
    """A sequence without tensors."""

    def expand(self, node: Node) -> list[Node]:
        """Return nothing."""
        return resolve(node, [])


@operator("SequenceConstruct", inputs=(1, MANY))
class SequenceConstruct(Resolving):
    """A sequence of the inputs."""

    def expand(self, node: Node) -> list[Node]:
        """Return nothing."""
        return resolve(node, [node.required(index) for index in range(len(node.inputs))])


@operator("SequenceInsert", inputs=(2, 3))
class SequenceInsert(Resolving):
    """The sequence with the second input before a place, or at its end."""

    def expand(self, node: Node) -> list[Node]:
        """Return nothing."""
        items = list(items_of(node, 0))
        items.insert(_place(node, 2, len(items), len(items)), node.required(1))
        return resolve(node, items)


@operator("SequenceErase", inputs=(1, 2))
class SequenceErase(Resolving):
    """The sequence without the tensor at a place, or without its last."""

    def expand(self, node: Node) -> list[Node]:
        """Return nothing."""
        items = list(items_of(node, 0))
        if not items:
            raise NodeError(node, "its sequence has no tensor")
        del items[_place(node, 1, len(items), -1)]
        return resolve(node, items)


@operator("SequenceAt", inputs=2)
class SequenceAt(Resolving):
    """The tensor at a place."""

    def expand(self, node: Node) -> list[Node]:
        """Return an Identity."""
        items = items_of(node, 0)
        if not items:
            raise NodeError(node, "its sequence has no tensor")
        return [Node("Identity", [items[_place(node, 1, len(items), -1)]], node.outputs, {}, node.name)]


@operator("SequenceLength", inputs=1)
class SequenceLength(Resolving):
    """How many tensors there are."""

    def expand(self, node: Node) -> list[Node]:
        """Return an Identity of the number."""
        count = scalar_value(f"{node.outputs[0].name}/count", "int64", len(items_of(node, 0)))
        return [Node("Identity", [count], node.outputs, {}, node.name)]


@operator("SplitToSequence", inputs=(1, 2))
class SplitToSequence(Resolving):
    """The parts of a tensor along an axis: of the sizes given, or of one, or slices without that axis."""

    def expand(self, node: Node) -> list[Node]:
        """Return a Split, and what takes the axis away."""
        source = node.required(0)
        axis = normalize_axis(node, int(node.attributes.get("axis", 0)), source.known_type.rank)
        sizes = self._sizes(node, axis)
        prefix = node.outputs[0].name
        parts = [Value(f"{prefix}/{index}") for index in range(len(sizes))]
        lengths = vector_value(f"{prefix}/sizes", "int64", sizes)
        nodes = [Node("Split", [source, lengths], list(parts), {"axis": axis}, node.name)] if parts else []
        if node.input(1) is None and not node.attributes.get("keepdims", 1):
            place = vector_value(f"{prefix}/axis", "int64", [axis])
            slices = [Value(f"{part.name}/slice") for part in parts]
            for part, flat in zip(parts, slices, strict=True):
                nodes.append(Node("Squeeze", [part, place], [flat], {}, node.name))
            parts = slices
        resolve(node, parts)
        return nodes

    @staticmethod
    def _sizes(node: Node, axis: int) -> list[int]:
        split, extent = node.input(1), node.required(0).shape[axis]
        if split is not None and split.known_type.rank == 1:
            sizes = [size for size in node.known(1, "sizes") if isinstance(size, int)]
            if len(sizes) == split.known_type.size:
                return sizes
        size = 1 if split is None else node.known_number(1, "size")
        if not isinstance(extent, int) or not isinstance(size, int) or size < 1:
            raise NodeError(
                node, f"it cuts {extent} by {size}; how many parts there are must be known: give --input"
            )
        return [min(size, extent - start) for start in range(0, extent, size)]


@operator("ConcatFromSequence", inputs=1, attributes={"new_axis": "0 or 1"})
class ConcatFromSequence(Resolving):
    """The tensors joined along an axis, or stacked along a new one."""

    def expand(self, node: Node) -> list[Node]:
        """Return a Concat, of what has the new axis."""
        items = items_of(node, 0)
        if not items:
            raise NodeError(node, "its sequence has no tensor, so that its result has no shape")
        axis = int(node.attributes.get("axis", 0))
        steps = GraphBuilder(node.outputs[0].name, node.name)
        if node.attributes.get("new_axis", 0):
            axis = normalize_axis(node, axis, items[0].known_type.rank + 1)
            place = steps.vector("axis", [axis])
            items = [steps.add("Unsqueeze", "upright", item, place) for item in items]
        steps.add("Concat", node.outputs[0], *items, axis=axis)
        return steps.nodes


@operator("SequenceMap", inputs=(1, MANY))
class SequenceMap(Resolving):
    """What its body makes of each tensor of a sequence, and of those of others at the same place."""

    def expand(self, node: Node) -> list[Node]:
        """Return a copy of the body for each."""
        body = body_of(node, "body")
        given = node.inputs[: len(body.inputs)]
        nodes: list[Node] = []
        made: list[list[Value]] = [[] for _ in node.outputs]
        for place in range(len(items_of(node, 0))):
            reads = []
            for index, value in enumerate(given):
                if value is not None and value.sequence is not None and len(value.sequence) <= place:
                    raise NodeError(
                        node, f"its input {index} has {len(value.sequence)} tensors, which is too few"
                    )
                reads.append(value if value is None or value.sequence is None else value.sequence[place])
            known = {
                inner: value for inner, value in zip(body.inputs, reads, strict=True) if value is not None
            }
            copy = body.copied(known, f"{node.name or node.operator}/{place}/")
            nodes += copy.nodes
            for results, value in zip(made, copy.outputs, strict=False):
                results.append(value)
        for index, results in enumerate(made):
            resolve(node, results, index)
        return nodes


@operator("Optional", inputs=(0, 1))
class OptionalValue(Resolving):
    """A value that may be missing: here it is the input, or missing."""

    def expand(self, node: Node) -> list[Node]:
        """Return an Identity, or nothing."""
        if node.input(0) is None:
            node.outputs[0].is_missing = True
            return []
        return [Node("Identity", [node.required(0)], node.outputs, {}, node.name)]


@operator("OptionalHasElement", inputs=(0, 1))
class OptionalHasElement(Resolving):
    """Whether a value is there."""

    def expand(self, node: Node) -> list[Node]:
        """Return an Identity of the answer."""
        value = node.input(0)
        is_there = value is not None and not value.is_missing
        answer = scalar_value(f"{node.outputs[0].name}/answer", "bool", is_there)
        return [Node("Identity", [answer], node.outputs, {}, node.name)]


@operator("OptionalGetElement", inputs=1)
class OptionalGetElement(Resolving):
    """A value that may be missing, which it must not be here."""

    def expand(self, node: Node) -> list[Node]:
        """Return an Identity."""
        if node.required(0).is_missing:
            raise NodeError(node, "its input is missing: an Optional without an element")
        return [Node("Identity", [node.required(0)], node.outputs, {}, node.name)]
