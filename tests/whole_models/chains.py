"""Recipes for chains of nodes that passes rewrite, with what keeps them from it now and then."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import DeadEndError
from whole_models.growing import Whole, recipe


def weights(g: Whole, *shape: int, dtype: str = "float32") -> str:
    fan = max(int(np.prod(shape[1:])), 1)
    return g.put(np.asarray(g.random.standard_normal(shape) / np.sqrt(fan), dtype), "constant")


def image(g: Whole, dtype: str = "float32") -> str:
    if g.chance(0.5):
        return g.pick(lambda a: a.ndim == 4 and a.dtype == dtype and a.size > 0)
    return g.put(
        g.numbers([g.one_of((1, 2)), g.one_of((1, 2, 3, 4, 5, 7, 8)), g.int(3, 7), g.int(3, 7)], dtype),
        "input",
    )


def fix_channels(g: Whole, x: str) -> None:
    """Weights are of a known number of channels, so that an input's must be known."""
    if x in g.inputs and g.values[x].ndim > 1 and not isinstance(g.dimensions[x][1], int):
        before = g.dimensions[x]
        g.dimensions[x] = [before[0], g.values[x].shape[1], *before[2:]]
        users = any(x in node.input for node in g.nodes)
        if users:
            g.dimensions[x] = before
            return
        g.cases[x] = [
            g.values[x],
            *(g.resized(g.values[x], g.dimensions[x], k) for k in range(1, len(g.alive))),
        ]


def tail(g: Whole, x: str) -> str:
    way = g.int(0, 8)
    if way == 0:
        return g.add("Relu", [x])[0]
    if way == 1 and g.opset >= 11:
        return g.add(
            "Clip",
            [
                x,
                g.put(np.asarray(0, g.values[x].dtype), "constant"),
                g.put(np.asarray(6, g.values[x].dtype), "constant"),
            ],
        )[0]
    if way == 2:
        return g.add("Mul", [x, g.add("Sigmoid", [x])[0]])[0]
    if way == 3:
        other = g.partner(g.values[x])
        return g.add(g.one_of(("Add", "Mul", "Sub")), [x, other] if g.chance(0.5) else [other, x])[0]
    if way == 4:
        return g.add("LeakyRelu", [x], alpha=0.1)[0]
    if way == 5:
        return g.add("Transpose", [x], perm=[int(i) for i in g.random.permutation(g.values[x].ndim)])[0]
    if way == 6:
        return g.add("Add", [x, x])[0]
    return x


def conv(g: Whole, x: str, size: int | None = None) -> str:
    fix_channels(g, x)
    a = g.values[x]
    c = a.shape[1]
    k = g.one_of((1, 1, 3, 2)) if size is None else size
    groups = g.one_of((1, 1, 1, c, *(d for d in range(1, c + 1) if c % d == 0)))
    out = groups * g.one_of((1, 1, 2)) if groups > 1 else g.one_of((1, 2, 3, 4, 5, 6, 8, 9))
    w = weights(g, out, c // groups, k, k)
    inputs = [x, w]
    if g.chance(0.5):
        inputs.append(weights(g, out))
    pads = [g.int(0, k - 1) for _ in range(4)] if g.chance(0.6) else None
    more = {"strides": [g.int(1, 2), g.int(1, 2)]} if g.chance(0.3) else {}
    return g.add("Conv", inputs, group=groups if groups > 1 else None, pads=pads, **more)[0]


@recipe(4)
def residual(g: Whole):
    x = image(g)
    y = conv(g, x, g.one_of((1, 3)))
    if g.chance(0.4):
        c = g.values[y].shape[1]
        y = g.add(
            "BatchNormalization",
            [
                y,
                weights(g, c),
                weights(g, c),
                weights(g, c),
                g.put(np.asarray(g.random.random(c) + 0.5, np.float32), "constant"),
            ],
        )[0]
    if g.chance(0.3):
        y = tail(g, y)
    other = g.pick(lambda b: b.dtype == np.float32 and b.ndim <= 4) if g.chance(0.5) else x
    total = g.add("Add", [y, other] if g.chance(0.5) else [other, y])[0]
    used = g.add("Relu", [total])[0]
    if g.chance(0.5):
        g.add("Mul", [total, used])
    if g.chance(0.4):
        conv(g, used)
        conv(g, total)


@recipe(3)
def shared(g: Whole):
    """One weight for two nodes, also of different operators."""
    x = image(g)
    fix_channels(g, x)
    c = g.values[x].shape[1]
    w = weights(g, g.one_of((c, 3, 4, 8)), c, 1, 1)
    y = g.add("Conv", [x, w])[0]
    way = g.int(0, 3)
    if way == 0:
        z = g.add("Conv", [tail(g, x), w], pads=[1, 0, 0, 1])[0]
        g.add("Add", [y, z])
    elif way == 1:
        g.add("Mul", [w, g.put(np.asarray(2, np.float32), "constant")])
    elif way == 2:
        g.add("ConvTranspose", [y, w])
    else:
        flat = g.add("Reshape", [w, g.put(np.array([-1, c]), "constant")])[0]
        rows = g.add("Transpose", [x], perm=[0, 2, 3, 1])[0]
        g.add("MatMul", [rows, g.add("Transpose", [flat], perm=[1, 0])[0]])


@recipe(3)
def concatenated(g: Whole):
    x = image(g)
    fix_channels(g, x)
    parts = [x]
    for _ in range(g.int(1, 2)):
        parts.append(tail(g, conv(g, x, 1)) if g.chance(0.6) else g.add("Sigmoid", [x])[0])
    joined = g.add("Concat", parts, axis=1)[0]
    if g.chance(0.4):
        joined = g.add(
            g.one_of(("MaxPool", "AveragePool")),
            [joined],
            kernel_shape=[2, 2],
            pads=g.one_of(([0, 0, 0, 0], [1, 1, 0, 0])),
        )[0]
    if g.chance(0.3):
        c = g.values[joined].shape[1]
        joined = g.add(
            "BatchNormalization",
            [
                joined,
                weights(g, c),
                weights(g, c),
                weights(g, c),
                g.put(np.asarray(g.random.random(c) + 0.5, np.float32), "constant"),
            ],
        )[0]
        joined = g.add("Relu", [joined])[0]
    conv(g, joined)
    if g.chance(0.2):
        g.add("Relu", [joined])


@recipe(4)
def padded(g: Whole):
    x = image(g)
    if g.opset < 11:
        raise DeadEndError
    pads = [0, 0, *(g.int(-1, 2) for _ in range(2)), 0, 0, *(g.int(-1, 2) for _ in range(2))]
    if g.chance(0.15):
        pads[1] = g.int(0, 2)
    value = g.one_of((0, 0, 0, 1.5, -np.inf, np.finfo(np.float32).min))
    if g.chance(0.3):
        x = g.add(g.one_of(("Relu", "Sigmoid", "Neg")), [x])[0]
    constants = [g.put(np.asarray(pads), "constant"), g.put(np.asarray(value, np.float32), "constant")]
    turned = g.chance(0.3)
    if turned:
        x = g.add("Transpose", [x], perm=[0, 2, 3, 1])[0]
        constants[0] = g.put(np.asarray([pads[i] for i in (0, 2, 3, 1, 4, 6, 7, 5)]), "constant")
    y = g.add("Pad", [x, *constants])[0]
    if turned:
        y = g.add("Transpose", [y], perm=[0, 3, 1, 2])[0]
    way = g.int(0, 3)
    if way == 0:
        conv(g, y)
    elif way == 1:
        g.add(
            "MaxPool",
            [y],
            kernel_shape=[2, 3],
            strides=g.one_of((None, [2, 2])),
            pads=g.one_of((None, [1, 1, 0, 1])),
            ceil_mode=g.int(0, 1),
        )
    elif way == 2:
        g.add(
            "AveragePool",
            [y],
            kernel_shape=[3, 2],
            strides=g.one_of((None, [2, 1])),
            pads=g.one_of((None, [1, 1, 1, 0])),
            count_include_pad=g.int(0, 1),
            ceil_mode=g.int(0, 1),
        )
    else:
        conv(g, y)
        conv(g, y)
    if g.chance(0.15):
        g.add("Abs", [y])


@recipe(3)
def attention(g: Whole):
    x = g.any("float32", rank=(2, 4)) if g.chance(0.5) else g.leaf([2, 3, 4], "float32")
    a = g.values[x]
    d = a.shape[-1]
    q = g.add("MatMul", [x, weights(g, d, g.one_of((d, 4, 3)))])[0]
    w = g.values[q].shape[-1]
    k = g.add("MatMul", [x, weights(g, d, w)])[0]
    if g.chance(0.5):
        q = g.add("Add", [q, weights(g, w)])[0]
        k = g.add("Add", [k, weights(g, w)])[0]
    v = g.add("MatMul", [x, weights(g, d, g.one_of((w, 5, 8)))])[0] if g.chance(0.6) else x
    perm = [*range(a.ndim - 2), a.ndim - 1, a.ndim - 2]
    k = g.add("Transpose", [k], perm=perm)[0]
    scale = g.put(np.asarray(g.one_of((0.5, 2.0, 0.3)), np.float32), g.one_of(("constant", "input")))
    if g.chance(0.4):
        k = g.add(g.one_of(("Mul", "Div")), [k, scale])[0]
    scores = g.add("MatMul", [q, k])[0]
    if g.chance(0.4):
        scores = g.add(g.one_of(("Mul", "Div")), [scores, scale])[0]
    if g.chance(0.5):
        probabilities = g.add("Softmax", [scores], axis=-1)[0]
    else:
        if g.opset >= 18:
            axes = g.put(np.array([-1]), "constant")
            top = g.add("ReduceMax", [scores, axes], keepdims=1)[0]
        else:
            top = g.add("ReduceMax", [scores], axes=[-1], keepdims=1)[0]
        e = g.add("Exp", [g.add("Sub", [scores, top])[0]])[0]
        total = (
            g.add("ReduceSum", [e, g.put(np.array([-1]), "constant")], keepdims=1)[0]
            if g.opset >= 13
            else g.add("ReduceSum", [e], axes=[-1], keepdims=1)[0]
        )
        probabilities = g.add("Div", [e, total])[0]
    y = g.add("MatMul", [probabilities, v])[0]
    if g.chance(0.2):
        g.add("ReduceSum", [probabilities], keepdims=0)
    if g.chance(0.3):
        rank = g.values[y].ndim
        g.add("Gather", [y, g.put(np.asarray(g.one_of((-1, 0))), "constant")], axis=g.one_of((rank - 2, 0)))


@recipe(2)
def normed(g: Whole):
    x = g.any("float32", "float16", rank=(2, 4))
    a = g.values[x]
    d = a.shape[-1]
    dtype = str(a.dtype)
    mean = (
        g.add("ReduceMean", [x, g.put(np.array([-1]), "constant")])[0]
        if g.opset >= 18
        else g.add("ReduceMean", [x], axes=[-1])[0]
    )
    centred = g.add("Sub", [x, mean])[0]
    square = (
        g.add("Mul", [centred, centred])[0]
        if g.chance(0.5)
        else g.add("Pow", [centred, g.put(np.asarray(2, dtype), "constant")])[0]
    )
    variance = (
        g.add("ReduceMean", [square, g.put(np.array([-1]), "constant")])[0]
        if g.opset >= 18
        else g.add("ReduceMean", [square], axes=[-1])[0]
    )
    root = g.add("Sqrt", [g.add("Add", [variance, g.put(np.asarray(1e-2, dtype), "constant")])[0]])[0]
    y = g.add("Div", [centred, root])[0]
    y = g.add("Mul", [y, weights(g, d, dtype=dtype)])[0]
    if g.chance(0.5):
        g.add("MatMul", [y, weights(g, d, 3, dtype=dtype)])


@recipe(3)
def turned_around(g: Whole):
    """Work between transposes, as of channels-last models."""
    x = image(g)
    fix_channels(g, x)
    last = g.add("Transpose", [x], perm=[0, 2, 3, 1])[0]
    way = g.int(0, 9)
    y = last
    c = g.values[last].shape[-1]
    if way == 0:
        y = g.add("Add", [last, g.leaf([g.one_of((1, c))], "float32")])[0]
    elif way == 1:
        y = g.add("Softmax", [last], axis=g.int(-4, 3))[0]
    elif way == 2:
        y = g.add("Concat", [last, g.add("Relu", [last])[0]], axis=g.int(-4, 3))[0]
    elif way == 3 and g.opset >= 18:
        y = g.add(
            "ReduceMean",
            [last, g.put(np.array(g.one_of(([1, 2], [-1], [0, 3], [2]))), "constant")],
            keepdims=g.int(0, 1),
        )[0]
    elif way == 4:
        y = g.add("ArgMax", [last], axis=g.int(-4, 3), keepdims=g.int(0, 1))[0]
    elif way == 5:
        y = g.add(
            "Slice",
            [
                last,
                g.put(np.array([0]), "constant"),
                g.put(np.array([-1]), "constant"),
                g.put(np.array([g.int(0, 3)]), "constant"),
            ],
        )[0]
    elif way == 6:
        y = g.add("Gather", [last, g.put(np.asarray(g.one_of((0, -1))), "constant")], axis=g.int(0, 3))[0]
    elif way == 7:
        y = g.add(
            "Resize",
            [last, "", g.put(np.array([1, 2, 1.5, 1], np.float32), "constant")],
            mode=g.one_of(("nearest",)),
            coordinate_transformation_mode="asymmetric",
        )[0]
    elif way == 8:
        y = g.add("CumSum", [last, g.put(np.asarray(g.int(-4, 3)), "constant")])[0]
    else:
        y = g.add("Mul", [last, g.partner(g.values[last])])[0]
    if g.values[y].ndim == 4:
        z = g.add("Transpose", [y], perm=[0, 3, 1, 2])[0]
        if g.values[z].dtype == np.float32:
            tail(g, z)


@recipe(2)
def viewed(g: Whole):
    """Reshapes and transposes in a row."""
    x = g.any(rank=(2, 4))
    for _ in range(g.int(2, 4)):
        a = g.values[x]
        way = g.int(0, 3)
        if way == 0:
            x = g.add("Transpose", [x], perm=[int(i) for i in g.random.permutation(a.ndim)])[0]
        elif way == 1:
            x = g.add("Flatten", [x], axis=g.int(0, a.ndim))[0]
        elif way == 2:
            shape = g.put(np.array([0] * g.int(0, a.ndim - 1) + [-1]), "constant")
            x = g.add("Reshape", [x, shape])[0]
        else:
            shape = g.put(np.array([-1, g.one_of((1, 2, 3, 4))]), "constant")
            x = g.add("Reshape", [x, shape])[0]
    if g.values[x].dtype == np.float32:
        tail(g, x)


@recipe(1)
def function_of_two(g: Whole):
    """The same node twice, and nearly the same."""
    x = g.any("float32", rank=(1, 4))
    way = g.int(0, 2)
    if way == 0:
        a = g.add("Softmax", [x], axis=-1)[0]
        b = g.add("Softmax", [x], axis=g.values[x].ndim - 1)[0]
        g.add("Sub", [a, b])
    elif way == 1:
        a = g.add("LeakyRelu", [x], alpha=0.1)[0]
        b = g.add("LeakyRelu", [x], alpha=0.2)[0]
        g.add(
            "Div", [a, g.add("Add", [g.add("Abs", [b])[0], g.put(np.asarray(1, np.float32), "constant")])[0]]
        )
    else:
        a = g.add("Exp", [g.add("Tanh", [x])[0]])[0]
        g.add("Mul", [a, a])
        g.add("Identity", [a])
