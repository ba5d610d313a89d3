"""Recipes of mixed graphs that sum, order or multiply."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import FLOATS, NUMBERS, DeadEndError, Growing, recipe, some_axes

REDUCE = (
    "ReduceSum ReduceMean ReduceMax ReduceMin ReduceProd "
    "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare "
).split()


@recipe(6)
def reduce(g: Growing):
    op = g.one_of(REDUCE)
    x = g.any(*NUMBERS, "bool")
    a = g.values[x]
    if op == "ReduceLogSum" and not g.specials:
        x = g.add("Add", [g.add("Abs", [x])[0], g.put(np.asarray(1, a.dtype), "constant")])[0]
    axes = some_axes(g, a.ndim)
    keep = g.one_of((None, 0, 1))
    if not axes and g.chance(0.5):
        axes = None
    by_input = g.opset >= (13 if op == "ReduceSum" else 18)
    if by_input:
        extra = {"noop_with_empty_axes": g.one_of((None, 0, 1))}
        g.add(op, [x] if axes is None else [x, g.known(np.asarray(axes, np.int64))], keepdims=keep, **extra)
    else:
        g.add(op, [x], keepdims=keep, axes=axes or None)


@recipe(2)
def arg_reduce(g: Growing):
    x = g.any(*NUMBERS, rank=(1, 7))
    a = g.values[x]
    g.add(
        g.one_of(("ArgMax", "ArgMin")),
        [x],
        axis=g.int(-a.ndim, a.ndim - 1),
        keepdims=g.one_of((None, 0, 1)),
        select_last_index=g.one_of((None, 0, 1)) if g.opset >= 12 else None,
    )


@recipe(2)
def cumsum(g: Growing):
    x = g.any(*NUMBERS, rank=(1, 7))
    a = g.values[x]
    if g.opset < 11:
        raise DeadEndError
    g.add(
        "CumSum",
        [x, g.known(np.asarray(g.int(-a.ndim, a.ndim - 1)), g.one_of(("int64", "int32")))],
        exclusive=g.one_of((None, 0, 1)),
        reverse=g.one_of((None, 0, 1)),
    )


@recipe(2)
def top_k(g: Growing):
    x = g.any(*NUMBERS, rank=(1, 6))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    if g.opset < 10:
        g.add("TopK", [x], 2, axis=axis, k=g.int(1, max(a.shape[axis], 1)))
    else:
        g.add(
            "TopK",
            [x, g.known([g.int(0, a.shape[axis])])],
            2,
            omit=g.one_of(((), (), (1,), (0,))),
            axis=axis - a.ndim if g.opset >= 11 and g.chance(0.5) else axis,
            largest=g.one_of((None, 0, 1)) if g.opset >= 11 else None,
        )


@recipe(5)
def matmul(g: Growing):
    x = g.any("float32", "float32", "float16", "float64", "int32", "int64", "uint32", rank=(1, 6))
    a = g.values[x]
    k = a.shape[-1]

    def fits(b):
        if b.dtype != a.dtype or b.ndim == 0:
            return False
        try:
            return np.matmul(np.zeros(a.shape), np.zeros(b.shape)).size <= 400
        except ValueError:
            return False

    if g.chance(0.4):
        y = g.pick(fits)
    else:
        batch = [g.one_of((n, 1)) for n in a.shape[:-2]][g.int(0, max(a.ndim - 2, 0)) :]
        shape = g.one_of(([k], [k, g.int(1, 5)], [*batch, k, g.int(1, 5)]))
        y = g.leaf(shape, str(a.dtype))
    g.add("MatMul", [x, y])


@recipe(2)
def gemm(g: Growing):
    x = g.any("float32", "float64", "float16", rank=(2, 2))
    a = g.values[x]
    ta, tb = g.int(0, 1), g.int(0, 1)
    m, k = a.shape[::-1] if ta else a.shape
    n = g.int(1, 6)
    y = g.leaf([n, k] if tb else [k, n], str(a.dtype))
    inputs = [x, y]
    if g.opset < 11 or g.chance(0.7):
        inputs.append(g.leaf(g.one_of(([n], [m, n], [1, n], [m, 1], [1], [], [1, 1])), str(a.dtype)))
    g.add(
        "Gemm",
        inputs,
        transA=ta,
        transB=tb,
        alpha=g.one_of((None, 0.5, 0.0, -1.0)),
        beta=g.one_of((None, 0.5, 0.0)),
    )


@recipe(3)
def softmax(g: Growing):
    x = g.any(*FLOATS, rank=(1, 6))
    a = g.values[x]
    op = g.one_of(("Softmax", "LogSoftmax", "Hardmax", "LpNormalization", "MeanVarianceNormalization"))
    axis = g.int(-a.ndim if g.opset >= 11 else 0, a.ndim - 1)
    if op == "LpNormalization":
        g.add(op, [x], axis=g.int(-a.ndim, a.ndim - 1), p=g.int(1, 2))
    elif op == "MeanVarianceNormalization":
        g.add(op, [x], axes=some_axes(g, a.ndim, 1))
    else:
        g.add(op, [x], axis=g.one_of((None, axis)))


@recipe(3)
def norms(g: Growing):
    x = g.any(*FLOATS, rank=(2, 6))
    a = g.values[x]
    t = str(a.dtype)
    op = g.one_of(
        (
            "LayerNormalization",
            "InstanceNormalization",
            "BatchNormalization",
            "GroupNormalization",
            "RMSNormalization",
            "LRN",
        )
    )
    c = a.shape[1]
    if op in ("LayerNormalization", "RMSNormalization"):
        if g.opset < (17 if op[0] == "L" else 23):
            raise DeadEndError
        axis = g.int(-a.ndim, a.ndim - 1)
        shape = a.shape[axis:]
        scale = g.leaf(shape, t)
        more = [g.leaf(shape, t)] if op[0] == "L" and g.chance(0.6) else []
        g.add(
            op,
            [x, scale, *more],
            g.one_of((1, 1, 3)) if op[0] == "L" else 1,
            axis=axis,
            epsilon=g.one_of((None, 1e-2)),
        )
    elif op == "InstanceNormalization":
        if a.ndim < 3:
            raise DeadEndError
        g.add(op, [x, g.leaf([c], t), g.leaf([c], t)], epsilon=0.1)
    elif op == "BatchNormalization":
        var = g.put(np.abs(g.numbers([c], t)) + np.asarray(0.5, t)) if not g.specials else g.leaf([c], t)
        g.add(op, [x, g.leaf([c], t), g.leaf([c], t), g.leaf([c], t), var])
    elif op == "GroupNormalization":
        groups = g.one_of([d for d in range(1, c + 1) if c % d == 0])
        n = c if g.opset >= 21 else groups
        if g.opset < 18:
            raise DeadEndError
        g.add(op, [x, g.leaf([n], t), g.leaf([n], t)], num_groups=groups, epsilon=0.1)
    else:
        if a.ndim != 4:
            raise DeadEndError
        g.add(
            op,
            [x],
            size=g.one_of((1, 3, 5)),
            alpha=g.one_of((None, 0.5)),
            beta=0.6,
            bias=g.one_of((None, 2.0)),
        )


@recipe(2)
def einsum(g: Growing):
    x = g.any("float32", "float64", rank=(1, 4))
    a = g.values[x]
    if g.opset < 12:
        raise DeadEndError
    letters = "abcd"[: a.ndim]
    kept = [c for c in letters if g.chance(0.6)]
    kind = g.int(0, 3)
    if kind == 0:
        g.random.shuffle(kept)
        g.add("Einsum", [x], equation=f"{letters}->{''.join(map(str, kept))}")
        return
    shared = [c for c in letters if g.chance(0.6)]
    own = "e" * g.int(0, 1)
    other = [*map(str, shared), *own]
    g.random.shuffle(other)
    other = "".join(map(str, other))
    if not other:
        raise DeadEndError
    sizes = dict(zip(letters, a.shape, strict=False)) | {"e": g.int(1, 3)}
    y = g.leaf([sizes[c] for c in other], str(a.dtype))
    out = [c for c in letters + own if g.chance(0.7)]
    g.random.shuffle(out)
    g.add(
        "Einsum",
        [x, y],
        equation=f"{letters},{other}->{''.join(map(str, out))}" if kind > 1 else f"{letters}, {other}",
    )


@recipe(1)
def integer_products(g: Growing):
    x = g.any("uint8", "int8", rank=(2, 4))
    a = g.values[x]
    if g.opset < 10:
        raise DeadEndError
    y = g.leaf([a.shape[-1], g.int(1, 4)], g.one_of(("uint8", "int8")))
    zeros = [g.put(np.asarray(g.int(0, 5), a.dtype)), g.put(np.asarray(g.int(0, 5), g.values[y].dtype))][
        : g.int(0, 2)
    ]
    g.add("MatMulInteger", [x, y, *zeros])
