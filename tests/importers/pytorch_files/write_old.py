"""Writes old/<version>.tar.xz: a program as the PyTorch that runs this writes it, inputs, and its results.

Run by hand with older versions of torch, whose archives differ; nothing else needs it:

    python tests/importers/pytorch_files/write_old.py
"""

from __future__ import annotations

from pathlib import Path

import packed_files
import torch
import torch.nn.functional as F
from program_writer import FORMS, floats, ints, saved
from torch import nn


class Net(nn.Module):
    """An image and words, of free batch and length; a buffer that is not contiguous, and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm, self.words = nn.Conv2d(3, 8, 3, 2, 1), nn.BatchNorm2d(8), nn.Embedding(10, 8)
        self.encoder = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
        self.head = nn.Linear(8, 4)
        self.register_buffer("mask", torch.tril(torch.ones(4, 4)).t())
        self.shift = torch.arange(4.0)
        nn.init.uniform_(self.norm.running_mean)
        nn.init.uniform_(self.norm.running_var, 0.5, 1)

    def forward(self, image: torch.Tensor, tokens: torch.Tensor) -> dict[str, torch.Tensor]:
        x = F.relu(self.norm(self.conv(image)))
        x = F.adaptive_avg_pool2d(x, 1).flatten(1)
        y = self.head(x[:, None] + self.encoder(self.words(tokens)))
        return {"scores": (y @ self.mask + self.shift).softmax(-1), "last": y[:, -1]}


def main() -> None:
    torch.manual_seed(0)
    version = torch.__version__.partition("+")[0]
    module = Net().eval()
    arrays = {"image": floats(2, 3, 8, 8), "tokens": ints(2, 5, low=0, high=10)}
    inputs = tuple(torch.from_numpy(array.copy()) for array in arrays.values())
    batch, length = (torch.export.Dim(name, min=2, max=64) for name in ("batch", "length"))
    # With gradients: without them, older versions take a fused layer that they cannot trace.
    program = torch.export.export(
        module, inputs, dynamic_shapes=({0: batch}, {0: batch, 1: length}), strict=False
    )
    files = {form: saved(FORMS[form](program)) for form in ("plain", "core")}
    results = {f"out/{name}": value.detach().numpy() for name, value in module(*inputs).items()}
    target = Path(__file__).parent / "old" / f"{version}.tar.xz"
    packed_files.save(target, {**files, **{f"in/{name}": array for name, array in arrays.items()}, **results})


if __name__ == "__main__":
    main()
