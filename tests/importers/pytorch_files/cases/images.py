"""Convolutions, pooling, normalisation and resizing."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from program_writer import case, floats
from torch import nn


def _constant(*shape: int) -> torch.Tensor:
    count = torch.Size(shape).numel()
    return ((torch.arange(count) * 37 % 101).float() / 50 - 1).reshape(shape)


def write() -> None:
    _convolutions()
    _pooling()
    _normalization()
    _resizing()


def _convolutions() -> None:
    case(
        "conv",
        lambda x, s: [
            F.conv2d(x, _constant(6, 4, 3, 3)),
            F.conv2d(x, _constant(6, 4, 3, 3), _constant(6), 2, 1),
            F.conv2d(x, _constant(4, 1, 3, 3), None, 1, 1, 1, 4),
            F.conv2d(x, _constant(6, 2, 3, 3), None, 1, 2, 2, 2),
            F.conv2d(x, _constant(5, 4, 4, 3), padding="same"),
            F.conv2d(x, _constant(5, 4, 3, 3), padding="valid"),
            F.conv2d(x[0], _constant(5, 4, 3, 3)),
            F.conv1d(s, _constant(5, 4, 3), _constant(5), 2, 1),
            F.conv1d(s, _constant(5, 4, 2), padding="same"),
            F.conv_transpose2d(x, _constant(4, 3, 3, 3), _constant(3), 2, 1, 1),
            F.conv_transpose2d(x, _constant(4, 2, 2, 2), None, 2, groups=2),
            F.conv_transpose1d(s, _constant(4, 3, 4), None, 2, 1),
            F.conv_transpose2d(x[0], _constant(4, 3, 3, 3)),
        ],
        floats(2, 4, 7, 6), floats(2, 4, 9),
    )  # fmt: skip
    case(
        "conv3d",
        lambda x: [
            F.conv3d(x, _constant(3, 2, 2, 2, 2)),
            F.conv_transpose3d(x, _constant(2, 3, 2, 2, 2), stride=2),
        ],
        floats(1, 2, 3, 4, 4),
    )
    case("im2col", lambda x: [F.unfold(x, 2), F.unfold(x, 3, 1, 1, 2)], floats(2, 3, 5, 6))
    case("col2im", lambda x: [F.fold(x, (4, 5), 2), F.fold(x[0], (4, 5), 2)], floats(2, 12, 12))


def _pooling() -> None:
    case(
        "pooling",
        lambda x, s: [
            F.max_pool2d(x, 2), F.max_pool2d(x, 3, 2, 1), F.max_pool2d(x, (2, 3), ceil_mode=True),
            F.max_pool2d(x, 2, 1, 0, 2), *F.max_pool2d(x, 2, return_indices=True), F.max_pool2d(x[0], 2),
            F.avg_pool2d(x, 2), F.avg_pool2d(x, 3, 2, 1), F.avg_pool2d(x, 3, 2, 1, False, False),
            F.avg_pool2d(x, 3, 2, 1, True), F.avg_pool2d(x, 2, divisor_override=3), F.max_pool1d(s, 3),
            F.avg_pool1d(s, 3, 2, 1), F.adaptive_avg_pool2d(x, 1), F.adaptive_avg_pool2d(x, (3, 2)),
            F.adaptive_avg_pool2d(x, (7, 4)), F.adaptive_max_pool2d(x, 1), F.adaptive_max_pool2d(x, (2, 3)),
            F.adaptive_avg_pool1d(s, 3), F.adaptive_avg_pool1d(s, 1), F.adaptive_avg_pool2d(x, (None, 1)),
            F.lp_pool2d(x, 2, 2),
        ],
        floats(2, 4, 7, 6), floats(2, 4, 9),
    )  # fmt: skip
    case("pooling_free", lambda x: [F.adaptive_avg_pool2d(x, 1), F.max_pool2d(x, 2), F.avg_pool2d(x, 3, 2, 1)],
         floats(2, 4, 8, 6), free=[(0, 0), (0, 2), (0, 3)])  # fmt: skip


def _normalization() -> None:
    mean, variance = _constant(4), _constant(4).abs() + 0.5
    case(
        "normalization",
        lambda x, s: [
            F.batch_norm(x, mean, variance, _constant(4) + 2, _constant(4)), F.batch_norm(x, mean, variance),
            F.batch_norm(s[:, :, 0], mean, variance, eps=0.1), F.layer_norm(x, (5, 6)),
            F.layer_norm(x, (6,), _constant(6), _constant(6) + 1), F.layer_norm(s, (9,), eps=0.1),
            F.group_norm(x, 2, _constant(4), _constant(4)), F.group_norm(s, 4), F.instance_norm(x),
            F.instance_norm(s, weight=_constant(4), bias=_constant(4)), F.rms_norm(x, (6,), _constant(6)),
            F.rms_norm(x, (5, 6), eps=0.1), F.local_response_norm(x, 3, 0.1, 0.7, 2.0),
        ],
        floats(2, 4, 5, 6), floats(2, 4, 9),
    )  # fmt: skip
    case(
        "batch_norm_module",
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(inplace=True)),
        floats(1, 3, 6, 6),
    )


def _resizing() -> None:
    case(
        "resizing",
        lambda x, s: [
            F.interpolate(x, scale_factor=2), F.interpolate(x, size=(7, 5)), F.interpolate(x, size=(3, 9), mode="nearest-exact"),
            F.interpolate(x, scale_factor=2, mode="bilinear"), F.interpolate(x, size=(7, 5), mode="bilinear"),
            F.interpolate(x, size=(7, 5), mode="bilinear", align_corners=True),
            F.interpolate(x, scale_factor=1.5, mode="bicubic"), F.interpolate(x, size=(3, 8), mode="bicubic", align_corners=True),
            F.interpolate(s, scale_factor=2), F.interpolate(s, size=7, mode="linear"), F.interpolate(x, scale_factor=0.5),
            F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True), F.interpolate(x, size=(1, 1), mode="bilinear"),
            F.interpolate(x, scale_factor=(1.7, 2.3), mode="bilinear"),
            F.interpolate(x, scale_factor=1.5, mode="bilinear", recompute_scale_factor=True),
        ],
        floats(1, 2, 4, 6), floats(1, 2, 5),
    )  # fmt: skip
    case("resizing_free", lambda x: [F.interpolate(x, scale_factor=2), F.interpolate(x, scale_factor=0.5, mode="bilinear"),
         F.interpolate(x, size=(x.shape[2] * 2, x.shape[3] // 2), mode="bilinear")],
         floats(1, 2, 4, 6), free=[(0, 2), (0, 3)])  # fmt: skip
    case(
        "sampling",
        lambda x, g, t: [
            F.grid_sample(x, g, align_corners=False), F.grid_sample(x, g, "nearest", "border", False),
            F.grid_sample(x, g, padding_mode="reflection", align_corners=True), F.affine_grid(t, [1, 2, 3, 4], False),
            F.affine_grid(t, [1, 2, 3, 4], True), F.grid_sample(x, g, "bicubic", align_corners=False),
        ],
        floats(1, 2, 5, 6), floats(1, 3, 4, 2, low=-1.2, high=1.2), floats(1, 2, 3),
        forms=["plain"],
    )  # fmt: skip
