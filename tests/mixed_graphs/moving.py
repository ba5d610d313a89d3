"""Recipes of mixed graphs that move elements."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import (
    FLOATS,
    DeadEndError,
    Growing,
    recipe,
    some_axes,
    with_axes,
)


@recipe(5)
def transpose(g: Growing):
    x = g.any(rank=(0, 7))
    a = g.values[x]
    g.add(
        "Transpose",
        [x],
        perm=None if g.chance(0.2) else [int(i) for i in g.random.permutation(a.ndim)] or None,
    )


@recipe(6)
def reshape(g: Growing):
    x = g.any()
    a = g.values[x]
    n, shape = a.size, []
    if n:
        for f in (2, 3, 5, 7):
            while n % f == 0:
                n //= f
                if shape and g.chance(0.5):
                    shape[-1] *= f
                else:
                    shape.append(f)
        if n > 1:
            shape.append(n)
        g.random.shuffle(shape)
        shape = [int(i) for i in shape]
        for _ in range(g.int(0, 2)):
            shape.insert(g.int(0, len(shape)), 1)
        if shape and g.chance(0.5):
            shape[g.int(0, len(shape) - 1)] = -1
        shape = [0 if i < a.ndim and a.shape[i] == s and g.chance(0.3) else s for i, s in enumerate(shape)]
    else:
        shape = [0 if g.chance(0.5) else s for s in a.shape]
    if len(shape) > 7:
        raise DeadEndError
    g.add("Reshape", [x, g.known(shape)], allowzero=1 if g.opset >= 14 and not n and g.chance(0.5) else None)


@recipe(4)
def squeeze(g: Growing):
    x = g.any()
    a = g.values[x]
    if g.chance(0.5):
        ones = [i for i, n in enumerate(a.shape) if n == 1]
        axes = [i - a.ndim if g.chance(0.4) and g.opset >= 11 else i for i in ones if g.chance(0.6)]
        with_axes(g, "Squeeze", x, None if g.chance(0.2) else axes or None)
    else:
        k = g.int(1, 2)
        rank = a.ndim + k
        if rank > 7:
            raise DeadEndError
        axes = [int(i) for i in g.random.permutation(rank)[:k]]
        axes = [i - rank if g.chance(0.4) and g.opset >= 11 else i for i in axes]
        with_axes(g, "Unsqueeze", x, axes)


@recipe(2)
def flatten(g: Growing):
    x = g.any()
    a = g.values[x]
    g.add("Flatten", [x], axis=g.int(-a.ndim if g.opset >= 11 else 0, a.ndim))


@recipe(3)
def expand(g: Growing):
    if g.opset < 8:
        raise DeadEndError
    x = g.any()
    a = g.values[x]
    shape = [g.one_of((1, 2, 3)) if n == 1 else g.one_of((1, n)) for n in a.shape][g.int(0, a.ndim) :]
    while len(shape) > a.ndim - 2 and len(shape) < 6 and g.chance(0.3):
        shape.insert(
            0, g.one_of((1, 2)) if len(shape) >= a.ndim else g.one_of((1, a.shape[a.ndim - len(shape) - 1]))
        )
    g.add("Expand", [x, g.known(shape)])


@recipe(2)
def tile(g: Growing):
    x = g.any()
    a = g.values[x]
    g.add("Tile", [x, g.known([g.one_of((0, 1, 1, 1, 1, 2, 3)) if g.chance(0.95) else 0 for _ in a.shape])])


@recipe(4)
def concat(g: Growing):
    x = g.any(rank=(1, 7))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)

    def other():
        def fits(b):
            return (
                b.dtype == a.dtype
                and b.ndim == a.ndim
                and all(i == axis or m == n for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=False)))
            )

        if g.chance(0.6):
            return g.pick(fits)
        return g.leaf([g.one_of((0, 1, 2)) if i == axis else n for i, n in enumerate(a.shape)], str(a.dtype))

    parts = [x] + [other() for _ in range(g.int(0, 3))]
    g.random.shuffle(parts)
    g.add("Concat", [str(p) for p in parts], axis=axis - a.ndim if g.chance(0.4) and g.opset >= 11 else axis)


@recipe(3)
def split(g: Growing):
    x = g.any(rank=(1, 7))
    a = g.values[x]
    axis = g.int(0, a.ndim - 1)
    n = a.shape[axis]
    count = g.int(1, 4)
    if g.opset >= 18 and g.chance(0.5):
        g.add("Split", [x], count, axis=axis - a.ndim if g.chance(0.4) else axis, num_outputs=count)
        return
    cuts = np.sort(g.random.integers(0, n + 1, count - 1))
    sizes = np.diff([0, *cuts, n])
    axis = axis - a.ndim if g.chance(0.4) and g.opset >= 11 else axis
    if g.opset >= 13:
        g.add("Split", [x, g.known(sizes)], count, axis=axis)
    else:
        g.add("Split", [x], count, axis=axis, split=[int(s) for s in sizes])


@recipe(5)
def slice_(g: Growing):
    x = g.any(rank=(1, 7))
    a = g.values[x]
    axes = some_axes(g, a.ndim, 1)
    far = g.one_of((2**31 - 1, 2**63 - 1, 1000))
    starts, ends, steps = [], [], []
    for axis in axes:
        n = a.shape[axis]
        step = g.one_of((1, 1, 1, 2, 3, -1, -2, -7, 5))
        s, e = g.one_of(
            ((0, n), (1, n), (0, -1), (-2, far), (g.int(-n - 2, n + 2), g.int(-n - 2, n + 2)), (n // 2, far))
        )
        if step < 0:
            s, e = g.one_of(
                ((-1, -far), (n, -n - 1), (far, 0), (-2, -far), (g.int(-n - 2, n + 2), g.int(-n - 2, n + 2)))
            )
        starts.append(s), ends.append(e), steps.append(step)
    if g.opset < 10:
        if any(s < 0 for s in steps):
            raise DeadEndError
        g.add("Slice", [x], starts=starts, ends=ends, axes=axes)
        return
    t = g.one_of(("int64", "int64", "int32"))
    if t == "int32":
        starts, ends = (
            [int(np.clip(s, -(2**31), 2**31 - 1)) for s in starts],
            [int(np.clip(s, -(2**31), 2**31 - 1)) for s in ends],
        )
    inputs = [x, g.known(starts, t), g.known(ends, t)]
    if all(s == 1 for s in steps) and g.chance(0.5):
        if (
            sorted(i % a.ndim for i in axes) == list(range(len(axes)))
            and axes == sorted(axes)
            and axes[0] >= 0
            and g.chance(0.7)
        ):
            g.add("Slice", inputs)
        else:
            g.add("Slice", [*inputs, g.known(axes, t)])
    else:
        g.add("Slice", [*inputs, g.known(axes, t), g.known(steps, t)])


@recipe(3)
def pad(g: Growing):
    x = g.any(rank=(1, 6))
    a = g.values[x]
    mode = g.one_of(("constant", "constant", "reflect", "edge", "wrap"))
    if mode == "wrap" and g.opset < 19:
        mode = "edge"
    low = -1 if mode == "constant" else 0

    def amount(n):
        if mode == "reflect":
            return g.int(0, max(0, min(2, n - 1)))
        return g.one_of((low, 0, 0, 1, 2))

    pads = [amount(n) for n in a.shape * 2]
    if g.opset < 11:
        g.add("Pad", [x], pads=pads, mode=mode, value=g.one_of((None, 1.5)))
        return
    axes = None
    if g.opset >= 18 and g.chance(0.4):
        axes = some_axes(g, a.ndim, 1)
        pads = [amount(a.shape[i]) for i in axes * 2]
    inputs = [x, g.known(pads)]
    if axes is not None or g.chance(0.4):
        inputs.append(g.put(g.numbers([], str(a.dtype))) if g.chance(0.7) else "")
    if axes is not None:
        inputs.append(g.known(axes, g.one_of(("int64", "int32"))))
    g.add("Pad", inputs, mode=mode)


@recipe(2)
def trilu(g: Growing):
    x = g.any(rank=(2, 6))
    if g.opset < 14:
        raise DeadEndError
    g.add(
        "Trilu",
        [x, *([g.known(np.asarray(g.int(-5, 5)))] if g.chance(0.6) else [])],
        upper=g.one_of((None, 0, 1)),
    )


@recipe(2)
def spaces(g: Growing):
    x = g.any("float32", "float16", "float64", "uint8", rank=(4, 4))
    if g.chance(0.5):
        g.add(
            "DepthToSpace",
            [x],
            blocksize=g.one_of((1, 2, 3)),
            mode=g.one_of((None, "DCR", "CRD")) if g.opset >= 11 else None,
        )
    else:
        g.add("SpaceToDepth", [x], blocksize=g.one_of((1, 2, 3)))


@recipe(1)
def odds(g: Growing):
    op = g.one_of(
        (
            "Dropout",
            "ReverseSequence",
            "CenterCropPad",
            "Det",
            "GatherND",
            "Hardmax",
            "NegativeLogLikelihoodLoss",
        )
    )
    if op == "Dropout":
        x = g.any(*FLOATS)
        g.add(op, [x], g.one_of((1, 2)))
    elif op == "ReverseSequence":
        x = g.any(rank=(2, 4))
        a = g.values[x]
        b = g.int(0, 1)
        n = a.shape[1 - b]
        if not n:
            raise DeadEndError
        g.add(
            op,
            [x, g.put(np.asarray(g.random.integers(1, n + 1, [a.shape[b]]), np.int64))],
            batch_axis=b,
            time_axis=1 - b,
        )
    elif op == "CenterCropPad":
        x = g.any(rank=(1, 5))
        a = g.values[x]
        axes = some_axes(g, a.ndim, 1)
        g.add(op, [x, g.known([g.int(1, 6) for _ in axes])], axes=axes)
    elif op == "Det":
        x = g.any("float32", rank=(2, 5))
        g.add(op, [x])
    else:
        raise DeadEndError
