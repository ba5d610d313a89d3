"""Shapes, parts, and elements by their places."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from program_writer import case, floats, ints


def write() -> None:
    case(
        "shapes",
        lambda x: [
            x.view(6, 4), x.view(2, -1), x.reshape(-1), x.flatten(1), x.flatten(), x.unflatten(2, (2, -1)),
            x.permute(2, 0, 1), x.transpose(0, -1), x.mT, x.movedim(0, -1), x.unsqueeze(1).squeeze(1),
            x[:, :1].squeeze(), x.squeeze(0), x.unsqueeze(-1), x[:, :1].expand(-1, 5, -1), x.expand(2, 2, 3, 4),
            x.repeat(1, 2, 1), x.repeat(2, 1, 1, 1), x.tile(2, 1), x.flip(0, 2), x.roll(1, 1), x.roll(3),
            x.roll((1, -1), (0, 2)), x.rot90(1, (1, 2)), x.rot90(3, (0, 2)), x.rot90(2, (0, 1)),
            x.repeat_interleave(2, 1), x.repeat_interleave(3), x.contiguous(), x.clone(), x.swapaxes(0, 1),
            x[0].t(), x.new_zeros(2, 2), x.new_ones(3), x.new_full((2,), 5.0), x.type_as(x.int()), x.long(),
            x.bool(), x.half().float(), x.double().float(), x.to(torch.int32),
        ],
        floats(2, 3, 4),
    )  # fmt: skip
    case(
        "shapes_free",
        lambda x: [
            x.view(x.shape[0], -1), x.flatten(1), x.transpose(1, 2), x.reshape(x.shape[0] * x.shape[1], 4),
            x.view(-1, 2, 2), x.expand(3, *x.shape), x.repeat(1, 2, 1), x[:, 1:], x[:, -2:], x.flip(1),
            torch.zeros(x.shape[1]), torch.arange(x.shape[1]), torch.full((x.shape[0], 2), x.shape[1]),
            torch.ones_like(x), x.sum() / x.shape[1], x[:, : x.shape[1] // 2], x.unsqueeze(0), x.mean(1),
            torch.cat([x, x], 1), torch.arange(x.shape[1], dtype=torch.float32) * 0.5, x.roll(1, 1),
            torch.tril(torch.ones(x.shape[1], x.shape[1])), x.new_zeros(x.shape[0], 3), x.numel() + x,
            torch.eye(x.shape[1]), x.chunk(2, 2)[1], x.amax(1), torch.stack([x, x], 1),
        ],
        floats(2, 5, 4), free=[(0, 0), (0, 1)],
    )  # fmt: skip
    case(
        "pixels",
        lambda x: [F.pixel_shuffle(x, 2), F.pixel_unshuffle(x, 2), F.channel_shuffle(x, 2)],
        floats(2, 8, 4, 6),
    )
    case(
        "joining",
        lambda x, y: [
            torch.cat([x, y], 1), torch.cat([x, x], -1), torch.stack([x, x], 0), torch.stack([x, x], -1),
            torch.hstack([x, y]), torch.vstack([x, x]), torch.dstack([x, x]), torch.cat([x, y.int()], 1),
            *torch.split(x, 2, 1), *torch.split(x, [1, 4], 1), *torch.chunk(x, 3, 1), *torch.unbind(x, 0),
            *torch.tensor_split(x, 2, 1), *torch.tensor_split(x, (1, 3), 1),
            *torch.meshgrid(x[0], y[0], indexing="ij"), *torch.meshgrid(x[0], y[0], indexing="xy"),
            torch.column_stack([x[0], x[1]]), torch.chunk(x, 1, 0)[0], torch.unbind(x[:1], 0)[0],
        ],
        floats(2, 5), floats(2, 3),
    )  # fmt: skip
    case(
        "slices",
        lambda x: [
            x[1:], x[:, ::2], x[..., -3:-1], x[:, 1], x[0, :, -1], x.narrow(1, 1, 2), x.narrow(2, -2, 2),
            x.select(1, -1), x.unfold(2, 3, 2), x.unfold(1, 2, 1), torch.diagonal(x, 0, 1, 2),
            torch.diagonal(x, 1, 0, 2), torch.tril(x), torch.triu(x, 1), torch.tril(x > 0, -1),
            torch.slice_scatter(x, x[:, :2] * 2, 1, 1, 3), torch.slice_scatter(x, x[:1] * 0, 0, 1, 2),
            torch.select_scatter(x, x[:, 0] + 9, 1, 2), x[:, 5:], F.pad(x, (1, 2)), F.pad(x, (1, 0, 0, 2), value=3.5),
            F.pad(x, (-1, 1)), F.pad(x, (2, 1), mode="reflect"), F.pad(x, (2, 1), mode="replicate"),
            F.pad(x, (1, 2), mode="circular"), F.pad(x > 0, (1, 1), value=True),
        ],
        floats(2, 3, 4),
    )  # fmt: skip
    case(
        "pad_images",
        lambda x: [
            F.pad(x, (1, 2, 2, 1), mode="reflect"), F.pad(x, (1, 2, 0, 1), mode="replicate"),
            F.pad(x, (1, 2, 3, 1), mode="circular"), torch.nn.ConstantPad2d((1, 2, 3, -1), 0.5)(x),
        ],
        floats(1, 2, 5, 6),
    )  # fmt: skip
    _gathers()
    _creation()


def _gathers() -> None:
    i = np.array([[0, 2, 1], [1, 0, -1]])
    case(
        "index",
        lambda x, i, j: [
            x[i], x[:, i], x[:, :, i], x[i, j], x[:, i, j], x[i, :, j], x[i[0], 1], x[..., j, i],
            x[j[0], :, i[0]], x[[1, 0]], x[None, i[0]], x[:, 1, i[1]],
        ],
        floats(3, 3, 4), i, np.array([[0, 1, 1], [2, 0, 1]]),
    )  # fmt: skip
    case(
        "gathers",
        lambda x, i, k: [
            F.embedding(i, x), torch.index_select(x, 1, k), torch.gather(x, 1, i.abs()),
            torch.gather(x, 0, i.abs()), torch.take_along_dim(x[:2], i.abs(), 1), F.one_hot(i.abs(), 4),
            torch.scatter(x, 1, i.abs(), 5.0), torch.scatter(x, 1, i.abs(), x + 1),
            torch.scatter_add(x, 0, i.abs(), x), torch.index_add(x, 1, k, x[:, :2]),
            torch.index_fill(x, 1, k, 7.0), torch.scatter_reduce(x, 1, i.abs(), x, "amax"),
            torch.bucketize(x, x[0].sort().values), torch.searchsorted(x[0].sort().values, x, right=True),
            torch.masked_fill(x, x > 0.5, -1.0),
        ],
        floats(3, 4), np.array([[0, 2, 1], [1, 0, 2]]), np.array([2, 0]),
    )  # fmt: skip

    def put(x: torch.Tensor, i: torch.Tensor, v: torch.Tensor) -> list[torch.Tensor]:
        columns = x.clone()
        columns[:, i] = v[0, 0]
        return [
            columns,
            torch.index_put(x, (i,), v),
            torch.index_put(x, (i, i), v[:, 0]),
            torch.index_put(x, (i,), v[0, 0], accumulate=True),
            torch.index_put(x, (x > 0,), torch.tensor(9.0)),
        ]

    case("index_put", put, floats(4, 4), np.array([2, 0]), floats(2, 4), forms=["plain", "core"])
    case(
        "masks",
        lambda x, m: [x[m], torch.masked_select(x, m), x[m.any(1)]],
        floats(3, 4),
        ints(3, 4) > 0,
        forms=["plain"],
    )
    case("nonzero", lambda m: [torch.nonzero(m)], ints(3, 4) > 0)


def _creation() -> None:
    case(
        "creation",
        lambda x: [
            torch.zeros(2, 3) + x, torch.full((3,), 2.5) * x, torch.arange(5), torch.arange(1, 7, 2),
            torch.arange(0, 1, 0.25), torch.arange(5, dtype=torch.float32) * x[0], torch.linspace(0, 1, 5),
            torch.eye(3) + x, torch.ones_like(x, dtype=torch.int64), torch.zeros_like(x), torch.full_like(x, 3),
            torch.tensor([1.0, 2.0, 3.0]) * x, torch.arange(5, 0, -2), torch.tensor(4) + x,
            torch.empty_like(x).fill_(2.0), torch.linspace(3, -2, 4),
        ],
        floats(3),
    )  # fmt: skip
