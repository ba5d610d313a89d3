"""Lists of tensors (TensorList, TensorArray), which loops fill: only known ones, as loops are written out.

A list is a chain of nodes from the one that made it. Those that change it stay nodes of their own, without a
use of their own, until all that read elements have looked through the chain; then they are dead.
"""

from __future__ import annotations

from dataclasses import dataclass

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.importers.tensorflow.lowering import DOMAIN, Lowering, lowers
from texelflow.operators import Operator, operator
from texelflow.operators.shapes import known_shape

MOST = 4096
"""Elements that a list may have: each is a value of its own."""

TOKEN = TensorType("float32", ())
"""What a list is to all else: its elements are in the chain of nodes."""


@dataclass(slots=True)
class Listed:
    """The elements of a list so far, None where none was set; `source` has them all where one tensor does."""

    elements: list[Value | None]
    source: Value | None
    dtype: str
    shape: tuple[int | None, ...] | None
    """Of an element, as far as the node that made the list knows it."""


class Chained(Operator):
    """A node that makes or changes a list, and stays."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return tokens; raise NodeError if the list is not known."""
        contents(node, node.outputs[0])
        return [TOKEN] * len(node.outputs)


MADE = {
    "TensorListReserve": (2, 2),
    "EmptyTensorList": (2, 2),
    "TensorListFromTensor": (2, 2),
    "TensorArrayV3": (1, 1),
}
CHANGED = {
    "TensorListSetItem": (3, 3),
    "TensorListPushBack": (2, 2),
    "TensorListResize": (2, 2),
    "TensorListScatterIntoExistingList": (3, 3),
    "TensorArrayWriteV3": (4, 4),
    "TensorArrayScatterV3": (4, 4),
}
for _name, _counts in {**MADE, **CHANGED}.items():
    operator(_name, inputs=_counts, domain=DOMAIN)(type(_name, (Chained,), {}))
HANDLES = frozenset({"TensorArrayWriteV3", "TensorArrayScatterV3"})
"""Whose list is the last input, the flow: the first is a handle, the same for all."""


def contents(reader: Node, token: Value) -> Listed:
    """Return what a list has; raise NodeError, of `reader`, if it is made in a way that is not known."""
    changes: list[Node] = []
    value = token
    while True:
        node = value.producer
        if node is None or len(changes) > 2 * MOST:
            raise NodeError(reader, "it reads a list whose elements are not known at export")
        if node.operator == "Identity":
            value = node.required(0)
        elif node.domain == DOMAIN and node.operator in CHANGED:
            least, most = CHANGED[node.operator]
            if not least <= len(node.inputs) <= most:
                raise NodeError(node, f"it has {len(node.inputs)} inputs; {least} to {most} are needed")
            changes.append(node)
            value = node.required(len(node.inputs) - 1 if node.operator in HANDLES else 0)
        elif node.domain == DOMAIN and node.operator in MADE:
            break
        elif node.operator == "TensorListPopBack":
            changes.append(node)
            value = node.required(0)
        else:
            raise NodeError(reader, f"it reads a list that {node.title} makes, which is not supported")
    found = _made(node)
    for change in reversed(changes):
        _change(change, found)
    return found


def _made(node: Node) -> Listed:
    if node.operator == "TensorListFromTensor":
        source = node.required(0)
        count = source.shape[0] if source.shape else None
        if not isinstance(count, int) or count > MOST:
            raise NodeError(
                node,
                f"it makes a list of {source.type}; at most {MOST} rows, known at export, are"
                " supported: fix the sizes with --input",
            )
        return Listed([None] * count, source, source.dtype, known_shape(source.shape[1:]))
    if node.operator == "TensorArrayV3":
        count = _number(node, 0, "size")
        shape = node.attributes.get("element_shape")
        return Listed([None] * count, None, str(node.attributes.get("dtype")), shape)
    count = 0 if node.operator == "EmptyTensorList" else _number(node, 1, "number of elements")
    return Listed([None] * count, None, str(node.attributes.get("element_dtype")), _shape(node, 0))


def _shape(node: Node, index: int) -> tuple[int | None, ...] | None:
    """Return an element's shape that an input says, None if it is open; a scalar says nothing."""
    value = node.required(index)
    if not value.shape or value.elements is None:
        return None
    return tuple(extent if isinstance(extent, int) and extent >= 0 else None for extent in value.elements)


def _number(node: Node, index: int, meaning: str) -> int:
    number = node.known_number(index, meaning)
    if not isinstance(number, int):
        raise NodeError(node, f"its {meaning} is {number}, not known at export: fix the sizes with --input")
    if not 0 <= number <= MOST:
        raise NodeError(node, f"its {meaning} is {number}; 0 to {MOST} are supported")
    return number


def _change(node: Node, found: Listed) -> None:
    name, elements = node.operator, found.elements
    if found.source is not None and name != "TensorListPopBack":
        spread(found, node)
    if name == "TensorListPushBack":
        elements.append(node.required(1))
    elif name == "TensorListPopBack":
        if not elements:
            raise NodeError(node, "it takes an element of an empty list")
        elements.pop()
    elif name == "TensorListResize":
        count = _number(node, 1, "number of elements")
        elements[count:] = [None] * max(count - len(elements), 0)
    elif name in ("TensorArrayScatterV3", "TensorListScatterIntoExistingList"):
        places, rows = (1, 2) if name == "TensorArrayScatterV3" else (2, 1)
        indices = node.known(places, "places")
        for row, place in enumerate(indices):
            _set(node, elements, place, Row(node.required(rows), row))
    else:
        _set(node, elements, node.known_number(1, "place"), node.required(2))


class Row(Value):
    """A row of a tensor, as an element; whoever reads it takes it out."""

    __slots__ = ("row", "table")

    def __init__(self, table: Value, row: int) -> None:
        super().__init__(f"{table.name}[{row}]", TensorType(table.dtype, table.shape[1:]))
        self.table, self.row = table, row


def spread(found: Listed, node: Node) -> None:
    """Make the rows of the list's tensor its elements."""
    assert found.source is not None
    for row in range(len(found.elements)):
        found.elements[row] = Row(found.source, row)
    found.source = None


def _set(node: Node, elements: list[Value | None], place: object, value: Value) -> None:
    if not isinstance(place, int):
        raise NodeError(node, f"its place {place} is not known at export")
    if place >= len(elements) and place < MOST and node.operator.startswith("TensorArray"):
        elements += [None] * (place + 1 - len(elements))
    if not 0 <= place < len(elements):
        raise NodeError(node, f"its place is {place}; the list has {len(elements)} elements")
    elements[place] = value


def _element(steps: Lowering, found: Listed, place: int, result: str | Value) -> Value:
    """Return an element; where none was set zeros, as TensorFlow has it, if the shape is known."""
    if not 0 <= place < len(found.elements):
        raise steps.fail(f"element {place} is read; the list has {len(found.elements)}")
    value = found.elements[place]
    table, row = found.source, place
    if isinstance(value, Row):
        table, row = value.table, value.row
    if table is not None:
        return steps.add("Gather", result, table, steps.index("place", row), axis=0)
    if value is not None:
        return value if isinstance(result, str) else steps.add("Identity", result, value)
    shape = next((item.shape for item in found.elements if item is not None), found.shape)
    if shape is None or None in shape:
        raise steps.fail(f"element {place} of the list was not set, and its shape is not known")
    zero = steps.scalar("zero", found.dtype, 0)
    return steps.add(
        "Expand", result, zero, steps.vector("shape", [extent for extent in shape if extent is not None])
    )


@lowers("TensorListGetItem", inputs=3)
def get_item(steps: Lowering) -> None:
    """One element."""
    found = contents(steps.node, steps.input(0))
    if steps.input(1).elements is None and found.source is not None:
        index = steps.as_int64("place", steps.input(1))
        steps.add("Gather", steps.result, found.source, index, axis=0)
        return
    [place] = steps.known_integers(1, "place")
    _element(steps, found, place, steps.result)


@lowers("TensorArrayReadV3", inputs=3)
def read(steps: Lowering) -> None:
    """One element."""
    [place] = steps.known_integers(1, "place")
    _element(steps, contents(steps.node, steps.input(2)), place, steps.result)


@lowers("TensorListPopBack", inputs=2, outputs=("output_handle", "tensor"))
def pop_back(steps: Lowering) -> None:
    """The last element; the list without it is not supported."""
    raise steps.fail("elements are taken from the end of a list, which is not supported")


@lowers("TensorListStack", inputs=2)
def stack(steps: Lowering) -> None:
    """All elements along a new first axis."""
    found = contents(steps.node, steps.input(0))
    _stacked(steps, found, list(range(len(found.elements))))


@lowers("TensorListGather", inputs=3)
def gather(steps: Lowering) -> None:
    """Some elements along a new first axis."""
    _stacked(steps, contents(steps.node, steps.input(0)), steps.known_integers(1, "places"))


@lowers("TensorArrayGatherV3", inputs=3)
def gather_v3(steps: Lowering) -> None:
    """Some elements along a new first axis."""
    _stacked(steps, contents(steps.node, steps.input(2)), steps.known_integers(1, "places"))


def _stacked(steps: Lowering, found: Listed, places: list[int]) -> None:
    if found.source is not None and places == list(range(len(found.elements))):
        steps.add("Identity", steps.result, found.source)
        return
    if not places:
        raise steps.fail("it stacks the elements of an empty list, of which no shape is known")
    axis = steps.vector("axis", [0])
    parts = [
        steps.add("Unsqueeze", "row", _element(steps, found, place, "element"), axis) for place in places
    ]
    steps.add("Concat", steps.result, *parts, axis=0)


@lowers("TensorListConcatV2", "TensorListConcat", inputs=(1, 3), outputs=("tensor", "lengths"))
def concat(steps: Lowering) -> None:
    """All elements, one behind the other."""
    found = contents(steps.node, steps.input(0))
    if len(steps.node.outputs) > 1 or not found.elements:
        raise steps.fail("the lengths of its elements are read, or there is none, which is not supported")
    parts = [_element(steps, found, place, "element") for place in range(len(found.elements))]
    steps.add("Concat", steps.result, *parts, axis=0)


@lowers("TensorListLength")
def length(steps: Lowering) -> None:
    """The number of elements."""
    count = len(contents(steps.node, steps.input(0)).elements)
    steps.add("Identity", steps.result, steps.scalar("count", "int32", count))


@lowers("TensorArraySizeV3", inputs=2)
def size_v3(steps: Lowering) -> None:
    """The number of elements."""
    count = len(contents(steps.node, steps.input(1)).elements)
    steps.add("Identity", steps.result, steps.scalar("count", "int32", count))
