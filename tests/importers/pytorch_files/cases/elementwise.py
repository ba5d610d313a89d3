"""Functions of numbers by themselves."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from program_writer import case, floats, ints


def write() -> None:
    names = (
        "abs neg exp exp2 sin cos tan atan sinh cosh asinh tanh erf erfc floor ceil round trunc frac sign sigmoid"
        " square expm1 isnan isinf isfinite reciprocal deg2rad rad2deg sinc logical_not nan_to_num positive"
    ).split()
    case("unary", lambda x: [getattr(torch, name)(x) for name in names], floats(3, 5))
    positive = "log log2 log10 log1p sqrt rsqrt acosh".split()
    case(
        "unary_positive",
        lambda x: [getattr(torch, name)(x) for name in positive],
        floats(3, 5, low=1.01, high=4),
    )
    within = "asin acos atanh".split()
    case(
        "unary_within",
        lambda x: [getattr(torch, name)(x) for name in within],
        floats(3, 5, low=-0.95, high=0.95),
    )
    case(
        "unary_special",
        lambda x: [
            torch.isnan(x),
            torch.isinf(x),
            torch.isfinite(x),
            torch.isposinf(x),
            torch.isneginf(x),
            torch.log1p(x),
            torch.expm1(x),
            torch.nan_to_num(x, nan=0.5, posinf=7.0),
        ],
        np.array([0.0, 1e-7, -1e-7, 1e-4, np.inf, np.nan, 30.0, -0.5, -np.inf], np.float32),
    )
    case(
        "unary_whole",
        lambda i, b: [
            torch.abs(i),
            torch.neg(i),
            torch.sign(i),
            torch.exp(i),
            torch.sqrt(i * i),
            torch.floor(i),
            torch.bitwise_not(i),
            torch.bitwise_not(b),
            torch.logical_not(i),
            torch.isnan(i),
            torch.isfinite(i),
            torch.square(i),
            torch.sigmoid(b),
        ],
        ints(3, 5),
        ints(3, 5) > 0,
    )
    case(
        "round_decimals",
        lambda x: [torch.round(x, decimals=1), torch.round(x, decimals=-1)],
        floats(4, 5, high=30),
    )
    case("logit", lambda x: [torch.logit(x), torch.logit(x, eps=0.1)], floats(4, 5, low=0.05, high=0.95))
    _binary()
    _activations()
    _choices()


def _binary() -> None:
    x, y = floats(2, 3, 4), floats(3, 1)
    y = np.where(y == 0, 3, y).astype(np.float32)
    case(
        "binary",
        lambda x, y: [
            x + y,
            torch.add(x, y, alpha=2),
            x - y,
            torch.sub(x, y, alpha=0.5),
            torch.rsub(x, y, alpha=3),
            2 - x,
            x * y,
            x / y,
            torch.div(x, y, rounding_mode="floor"),
            torch.div(x, y, rounding_mode="trunc"),
            x // y,
            torch.remainder(x, y),
            torch.fmod(x, y),
            torch.maximum(x, y),
            torch.minimum(x, y),
            torch.fmax(x, y),
            torch.atan2(x, y),
            torch.hypot(x, y),
            torch.logaddexp(x, y),
            torch.addcmul(x, y, x, value=0.5),
            torch.addcdiv(x, x, y, value=0.5),
            torch.lerp(x, y, 0.3),
            torch.heaviside(x, y),
            x + 1,
            x * 2.5,
            x / 3,
        ],
        x,
        y,
    )
    case(
        "compare",
        lambda x, y, i: [
            x == y,
            x != y,
            x < y,
            x <= y,
            x > y,
            x >= y,
            i == 2,
            i > 0.5,
            x < 1,
            i < x,
            torch.isclose(x, y),
            torch.logical_and(x, i),
            torch.logical_or(x > 0, i > 0),
            torch.logical_xor(x, i),
        ],
        np.array([0, 1, 2, np.nan, 1.5], np.float32),
        np.array([0, 2, 1, np.nan, 1.5], np.float32),
        np.array([0, 2, 1, 3, -1]),
    )
    i, j = ints(3, 4), ints(4)
    j = np.where(j == 0, 3, j)
    case(
        "binary_whole",
        lambda i, j, k: [
            i + j, i - j, i * j, i / j, i // j, i % j, torch.fmod(i, j), torch.maximum(i, j), i & j, i | j, i ^ j,
            torch.div(i, j, rounding_mode="trunc"), i + k, i * 2, i * 0.5, i + True, k + 2, k * 1.5, i > j,
        ],
        i, j, ints(3, 4, dtype=np.int32),
    )  # fmt: skip
    case(
        "promotion",
        lambda x, i, b, u: [x + i, x * b, i + b, b + b, b * b, b & (i > 0), u + 1, u + i, x.sum() + i, i.sum() * x,
                            b + 1.5, torch.where(b, x, i), torch.where(b, 1.0, x), torch.where(b, 2, 3)],
        floats(4), ints(4), ints(4) > 0, ints(4, low=0, dtype=np.uint8),
    )  # fmt: skip
    case(
        "power",
        lambda x, y, i: [x**2, x**3, x**0.5, x**-1, x**y, 2**y, torch.pow(2.5, i), i**2, torch.xlogy(y, x)],
        floats(3, 4, low=0.1, high=3),
        floats(3, 4),
        ints(3, 4, low=0, high=5),
    )


def _activations() -> None:
    case(
        "activations",
        lambda x: [
            F.relu(x), F.relu6(x), F.gelu(x), F.gelu(x, approximate="tanh"), F.silu(x), F.elu(x, 0.7),
            F.leaky_relu(x, 0.3), F.hardtanh(x, -0.5, 0.7), F.hardsigmoid(x), F.hardswish(x), F.mish(x),
            F.softplus(x), F.softplus(x, 2.0, 1.0), F.celu(x, 0.7), F.selu(x), F.logsigmoid(x), F.glu(x, 1),
            F.threshold(x, 0.2, 7.0), F.hardshrink(x, 0.6), F.softshrink(x, 0.6), F.tanhshrink(x), F.softsign(x),
            F.softmax(x, -1), F.log_softmax(x, 0), F.softmin(x, 1), F.rrelu(x), F.dropout(x, 0.5, False),
            F.normalize(x, dim=1), torch.sigmoid(x),
        ],
        floats(3, 6, low=-4, high=4),
    )  # fmt: skip
    case(
        "prelu",
        lambda x, y, s: [F.prelu(x, s), F.prelu(y, s[:1])],
        floats(2, 3, 4, 5),
        floats(2, 3),
        floats(3),
    )


def _choices() -> None:
    case(
        "choices",
        lambda x, i, m: [
            torch.clamp(x, -0.5, 1), torch.clamp(x, min=0), torch.clamp(x, max=i), torch.clamp_min(x, 0.3),
            torch.clamp(i, -2, 3), torch.clamp(x, x[:1], x[1:2] + 1), x.masked_fill(m, 5.0),
            i.masked_fill(m, -1), x.masked_fill(m, float("-inf")), torch.where(m, x, 0.0),
            torch.isin(i, torch.tensor([1, 2, -3])), torch.clamp(i, 0.5, 2.5),
        ],
        floats(3, 4), ints(3, 4), ints(3, 4) > 0,
    )  # fmt: skip
