"""Dequantising constants of 8 bits: the numbers stay as they are (internal/decode_weights.py).

Those of a matrix that 4 bits hold are packed so: files have them in bytes, as ONNX's and TensorFlow Lite's.
"""

from __future__ import annotations

from math import prod

from texelflow.graph import ConstantData, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.graph.quantized import in_halves
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.internal.decode_weights import BITS, decode_weights
from texelflow.operators.quantization import is_for_all
from texelflow.operators.shapes import known_shape, normalize_axis

OF_4_BITS = bytes(number & 255 for number in range(-8, 8))
"""The numbers that 4 bits hold, as bytes."""

FROM_MIDDLE = bytes(number ^ 0x80 for number in range(256))
"""From uint8 to int8, less 128."""


def int8_constant(name: str, shape: tuple[int, ...], data: bytes) -> Value:
    """Return a constant of numbers of 8 bits, or of bytes."""
    return Value(name, TensorType("int8", tuple(shape)), constant=ConstantData([data]))


def decode_constant(steps: Decomposition) -> bool:
    """Append what a DequantizeLinear of a constant of 8 bits is, as DecodeWeights; return whether it can be.

    That is where it has scales for all, for an axis, or for blocks of the rows or columns of a matrix.
    """
    node = steps.node
    x, scale, zero = node.required(0), node.required(1), node.input(2)
    shape = known_shape(x.shape)
    if x.constant is None or shape is None or len(shape) < 2 or 0 in shape:
        return False
    if x.dtype not in ("int8", "uint8") or not scale.is_known or not (zero is None or zero.is_known):
        return False
    block = int(node.attributes.get("block_size", 0))
    if block and (len(shape) != 2 or not is_blocked(scale)):
        return False
    along = normalize_axis(node, int(node.attributes.get("axis", 1)), len(shape))
    axis = 1 - along if block else 0 if is_for_all(scale.known_type) else along
    rows, columns = shape[axis], prod(shape) // shape[axis]
    numbers, zero = _numbers(x, shape, zero)
    order = [axis, *(place for place in range(len(shape)) if place != axis)]

    def by_row(name: str, value: Value, count: int) -> Value:
        table = value if value.dtype == "float32" else steps.cast(f"{name}_table", value, "float32")
        if block and axis == 1:
            table = steps.add("Transpose", f"{name}_turned", table, perm=[1, 0])
        if is_for_all(value.known_type):
            single = steps.reshape(f"{name}_single", table, [1, 1])
            return steps.add("Expand", f"{name}_each", single, steps.vector(f"{name}_shape", [rows, 1]))
        return steps.reshape(f"{name}_by_row", table, [rows, count])

    count = -(-columns // block) if block else 1
    scales, offsets = by_row("scales", scale, count), None
    if zero is not None:
        base = steps.scalar("base", "float32", 128 if x.dtype == "uint8" else 0)
        offsets = steps.add(
            "Mul", "offsets", steps.add("Sub", "shift", base, by_row("zeros", zero, count)), scales
        )
    if axis:
        numbers = steps.add("Transpose", "numbers_turned", numbers, perm=order)
    bits, block = 8, block or columns
    if axis == 0 and len(shape) == 2 and block == columns and (halves := _halves(numbers, columns)):
        bits, numbers = 4, halves
    matrix = steps.reshape("numbers_by_row", numbers, [rows, -(-columns // BITS[bits])])
    decoded = decode_weights(
        steps, "decoded", matrix, scales, offsets, bits=bits, block=block, columns=columns
    )
    apart = steps.reshape("apart", decoded, [shape[place] for place in order])
    if axis:
        apart = steps.add(
            "Transpose", "back", apart, perm=[order.index(place) for place in range(len(shape))]
        )
    steps.cast(node.outputs[0], apart, node.outputs[0].dtype)
    return True


def _halves(numbers: Value, columns: int) -> Value | None:
    """Return numbers that need 4 bits alone two in a byte; None for others."""
    if numbers.constant is None:
        return None
    data = numbers.constant.tobytes()
    if data.translate(None, OF_4_BITS):
        return None
    rows = [in_halves(data[first : first + columns]) for first in range(0, len(data), columns)]
    return int8_constant(numbers.name, (len(rows), len(rows[0])), b"".join(rows))


def is_blocked(scale: Value) -> bool:
    """Whether there is a scale for each of several blocks."""
    return scale.known_type.rank == 2


def _numbers(x: Value, shape: tuple[int, ...], zero: Value | None) -> tuple[Value, Value | None]:
    """Return the numbers as int8, and what is left of their zero points: None where it is in the numbers.

    What is left counts from 0 for int8, from 128 for uint8.
    """
    assert x.constant is not None
    data = x.constant.tobytes()
    unsigned = x.dtype == "uint8"
    middle = 128 if unsigned else 0
    zeros = {0} if zero is None else set(_elements(zero))
    if len(zeros) == 1:
        [number] = zeros
        shift = int(number)
        table = [(byte if unsigned or byte < 128 else byte - 256) - shift for byte in range(256)]
        if all(-128 <= table[byte] <= 127 for byte in set(data)):
            if not shift and not unsigned:
                return x, None
            moved = data.translate(bytes(entry & 255 for entry in table))
            return int8_constant(x.name, shape, moved), None
        if zero is None:
            zero = Value(f"{x.name}/zero", TensorType("uint8", ()), ConstantData([b"\0"]), [0])
    return (int8_constant(x.name, shape, data.translate(FROM_MIDDLE)), zero) if middle else (x, zero)


def _elements(value: Value) -> list[int]:
    elements = value.elements
    if elements is None:
        assert value.constant is not None
        elements = unpack_elements(value.dtype, value.constant.tobytes())
    return [int(element) for element in elements if isinstance(element, int | float)]
