"""A module for each kind of thing that TorchScript has and torch.export does not.

TorchScript does not read annotations that are kept as texts.
"""

import math

import torch
from torch import Tensor, nn


class Branches(nn.Module):
    """Branches that are known, that follow from sizes, and that raise."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = 3
        self.norm: Tensor | None = None
        self.linear = nn.Linear(6, 4)

    def forward(self, x: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor]:
        if x.dim() != 2:
            raise ValueError(f"expected two axes, not {x.dim()}")
        assert x.size(1) == 6, "six are needed"
        if self.scale > 2 and mask is None:
            x = x * self.scale
        norm = self.norm
        if norm is not None:
            x = x / norm
        y = self.linear(x) if x.shape[0] > 1 else x[:, :4]
        return y, torch.relu(x)


class Loops(nn.Module):
    """Loops over numbers, lists and modules, with early ends."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(6, 6), nn.Linear(6, 6)])

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        parts: list[Tensor] = []
        for layer in self.layers:
            x = torch.tanh(layer(x))
            parts.append(x)
        total = x
        for i in range(x.size(0)):
            if i == 2:
                break
            total = total + x[i] * float(i + 1)
        n = 10
        while n > 3:
            n = n // 2
            total = total * n
        sizes = [part.size(1) for part in parts]
        pairs: dict[str, Tensor] = {"sum": total}
        pairs["all"] = torch.cat(parts, 1)
        return {"sum": pairs["sum"] + sum(sizes), "all": pairs["all"][:, 1 : sizes[0]]}


class InPlace(nn.Module):
    """Changes in place, through views."""

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        y = x.clone()
        y[:, 1] = 2.0
        y[0].add_(1)
        row = y.view(-1)
        row[3:5] = row[0:2] * 3
        z = torch.zeros_like(x)
        z.copy_(y).mul_(2)
        return y, z


class Data(nn.Module):
    """Branches on what is computed, with results that are tensors and numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        factor = 1.0
        if bool(x.mean() > 0):
            y = self.a(x)
            factor = 2.0
        else:
            y = self.b(torch.neg(x))
        if bool(x.sum() > 1000.0):
            raise RuntimeError("too much")
        return y * factor, y


class Rate(nn.Module):
    """A number that a run gives decides what is done."""

    def __init__(self) -> None:
        super().__init__()
        self.low, self.high = nn.Linear(6, 3), nn.Linear(6, 3)

    def forward(self, x: Tensor, rate: int) -> Tensor:
        if rate not in [8, 16]:
            raise ValueError(f"no such rate: {rate}")
        x = self.high(x) if rate == 16 else self.low(x)
        return x + rate


class Lazy(nn.Module):
    """Memory that the first call makes, as streams have it."""

    state: tuple[Tensor, Tensor] | None

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(6, 5)
        self.state = None
        self.context = torch.zeros([0])
        self.rate = 0

    @torch.jit.export
    def reset(self) -> None:
        self.state = None
        self.rate = 0

    def forward(self, x: Tensor, rate: int = 8) -> Tensor:
        if self.rate and self.rate != rate:
            self.reset()
        if not len(self.context):
            self.context = torch.zeros(x.size(0), 2)
        x = torch.cat([self.context, x[:, :4]], 1)
        h, c = self.cell(x, self.state)
        self.state = (h, c)
        self.context = x[:, -2:]
        self.rate = rate
        return h * 2


class Buffers(nn.Module):
    """Buffers that calls change in place."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(6))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    def forward(self, x: Tensor) -> Tensor:
        self.count += 1
        self.seen.mul_(0.5).add_(x.mean(0))
        return x - self.seen + self.count


class Attention(nn.Module):
    """What PyTorch itself has: heads, masks, norms."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x)


class Recurrent(nn.Module):
    """A layer that runs over a sequence both ways."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(6, 4, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.gru(x)


class Image(nn.Module):
    """A small network of images, with a resizing that looks at sizes."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.head = nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = self.head(self.body(x))
        return torch.nn.functional.interpolate(y, size=x.shape[-2:], mode="bilinear", align_corners=False)


class Kept(nn.Module):
    """Memory that branches set, which only a run decides."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("peak", torch.zeros(6))
        self.steps = torch.zeros((), dtype=torch.long)

    def forward(self, x: Tensor) -> Tensor:
        if bool(x.mean() > 0):
            self.peak = torch.maximum(self.peak, x.amax(0))
            self.steps = self.steps + 1
        else:
            self.peak = self.peak * 0.5
        return x - self.peak + self.steps


class Containers(nn.Module):
    """Lists, tuples, dictionaries and texts, made and changed."""

    def __init__(self) -> None:
        super().__init__()
        self.names = ["b", "a"]
        self.pairs = {"a": 2, "b": 3}

    def forward(self, x: Tensor) -> list[Tensor]:
        parts = [x, x + 1]
        parts.insert(0, x * 2)
        parts.extend([x - 1, x - 2])
        parts.reverse()
        last = parts.pop()
        parts[0] = last
        parts += [x]
        weights: list[int] = []
        for name in self.names:
            if name in self.pairs:
                weights.append(self.pairs[name])
        weights.sort()
        table: dict[str, Tensor] = {}
        for i, part in enumerate(parts):
            table[f"{i}"] = part * weights[i % 2]
        first, second = torch.split(x, [2, 4], dim=1)
        nested = [[1, 2], [3, 4]]
        grid = torch.tensor(nested, dtype=x.dtype)
        made = [table[key] for key in table] + [first @ grid, second]
        made.append(torch.stack(parts[1:3]).sum(0))
        # TorchScript's zip takes no `strict`, and it has no itertools.
        for a, b in zip(parts, parts[1:]):  # noqa: B905, RUF007 - TorchScript knows no other way
            made.append(a * b)
        return made[:9]


class Numbers(nn.Module):
    """What is computed with numbers, and with sizes."""

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = x.shape
        half = columns // 2
        ratio = columns / rows
        power = float(2**half) + 2**-1
        least, most = min(rows, half), max(rows, columns, 4)
        parity = columns % 2 == 0 and not rows > 3
        angle = math.sin(math.pi * ratio) + math.sqrt(most) + math.floor(1.5) + round(2.5) + abs(-half)
        y = x.reshape(rows, 2, half).transpose(1, 2) * ratio + power - least
        steps = torch.arange(columns, dtype=torch.float32).view(half, 2)
        if parity:
            y = y + steps
        limit = int(x.numel() * 0.5) - int(True)
        return y.flatten()[:limit] * angle + torch.full((limit,), most).to(x.dtype) + x.size(-1)


class Nested(nn.Module):
    """Tuples and dictionaries of tensors as inputs."""

    def forward(self, pair: tuple[Tensor, Tensor], more: dict[str, Tensor]) -> Tensor:
        first, second = pair
        return first * second + more["a"]


class Grows(nn.Module):
    """Memory that is longer after each call."""

    def __init__(self) -> None:
        super().__init__()
        self.past = torch.zeros([0, 6])

    def forward(self, x: Tensor) -> Tensor:
        self.past = torch.cat([self.past, x])
        return self.past.mean(0)


class FirstCall(nn.Module):
    """A first call that is not as with zeros."""

    past: Tensor | None

    def __init__(self) -> None:
        super().__init__()
        self.past = None

    def forward(self, x: Tensor) -> Tensor:
        past = self.past
        y = x + 1 if past is None else x + past
        self.past = x * 1
        return y


class Waits(nn.Module):
    """A loop whose turns only a run knows."""

    def forward(self, x: Tensor) -> Tensor:
        while bool(x.sum() > 1):
            x = x * 0.5
        return x


class ListInBranch(nn.Module):
    """A list that is longer in one branch."""

    def forward(self, x: Tensor) -> Tensor:
        parts = [x]
        if bool(x.sum() > 0):
            parts.append(x * 2)
        return torch.stack(parts).sum(0)
