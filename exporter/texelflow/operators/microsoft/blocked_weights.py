"""Weights of few bits with a scale for each block: MatMulNBits and GatherBlockQuantized."""

from __future__ import annotations

from texelflow.dimensions import proved_different, proved_equal
from texelflow.graph import ConstantData, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.constant_weights import FROM_MIDDLE, int8_constant
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.internal.decode_weights import decode_weights
from texelflow.operators.microsoft.domain import MICROSOFT, refuse_inputs, require_defaults
from texelflow.operators.onnx.gather import require_indices
from texelflow.operators.shapes import floating_dtype, known_shape, require_rank, unify

BITS = (2, 4, 8)


def unpacked(data: bytes, bits: int) -> bytes:
    """Return the numbers of `bits` bits that bytes hold, the lowest first, a byte for each."""
    count = 8 // bits
    if count == 1:
        return data
    numbers = bytearray(len(data) * count)
    for position in range(count):  # a table and a stride: nothing is done for each number by itself
        table = bytes((byte >> position * bits) & (1 << bits) - 1 for byte in range(256))
        numbers[position::count] = data.translate(table)
    return bytes(numbers)


def unpacked_rows(data: bytes, bits: int, rows: int, count: int) -> bytes:
    """Return the first `count` numbers of each row; rows begin at whole bytes."""
    numbers = unpacked(data, bits)
    stride = len(numbers) // rows if rows else 0
    if stride == count:
        return numbers
    return b"".join(numbers[row * stride : row * stride + count] for row in range(rows))


def _constant(node: Node, index: int, name: str) -> bytes:
    """Return the bytes of an input; raise NodeError unless it is a constant."""
    constant = node.required(index).constant
    if constant is None:
        raise NodeError(node, f"its {name} are computed from data; a constant is needed")
    return constant.tobytes()


def _bytes_value(steps: Decomposition, name: str, data: bytes, shape: tuple[int, ...]) -> Value:
    label = f"{steps.node.outputs[0].name}/{name}"
    return Value(label, TensorType("uint8", tuple(shape)), constant=ConstantData([data]))


CODED = (4, 8)
"""Bits of weights that stay as they are (internal/decode_weights.py)."""


def _signed(node: Node, index: int, name: str, rows: int, count: int, bits: int) -> Value:
    """Return packed numbers as signed ones, int8[rows, bytes], the first `count` of each row."""
    data = _constant(node, index, name).translate(FROM_MIDDLE if bits == 8 else _FROM_MIDDLES)
    stride, needed = len(data) // max(rows, 1), -(-count * bits // 8)
    if stride != needed:
        data = b"".join(data[row * stride : row * stride + needed] for row in range(rows))
    return int8_constant(node.required(index).name, (rows, needed), data)


_FROM_MIDDLES = bytes(byte ^ 0x88 for byte in range(256))
"""Both halves of a byte, less 8, signed."""


def _decoded(
    steps: Decomposition,
    numbers: Value,
    scales_at: int,
    zeros_at: int,
    shape: tuple[int, int],
    bits: int,
    block: int,
) -> Value:
    """Append what decodes signed numbers [rows, bytes] to a matrix; scales and zero points are inputs."""
    node, (rows, columns) = steps.node, shape
    blocks, middle = -(-columns // block), 1 << bits - 1
    dtype = node.outputs[0].dtype

    def table(name: str, value: Value) -> Value:
        floats = value if value.dtype == "float32" else steps.cast(f"{name}_floats", value, "float32")
        return steps.reshape(f"{name}_by_row", floats, [rows, blocks])

    scales, offsets, zeros = table("scales", node.required(scales_at)), None, node.input(zeros_at)
    if zeros is not None:
        if zeros.dtype == "uint8":
            packed = unpacked_rows(_constant(node, zeros_at, "zero points"), bits, rows, blocks)
            zeros = _bytes_value(steps, "zero_points", packed, (rows, blocks))
        less = steps.add("Sub", "less", steps.scalar("middle", "float32", middle), table("zeros", zeros))
        offsets = steps.add("Mul", "offsets", less, scales)
    decoded = decode_weights(
        steps, "decoded", numbers, scales, offsets, bits=bits, block=block, columns=columns
    )
    return decoded if dtype == "float32" else steps.cast("typed", decoded, dtype)


def _bits(node: Node, default: int = 4) -> int:
    bits = int(node.attributes.get("bits", default))
    if bits not in BITS:
        raise NodeError(node, f"its attribute bits is {bits}; {', '.join(map(str, BITS))} are possible")
    return bits


def _positive(node: Node, name: str, default: int = 0) -> int:
    number = int(node.attributes.get(name, default))
    if number < 1:
        raise NodeError(node, f"its attribute {name} is {number}; at least 1 is needed")
    return number


def _dequantized(
    steps: Decomposition, numbers: Value, scales: Value, zeros: Value | None, middle: int
) -> Value:
    """Append `(numbers - zeros) * scales`, where both broadcast over blocks; without zeros, less `middle`."""
    dtype = steps.node.outputs[0].dtype
    less = steps.scalar("middle", dtype, middle) if zeros is None else steps.cast("zeros", zeros, dtype)
    centred = steps.add("Sub", "centred", steps.cast("numbers", numbers, dtype), less)
    return steps.add("Mul", "dequantized", centred, scales)


@operator(
    "MatMulNBits",
    inputs=(3, 6),
    attributes=dict.fromkeys(
        ("K", "N", "bits", "block_size", "accuracy_level", "weight_prepacked"), "a whole number"
    ),
    domain=MICROSOFT,
)
class MatMulNBits(Operator):
    """A [..., K] times the transpose of B [N, K], whose numbers have few bits, plus a bias [N].

    Inputs: A; B [N, blocks, bytes of a block] as packed bytes; scales [N, blocks]; zero points, packed bytes
    [N, bytes] or numbers [N, blocks], by default the middle of the range; then none; a bias. B and packed
    zero points are constants: a byte for each number is stored, and made a float where the model is loaded.
    `accuracy_level` asks for less than the exact product, and is not needed.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the product's type."""
        refuse_inputs(node, {4: "g_idx"})
        require_defaults(node, {"weight_prepacked": 0})
        a, b, scales = (node.required(index).known_type for index in range(3))
        dtype = floating_dtype(node, [a, scales])
        columns, inner, bits = _positive(node, "N"), _positive(node, "K"), _bits(node)
        block = _positive(node, "block_size")
        blocks = -(-inner // block)
        require_rank(node, a, 1)
        unify(node, a.shape[-1], inner, "the last extent of its input and K")
        if b.dtype != "uint8" or not _is_shape(b, columns, blocks, block * bits // 8):
            wanted = [columns, blocks, block * bits // 8]
            raise NodeError(node, f"its weights are {b}; uint8{wanted} is needed")
        _constant(node, 1, "weights")
        unify(node, scales.size, columns * blocks, "the numbers of scales and of blocks")
        if (zeros := node.input(3)) is not None:
            is_packed = zeros.dtype == "uint8"
            count = columns * -(-blocks * bits // 8) if is_packed else columns * blocks
            unify(node, zeros.known_type.size, count, "the numbers of zero points and those that are needed")
            if is_packed:
                _constant(node, 3, "zero points")
            else:
                floating_dtype(node, [scales, zeros.known_type])
        if (bias := node.input(5)) is not None:
            floating_dtype(node, [a, bias.known_type])
            unify(node, bias.known_type.size, columns, "the length of its bias and N")
        return [TensorType(dtype, (*a.shape[:-1], columns))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Unpack the weights, dequantise them by nodes of constants, and multiply."""
        steps = Decomposition(node)
        columns, inner, bits, block = (
            int(node.attributes.get(n, 4)) for n in ("N", "K", "bits", "block_size")
        )
        blocks = -(-inner // block)
        if bits in CODED:
            matrix = _decoded(
                steps, _signed(node, 1, "weights", columns, inner, bits), 2, 3, (columns, inner), bits, block
            )
            return self._product(steps, matrix)
        weights = unpacked(_constant(node, 1, "weights"), bits)
        numbers = _bytes_value(steps, "weights", weights, (columns, blocks, block))
        scales = steps.reshape("scales", node.required(2), [columns, blocks, 1])
        zeros = node.input(3)
        if zeros is not None and zeros.dtype == "uint8":
            packed = unpacked_rows(_constant(node, 3, "zero points"), bits, columns, blocks)
            zeros = _bytes_value(steps, "zero_points", packed, (columns, blocks, 1))
        elif zeros is not None:
            zeros = steps.reshape("zero_points", zeros, [columns, blocks, 1])
        by_block = _dequantized(steps, numbers, scales, zeros, 1 << bits - 1)
        matrix = steps.reshape("matrix", by_block, [columns, blocks * block])
        if blocks * block > inner:
            matrix = steps.slice("cut", matrix, 1, 0, inner)
        return self._product(steps, matrix)

    @staticmethod
    def _product(steps: Decomposition, matrix: Value) -> list[Node]:
        """Append the product with the transpose of a matrix [N, K], and the bias."""
        node = steps.node
        turned = steps.add("Transpose", "turned", matrix, perm=[1, 0])
        bias = node.input(5)
        product = steps.add(
            "MatMul", node.outputs[0] if bias is None else "product", node.required(0), turned
        )
        if bias is not None:
            steps.add("Add", node.outputs[0], product, bias)
        return steps.nodes


def _is_shape(kind: TensorType, *wanted: int) -> bool:
    return kind.rank == len(wanted) and not any(map(proved_different, kind.shape, wanted))


@operator(
    "GatherBlockQuantized",
    inputs=(3, 4),
    attributes=dict.fromkeys(("bits", "block_size", "gather_axis", "quantize_axis"), "a whole number"),
    domain=MICROSOFT,
)
class GatherBlockQuantized(Operator):
    """Rows of a matrix of few bits, as an embedding: rows and their scales are gathered, then made floats.

    Inputs: packed bytes [rows, bytes], a constant; indices; scales [rows, blocks]; zero points, packed, too,
    by default the middle of the range.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the rows, as many numbers each as its bytes hold."""
        data, indices, scales = (node.required(index).known_type for index in range(3))
        require_indices(node, indices)
        if data.dtype != "uint8":
            raise NodeError(node, f"its rows have type {data.dtype}; packed uint8 is needed")
        for kind in (data, scales):
            require_rank(node, kind, 2, 2)
        if int(node.attributes.get("gather_axis", 0)) not in (0, -2):
            raise NodeError(node, "its attribute gather_axis is not 0, the only axis that is supported")
        if int(node.attributes.get("quantize_axis", 1)) not in (1, -1):
            raise NodeError(node, "its attribute quantize_axis is not 1, the only axis that is supported")
        dtype = floating_dtype(node, [scales])
        width, blocks = self._sizes(node)
        unify(node, scales.shape[0], data.shape[0], "the numbers of its rows and of their scales")
        if not proved_equal(scales.shape[1], blocks):
            raise NodeError(node, f"its scales are {scales}; {blocks} are needed for each row")
        for index, name in ((0, "rows"), (3, "zero points")):
            if node.input(index) is not None:
                _constant(node, index, name)
        return [TensorType(dtype, (*indices.shape, width))]

    @staticmethod
    def _sizes(node: Node) -> tuple[int, int]:
        """Return how many numbers and how many blocks a row has."""
        shape = known_shape(node.required(0).shape)
        if shape is None:
            raise NodeError(node, "its rows are not of a shape known at export")
        width, block = shape[1] * 8 // _bits(node), _positive(node, "block_size", 128)
        if width % block:
            raise NodeError(node, f"its rows of {width} numbers are not whole blocks of {block}")
        return width, width // block

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather rows, scales and zero points, and dequantise."""
        steps = Decomposition(node)
        bits, (width, blocks), indices = _bits(node), self._sizes(node), node.required(1)
        [rows, _] = known_shape(node.required(0).shape) or (0, 0)
        if bits in CODED:
            signed = _signed(node, 0, "rows", rows, width, bits)
            decoded = _decoded(steps, signed, 2, 3, (rows, width), bits, width // blocks)
            steps.add("Gather", node.outputs[0], decoded, indices, axis=0)
            return steps.nodes
        whole = unpacked(_constant(node, 0, "rows"), bits)
        table = _bytes_value(steps, "rows", whole, (rows, width))
        zeros: Value | None = None
        if node.input(3) is not None:
            packed = unpacked_rows(_constant(node, 3, "zero points"), bits, rows, blocks)
            zeros = _bytes_value(steps, "zero_points", packed, (rows, blocks))

        def gathered(step: str, value: Value, last: int) -> Value:
            found = steps.add("Gather", step, value, indices, axis=0)
            return steps.reshape(f"{step}_by_block", found, [*indices.shape, blocks, last])

        numbers = gathered("numbers_of_rows", table, width // blocks)
        scales = gathered("scales_of_rows", node.required(2), 1)
        some = None if zeros is None else gathered("zeros_of_rows", zeros, 1)
        found = _dequantized(steps, numbers, scales, some, 1 << bits - 1)
        steps.reshape(node.outputs[0], found, node.outputs[0].shape)
        return steps.nodes
