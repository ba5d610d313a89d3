"""Cases of TensorFlow's elementwise operators."""

from __future__ import annotations

import numpy as np
import tensorflow as tf
from case_writing import R, case, floats, ints


def elementwise() -> None:
    for name in (
        "Abs Neg Exp Sin Cos Tan Atan Sinh Cosh Asinh Tanh Erf Erfc Floor Ceil Round Rint Sign Sigmoid Relu"
        " Relu6 Elu Selu Square Expm1 ZerosLike OnesLike IsNan IsInf IsFinite Reciprocal"
    ).split():
        names = {"Relu": "features", "Relu6": "features", "Elu": "features", "Selu": "features"}
        key = names.get(name, "x")
        UNARY.append((name, key, floats(3, 5)))
    for name in "Log Sqrt Rsqrt Log1p Acosh".split():
        UNARY.append((name, "x", floats(3, 5, low=1.01, high=4)))
    for name in "Asin Acos Atanh".split():
        UNARY.append((name, "x", floats(3, 5, low=-0.95, high=0.95)))
    for name in "Softplus Softsign".split():
        UNARY.append((name, "features", floats(3, 5)))
    names = [entry[0] for entry in UNARY]
    case(
        "unary",
        lambda *xs: [getattr(R, name)(**{key: x}) for (name, key, _), x in zip(UNARY, xs, strict=True)],
        *[array for _, _, array in UNARY],
    )
    assert len(set(names)) == len(names)
    case(
        "unary_special",
        lambda x: [R.IsNan(x=x), R.IsInf(x=x), R.IsFinite(x=x), R.Log1p(x=x), R.Expm1(x=x), R.Sign(x=x)],
        np.array([0.0, 1e-7, -1e-7, 1e-4, np.inf, np.nan, 30.0, -0.5], np.float32),
    )
    case(
        "unary_more",
        lambda x, i, b: [
            R.LeakyRelu(features=x, alpha=0.3),
            R.LeakyRelu(features=x),
            R.Softmax(logits=x),
            R.LogSoftmax(logits=x),
            R.Abs(x=i),
            R.Neg(x=i),
            R.Sign(x=i),
            R.Square(x=i),
            R.Relu(features=i),
            R.Invert(x=i),
            R.LogicalNot(x=b),
            R.StopGradient(input=x),
            R.EnsureShape(input=x, shape=[3, 5]),
            R.CheckNumerics(tensor=x, message="m"),
            R.L2Loss(t=x),
        ],
        floats(3, 5),
        ints(3, 5),
        ints(3, 5) > 0,
    )
    for dtype, others in (("float", floats), ("int", ints)):
        x, y = others(2, 3, 4), others(3, 1)
        y = np.where(y == 0, y + 3, y).astype(y.dtype)
        names = [
            "Add",
            "AddV2",
            "Sub",
            "Mul",
            "Maximum",
            "Minimum",
            "SquaredDifference",
            "FloorDiv",
            "FloorMod",
        ]
        names += ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "Div"]
        names += (
            ["RealDiv"] if dtype == "float" else ["TruncateDiv", "TruncateMod", "BitwiseAnd", "BitwiseOr"]
        )
        names += ["BitwiseXor"] if dtype == "int" else ["TruncateMod"]
        case(
            f"binary_{dtype}", lambda x, y, names=names: [getattr(R, name)(x=x, y=y) for name in names], x, y
        )
    zeros = np.array([0, 1.5, -2, 0, 3], np.float32)
    other = np.array([0, 0, 2, 2, -0.5], np.float32)
    case(
        "binary_zero",
        lambda x, y: [
            R.DivNoNan(x=x, y=y),
            R.MulNoNan(x=x, y=y),
            R.Xdivy(x=x, y=tf.abs(y) + 1.0),
            R.Xlogy(x=x, y=tf.abs(y) + 1.0),
            R.Xlogy(x=tf.zeros_like(x), y=y),
            R.Atan2(y=x, x=y),
            R.Atan2(y=y, x=x),
            R.ApproximateEqual(x=x, y=y, tolerance=1.6),
            R.Pow(x=tf.abs(x) + 0.5, y=y),
        ],
        zeros,
        other,
    )
    a, b = ints(4, 3) > 0, ints(4, 3) > 0
    case(
        "logic",
        lambda a, b, x, y, row: [
            R.LogicalAnd(x=a, y=b),
            R.LogicalOr(x=a, y=b),
            R.Select(condition=a, x=x, y=y),
            R.Select(condition=row, x=x, y=y),
            R.SelectV2(condition=a, t=x, e=tf.constant(7.0)),
            R.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=1.0),
            R.AddN(inputs=[x, y, x]),
            R.AddN(inputs=[x]),
        ],
        a,
        b,
        floats(4, 3),
        floats(4, 3),
        np.array([True, False, False, True]),
    )
    pairs = [(tf.float32, tf.int32), (tf.float32, tf.bool), (tf.int32, tf.float32), (tf.int32, tf.int64)]
    pairs += [(tf.int32, tf.bool), (tf.bool, tf.float32), (tf.bool, tf.int32), (tf.float32, tf.float16)]
    pairs += [(tf.uint8, tf.float32), (tf.int64, tf.int32), (tf.uint8, tf.int32)]
    case(
        "cast",
        lambda *xs: [R.Cast(x=x, DstT=target) for x, (_, target) in zip(xs, pairs, strict=True)],
        *[
            (
                ints(2, 3) > 0
                if source == tf.bool
                else floats(2, 3, low=0 if source == tf.uint8 else -3, high=3) * 2
            ).astype(source.as_numpy_dtype)
            for source, _ in pairs
        ],
    )


UNARY: list[tuple[str, str, np.ndarray]] = []
