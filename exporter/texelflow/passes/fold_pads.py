"""Makes the borders that a Pad adds part of the windows behind it, which pass over what lies outside anyway.

Keras pads before convolutions with strides, and so do files that are made of its models: what is added by
itself takes a draw, and is a copy of the image. A Pad is gone where all that reads it can do without:

1. It adds one number known at export, to spatial axes alone, by amounts that are known.
2. Conv adds zeros; QLinearConv and ConvInteger add the zero point of their image.
3. AveragePool adds zeros where it counts its padding, or has none itself.
4. MaxPool adds what is less than all others. Any number will do that its input cannot be less than, as 0
   behind a Relu, since each window has an element of the image.
5. What lies between may turn the axes, or quantise and dequantise with one scale: 0 is then the zero point.
The windows of poolings are as many: they do not hang over (ceil_mode), and none lies in the border alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from typing import Any

from texelflow.graph import FLOATING, Graph, Node, Shape, TensorType, Value
from texelflow.operators.onnx.conv import conv_windows
from texelflow.operators.onnx.pad import padding
from texelflow.operators.onnx.pooling import pool_windows
from texelflow.operators.onnx.transpose import permutation
from texelflow.operators.quantization import RANGES
from texelflow.operators.windows import Window
from texelflow.passes.substitution import Substitution

_NOT_NEGATIVE = frozenset({"Relu", "Sigmoid", "HardSigmoid", "Softmax", "Softplus", "Exp", "Abs"})
"""What makes no number below 0."""


@dataclass(frozen=True, slots=True)
class _Padded:
    """A value with borders: how many elements there are before and behind each axis, and what they are."""

    value: Value
    shape: Shape
    """Without the borders."""
    borders: Sequence[tuple[int, int]]
    fill: float
    least: float
    """No element is less, but for the borders."""


@dataclass(slots=True)
class _Folding:
    """What changes where a Pad is folded."""

    attributes: dict[Node, dict[str, Any]] = field(default_factory=dict)
    types: dict[Value, TensorType] = field(default_factory=dict)


def run(graph: Graph) -> int:
    """Fold Pads; return how many."""
    consumers, outputs = graph.consumers(), set(graph.outputs)
    substitution = Substitution()
    nodes: list[Node] = []
    for node in graph.nodes:
        substitution.rewrite(node)
        padded = _padded(node)
        folding = None if padded is None else _folding(padded, consumers, outputs)
        if folding is None:
            nodes.append(node)
            continue
        substitution.replace(node.outputs[0], node.required(0))
        for reader, attributes in folding.attributes.items():
            reader.attributes = {**reader.attributes, **attributes}
        for value, kind in folding.types.items():
            value.type = kind
    return substitution.finish(graph, nodes)


def _padded(node: Node) -> _Padded | None:
    """Return what a Pad makes, by rule 1, or None."""
    if (node.domain, node.operator) != ("", "Pad") or node.attributes.get("mode", "constant") != "constant":
        return None
    source, amounts = node.required(0), node.required(1)
    fill = 0 if node.input(2) is None else node.required(2).number
    if fill is None or source.is_known or amounts.elements is None:
        return None
    borders = []
    for before, behind in padding(node):
        if not isinstance(before, int) or not isinstance(behind, int) or min(before, behind) < 0:
            return None
        borders.append((before, behind))
    return _Padded(node.outputs[0], source.shape, borders, fill, _least(source))


def _folding(padded: _Padded, consumers: dict[Value, list[Node]], outputs: set[Value]) -> _Folding | None:
    """Return what changes so that nothing needs the borders of a value, or None."""
    folding, left = _Folding(), [padded]
    while left:
        at = left.pop()
        readers = consumers.get(at.value, [])
        if at.value in outputs or not readers:
            return None
        for reader in readers:
            if reader.domain or reader.inputs[0] is not at.value or at.value in reader.inputs[1:]:
                return None
            if reader.operator in _WINDOWS:
                attributes = _WINDOWS[reader.operator](reader, at)
                if attributes is None:
                    return None
                folding.attributes[reader] = attributes
            elif reader.operator in _BETWEEN:
                behind = _BETWEEN[reader.operator](reader, at)
                if behind is None:
                    return None
                folding.types[behind.value] = TensorType(behind.value.dtype, behind.shape)
                left.append(behind)
            else:
                return None
    return folding


def _least(source: Value) -> float:
    """Return a number that no element of a value is less than."""
    node = source.producer
    if source.dtype not in FLOATING:
        return RANGES[source.dtype][0] if source.dtype in RANGES else -inf
    while node is not None and not node.domain and node.operator == "Transpose":
        node = node.required(0).producer
    if node is None or node.domain:
        return -inf
    if node.operator == "Clip" and (low := node.input(1)) is not None:
        return -inf if low.number is None else low.number
    return 0 if node.operator in _NOT_NEGATIVE else -inf


def _pads(found: Sequence[Window], padded: _Padded) -> list[int] | None:
    """Return the attribute `pads` of windows that add the borders, too, or None if it would be no numbers."""
    if any(map(any, padded.borders[:2])):
        return None
    own = [window.before for window in found] + [window.behind for window in found]
    added = [before for before, _ in padded.borders[2:]] + [behind for _, behind in padded.borders[2:]]
    pads = [pad + border for pad, border in zip(own, added, strict=True)]
    known = [pad for pad in pads if isinstance(pad, int)]
    return known if len(known) == len(pads) else None


def _convolution(weight: int, zero_point: int | None) -> Callable[[Node, _Padded], dict[str, Any] | None]:
    """Return rule 2 for convolutions with these inputs."""

    def rule(node: Node, padded: _Padded) -> dict[str, Any] | None:
        zero = None if zero_point is None else node.input(zero_point)
        if padded.fill != (0 if zero is None else zero.number):
            return None
        pads = _pads(conv_windows(node, weight), padded)
        return None if pads is None else {"pads": pads, "auto_pad": "NOTSET"}

    return rule


def _pooling(node: Node, padded: _Padded) -> dict[str, Any] | None:
    """Rules 3 and 4."""
    found = pool_windows(node)
    pads = _pads(found, padded)
    kernel = [window.kernel for window in found]
    if pads is None or node.attributes.get("ceil_mode", 0) or len(node.outputs) > 1:
        return None
    if any(not isinstance(size, int) or pad >= size for pad, size in zip(pads, kernel * 2, strict=True)):
        return None
    attributes = {"pads": pads, "auto_pad": "NOTSET"}
    if node.operator == "MaxPool":
        is_dense = all(window.dilation == 1 for window in found)
        return attributes if is_dense and padded.fill <= padded.least else None
    own = [window.before for window in found] + [window.behind for window in found]
    if padded.fill != 0 or not (node.attributes.get("count_include_pad", 0) or own == [0] * len(own)):
        return None
    return {**attributes, "count_include_pad": 1}


def _turned(node: Node, padded: _Padded) -> _Padded:
    order = permutation(node)
    shape = tuple(padded.shape[axis] for axis in order)
    borders = [padded.borders[axis] for axis in order]
    return _Padded(node.outputs[0], shape, borders, padded.fill, padded.least)


def _requantized(node: Node, padded: _Padded) -> _Padded | None:
    scale, zero_point = node.required(1).number, node.input(2)
    zero = 0 if zero_point is None else zero_point.number
    if scale is None or zero is None or not 0 < scale < inf:
        return None
    before, behind = (0, zero) if node.operator == "QuantizeLinear" else (zero, 0)
    if padded.fill != before:
        return None
    least = behind if padded.fill <= padded.least else -inf
    return _Padded(node.outputs[0], padded.shape, padded.borders, behind, least)


_WINDOWS: dict[str, Callable[[Node, _Padded], dict[str, Any] | None]] = {
    "Conv": _convolution(1, None),
    "QLinearConv": _convolution(3, 2),
    "ConvInteger": _convolution(1, 2),
    "AveragePool": _pooling,
    "MaxPool": _pooling,
}

_BETWEEN: dict[str, Callable[[Node, _Padded], _Padded | None]] = {
    "Transpose": _turned,
    "QuantizeLinear": _requantized,
    "DequantizeLinear": _requantized,
}
