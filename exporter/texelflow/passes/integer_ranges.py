"""Finds the range of the integers of a value, as far as operators tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, isfinite
from typing import TypeAlias

from texelflow.dimensions import Dimension, Expression, product
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import DTYPES, FLOATING, Element, Node, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators.onnx.constant_of_shape import fill
from texelflow.operators.onnx.reduce import reduced_axes
from texelflow.operators.shapes import normalize_axis

Range: TypeAlias = tuple[int, int]
"""The least and the largest number."""

USUAL = 2**29
"""What the inputs of a model are taken to stay below, so that not every sum counts as too large."""

LONGEST = 2**14
"""What free extents are taken to stay below, so that not every place in an image counts as too large."""

LIMITS: Mapping[str, Range] = {
    "int8": (-(2**7), 2**7 - 1),
    "uint8": (0, 2**8 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "uint16": (0, 2**16 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
    "int64": (-(2**31), 2**31 - 1),
    "uint64": (0, 2**32 - 1),
    "bool": (0, 1),
}
"""The numbers that are told apart: types of 64 bits are computed in 32."""

MOVES = frozenset(
    "DepthToSpace Dropout Expand Flatten Gather GatherElements GatherND Identity ReduceMax ReduceMin Reshape "
    "Slice SpaceToDepth Split Squeeze Tile Transpose Unsqueeze".split()
)
"""Operators whose results are elements of their first input."""

COMPARISONS = frozenset({"Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"})

KEEPS_ORDER = MOVES | COMPARISONS | set("ArgMax ArgMin Clip Concat ConstantOfShape Max Min Pad Where".split())
"""Operators that no more than compare and move numbers: large ones may be limited in front of them."""


def within(inner: Range, outer: Range) -> bool:
    """Whether all numbers of a range lie in another."""
    return outer[0] <= inner[0] and inner[1] <= outer[1]


class Ranges:
    """The ranges of the values of a graph, whose nodes are given to `follow` in topological order."""

    def __init__(self) -> None:
        self._known: dict[Value, Range] = {}

    def __getitem__(self, value: Value) -> Range:
        known = self._known.get(value)
        if known is None:
            known = self._known[value] = _of_source(value)
        return known

    def follow(self, node: Node) -> Range:
        """Return between which numbers the results of a node would lie, were there no limits to them."""
        find = self.__getitem__ if node.operator in KEEPS_ORDER else self.limited
        return _result(node, [find(value) for value in node.inputs if value is not None])

    def limited(self, value: Value) -> Range:
        """Return the range of a value as far as a run holds it; what is known at export has no limits."""
        low, high = self[value] if value.producer is None else LIMITS.get(value.dtype, self[value])
        return max(low, self[value][0]), min(high, self[value][1])

    def set(self, value: Value, numbers: Range) -> None:
        """Say what a value is in."""
        self._known[value] = numbers


def known_numbers(value: Value) -> list[int] | None:
    """Return the elements of a constant, of 8 bits each once, floating ones rounded both ways.

    None if one depends on data.
    """
    elements: Sequence[Element] | None = value.elements
    if elements is None and value.constant is not None and value.dtype not in FLOATING:
        content = value.constant.tobytes()
        if DTYPES[value.dtype] == 1:
            content = bytes(set(content))  # millions of numbers of few kinds
        elements = unpack_elements(value.dtype, content)
    if not elements:
        return None
    numbers: list[int] = []
    for element in elements:
        if not isinstance(element, int | float) or abs(element) > 2**64 or element != element:
            return None
        numbers += {floor(element), ceil(element)}
    return numbers


def hull(*ranges: Range) -> Range:
    """Return the smallest range around some."""
    return min(low for low, _ in ranges), max(high for _, high in ranges)


def _of_source(value: Value) -> Range:
    """Return the range of a value that no node followed computes."""
    if any(isinstance(element, Expression) for element in value.elements or []):
        return hull(*map(_of_element, value.elements or []))
    numbers = known_numbers(value)
    return _of_type(value.dtype) if numbers is None else (min(numbers), max(numbers))


def _of_element(element: Element) -> Range:
    """Return the range of a number, or of an expression whose products of extents are no longer than one."""
    if isinstance(element, FloatExpression):
        return -USUAL, USUAL
    if not isinstance(element, Expression):
        return (floor(element), ceil(element)) if isfinite(element) else (-USUAL, USUAL)
    size = LONGEST * sum(abs(coefficient) for factors, coefficient in element.terms.items() if factors)
    constant = element.terms.get((), 0)
    return constant - size, constant + size


def _of_type(dtype: str) -> Range:
    """Return what an input of a model, or what is computed from floats, is taken to hold."""
    if dtype in ("int32", "int64", *FLOATING):
        return -USUAL, USUAL
    return (0, USUAL) if dtype == "uint64" else LIMITS[dtype]


def _result(node: Node, operands: list[Range]) -> Range:
    rule = _RULES.get(node.operator) if not node.domain else None
    if node.operator in MOVES and operands:
        return operands[0]
    if rule is None or any(value is not None and value.dtype in FLOATING for value in node.inputs[:1]):
        return _of_type(node.outputs[0].dtype)
    return rule(node, operands)


def _ends(combine: Callable[[int, int], int]) -> Callable[[Node, list[Range]], Range]:
    """Return the rule of an operation on two numbers that is largest and least for some ends of both."""

    def rule(node: Node, operands: list[Range]) -> Range:
        results = [combine(a, b) for a in operands[0] for b in operands[-1]]
        return min(results), max(results)

    return rule


def _magnitude(numbers: Range) -> int:
    return max(abs(numbers[0]), abs(numbers[1]))


def _around_zero(numbers: Range, size: int) -> Range:
    """Return numbers up to `size`, of the signs that are in a range."""
    return -size if numbers[0] < 0 else 0, size if numbers[1] > 0 else 0


def _div(node: Node, operands: list[Range]) -> Range:
    a, b = operands
    least = max(1, b[0], -b[1])  # the smallest magnitude of a divisor
    size = _magnitude(a) // least
    return _around_zero(a, size) if b[0] >= 0 else (-size, size)


def _mod(node: Node, operands: list[Range]) -> Range:
    a, b = operands
    size = max(0, _magnitude(b) - 1)
    if node.attributes.get("fmod", 0):
        return _around_zero(a, min(size, _magnitude(a)))
    return _around_zero(b, size)


def _pow(node: Node, operands: list[Range]) -> Range:
    base, exponent = operands
    if exponent[1] > 64:
        return -(2**64), 2**64
    return _around_zero((base[0], 1), max(1, _magnitude(base) ** max(0, exponent[1])))


def _shift(node: Node, operands: list[Range]) -> Range:
    numbers, counts = operands
    if node.attributes.get("direction") == "RIGHT":
        return hull(numbers, (0, 0))
    return hull(numbers, (0, numbers[1] << max(0, min(counts[1], 64))))


def _sum(node: Node, operands: list[Range], count: Dimension) -> Range:
    terms = count if isinstance(count, int) else LONGEST
    return min(0, operands[0][0] * terms), max(0, operands[0][1] * terms)


def _reduced(node: Node) -> Dimension:
    return product(node.required(0).shape[axis] for axis in reduced_axes(node))


def _product(node: Node, operands: list[Range]) -> Range:
    count = _reduced(node)
    terms = count if isinstance(count, int) else LONGEST
    size = _magnitude(operands[0]) ** min(terms, 64)
    return _around_zero((operands[0][0], 1), max(1, size))


def _matrix_product(node: Node, operands: list[Range]) -> Range:
    return _sum(node, [_ends(lambda a, b: a * b)(node, operands)], node.required(0).shape[-1])


def _cumulative_sum(node: Node, operands: list[Range]) -> Range:
    source = node.required(0).known_type
    axis = node.required(1).scalar
    return _sum(node, operands, source.shape[normalize_axis(node, axis or 0, source.rank)])


def _clip(node: Node, operands: list[Range]) -> Range:
    (low, high), *bounds = operands
    if node.input(1) is not None:
        lower = bounds.pop(0)
        low, high = max(low, lower[0]), max(high, lower[1])
    for upper in bounds:
        low, high = min(low, upper[0]), min(high, upper[1])
    return low, high


def _filled(node: Node, operands: list[Range]) -> Range:
    number = fill(node)[1]
    return (number, number) if isinstance(number, int) else _of_type(node.outputs[0].dtype)


_RULES: Mapping[str, Callable[[Node, list[Range]], Range]] = {
    "Abs": lambda node, operands: (0, _magnitude(operands[0])),
    "Add": _ends(lambda a, b: a + b),
    "ArgMax": lambda node, operands: (0, LONGEST),
    "ArgMin": lambda node, operands: (0, LONGEST),
    "BitShift": _shift,
    "BitwiseNot": lambda node, operands: (
        (2**64 - 1 - operands[0][1], 2**64 - 1 - operands[0][0])
        if node.outputs[0].dtype == "uint64"
        else (-1 - operands[0][1], -1 - operands[0][0])
    ),
    "Cast": lambda node, operands: operands[0],
    "Clip": _clip,
    "Concat": lambda node, operands: hull(*operands),
    "ConstantOfShape": _filled,
    "CumSum": _cumulative_sum,
    "Div": _div,
    "MatMul": _matrix_product,
    "Max": _ends(max),
    "Min": _ends(min),
    "Mod": _mod,
    "Mul": _ends(lambda a, b: a * b),
    "Neg": lambda node, operands: (-operands[0][1], -operands[0][0]),
    "Pad": lambda node, operands: hull(operands[0], operands[2] if node.input(2) is not None else (0, 0)),
    "Pow": _pow,
    "Range": lambda node, operands: hull(*operands[:2]),
    "ReduceProd": _product,
    "ReduceSum": lambda node, operands: _sum(node, operands, _reduced(node)),
    "Relu": lambda node, operands: (max(0, operands[0][0]), max(0, operands[0][1])),
    "Sign": lambda node, operands: (-1, 1),
    "Sub": _ends(lambda a, b: a - b),
    "Trilu": lambda node, operands: hull(operands[0], (0, 0)),
    "Where": lambda node, operands: hull(*operands[1:]),
}
