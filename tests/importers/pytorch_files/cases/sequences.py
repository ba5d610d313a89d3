"""Attention, recurrent layers, and whole modules made of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from program_writer import case, floats, ints
from torch import nn


class Kept(nn.Module):
    """A module that returns what a function makes of it and its inputs."""

    def __init__(self, inner: nn.Module, function: Any = None) -> None:
        super().__init__()
        self.inner, self.function = inner, function

    def forward(self, *xs: Any) -> list[Any]:
        found = self.function(self.inner, *xs) if self.function else self.inner(*xs)
        return _flat(found)


def _flat(found: Any) -> list[Any]:
    return [found] if isinstance(found, torch.Tensor) else [leaf for part in found for leaf in _flat(part)]


def write() -> None:
    mask = np.array([[1, 1, 0, 1, 1], [1, 0, 1, 1, 0], [1, 1, 1, 1, 1]], np.bool_)
    sdpa = F.scaled_dot_product_attention
    case(
        "attention",
        lambda q, k, v, m, b: [
            sdpa(q, k, v), sdpa(q, k, v, m), sdpa(q, k, v, b), sdpa(q, q, q, is_causal=True), sdpa(q, k, v, scale=0.3),
            sdpa(q[0], k[0], v[0]), sdpa(q[0, 0], k[0, 0], v[0, 0], m), sdpa(q, k[:, :1], v[:, :1], enable_gqa=True),
        ],
        floats(2, 4, 3, 8), floats(2, 4, 5, 8), floats(2, 4, 5, 8), mask, floats(3, 5),
    )  # fmt: skip
    x = floats(2, 5, 6)
    torch.manual_seed(3)
    case(
        "multihead",
        Kept(nn.MultiheadAttention(6, 2, batch_first=True), lambda m, x: m(x, x, x, need_weights=False)[0]),
        x,
    )
    case("multihead_weights", Kept(nn.MultiheadAttention(6, 2, batch_first=True), lambda m, x: m(x, x, x)), x)
    case(
        "encoder",
        Kept(nn.TransformerEncoderLayer(6, 2, 12, batch_first=True, activation="gelu")),
        x,
        free=[(0, 0), (0, 1)],
    )
    case("lstm", Kept(nn.LSTM(6, 4, 2, batch_first=True)), x)
    case("lstm_both", Kept(nn.LSTM(6, 4, bidirectional=True)), x, forms=["plain"])
    case(
        "lstm_state",
        Kept(nn.LSTM(6, 4), lambda m, x, h, c: m(x, (h, c))),
        x,
        floats(1, 5, 4),
        floats(1, 5, 4),
        forms=["plain"],
    )
    case("gru", Kept(nn.GRU(6, 4, batch_first=True, bidirectional=True)), x, forms=["plain"])
    case("gru_layers", Kept(nn.GRU(6, 4, 2, bias=False)), x)
    case("rnn", Kept(nn.RNN(6, 4)), x, forms=["plain"])
    case("rnn_relu", Kept(nn.RNN(6, 4, nonlinearity="relu")), x, forms=["plain"])
    case("cells", Kept(nn.ModuleList([nn.LSTMCell(6, 4), nn.GRUCell(6, 4), nn.RNNCell(6, 4)]),
                       lambda m, x, h, c: [*m[0](x, (h, c)), m[1](x, h), m[2](x, h)]),
         x[0], floats(5, 4), floats(5, 4))  # fmt: skip
    case(
        "embedding", Kept(nn.Embedding(7, 4, padding_idx=0)), ints(2, 3, low=0, high=7), free=[(0, 0), (0, 1)]
    )
    case(
        "branches",
        lambda x: torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 2, (x,)),
        floats(3),
        forms=["plain"],
    )
    case(
        "branches_other",
        lambda x: torch.cond(x.sum() > 0, lambda x: x + 1, lambda x: x * 2, (x,)),
        -np.abs(floats(3)),
        forms=["plain"],
    )
    case("no_grad", _without_gradient, floats(3), forms=["plain"])
    case("in_place", _in_place, floats(3, 4), forms=["plain", "functional", "core"])
    case("in_place_views", _in_place_views, floats(3, 4), forms=["functional", "core"])


def _without_gradient(x: torch.Tensor) -> torch.Tensor:
    y = x * 2
    with torch.no_grad():
        z = y + 1
    with torch.enable_grad():
        return z * x


def _in_place(x: torch.Tensor) -> list[torch.Tensor]:
    y = x + 1
    y.add_(2)
    z = F.relu(y - 3, inplace=True)
    y *= z
    return [y, z]


def _in_place_views(x: torch.Tensor) -> list[torch.Tensor]:
    y = x.clone()
    y[:, 1] = 5.0
    y[0] += 2
    y[:, 2:].mul_(3)
    return [y, y.sum(1)]
