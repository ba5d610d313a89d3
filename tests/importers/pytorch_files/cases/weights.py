"""Weights that training keeps in parts."""

from __future__ import annotations

import torch
from program_writer import case, floats
from torch import nn


class Apart(nn.Module):
    """Weights as lengths and directions, in either form that PyTorch has for them."""

    def __init__(self) -> None:
        super().__init__()
        norm = torch.nn.utils.parametrizations.weight_norm
        self.rows, self.columns = norm(nn.Linear(6, 3)), norm(nn.Linear(6, 3), dim=1)
        self.whole = torch.nn.utils.weight_norm(nn.Conv1d(4, 3, 3), dim=None)
        self.turned = norm(nn.ConvTranspose1d(4, 2, 3, stride=2), dim=0)

    def forward(self, x: torch.Tensor, s: torch.Tensor) -> list[torch.Tensor]:
        return [self.rows(x), self.columns(x), self.whole(s), self.turned(s)]


def write() -> None:
    torch.manual_seed(8)
    case("weight_norm", Apart(), floats(2, 6), floats(2, 4, 5))
