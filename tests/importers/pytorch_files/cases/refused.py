"""Programs that cannot be read, with what is said of them in test_pytorch_operators.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from program_writer import Wrapped, export, files, floats, saved
from torch import nn


def write() -> None:
    _refused("views", _changed_views, floats(3, 4))
    _refused("training", lambda x: F.dropout(x, 0.5, True), floats(3, 4))
    norm = nn.BatchNorm1d(4)
    _refused("batch_statistics", lambda x: F.batch_norm(x, None, None, training=True), floats(3, 4))
    _refused("spectrum", lambda x: torch.fft.rfft(x), floats(3, 4))
    _refused("quotient", lambda x: (x / torch.complex(x, x)).real, floats(3, 4))
    _refused("chance", lambda x: torch.bernoulli(x.abs() / 4), floats(3, 4))
    _refused("inverse", lambda x: torch.linalg.inv(x), np.eye(3, dtype=np.float32))
    _refused("counter", Counter(norm), floats(3, 4))


class Counter(nn.Module):
    """A module that counts its runs from 5 on."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.register_buffer("runs", torch.tensor(5.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.runs.add_(1)
        return self.inner(x) * self.runs


def _changed_views(x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 1] = 5.0
    return y * 2


def _refused(name: str, function: Callable[..., Any], *inputs: np.ndarray) -> None:
    files[f"{name}/refused"] = saved(export(Wrapped(function), inputs)[0])
