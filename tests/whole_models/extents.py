"""Recipes for extents that are computed, and that meet others."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import DeadEndError, code
from whole_models.growing import Whole, recipe


def extents(g: Whole, x: str, start: int | None = None, end: int | None = None) -> str:
    """Return some extents of a value, by a way that exporters write."""
    rank = g.values[x].ndim
    start = 0 if start is None else start
    end = rank if end is None else end
    if g.opset >= 15 and g.chance(0.4):
        return g.add("Shape", [x], start=start, end=end)[0]
    shape = g.add("Shape", [x])[0]
    if (start, end) == (0, rank):
        return shape
    if g.chance(0.5):
        return g.add(
            "Slice", [shape, g.put(np.array([start]), "constant"), g.put(np.array([end]), "constant")]
        )[0]
    return g.add("Gather", [shape, g.put(np.arange(start, end), "constant")])[0]


def turned(g: Whole, numbers: str) -> str:
    """Return extents after some arithmetic."""
    one = lambda n: g.put(np.asarray(n, np.int64), "constant")
    way = g.int(0, 11)
    if way == 0:
        return g.add("Add", [numbers, one(g.int(-2, 3))])[0]
    if way == 1:
        return g.add("Mul", [numbers, one(g.int(0, 3))])[0]
    if way == 2:
        return g.add("Div", [numbers, one(g.int(1, 4))])[0]
    if way == 3:
        return g.add("Sub", [one(g.int(0, 9)), numbers])[0]
    if way == 4:
        return g.add(g.one_of(("Max", "Min")), [numbers, one(g.int(0, 5))])[0]
    if way == 5:
        return g.add("Mod", [numbers, one(g.int(1, 5))], fmod=g.int(0, 1))[0]
    if way == 6:
        floats = g.add("Cast", [numbers], to=code(g.one_of(("float32", "float64", "float32", "float16"))))[0]
        scaled = g.add(
            g.one_of(("Mul", "Div")),
            [
                floats,
                g.put(np.asarray(g.one_of((0.5, 1.5, 0.3, 0.7, 3.0)), g.values[floats].dtype), "constant"),
            ],
        )[0]
        if g.chance(0.7):
            scaled = g.add(g.one_of(("Floor", "Ceil", "Round", "Sqrt", "Abs")), [scaled])[0]
        return g.add("Cast", [scaled], to=code("int64"))[0]
    if way == 7:
        narrow = g.add("Cast", [numbers], to=code(g.one_of(("int32", "uint8", "int8", "int16"))))[0]
        return g.add("Cast", [narrow], to=code("int64"))[0]
    if way == 8:
        condition = g.add(g.one_of(("Greater", "Less", "Equal")), [numbers, one(g.int(0, 9))])[0]
        return g.add("Where", [condition, numbers, one(g.int(0, 4))])[0]
    if way == 9:
        return g.add("ReduceProd" if g.chance(0.5) else "ReduceMax", [numbers], keepdims=1)[0]
    if way == 10 and g.opset >= 11:
        return g.add("CumSum", [numbers, one(0)])[0]
    return numbers


def length(g: Whole) -> str:
    """Return one computed extent, a list of one."""
    x = g.any(rank=(1, 6))
    axis = g.int(0, g.values[x].ndim - 1)
    result = extents(g, x, axis, axis + 1)
    for _ in range(g.one_of((0, 0, 1, 1, 2))):
        result = turned(g, result)
    return result


def number(g: Whole, numbers: str) -> str:
    """Return a list of one as a number."""
    return (
        g.add("Squeeze", [numbers, g.put(np.array([0]), "constant")])[0]
        if g.opset >= 13
        else g.add("Squeeze", [numbers], axes=[0])[0]
    )


@recipe(5)
def reshaped(g: Whole):
    x = g.any(rank=(1, 5))
    a = g.values[x]
    way = g.int(0, 4)
    if way == 0:  # an axis split by a computed number
        axis = g.int(0, a.ndim - 1)
        parts = []
        if axis:
            parts.append(extents(g, x, 0, axis))
        inner = g.int(1, 4)
        parts += [g.put(np.array([-1, inner]), "constant")]
        if axis + 1 < a.ndim:
            parts.append(extents(g, x, axis + 1, a.ndim))
        g.add("Reshape", [x, g.add("Concat", parts, axis=0)[0]])
    elif way == 1:  # merged
        axis = g.int(0, a.ndim - 1)
        parts = [extents(g, x, 0, axis)] if axis else []
        parts.append(g.put(np.array([-1]), "constant"))
        g.add("Reshape", [x, g.add("Concat", parts, axis=0)[0]])
    elif way == 2:  # as another value is
        other = g.any(rank=(0, 5))
        g.add("Reshape", [x, extents(g, other)])
    elif way == 3:
        product = g.add("ReduceProd", [extents(g, x)], keepdims=1)[0]
        g.add(
            "Reshape",
            [
                x,
                product
                if g.chance(0.5)
                else g.add("Concat", [product, g.put(np.array([1]), "constant")], axis=0)[0],
            ],
        )
    else:
        first = extents(g, x, 0, 1)
        half = g.add("Div", [first, g.put(np.asarray(g.int(1, 3)), "constant")])[0]
        rest = [extents(g, x, 1, a.ndim)] if a.ndim > 1 else []
        g.add("Reshape", [x, g.add("Concat", [half, g.put(np.array([-1]), "constant"), *rest], axis=0)[0]])


@recipe(4)
def expanded(g: Whole):
    x = g.any(rank=(0, 4))
    way = g.int(0, 2)
    if way == 0:
        other = g.any(rank=(0, 5))
        g.add("Expand", [x, extents(g, other)])
    elif way == 1:
        a = g.values[x]
        target = g.add(
            "Concat",
            [
                length(g),
                *([g.put(np.array([g.one_of((1, n)) for n in a.shape]), "constant")] if a.ndim else []),
            ],
            axis=0,
        )[0]
        g.add("Expand", [x, target])
    else:
        other = g.any(rank=(1, 4))
        mask = np.array([g.chance(0.5) for _ in range(g.values[other].ndim)])
        target = g.add(
            "Where", [g.put(mask, "constant"), extents(g, other), g.put(np.asarray(1), "constant")]
        )[0]
        g.add("Expand", [x, target])


@recipe(5)
def sliced(g: Whole):
    x = g.any(rank=(1, 5))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    bound = length(g)
    far = g.put(np.array([g.one_of((2**63 - 1, 2**31 - 1, -1, 100))]), "constant")
    zero = g.put(np.array([g.one_of((0, 0, 1, -2))]), "constant")
    start, end = g.one_of(((zero, bound), (bound, far), (zero, bound)))
    if g.chance(0.15):
        start, end = g.add("Neg", [bound])[0], far
    inputs = [x, start, end, g.put(np.array([g.one_of((axis, axis - a.ndim))]), "constant")]
    if g.chance(0.3):
        step = g.one_of((1, 2, 3, -1, -2))
        inputs.append(g.put(np.array([step]), "constant"))
        if step < 0:
            inputs[1], inputs[2] = inputs[2], inputs[1]
    g.add("Slice", inputs)


@recipe(3)
def joined(g: Whole):
    """Concat of values whose other extents must agree at run time."""
    x = g.any(rank=(1, 5))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    others = []
    for _ in range(g.int(1, 3)):
        if g.chance(0.5):
            others.append(
                g.leaf([g.int(0, 4) if i == axis else n for i, n in enumerate(a.shape)], str(a.dtype))
            )
        else:
            others.append(g.pick(lambda b: b.dtype == a.dtype and b.ndim == a.ndim))
    parts = [x, *others]
    g.random.shuffle(parts)
    g.add("Concat", [str(p) for p in parts], axis=axis)


@recipe(3)
def met(g: Whole):
    """Elementwise work of values that broadcast by what a run says."""
    x = g.any("float32", "int64", "int32", "float16", "uint8", "bool", rank=(0, 5))
    a = g.values[x]
    y = g.pick(lambda b: b.dtype == a.dtype)
    if a.dtype == bool:
        g.add(g.one_of(("And", "Or", "Xor", "Equal")), [x, y])
    else:
        g.add(
            g.one_of(("Add", "Mul", "Sub", "Max", "Min"))
            if a.dtype != np.uint8 or g.opset >= 14
            else g.one_of(("Max", "Min")),
            [x, y],
        )


@recipe(4)
def made(g: Whole):
    """Values that are as long as a computed number says."""
    n = length(g)
    way = g.int(0, 5)
    if way == 0:
        g.add("ConstantOfShape", [n])
    elif way == 1:
        zero, one = g.put(np.asarray(0), "constant"), g.put(np.asarray(g.one_of((1, 2, -1, 3))), "constant")
        result = g.add("Range", [zero, number(g, n), one] if g.chance(0.7) else [number(g, n), zero, one])[0]
        if g.chance(0.5):
            g.add("Cast", [result], to=code(g.one_of(("float32", "int32", "float16", "uint8"))))
    elif way == 2:
        x = g.any(rank=(1, 3))
        a = g.values[x]
        g.add(
            "Tile",
            [
                x,
                n
                if a.ndim == 1
                else g.add("Concat", [n, g.put(np.ones(a.ndim - 1, np.int64), "constant")], axis=0)[0],
            ],
        )
    elif way == 3:
        x = g.any(rank=(1, 4))
        a = g.values[x]
        zeros = lambda k: [g.put(np.zeros(k, np.int64), "constant")] if k else []
        pads = g.add("Concat", [*zeros(2 * a.ndim - 1), n], axis=0)[0] if a.ndim else n
        g.add("Pad", [x, pads], mode=g.one_of(("constant", "edge", "constant", "reflect")))
    elif way == 4:
        x = g.any("float32", "int64", "float16", rank=(1, 4))
        a = g.values[x]
        axis = g.int(0, a.ndim - 1)
        k = g.add("Min", [n, extents(g, x, axis, axis + 1)])[0]
        g.add("TopK", [x, k], 2, axis=axis, largest=g.int(0, 1))
    else:
        x = g.any("int64", "int32", rank=(0, 2))
        g.add(
            "OneHot",
            [x, n, g.put(np.array([0, 1], g.one_of(("float32", "int32"))), "constant")],
            axis=g.one_of((-1, 0)),
        )


@recipe(2)
def split_by(g: Whole):
    x = g.any(rank=(1, 4))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    if g.opset < 13:
        raise DeadEndError
    whole = extents(g, x, axis, axis + 1)
    half = g.add("Div", [whole, g.put(np.asarray(g.int(1, 3)), "constant")])[0]
    rest = g.add("Sub", [whole, half])[0]
    g.add("Split", [x, g.add("Concat", [half, rest], axis=0)[0]], 2, axis=axis)


@recipe(2)
def resized(g: Whole):
    x = g.any("float32", "float16", "uint8", rank=(3, 4))
    a = g.values[x]
    if g.opset < 11:
        raise DeadEndError
    other = g.any(rank=(2, 5))
    tail = extents(g, other, g.values[other].ndim - 2)
    for _ in range(g.int(0, 1)):
        tail = turned(g, tail)
    sizes = g.add("Concat", [extents(g, x, 0, a.ndim - 2), tail], axis=0)[0]
    g.add(
        "Resize",
        [x, "", "", sizes],
        mode=g.one_of(
            ("nearest", "linear", "cubic") if a.ndim == 4 and a.dtype != np.uint8 else ("nearest",)
        ),
        coordinate_transformation_mode=g.one_of(
            ("half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel")
        ),
    )


@recipe(2)
def gathered(g: Whole):
    """Indices that are as many, or as large, as extents say."""
    x = g.any(rank=(1, 4))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    n = extents(g, x, axis, axis + 1)
    last = g.add("Sub", [n, g.put(np.asarray(1), "constant")])[0]
    if g.chance(0.5):
        g.add("Gather", [x, number(g, last) if g.chance(0.6) else last], axis=axis)
    else:
        zero, one = g.put(np.asarray(0), "constant"), g.put(np.asarray(1), "constant")
        index = g.add("Range", [zero, number(g, n), one])[0]
        reversed_ = g.add("Sub", [last, index])[0]
        g.add("Gather", [x, reversed_], axis=axis)


@recipe(2)
def masks(g: Whole):
    """Triangles and bounds of a sequence, as decoders have them."""
    x = g.any("float32", "float16", rank=(2, 4))
    a = g.values[x]
    n = number(g, extents(g, x, a.ndim - 1, a.ndim))
    m = number(g, extents(g, x, a.ndim - 2, a.ndim - 1))
    zero, one = g.put(np.asarray(0), "constant"), g.put(np.asarray(1), "constant")
    columns = g.add("Range", [zero, n, one])[0]
    rows = g.add("Range", [zero, m, one])[0]
    axes = g.put(np.array([1]), "constant")
    rows = g.add("Unsqueeze", [rows, axes])[0] if g.opset >= 13 else g.add("Unsqueeze", [rows], axes=[1])[0]
    if g.chance(0.4):
        rows = g.add("Add", [rows, g.put(np.asarray(g.int(-2, 3)), "constant")])[0]
    mask = g.add(g.one_of(("Less", "Greater")), [columns, rows])[0]
    low = g.put(
        np.asarray(g.one_of((-np.inf, np.finfo(a.dtype).min, -1e4)) if g.specials else -1e4, a.dtype),
        "constant",
    )
    masked = g.add("Where", [mask, x, low])[0]
    if g.chance(0.5):
        g.add("Softmax", [masked], axis=-1)
