"""Shape arithmetic that moves share: extents of values, and what is computed of them."""

from __future__ import annotations

import numpy as np

from free_sizes.random_graphs import Growing, Value, combine, constantly


def shape_of(growing: Growing, value: Value) -> Value:
    """Return the whole shape of a value as int64."""
    return growing.node("Shape", [value], [constantly(value.rank)], "int64", value.shape)


def extents_of(growing: Growing, value: Value, start: int, end: int) -> Value:
    """Return some extents of a value as a list of int64, by one of the ways in which exporters write that."""
    extents = value.shape[start:end]
    length = [constantly(end - start)]
    way = growing.random.random()
    if way < 0.3:
        return growing.node("Shape", [value], length, "int64", extents, start=start, end=end)
    shape = shape_of(growing, value)
    if way < 0.6 or end - start > 1:
        bounds = [growing.integers(start), growing.integers(end)]
        return growing.node("Slice", [shape, *bounds], length, "int64", extents)
    if way < 0.8:
        return growing.node("Gather", [shape, growing.integers(start)], length, "int64", extents)
    scalar = growing.node("Gather", [shape, growing.constant(start, "int64")], [], "int64", extents)
    return growing.node("Unsqueeze", [scalar, growing.integers(0)], length, "int64", extents)


def concatenated(growing: Growing, *parts: Value) -> Value:
    """Return lists of extents joined."""
    elements = [extent for part in parts for extent in part.elements or ()]
    return growing.node("Concat", list(parts), [constantly(len(elements))], "int64", elements, axis=0)


def arithmetic(growing: Growing, operator: str, a: Value, b: Value) -> Value:
    """Return integers computed from lists of extents; one list may be a single number."""
    functions = {
        "Add": lambda x, y: x + y,
        "Sub": lambda x, y: x - y,
        "Mul": lambda x, y: x * y,
        "Div": lambda x, y: int(x / y) if y else 0,
        "Mod": lambda x, y: x % y if y else 0,
        "Max": max,
        "Min": min,
    }
    left, right = list(a.elements or ()), list(b.elements or ())
    length = max(len(left), len(right))
    left, right = left * (length // len(left)), right * (length // len(right))
    elements = [combine(functions[operator], x, y) for x, y in zip(left, right, strict=True)]
    return growing.node(operator, [a, b], a.shape if a.rank else b.shape, "int64", elements)


def computed(growing: Growing, extents: Value, way: int | None = None) -> Value:
    """Return extents after a little arithmetic, in whole numbers or in floats, that keeps them small."""
    way = int(growing.random.integers(9)) if way is None else way
    number = lambda value: growing.constant(value, "int64")
    if way == 0:
        return arithmetic(growing, "Div", extents, number(2))
    if way == 1:
        return arithmetic(growing, "Add", extents, number(3))
    if way == 2:
        return arithmetic(growing, "Max", extents, growing.integers(*[1] * len(extents.elements or ())))
    if way == 3:
        return arithmetic(growing, "Min", extents, number(4))
    if way == 4:
        return arithmetic(growing, "Mul", arithmetic(growing, "Div", extents, number(4)), number(4))
    if way == 5:
        return arithmetic(growing, "Mul", extents, number(2))
    elements = extents.elements or ()
    floats = growing.node("Cast", [extents], extents.shape, "float32", elements, to=1)
    if way == 6:
        scale = float(growing.one_of((0.5, 1.5, 0.7)))
        scaled = growing.node("Mul", [floats, growing.constant(scale, "float32")], floats.shape)
        whole = growing.node("Floor", [scaled], floats.shape)
        result = [combine(lambda n: int(np.floor(np.float32(n) * np.float32(scale))), e) for e in elements]
    elif way == 7:
        scaled = growing.node("Div", [floats, growing.constant(4, "float32")], floats.shape)
        up = growing.node("Ceil", [scaled], floats.shape)
        whole = growing.node("Mul", [up, growing.constant(4, "float32")], floats.shape)
        result = [combine(lambda n: -(-n // 4) * 4, e) for e in elements]
    else:
        whole = growing.node("Sqrt", [floats], floats.shape)
        result = [combine(lambda n: int(np.sqrt(np.float32(max(n, 0)))), e) for e in elements]
    return growing.node("Cast", [whole], whole.shape, "int64", result, to=7)
