"""Recipes of mixed graphs that choose elements, and that make some of shapes."""

from __future__ import annotations

import numpy as np
from onnx import numpy_helper

from mixed_graphs.growing import INTEGERS, NUMBERS, DeadEndError, Growing, code, recipe


@recipe(4)
def gather(g: Growing):
    x = g.any(rank=(1, 6))
    a = g.values[x]
    op = g.one_of(("Gather", "GatherElements", "GatherND"))
    axis = g.int(0, a.ndim - 1)
    n = a.shape[axis]
    if not n:
        raise DeadEndError
    t = g.one_of(("int64", "int64", "int32"))
    at = axis - a.ndim if g.chance(0.4) else axis
    if op == "Gather":
        shape = [g.int(1, 3) for _ in range(g.one_of((0, 1, 1, 2)))]
        index = g.put(np.asarray(g.random.integers(-n if g.opset >= 11 else 0, n, shape), t))
        g.add(op, [x, index], axis=at if g.opset >= 11 else axis)
    elif op == "GatherElements":
        shape = [g.int(1, m) if m and i != axis else g.int(0, 4) for i, m in enumerate(a.shape)]
        if 0 in a.shape:
            raise DeadEndError
        g.add(op, [x, g.put(np.asarray(g.random.integers(-n, n, shape), t))], axis=at)
    else:
        if 0 in a.shape:
            raise DeadEndError
        batch = g.int(0, min(1, a.ndim - 1)) if g.opset >= 12 else 0
        depth = g.int(1, a.ndim - batch)
        shape = [*a.shape[:batch], *(g.int(1, 3) for _ in range(g.int(0, 2)))]
        index = np.stack([g.random.integers(-m, m, shape) for m in a.shape[batch : batch + depth]], -1)
        g.add(op, [x, g.put(np.asarray(index, np.int64))], batch_dims=batch if g.opset >= 12 else None)


@recipe(3)
def scatter(g: Growing):
    x = g.any(rank=(1, 5))
    a = g.values[x]
    if 0 in a.shape or g.opset < 11:
        raise DeadEndError
    axis = g.int(0, a.ndim - 1)
    kinds = ["none"] + (["add", "mul"] if g.opset >= 16 else []) + (["max", "min"] if g.opset >= 18 else [])
    reduction = g.one_of(kinds)
    if g.chance(0.5):
        if reduction == "none":  # unique places
            count = g.int(1, a.shape[axis])
            shape = [count if i == axis else g.int(1, m) for i, m in enumerate(a.shape)]
            index = np.zeros(shape, np.int64)
            moved = np.moveaxis(index, axis, -1)
            for place in np.ndindex(moved.shape[:-1]):
                moved[place] = g.random.permutation(a.shape[axis])[:count]
        else:
            shape = [g.int(1, m) if i != axis else g.int(1, 4) for i, m in enumerate(a.shape)]
            index = g.random.integers(-a.shape[axis], a.shape[axis], shape)
        g.add(
            "ScatterElements",
            [x, g.put(np.asarray(index, g.one_of(("int64", "int32")))), g.leaf(shape, str(a.dtype))],
            axis=axis - a.ndim if g.chance(0.4) else axis,
            reduction=None if reduction == "none" else reduction,
        )
    else:
        depth = g.int(1, a.ndim)
        size = int(np.prod(a.shape[:depth]))
        count = g.int(1, min(3, size))
        flat = (
            g.random.permutation(size)[:count] if reduction == "none" else g.random.integers(0, size, count)
        )
        index = np.stack(np.unravel_index(flat, a.shape[:depth]), -1)
        g.add(
            "ScatterND",
            [x, g.put(np.asarray(index, np.int64)), g.leaf([count, *a.shape[depth:]], str(a.dtype))],
            reduction=None if reduction == "none" else reduction,
        )


@recipe(2)
def shapes(g: Growing):
    x = g.any()
    a = g.values[x]
    op = g.one_of(("Shape", "Size", "ConstantOfShape", "Range", "EyeLike", "NonZero", "Compress", "Unique"))
    if op == "Shape":
        more = (
            {
                "start": g.one_of((None, g.int(-a.ndim - 1, a.ndim + 1))),
                "end": g.one_of((None, g.int(-a.ndim - 1, a.ndim + 1))),
            }
            if g.opset >= 15
            else {}
        )
        s = g.add("Shape", [x], **more)[0]
        if g.values[s].size and g.chance(0.6):
            g.add("Cast", [s], to=code(g.one_of(("float32", "int32", "uint8", "bool"))))
    elif op == "Size":
        g.add("Size", [x])
    elif op == "ConstantOfShape":
        g.add(
            op,
            [
                g.known(
                    [g.one_of((0, 1, 2, 3, 4)) if g.chance(0.3) else g.int(1, 4) for _ in range(g.int(0, 4))]
                )
            ],
            value=None
            if g.chance(0.3)
            else numpy_helper.from_array(g.numbers([1], g.one_of((*NUMBERS, "bool"))), ""),
        )
    elif op == "Range":
        t = g.one_of(("int64", "int32", "float32", "int16"))
        low, d = g.int(-3, 3), g.one_of((1, 2, 3, -1, -2))
        n = g.int(0, 7)
        ends = (
            [np.asarray(low, t), np.asarray(low + n * d, t), np.asarray(d, t)]
            if t != "float32"
            else [np.asarray(low * 0.5, t), np.asarray(low * 0.5 + n * d * 0.25, t), np.asarray(d * 0.25, t)]
        )
        g.add(op, [g.known(e, t) for e in ends])
    elif op == "EyeLike":
        x = g.any(*NUMBERS, rank=(2, 2))
        g.add(
            op,
            [x],
            k=g.one_of((None, 0, 1, -2, 6)),
            dtype=g.one_of((None, code("float32"), code("int32"), code("bool"))),
        )
    elif op == "NonZero":
        x = g.any("float32", "bool", "int64", "int32", "uint8")
        g.add(op, [x])
    elif op == "Compress":
        axis = g.int(0, a.ndim - 1) if a.ndim and g.chance(0.6) else None
        n = a.size if axis is None else a.shape[axis]
        g.add(
            op,
            [x, g.leaf([g.int(0, n)] if n else [0], "bool")],
            axis=axis - a.ndim if axis is not None and g.chance(0.4) and g.opset >= 11 else axis,
        )
    else:
        x = g.any("float32", "int64", "int8", rank=(0, 3))
        a = g.values[x]
        g.add(
            op,
            [x],
            g.one_of((1, 2, 4)),
            axis=g.one_of((None, g.int(-a.ndim, a.ndim - 1) if a.ndim else None)),
            sorted=g.one_of((None, 0, 1)),
        )


@recipe(1)
def one_hot(g: Growing):
    x = g.any(*INTEGERS, rank=(0, 4))
    a = g.values[x]
    if g.opset < 9:
        raise DeadEndError
    depth = g.int(1, 6)
    t = g.one_of(("float32", "int32", "int64", "bool", "float16"))
    g.add(
        "OneHot",
        [
            x,
            g.known(
                g.one_of((np.asarray(depth), np.asarray([depth]))), g.one_of(("int64", "float32", "int32"))
            ),
            g.put(g.numbers([2], t)),
        ],
        axis=g.int(-a.ndim - 1, a.ndim),
    )
