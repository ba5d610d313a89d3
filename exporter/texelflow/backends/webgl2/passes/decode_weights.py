"""Lets kernels decode weights of few bits where they read them, so that these stay as they are in GPU memory.

Rules:
1. A MatMul, Conv or ConvTranspose whose weights are decoded (operators/internal/decode_weights.py) takes the
   numbers in their place, with DECODED to say so, and as inputs 3 and 4 scales and offsets.
2. With a scale for each row, a result of the node, the numbers may be viewed, joined and multiplied by
   constants as the weights are: scales are the same for a row, and the kernel multiplies its sums by them.
3. With scales for blocks, or numbers of 4 bits, the rows are the columns of a MatMul's matrix, or the filters
   of a Conv of one pixel, and blocks are of 4, 8, 16 … numbers.
4. A Gather of rows takes those of the numbers, scales and offsets; what it gathered is decoded in the run.
5. Kernels of few weights (depthwise, grouped, and of images of up to 3 channels) read floats, which are
   decoded once, at load (passes/decode_at_load.py).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from texelflow.backends.webgl2.kernels.convolution import DECODED, Decoding
from texelflow.dimensions import product, proved_equal, same_shape
from texelflow.graph import PRECISE, Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.internal.decode_weights import DOMAIN, NAME, is_decoding
from texelflow.operators.shapes import known_shape
from texelflow.passes.infer_types import infer_nodes
from texelflow.passes.quantize_weights import moved_axis

WHOLE_ROW = 30
"""The power of two of a block that no row is longer than."""


@dataclass(frozen=True, slots=True)
class _Coded:
    """Weights as numbers and scales.

    Rows are along the `axis` of the weights; it is -1 of `uniform` ones whose rows are along none any more.

    With a scale for each row (`by_row`) the numbers have the shape of the weights, else they are bytes
    [rows, bytes]. Scales and offsets are [rows, blocks].
    """

    numbers: Value
    scales: Value
    offsets: Value | None
    axis: int
    by_row: bool
    bits: int
    block: int
    uniform: bool
    """Whether it is the same scale for all, so that rows may be along any axis."""

    def is_like(self, other: _Coded) -> bool:
        """Whether both are decoded alike."""
        kinds = [(one.axis, one.by_row, one.bits, one.block, one.offsets is None) for one in (self, other)]
        return kinds[0] == kinds[1]


def run(graph: Graph) -> int:
    """Rewrite nodes that read decoded weights; return how many."""
    problems = Problems()
    nodes: list[Node] = []
    count = 0
    for node in graph.nodes:
        made = _gathered(node) or _multiplied(node)
        count += made is not None
        for part in [node] if made is None else infer_nodes(made[:-1], graph.outputs, problems) + made[-1:]:
            nodes.append(part)
    problems.raise_for(graph.source)
    graph.nodes = nodes
    return count


def is_coded(value: Value) -> bool:
    """Whether a kernel could decode the weights `value`."""
    return value.producer is not None and _coded(value, Decomposition(value.producer)) is not None


def _gathered(node: Node) -> list[Node] | None:
    """Return what takes rows before they are decoded (rule 4)."""
    if (node.domain, node.operator) != ("", "Gather") or node.attributes.get("axis", 0) != 0:
        return None
    decode, indices = node.required(0).producer, node.required(1)
    if decode is None or not is_decoding(decode):
        return None
    steps = Decomposition(node)
    places = steps.reshape("places", indices, [indices.known_type.size])
    numbers, *tables = decode.reads
    parts = [steps.add("Gather", "numbers_of_rows", numbers, places, axis=0)]
    for label, table in zip(("scales_of_rows", "offsets_of_rows"), tables, strict=False):
        # 16 bits would not hold them.
        parts.append(steps.add("Gather", label, table, places, axis=0, **{PRECISE: 1}))
    rows = Value(f"{node.outputs[0].name}/rows")
    steps.nodes.append(Node(NAME, list(parts), [rows], decode.attributes, node.name, DOMAIN))
    steps.reshape(node.outputs[0], rows, node.outputs[0].shape)
    return steps.nodes


def _multiplied(node: Node) -> list[Node] | None:
    """Return a node that decodes its weights, behind those that make its inputs (rules 1 to 3)."""
    axis = _HOSTS.get(node.operator) if not node.domain else None
    weights = node.input(1)
    if axis is None or weights is None or weights.producer is None or not _decodes(node, weights):
        return None
    steps = Decomposition(node)
    coded = _coded(weights, steps)
    if coded is None or not (coded.axis == axis or (coded.uniform and coded.by_row)):
        return None
    rows = weights.shape[axis]
    kind = Decoding(coded.bits, WHOLE_ROW if coded.by_row else coded.block.bit_length() - 1, not coded.by_row)

    def laid_out(name: str, table: Value) -> Value:
        if node.operator == "MatMul":
            return steps.add("Transpose", name, table, perm=[1, 0])
        return steps.reshape(name, table, [*table.shape, *[1] * (weights.known_type.rank - 2)])

    numbers, scales, offsets = coded.numbers, coded.scales, coded.offsets
    if coded.axis != axis:
        single = steps.reshape("scale", steps.slice("first", scales, 0, 0, 1), [1])
        scales = steps.add("Expand", "scales", single, steps.vector("rows", [rows]))
    elif coded.by_row:
        scales = steps.reshape("scales", scales, [rows])
    else:
        if node.operator == "ConvTranspose":
            return None
        numbers, scales = laid_out("numbers", numbers), laid_out("scales", scales)
        offsets = None if offsets is None else laid_out("offsets", offsets)
    inputs = [node.inputs[0], numbers, node.input(2), scales, *([] if offsets is None else [offsets])]
    attributes = {**node.attributes, DECODED: kind}
    return [*steps.nodes, Node(node.operator, inputs, node.outputs, attributes, node.name)]


_HOSTS = {"MatMul": 1, "Conv": 0, "ConvTranspose": 1}
"""The axis of the weights that results are along, by operator."""


def _decodes(node: Node, weights: Value) -> bool:
    """Whether the kernel of a node can decode (rule 5)."""
    x = node.required(0)
    if node.operator == "MatMul":
        return weights.known_type.rank == 2 and x.known_type.is_floating
    channels = x.shape[1]
    thin = isinstance(channels, int) and channels < 4
    return node.attributes.get("group", 1) == 1 and not thin and weights.known_type.rank in (3, 4)


def _coded(value: Value, steps: Decomposition) -> _Coded | None:
    """Return weights as numbers and scales, in what is appended to `steps`; None if they are none, or by no
    rule.
    """
    node = value.producer
    if node is None:
        return None
    if is_decoding(node):
        return _decoded(node)
    source = node.input(0)
    if node.domain or source is None:
        return None
    if node.operator == "Mul":
        return _scaled(node, steps)
    if node.operator == "Concat":
        return _joined(node, steps)
    if node.operator not in ("Transpose", "Reshape", "Slice", "Cast"):
        return None
    coded = _coded(source, steps)
    if coded is None or node.operator == "Cast":
        return coded if value.known_type.is_floating else None
    if coded.axis < 0:
        axis: int | None = coded.axis
    elif node.operator == "Transpose":
        order = [int(axis) for axis in node.attributes.get("perm", range(source.known_type.rank)[::-1])]
        axis = order.index(coded.axis)
    elif node.operator == "Reshape":
        axis = moved_axis(source, value, coded.axis)
    else:
        axis = coded.axis if proved_equal(value.shape[coded.axis], source.shape[coded.axis]) else None
    if axis is None and coded.uniform and coded.by_row:
        axis = -1  # of no meaning any more
    if axis is None:
        return None
    if coded.by_row:
        numbers = steps.add(node.operator, "numbers", coded.numbers, *node.inputs[1:], **node.attributes)
        return replace(coded, numbers=_typed(numbers, value), axis=axis)
    is_matrix = same_shape(value.shape[2:], [1] * (value.known_type.rank - 2)) and value.known_type.rank > 1
    same_columns = proved_equal(product(value.shape[:2]), source.known_type.size)
    if node.operator == "Slice":
        return _sliced(node, coded, steps)
    if not is_matrix or not same_columns or axis > 1:
        return None
    return replace(coded, axis=axis)


def _sliced(node: Node, coded: _Coded, steps: Decomposition) -> _Coded | None:
    """Return numbers by block of some columns, from whole bytes and blocks on."""
    bounds = [value.elements for value in node.inputs[1:] if value is not None]
    whole = [part[0] for part in bounds if part is not None and len(part) == 1 and isinstance(part[0], int)]
    columns = known_shape(node.required(0).shape[1 - coded.axis : 2 - coded.axis])
    if len(whole) < len(bounds) or len(whole) not in (3, 4) or columns is None:
        return None
    first, end, axis, step = (*whole, 1)[:4]
    rank, [count] = node.outputs[0].known_type.rank, columns
    if step != 1 or axis % rank != 1 - coded.axis or not 0 <= first < end:
        return None
    end = min(end, count)
    of_byte, block = 8 // coded.bits, coded.block
    if first % of_byte or (first % block and block < 1 << WHOLE_ROW):
        return None

    def cut(name: str, table: Value, each: int) -> Value:
        [width] = known_shape(table.shape[1:]) or (0,)
        bounds = first // each, min(-(-end // each), width)
        part = steps.slice(name, table, 1, *bounds)
        part.type = replace(table.known_type, shape=(table.shape[0], bounds[1] - bounds[0]))
        return part

    return replace(
        coded,
        numbers=cut("numbers", coded.numbers, of_byte),
        scales=cut("scales", coded.scales, block),
        offsets=None if coded.offsets is None else cut("offsets", coded.offsets, block),
    )


def _typed(numbers: Value, like: Value) -> Value:
    """Return numbers with the type that they will be found to have: others look at it before."""
    numbers.type = replace(like.known_type, dtype="int8")
    return numbers


def _decoded(node: Node) -> _Coded | None:
    numbers, scales, offsets = node.required(0), node.required(1), node.input(2)
    bits, block, columns = (int(node.attributes[name]) for name in ("bits", "block", "columns"))
    if numbers.known_type.dtype != "int8" or known_shape(node.outputs[0].shape) is None:
        return None
    whole = block >= columns
    if not whole and (block < 4 or block & (block - 1)):
        return None
    by_row = whole and bits == 8 and offsets is None
    is_uniform = scales.producer is not None and scales.producer.operator == "Expand"
    if scales.elements is not None:
        is_uniform = len(set(scales.elements)) == 1
    return _Coded(numbers, scales, offsets, 0, by_row, bits, 1 << WHOLE_ROW if whole else block, is_uniform)


def _scaled(node: Node, steps: Decomposition) -> _Coded | None:
    """Return weights that are multiplied by a number for each row."""
    for source, factor in (node.inputs, node.inputs[::-1]):
        if source is None or factor is None or not same_shape(source.shape, node.outputs[0].shape):
            continue
        coded = _coded(source, steps)
        if coded is None or coded.offsets is not None or coded.axis < 0:
            continue
        rows = source.shape[coded.axis]
        behind = source.known_type.rank - coded.axis - 1
        if not (proved_equal(factor.known_type.size, rows) and factor.known_type.rank > behind):
            return None
        if not proved_equal(factor.shape[-1 - behind], rows):
            return None
        column = steps.reshape("factor", factor, [rows, 1])
        scales = _same(steps.add("Mul", "scaled", coded.scales, column), coded.scales)
        return replace(coded, scales=scales, uniform=False)
    return None


def _same(value: Value, like: Value) -> Value:
    value.type = like.known_type
    return value


def _joined(node: Node, steps: Decomposition) -> _Coded | None:
    """Return weights that are joined along their rows."""
    parts = [None if value is None else _coded(value, steps) for value in node.inputs]
    coded = [part for part in parts if part is not None]
    first, rank = coded[0] if coded else None, node.outputs[0].known_type.rank
    axis = int(node.attributes["axis"]) % rank
    if first is None or len(coded) < len(parts) or axis != first.axis:
        return None
    if not all(part.is_like(first) for part in coded):
        return None

    def together(name: str, values: list[Value], along: int) -> Value:
        joined = steps.add("Concat", name, *values, axis=along)
        extents = list(values[0].shape)
        extents[along] = sum((value.shape[along] for value in values[1:]), start=extents[along])
        joined.type = replace(values[0].known_type, shape=tuple(extents))
        return joined

    numbers = together("numbers", [part.numbers for part in coded], axis if first.by_row else 0)
    scales = together("scales", [part.scales for part in coded], 0)
    offsets = [part.offsets for part in coded if part.offsets is not None]
    return replace(
        first,
        numbers=numbers,
        scales=scales,
        offsets=together("offsets", offsets, 0) if offsets else None,
        uniform=False,
    )
