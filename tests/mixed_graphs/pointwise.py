"""Elementwise recipes of mixed graphs: numbers, integers, bools, casts, bounds, steps of quantisation."""

from __future__ import annotations

import numpy as np

from mixed_graphs.growing import FLOATS, INTEGERS, NUMBERS, DeadEndError, Growing, code, recipe

UNARY = (
    "Abs Neg Relu Sigmoid Tanh Floor Ceil Round Sign Erf "
    "Sin Cos Atan Sinh Cosh Softplus Softsign Elu Selu Celu "
    "LeakyRelu ThresholdedRelu HardSigmoid HardSwish Mish Gelu Shrink Identity Reciprocal Exp "
    "Sqrt Log Asin Acos Acosh Asinh Atanh Tan Swish "
).split()


@recipe(6)
def unary(g: Growing):
    op = g.one_of(UNARY)
    x = g.any(*NUMBERS)
    attributes = {}
    if op in ("Elu", "Celu", "LeakyRelu", "ThresholdedRelu", "HardSigmoid") and g.chance(0.6):
        attributes["alpha"] = g.one_of((0.0, 0.5, 1.0, 2.0, -0.5)) if op not in ("Celu",) else 0.7
    if op == "HardSigmoid" and g.chance(0.5):
        attributes["beta"] = g.one_of((0.0, 0.3, 1.0))
    if op == "Selu" and g.chance(0.5):
        attributes.update(alpha=1.2, gamma=g.one_of((-1.0, 2.0)))
    if op == "Shrink":
        attributes.update(lambd=g.one_of((0.5, 0.0)), bias=g.one_of((0.0, 0.5, -1.0)))
    if op == "Gelu":
        attributes["approximate"] = g.one_of(("none", "tanh"))
    if op in ("Log", "Sqrt", "Reciprocal", "Acosh", "Tan", "Asin", "Acos", "Atanh") and not g.specials:
        a = g.values[x]
        if op in ("Tan", "Asin", "Acos", "Atanh"):
            if a.dtype.kind != "f":
                raise DeadEndError
            x = g.add("Mul", [g.add("Tanh", [x])[0], g.put(np.asarray(0.8, a.dtype), "constant")])[0]
        else:
            x = g.add(
                "Add",
                [
                    g.add("Abs", [x])[0],
                    g.put(
                        np.asarray(1 if op == "Acosh" else 0.25 if a.dtype.kind == "f" else 1, a.dtype),
                        "constant",
                    ),
                ],
            )[0]
    g.add(op, [x], **attributes)


@recipe(2)
def logical(g: Growing):
    op = g.one_of(("Not", "IsNaN", "IsInf", "BitwiseNot"))
    x = g.any(*({"Not": ("bool",), "BitwiseNot": INTEGERS}.get(op, FLOATS)))
    g.add(
        op, [x], **({"detect_negative": g.int(0, 1), "detect_positive": g.int(0, 1)} if op == "IsInf" else {})
    )


@recipe(5)
def cast(g: Growing):
    x = g.any()
    a = g.values[x]
    to = g.one_of((*NUMBERS, "bool", "float32", "int32", "int64"))
    if a.dtype.kind == "f" and np.dtype(to).kind in "iu":
        if not np.isfinite(a.astype(np.float64)).all():
            raise DeadEndError
        if np.dtype(to).kind == "u" and (a < 0).any():
            x = g.add("Abs", [x])[0]
        a = g.values[x]
        info = np.iinfo(to)
        if a.size and (
            a.astype(np.float64).max() > min(info.max, 2**31 - 200) or a.astype(np.float64).min() < info.min
        ):
            raise DeadEndError
    if g.chance(0.2):
        g.add("CastLike", [x, g.leaf([g.int(0, 2)], to)])
    else:
        g.add("Cast", [x], to=code(to))


@recipe(10)
def binary(g: Growing):
    op = g.one_of(
        [
            *"Add Sub Mul Div Add Sub Mul Max Min Mean Sum PRelu Pow Mod Equal Greater Less".split(),
            "GreaterOrEqual",
            "LessOrEqual",
        ]
    )
    x = g.any(*NUMBERS)
    a = g.values[x]
    y = g.partner(a)
    if op == "Div":
        if a.dtype.kind == "f":
            if not g.specials:
                y = g.add("Add", [g.add("Abs", [y])[0], g.put(np.asarray(0.5, a.dtype), "constant")])[0]
        else:
            one = g.put(np.asarray(1, a.dtype), "constant")
            y = g.add("Add", [g.add("Abs", [y])[0] if a.dtype.kind == "i" else y, one])[0]
            if (g.values[y] == 0).any():
                raise DeadEndError
            if g.chance(0.4) and a.dtype.kind == "i":
                y = g.add("Neg", [y])[0]
        g.add("Div", [x, y])
        return
    if op == "Mod":
        b = g.values[y]
        if a.dtype.kind == "f":
            y = g.add("Add", [g.add("Abs", [y])[0], g.put(np.asarray(1, a.dtype), "constant")])[0]
            if g.chance(0.5):
                y = g.add("Neg", [y])[0]
            g.add("Mod", [g.add("Round", [x])[0], g.add("Round", [y])[0]], fmod=1)
            return
        if (b == 0).any():
            y = g.add("Max", [g.add("Abs", [y])[0], g.put(np.asarray(2, a.dtype), "constant")])[0]
            if g.chance(0.5) and a.dtype.kind == "i":
                y = g.add("Neg", [y])[0]
        g.add("Mod", [x, y], fmod=g.one_of((0, 1)))
        return
    if op == "Pow":
        if a.dtype.kind == "f" and g.chance(0.5):
            y = g.put(
                np.asarray(
                    g.one_of((2, 3, 0, 1, -1, 0.5, -2)), g.one_of((a.dtype, "float32", "int64", "int32"))
                )
            )
            if not g.specials:
                x = g.add("Add", [g.add("Abs", [x])[0], g.put(np.asarray(0.5, a.dtype), "constant")])[0]
        elif a.dtype.kind == "f":
            x = g.add("Add", [g.add("Abs", [x])[0], g.put(np.asarray(0.5, a.dtype), "constant")])[0]
        else:
            y = g.put(np.asarray(g.one_of((0, 1, 2, 3)), g.one_of((a.dtype, "int64", "float32"))))
        g.add("Pow", [x, y])
        return
    if op in ("Max", "Min", "Mean", "Sum"):
        more = [g.partner(a) for _ in range(g.one_of((0, 1, 1, 2, 3)))]
        g.add(op, [x, *more])
        return
    if op not in ("PRelu",) and g.chance(0.4):
        x, y = y, x
    g.add(op, [x, y])


@recipe(3)
def booleans(g: Growing):
    op = g.one_of(("And", "Or", "Xor", "Equal"))
    x = g.any("bool")
    g.add(op, [x, g.partner(g.values[x])])


@recipe(3)
def where(g: Growing):
    x = g.any()
    y = g.partner(g.values[x])
    c = g.partner(np.zeros(np.broadcast_shapes(g.values[x].shape, g.values[y].shape), bool))
    g.add("Where", [c, x, y] if g.chance(0.5) else [c, y, x])


@recipe(2)
def bitwise(g: Growing):
    op = g.one_of(("BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitShift"))
    x = g.any(*INTEGERS)
    a = g.values[x]
    y = g.partner(a)
    if op == "BitShift":
        if a.dtype.kind != "u":
            raise DeadEndError
        y = g.put(np.asarray(g.int(0, 7), a.dtype))
        g.add(op, [x, y], direction=g.one_of(("LEFT", "RIGHT")))
    else:
        g.add(op, [x, y])


@recipe(2)
def clip(g: Growing):
    x = g.any(*NUMBERS)
    a = g.values[x]
    low, high = g.one_of(((-1, 1), (0, 6), (2, -2) if a.dtype.kind != "u" else (0, 3), (0.25, 0.5)))
    if a.dtype.kind == "u":
        low = max(low, 0)
    if g.opset < 11:
        g.add("Clip", [x], min=float(low), max=float(high))
        return
    low, high = np.asarray(low, a.dtype), np.asarray(high, a.dtype)
    ends = g.one_of(
        (
            (g.known(low, a.dtype), g.known(high, a.dtype)),
            ("", g.known(high, a.dtype)),
            (g.known(low, a.dtype),),
            (),
        )
    )
    g.add("Clip", [x, *ends])


@recipe(2)
def quantise(g: Growing):
    x = g.any("float32", rank=(0, 5))
    a = g.values[x]
    if g.opset < 10:
        raise DeadEndError
    t = g.one_of(("uint8", "int8", *(("uint16", "int16") if g.opset >= 21 else ())))
    axis = None
    shape = []
    if g.opset >= 13 and a.ndim and g.chance(0.4):
        axis = g.int(0, a.ndim - 1)
        shape = [a.shape[axis]]
        axis = axis - a.ndim if g.chance(0.3) else axis
    scale = g.put(np.asarray(g.random.uniform(0.05, 0.3, shape), "float32"))
    zero = g.put(np.asarray(g.random.integers(0, 9, shape), t))
    q = g.add("QuantizeLinear", [x, scale, zero] if t != "uint8" or g.chance(0.6) else [x, scale], axis=axis)[
        0
    ]
    if g.chance(0.6):
        g.add("DequantizeLinear", [q, scale, *([zero] if str(g.values[q].dtype) == t else [])], axis=axis)


@recipe(1)
def dynamic(g: Growing):
    x = g.any("float32")
    if g.opset < 11:
        raise DeadEndError
    q, s, z = g.add("DynamicQuantizeLinear", [x], 3)
    if g.chance(0.5):
        g.add("DequantizeLinear", [q, s, z])
