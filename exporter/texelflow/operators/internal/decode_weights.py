"""texelflow::DecodeWeights: floats from whole numbers of few bits, with a scale for each row or block.

Operators that dequantise constants decompose to it, and quantising on export makes it. A backend decodes
where it reads such weights, or replaces the node by `decoding_nodes`.
"""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.dimensions import proved_equal
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.builder import GraphBuilder
from texelflow.operators.decomposition import Decomposition

NAME, DOMAIN = "DecodeWeights", "texelflow"

BITS: Mapping[int, int] = {8: 1, 4: 2}
"""How many numbers a byte holds, by their bits."""


@operator(
    NAME,
    inputs=(2, 3),
    attributes=dict.fromkeys(("bits", "block", "columns"), "a whole number"),
    domain=DOMAIN,
)
class DecodeWeights(Operator):
    """`number · scale + offset` as a matrix [rows, columns] of float32.

    Inputs: the numbers, int8[rows, ⌈columns · bits / 8⌉], of 4 bits two in a byte, the first in the lower
    half, both signed; scales float32[rows, ⌈columns / block⌉]; offsets of the same shape, if there are any.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the matrix's type."""
        numbers, scales = node.required(0).known_type, node.required(1).known_type
        bits, block, columns = (int(node.attributes[name]) for name in ("bits", "block", "columns"))
        rows = numbers.shape[0]
        wanted = (rows, -(-columns // BITS[bits])), (rows, -(-columns // block))
        offsets = node.input(2)
        kinds = [numbers, scales, *([offsets.known_type] if offsets is not None else [])]
        for kind, shape in zip(kinds, (*wanted, wanted[1]), strict=False):
            if kind.rank != 2 or not all(map(proved_equal, kind.shape, shape)):
                raise NodeError(node, f"its input {kind} is not of the shape {list(shape)}")
        return [TensorType("float32", (rows, columns))]

    def in_onnx(self, node: Node) -> list[Node]:
        """Return what decodes them."""
        return decoding_nodes(node)


def decode_weights(
    steps: GraphBuilder,
    step: str | Value,
    numbers: Value,
    scales: Value,
    offsets: Value | None,
    *,
    bits: int,
    block: int,
    columns: int,
) -> Value:
    """Append a DecodeWeights; see there."""
    inputs = [numbers, scales, *([] if offsets is None else [offsets])]
    result = steps.add(NAME, step, *inputs, bits=bits, block=block, columns=columns)
    steps.nodes[-1].domain = DOMAIN
    return result


def is_decoding(node: Node) -> bool:
    """Whether a node is a DecodeWeights."""
    return (node.domain, node.operator) == (DOMAIN, NAME)


def decoding_nodes(node: Node) -> list[Node]:
    """Return nodes of ONNX's operators that compute what a DecodeWeights does, of any number of rows."""
    steps = Decomposition(node)
    numbers, scales, offsets, result = node.required(0), node.required(1), node.input(2), node.outputs[0]
    bits, block, columns = (int(node.attributes[name]) for name in ("bits", "block", "columns"))
    rows, blocks = numbers.shape[0], -(-columns // block)
    if bits == 4:
        numbers = _halves(steps, numbers, columns)
    floats = steps.cast("floats", numbers, "float32")
    if blocks > 1:
        missing = blocks * block - columns
        if missing:
            floats = steps.add("Pad", "filled", floats, steps.vector("pads", [0, 0, 0, missing]))
        floats = steps.reshape("by_block", floats, [rows, blocks, block])
        scales = steps.reshape("scales", scales, [rows, blocks, 1])
        offsets = None if offsets is None else steps.reshape("offsets", offsets, [rows, blocks, 1])
    decoded = steps.add("Mul", "scaled", floats, scales)
    if offsets is not None:
        decoded = steps.add("Add", "shifted", decoded, offsets)
    if blocks > 1:
        decoded = steps.reshape("rows", decoded, [rows, blocks * block])
        if missing:
            decoded = steps.slice("cut", decoded, 1, 0, columns)
    last = decoded.producer
    assert last is not None
    last.outputs, result.producer = [result], last
    return steps.nodes


def _halves(steps: Decomposition, numbers: Value, columns: int) -> Value:
    """Append what takes signed numbers of 4 bits out of bytes [rows, bytes]."""
    rows, count = numbers.shape
    wide = steps.cast("bytes", numbers, "int32")
    sixteen, eight = (steps.scalar(name, "int32", number) for name, number in (("sixteen", 16), ("eight", 8)))
    lower = steps.add("Mod", "lower", wide, sixteen)  # 0 to 15
    high = steps.add("Div", "high", steps.add("Sub", "upper", wide, lower), sixteen)
    turned = steps.add("Mod", "turned", steps.add("Add", "from_8", lower, eight), sixteen)
    low = steps.add("Sub", "low", turned, eight)
    apart = [steps.reshape(name, half, [rows, count, 1]) for name, half in (("lows", low), ("highs", high))]
    halves = steps.reshape("halves", steps.add("Concat", "pairs", *apart, axis=2), [rows, count * 2])
    return halves if proved_equal(count * 2, columns) else steps.slice("numbers", halves, 1, 0, columns)
