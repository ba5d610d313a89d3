"""Prepares whole numbers of 64 bits for a GPU that computes them in 32.

Rules:
1. A constant beyond 32 bits becomes the largest or smallest number of these where its consumer compares or
   chooses (Less, Equal, Min, Max, Clip, Where, Pad …): a mask or a bound means "more than any number".
2. A comparison with constants that are all beyond 32 bits is rewritten: it is then decided as ONNX decides
   it, also for the largest and smallest numbers of 32 bits.
3. A node whose 64-bit results may exceed 32 bits is warned of. So is one that computes with a number that
   rule 1 may have changed, and an output that may hold one. What certainly exceeds 32 bits is a problem.
Other constants beyond 32 bits are refused by the lowering, where it stores them (lowering.py).
"""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.graph import Graph, Node, NodeError, Value
from texelflow.graph.constants import constant_value, unpack_elements
from texelflow.graph.problems import Problems
from texelflow.operators.shapes import known_shape
from texelflow.passes.integer_ranges import (
    COMPARISONS,
    KEEPS_ORDER,
    LIMITS,
    Ranges,
    known_numbers,
    within,
)

WIDE = frozenset({"int64", "uint64"})

BOUNDS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(COMPARISONS, (0, 1)),
    "Clip": (0, 1, 2),
    "Max": (0, 1),
    "Min": (0, 1),
    "Pad": (2,),
    "Where": (1, 2),
}
"""By operator, the inputs of which only the order matters."""


def run(graph: Graph) -> int:
    """Rewrite nodes in place and add to the warnings of the graph; return how many constants were changed.

    Raises ExportError with all that certainly exceeds 32 bits.
    """
    narrowed: dict[Value, Value] = {}
    ranges, problems, notes = Ranges(), Problems(), Problems()
    for node in graph.nodes:
        with problems.of(node):
            if node.operator in COMPARISONS:
                _decide(node, ranges)
            for index in BOUNDS.get(node.operator, ()):
                _narrow(node, index, narrowed, ranges)
            _follow(node, ranges, notes)
            _narrow_fill(node)
    for value in graph.outputs:
        if value.producer is not None and _may_exceed(value, ranges):
            if _exceeds(value, ranges):
                problems.add(f"output {value.name!r} is beyond 32 bits, in which integers are computed")
            else:
                notes.add(f"output {value.name!r} {_LIMITED.format(*LIMITS[value.dtype])}")
    problems.raise_for(graph.source)
    graph.warnings += notes.lines()
    return len(narrowed)


_LIMITED = "may hold numbers beyond 32 bits, in which integers are computed: they are limited to {} to {}"
_WRAPS = "its {} results may exceed 32 bits, in which they are computed, and then wrap around"
_COMPUTES = "it computes with numbers beyond 32 bits, which are limited to {} to {} here"


def _may_exceed(value: Value, ranges: Ranges) -> bool:
    """Whether some numbers of a value lie beyond 32 bits."""
    return value.dtype in WIDE and not within(ranges[value], LIMITS[value.dtype])


def _exceeds(value: Value, ranges: Ranges) -> bool:
    """Whether all numbers of a value lie beyond 32 bits, on one side."""
    low, high = LIMITS[value.dtype]
    return value.dtype in WIDE and (ranges[value][0] > high or ranges[value][1] < low)


def _decide(node: Node, ranges: Ranges) -> None:
    """Rewrite a comparison with constants beyond 32 bits (rule 2)."""
    for index in (0, 1):
        constant, other = node.required(index), node.required(1 - index)
        if not _may_exceed(constant, ranges) or known_numbers(constant) is None:
            continue
        if _may_exceed(other, ranges):
            if ranges[other][1] != ranges[constant][1] and ranges[other][0] != ranges[constant][0]:
                raise NodeError(
                    node, "it compares different numbers beyond 32 bits, which this backend cannot tell apart"
                )
        elif _exceeds(constant, ranges):
            is_larger = ranges[constant][0] > 0
            if is_larger == (index == 1):
                node.operator = "LessOrEqual" if node.operator in ("Less", "LessOrEqual") else "Greater"
            else:
                node.operator = "GreaterOrEqual" if node.operator in ("Greater", "GreaterOrEqual") else "Less"


def _narrow(node: Node, index: int, narrowed: dict[Value, Value], ranges: Ranges) -> None:
    """Limit a constant that a node reads to 32 bits (rule 1)."""
    value = node.input(index)
    if value is None or not _may_exceed(value, ranges) or known_numbers(value) is None:
        return
    if value not in narrowed:
        narrowed[value] = _limited(value)
        ranges.set(narrowed[value], ranges[value])
    node.inputs[index] = narrowed[value]


def _narrow_fill(node: Node) -> None:
    """Limit the number of a ConstantOfShape to 32 bits; tell consumers the original number."""
    value = node.attributes.get("value")
    if node.operator == "ConstantOfShape" and value is not None and value.dtype in WIDE:
        node.attributes["value"] = _limited(value)


def _limited(constant: Value) -> Value:
    """Return a constant with the nearest numbers that 32 bits hold."""
    assert constant.constant is not None
    low, high = LIMITS[constant.dtype]
    elements = unpack_elements(constant.dtype, constant.constant.tobytes())
    numbers = [max(low, min(high, int(number))) for number in elements if isinstance(number, int)]
    return constant_value(constant.name, constant.dtype, known_shape(constant.shape) or (), numbers)


def _follow(node: Node, ranges: Ranges, notes: Problems) -> None:
    """Find the ranges of a node's results, and warn of those beyond 32 bits (rule 3)."""
    found = ranges.follow(node)
    if node.operator not in KEEPS_ORDER:
        for value in node.inputs:
            if value is not None and value.producer is not None and _may_exceed(value, ranges):
                reason = _COMPUTES.format(*LIMITS[value.dtype])
                if _exceeds(value, ranges):
                    raise NodeError(node, reason)
                notes.add_node(node, reason)
                break
    for value in node.outputs:
        if value.dtype not in LIMITS:
            continue
        ranges.set(value, found)
        if node.operator in KEEPS_ORDER or within(found, LIMITS[value.dtype]):
            continue
        ranges.set(value, LIMITS[value.dtype])
        if value.dtype in WIDE:
            notes.add_node(node, _WRAPS.format(value.dtype))
