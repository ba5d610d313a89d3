"""Compares every module of torch.nn that a network may have with PyTorch, through ONNX Runtime.

Run by hand, where torch and onnxruntime are installed; it prints what is wrong or refused:

    python tests/importers/pytorch_files/compare_modules.py
"""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import nn

from texelflow import ExportError, convert

Case = tuple[nn.Module, tuple[torch.Tensor, ...]]
PLAIN = (
    "ELU Hardshrink Hardsigmoid Hardtanh Hardswish LeakyReLU LogSigmoid PReLU ReLU ReLU6 SELU CELU GELU"
    " Sigmoid SiLU Mish Softplus Softshrink Softsign Tanh Tanhshrink Identity Flatten RReLU GLU"
).split()


def r(*shape: int) -> torch.Tensor:
    return torch.randn(shape)


def elementwise() -> Iterator[Case]:
    yield from ((getattr(nn, name)(), (r(3, 6),)) for name in PLAIN)
    yield from ((module, (r(3, 6),)) for module in (nn.Threshold(0.1, 2), nn.Softmin(1), nn.Softmax(1)))
    yield from ((module, (r(2, 4, 8, 7),)) for module in (nn.Softmax2d(), nn.LogSoftmax(1)))
    yield nn.Bilinear(6, 6, 2), (r(3, 6), r(3, 6))
    yield from ((module, (r(3, 6), r(3, 6))) for module in (nn.CosineSimilarity(), nn.PairwiseDistance()))
    yield nn.utils.parametrizations.weight_norm(nn.Linear(6, 3)), (r(3, 6),)


def windows() -> Iterator[Case]:
    shapes = {1: (2, 4, 9), 2: (2, 4, 8, 7), 3: (1, 4, 5, 6, 5)}
    for axes, shape in shapes.items():

        def of(name: str, *values: Any, axes: int = axes, **named: Any) -> nn.Module:
            module: nn.Module = getattr(nn, f"{name}{axes}d")(*values, **named)
            return module

        modules = [
            of("Conv", 4, 6, 3, 2, 1, groups=2),
            of("Conv", 4, 4, 2, padding="same", padding_mode="replicate"),
            of("Conv", 4, 4, 3, padding=1, padding_mode="circular"),
            of("ConvTranspose", 4, 6, 3, 2, 1, output_padding=1, groups=2),
            of("MaxPool", 2, ceil_mode=True),
            of("AvgPool", 2, padding=1, count_include_pad=False),
            of("LPPool", 2, 2),
            *(of(name, 2) for name in ("AdaptiveAvgPool", "AdaptiveMaxPool")),
            of("BatchNorm", 4),
            of("InstanceNorm", 4, affine=True),
            of("InstanceNorm", 4, track_running_stats=True),
            *(of(f"{name}Pad", 1) for name in ("Replication", "Zero", "Circular", "Reflection")),
            of("ConstantPad", 1, 0.5),
        ]
        yield from ((module, (r(*shape),)) for module in modules)


def images() -> Iterator[Case]:
    modules = [nn.GroupNorm(2, 4), nn.LayerNorm([8, 6]), nn.LocalResponseNorm(3), nn.RMSNorm(6)]
    modules += [nn.PixelShuffle(2), nn.PixelUnshuffle(2), nn.ChannelShuffle(2), nn.Unfold(2)]
    modules += [
        nn.Upsample(scale_factor=1.7, mode=mode)
        for mode in ("nearest", "bilinear", "bicubic", "nearest-exact")
    ]
    modules += [nn.UpsamplingBilinear2d(3), nn.UpsamplingNearest2d(scale_factor=2), nn.MaxUnpool2d(2)]
    yield from ((module, (r(2, 4, 8, 6),)) for module in modules[:-1])
    pooled = nn.MaxPool2d(2, return_indices=True)(r(2, 4, 8, 6))
    yield modules[-1], tuple(pooled)
    yield nn.Fold((4, 5), 2), (r(1, 8, 12),)
    yield nn.Upsample(size=5, mode="linear", align_corners=True), (r(2, 4, 9),)
    yield nn.Upsample(scale_factor=2, mode="trilinear"), (r(1, 4, 5, 6, 5),)


def sequences() -> Iterator[Case]:
    x = r(5, 2, 6)
    for name in ("RNN", "LSTM", "GRU"):
        layer, cell = getattr(nn, name), getattr(nn, f"{name}Cell")
        yield layer(6, 4, 2, bidirectional=True), (x,)
        yield layer(6, 4, batch_first=True, bias=False), (x,)
        yield cell(6, 4), (r(3, 6),)
    yield nn.LSTM(6, 4, proj_size=3), (x,)
    words = torch.randint(0, 7, (2, 5))
    yield nn.Embedding(7, 3, padding_idx=0), (words,)
    yield nn.EmbeddingBag(7, 3), (words,)
    yield nn.MultiheadAttention(6, 2, add_bias_kv=True, add_zero_attn=True), (x, x, x)
    yield nn.MultiheadAttention(6, 2, kdim=3, vdim=4), (x, r(7, 2, 3), r(7, 2, 4))
    yield nn.TransformerEncoderLayer(6, 2, 8), (x,)
    yield nn.TransformerDecoderLayer(6, 2, 8, norm_first=True), (x, x)
    yield nn.Transformer(6, 2, 1, 1, 8), (x, x)


def difference(module: nn.Module, inputs: tuple[torch.Tensor, ...]) -> str:
    """Return what is wrong with a module's program; nothing if all is right."""
    with torch.no_grad():
        made = torch.utils._pytree.tree_leaves(module(*inputs))
    expected = [leaf.numpy() for leaf in made if isinstance(leaf, torch.Tensor)]
    with tempfile.TemporaryDirectory() as folder:
        try:
            [file] = convert(module, Path(folder) / "model.onnx", example_inputs=inputs)
        except ExportError as error:
            return f"refused: {' '.join(str(error).split())[-160:]}"
        session = onnxruntime.InferenceSession(file)
    names = [value.name for value in session.get_inputs()]
    feeds = {name: one.numpy() for name, one in zip(names, inputs, strict=False)}
    for actual, array in zip(session.run(None, feeds), expected, strict=True):
        if actual.shape != array.shape or not np.allclose(actual, array, 1e-4, 1e-5, equal_nan=True):
            return f"WRONG: {actual.shape}, {array.shape}"
    return ""


def main() -> int:
    warnings.filterwarnings("ignore")
    torch.manual_seed(0)
    wrong = count = 0
    for make in (elementwise, windows, images, sequences):
        for module, inputs in make():
            count += 1
            if reason := difference(module.eval(), inputs):
                wrong += reason.startswith("WRONG")
                print(module, reason, flush=True)
    print(count, "modules,", wrong, "wrong")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
