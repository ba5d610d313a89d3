"""Reductions, products of matrices, and sorting."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from program_writer import case, floats, ints


def write() -> None:
    case(
        "reductions",
        lambda x: [
            x.sum(), x.sum(1), x.sum((0, 2), keepdim=True), x.mean(), x.mean(-1), x.mean((1, 2)), x.prod(), x.prod(1),
            x.amax(1), x.amin((0, 1)), x.max(), x.min(), *x.max(1), *x.min(2, keepdim=True), x.argmax(),
            x.argmin(1), x.argmax(1, keepdim=True), x.any(), (x > 1).all(1), x.any(1), x.var(), x.var(1), x.std(1),
            x.var(1, correction=0), x.std((0, 1), keepdim=True), *torch.var_mean(x, 1), *torch.std_mean(x, (0, 2)),
            torch.logsumexp(x, 1), torch.linalg.vector_norm(x), torch.linalg.vector_norm(x, 1, 1), x.norm(),
            x.norm(dim=1), torch.linalg.vector_norm(x, float("inf"), 2), torch.linalg.vector_norm(x, 3, 1),
            x.cumsum(1), x.cumsum(2), torch.cumprod(x, 1), torch.logcumsumexp(x, 1), *torch.aminmax(x),
            *torch.aminmax(x, dim=1), torch.count_nonzero(x), torch.count_nonzero(x, 1), x.sum(1, dtype=torch.float32),
            torch.nansum(x, 1), (x > 0).sum(1), (x > 0).float().mean(),
        ],
        floats(2, 3, 4),
    )  # fmt: skip
    case(
        "reductions_whole",
        lambda i: [i.sum(), i.sum(1), i.prod(1), i.amax(0), *i.max(1), i.argmax(1), i.cumsum(0), i.float().mean(),
                   i.int().sum(1), i.any(1), i.all()],
        ints(3, 4),
    )  # fmt: skip
    case(
        "distances",
        lambda x, y: [torch.cdist(x, y), F.cosine_similarity(x, y[:1]), F.pairwise_distance(x, y[:1]), torch.dist(x, x * 2)],
        floats(3, 4), floats(2, 4),
    )  # fmt: skip
    spread = np.array([[3, 1, 2.5, -1], [0.5, 7, -2, 4], [1, 2, 3, 9]], np.float32)
    case(
        "sorting",
        lambda x: [*x.sort(), *x.sort(0, descending=True), *x.topk(2), *x.topk(2, 0, largest=False), x.argsort(1),
                   *x.median(1), x.median(), *x.kthvalue(2, 1), x.argsort(0, descending=True), x.msort()],
        spread,
    )  # fmt: skip
    a, b = floats(2, 3, 4), floats(2, 4, 5)
    case(
        "products",
        lambda a, b, v, c: [
            a @ b, a[0] @ b[0], a @ v, v @ b, torch.mm(a[0], b[0]), torch.bmm(a, b), torch.mv(a[0], v), torch.dot(v, v),
            torch.addmm(c, a[0], b[0]), torch.addmm(c, a[0], b[0], beta=0.5, alpha=2), torch.baddbmm(c, a, b),
            F.linear(a, b[0].t()), F.linear(a, b[0].t(), c[0]), torch.outer(v, v), torch.einsum("bij,bjk->bik", a, b),
            torch.einsum("ij,kj->ik", a[0], a[1]), torch.einsum("bij->bj", a), torch.tensordot(a, b, ([2], [1])),
            F.bilinear(a[0], a[1], floats_constant(5, 4, 4)), torch.cross(a[:, :, :3], a[:, :, 1:], dim=1),
            torch.addmv(c[:, 0], a[0], v), torch.matmul(a[:, None], b), torch.inner(v, v), a.mT @ a,
        ],
        a, b, floats(4), floats(3, 5),
    )  # fmt: skip


def floats_constant(*shape: int) -> torch.Tensor:
    return torch.arange(float(np.prod(shape))).reshape(shape) / 40 - 1
