"""Rounds weights to 8 or 4 bits: what `--weights int8` and `int4` ask for.

Rules:
1. Weights are what MatMul and Conv multiply by, and what Gather takes rows of along axis 0: floating
   constants of at least LEAST_WEIGHTS elements, in rows of at least LEAST_COLUMNS. The nodes between may
   join, cut, turn and scale them, as those do that other passes made: then they are rounded before.
2. A row is what one result is computed from: it has a scale of its own, or with 4 bits one for each block.
3. Of 4 bits are matrices, the weights of convolutions of one pixel, and tables that Gather reads. Others are
   of 8, so that no block straddles two taps.
4. What anything else reads stays as it is, and so do weights that are not finite, with a warning.
5. A constant becomes a DecodeWeights of constants, and views of it in the constant's shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from texelflow.dimensions import same_shape
from texelflow.graph import ConstantData, Graph, Node, TensorType, Value
from texelflow.graph.problems import Problems
from texelflow.graph.quantized import BLOCK, NotFiniteError, Rounded, floats_of, to_4_bits, to_8_bits
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.internal.decode_weights import decode_weights
from texelflow.operators.shapes import known_shape
from texelflow.passes.infer_types import infer_nodes
from texelflow.passes.substitution import Substitution

LEAST_WEIGHTS = 1024
LEAST_COLUMNS = 16
"""What is smaller costs more accuracy than bytes: weights of depthwise convolutions, and of first layers."""

PASSED = frozenset({"Cast", "Concat", "Reshape", "Transpose", "Mul", "Slice", "Split"})
"""What may lie between weights and the node that multiplies by them (rule 1)."""


@dataclass(frozen=True, slots=True)
class QuantizedWeight:
    """A weight that was rounded to few bits.

    `largest` is its largest magnitude, `worst` and `mean` are differences that rounding makes.
    """

    name: str
    bits: int
    elements: int
    largest: float
    worst: float
    mean: float


@dataclass(frozen=True, slots=True)
class _Use:
    """Which axis of a weight its rows are along, and whether 4 bits serve what reads it (rule 3)."""

    axis: int
    halves: bool


def run(graph: Graph, bits: int) -> list[QuantizedWeight]:
    """Round the weights of a simplified graph; return them in the order of their first use."""
    uses = _uses(graph)
    substitution = Substitution()
    made: dict[Node, list[Node]] = {}
    found: list[QuantizedWeight] = []
    problems = Problems()
    for value, (use, first) in uses.items():
        try:
            nodes, rounded, chosen = _rounded(value, use, bits, first)
        except NotFiniteError:
            graph.warnings.append(
                f"weight {value.name!r} stays in 32 bits: not all of its numbers are finite"
            )
            continue
        made.setdefault(first, []).extend(infer_nodes(nodes, graph.outputs, problems))
        substitution.replace(value, nodes[-1].outputs[0])
        count = prod(known_shape(value.shape) or ())
        found.append(QuantizedWeight(value.name, chosen, count, rounded.largest, rounded.worst, rounded.mean))
    problems.raise_for(graph.source)
    for node in graph.nodes:
        substitution.rewrite(node)
    graph.nodes = [part for node in graph.nodes for part in (*made.get(node, ()), node)]
    return found


def _uses(graph: Graph) -> dict[Value, tuple[_Use, Node]]:
    """Return weights, how their rows lie, and the first node that reads them (rules 1 and 4)."""
    search = _Search(graph)
    for node in graph.nodes:
        if not node.domain:
            search.look_at(node)
    uses = search.uses()
    readers: dict[Value, Node] = {}
    # What reads them comes behind what is made for them.
    for node in graph.nodes:
        for value in node.reads:
            readers.setdefault(value, node)
    return {value: (use, readers[value]) for value, use in uses.items() if _is_worth(value, use.axis)}


class _Search:
    """Finds the weights of a graph, through the nodes between them and what multiplies by them."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._constants = graph.constants()
        self._found: dict[Value, _Use | None] = {}
        """None for weights that are read in ways that do not go together."""
        self._ways: set[tuple[Value, Node]] = set()
        """Values with the nodes that read them, on the way from weights to what multiplies by them."""

    def look_at(self, node: Node) -> None:
        """Find the weights that a node multiplies by, or takes rows of."""
        weights, group = node.input(1), node.attributes.get("group", 1)
        if node.operator == "MatMul" and weights is not None and weights.known_type.rank == 2:
            self._follow(weights, node, 1, True)
        elif node.operator == "Conv" and weights is not None:
            is_pixel = all(extent == 1 for extent in known_shape(weights.shape[2:]) or (0,))
            self._follow(weights, node, 0, group == 1 and is_pixel)
        elif node.operator == "ConvTranspose" and weights is not None and group == 1:
            self._follow(weights, node, 1, False)
        elif node.operator == "Gather" and node.attributes.get("axis", 0) == 0:
            table = node.required(0)
            if table.constant is not None and table.known_type.rank == 2:
                self._follow(table, node, 0, True)

    def _follow(self, value: Value, reader: Node, axis: int, halves: bool) -> None:
        """Note the weights behind a value whose rows are along an axis, and what leads there."""
        self._ways.add((value, reader))
        node = value.producer
        if value.constant is not None:
            known = self._found.setdefault(value, _Use(axis, halves))
            if known is not None:
                self._found[value] = _Use(axis, known.halves and halves) if known.axis == axis else None
        elif node is not None and node.operator in PASSED and not node.domain and value in self._constants:
            for index, source in enumerate(node.inputs):
                at = None if source is None else _axis_before(node, index, axis)
                if source is not None and at is not None:
                    self._follow(source, node, at, halves)

    def uses(self) -> dict[Value, _Use]:
        """Return what is found and read in no other way, by outputs of the graph neither."""
        others = {
            value for node in self._graph.nodes for value in node.reads if (value, node) not in self._ways
        }
        others.update(self._graph.outputs)
        return {value: use for value, use in self._found.items() if use is not None and value not in others}


def _axis_before(node: Node, index: int, axis: int) -> int | None:
    """Return the axis of an input that becomes an axis of the result; None if the input is not a weight."""
    source, result = node.required(index), node.outputs[0]
    if node.operator == "Transpose":
        order = node.attributes.get("perm", range(source.known_type.rank)[::-1])
        return int(order[axis])
    if node.operator == "Reshape" and index == 0:
        return moved_axis(result, source, axis)
    if node.operator in ("Cast", "Concat") or (node.operator in ("Slice", "Split") and index == 0):
        return axis
    if node.operator == "Mul" and same_shape(source.shape, result.shape):
        return axis
    return None


def moved_axis(before: Value, after: Value, axis: int) -> int | None:
    """Return where an axis is once the elements have another shape, if it is still an axis of its own."""
    old, new = known_shape(before.shape), known_shape(after.shape)
    if old is None or new is None:
        return None
    outer = prod(old[:axis])
    for place, extent in enumerate(new):
        if extent == old[axis] and prod(new[:place]) == outer:
            return place
    return None


def _is_worth(value: Value, axis: int) -> bool:
    """Whether a constant is a weight large enough (rule 1)."""
    shape = known_shape(value.shape)
    if shape is None or value.dtype not in ("float32", "float16", "bfloat16") or value.known_type.rank < 2:
        return False
    size = prod(shape)
    return size >= LEAST_WEIGHTS and size // shape[axis] >= LEAST_COLUMNS


def _rounded(value: Value, use: _Use, bits: int, node: Node) -> tuple[list[Node], Rounded, int]:
    """Return nodes that make the value of constants of few bits, its own last; what was done; the bits."""
    assert value.constant is not None
    shape = known_shape(value.shape) or ()
    outer, rows, inner = prod(shape[: use.axis]), shape[use.axis], prod(shape[use.axis + 1 :])
    columns = outer * inner
    steps = Decomposition(Node("Weights", [], [Value(value.name)], name=node.name))
    floats = floats_of(value.dtype, value.constant)
    if bits == 4 and use.halves and 1 in (outer, inner):
        parts = [
            slice(row * inner, (row + 1) * inner) if outer == 1 else slice(row, None, rows)
            for row in range(rows)
        ]
        rounded = to_4_bits(floats, parts)
        numbers = _constant(value.name, "int8", (rows, -(-columns // 2)), rounded.numbers)
        block = BLOCK
    else:
        bits, block = 8, columns
        rounded = to_8_bits(floats, _slices(outer, rows, inner))
        numbers = _constant(value.name, "int8", shape, rounded.numbers)
        numbers = _as_rows(steps, "numbers", numbers, outer, rows, inner)
    scales = _constant(f"{value.name}/scales", "float32", (rows, -(-columns // block)), rounded.scales)
    matrix = decode_weights(steps, "decoded", numbers, scales, None, bits=bits, block=block, columns=columns)
    if outer > 1:
        apart = steps.reshape("apart", matrix, [rows, outer, inner])
        matrix = steps.add("Transpose", "turned_back", apart, perm=[1, 0, 2])
    if outer > 1 or len(shape) > 2:
        matrix = steps.reshape("weights", matrix, shape)
    if value.dtype != "float32":
        steps.cast("typed", matrix, value.dtype)
    return steps.nodes, rounded, bits


def _slices(outer: int, rows: int, inner: int) -> Sequence[Sequence[slice]]:
    """Return where the rows of a tensor [outer, rows, inner] are, those of many parts in strides."""
    if outer == 1:
        return [[slice(row * inner, (row + 1) * inner)] for row in range(rows)]
    return [[slice(row * inner + place, None, rows * inner) for place in range(inner)] for row in range(rows)]


def _as_rows(steps: Decomposition, step: str, value: Value, outer: int, rows: int, inner: int) -> Value:
    """Return a tensor [outer, rows, inner] as a matrix of rows."""
    if outer > 1:
        apart = steps.reshape(f"{step}_apart", value, [outer, rows, inner])
        value = steps.add("Transpose", f"{step}_turned", apart, perm=[1, 0, 2])
    return steps.reshape(f"{step}_by_row", value, [rows, outer * inner])


def _constant(name: str, dtype: str, shape: tuple[int, ...], data: bytes) -> Value:
    return Value(name, TensorType(dtype, tuple(shape)), constant=ConstantData([data]))
