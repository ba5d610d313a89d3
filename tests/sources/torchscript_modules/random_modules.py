"""Random modules as text: what TorchScript has of control flow, containers, numbers, changes and memory."""

from __future__ import annotations

import random
from collections.abc import Callable

ROWS, COLUMNS = 3, 6

HEAD = """import torch
from typing import Dict, List, Optional, Tuple
from torch import Tensor, nn


class Net(nn.Module):
    maybe: Optional[Tensor]

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(6, 6)
        self.layers = nn.ModuleList([nn.Linear(6, 6) for _ in range(2)])
        self.norm = nn.LayerNorm(6)
        self.flag, self.count, self.scale = {flag}, {count}, {scale}
        self.maybe = None
        self.kept = torch.zeros({kept})
        self.register_buffer("seen", torch.zeros(6))
        self.calls = 0

    def forward(self, x: Tensor, w: Tensor) -> Tuple[Tensor, Tensor]:
        parts: List[Tensor] = [x]
        table: Dict[str, Tensor] = {{"x": x}}
        n = self.count
"""


class Writer:
    """Writes the lines of `forward`: every value is a float tensor of [3, 6]."""

    def __init__(self, seed: int) -> None:
        self._choose = random.Random(seed)
        self._lines: list[str] = []
        self._names = ["x", "w"]
        self._made = 0

    def source(self) -> str:
        """Return a module."""
        choose = self._choose
        head = HEAD.format(
            flag=choose.choice((True, False)),
            count=choose.randint(1, 4),
            scale=choose.choice((0.5, 2.0)),
            kept=choose.choice(("0", "3, 6")),
        )
        keeps = choose.random() < 0.5
        if keeps:
            self._line(2, "if not len(self.kept):")
            self._line(3, "self.kept = torch.zeros_like(x)")
            self._names.append("self.kept")
        for _ in range(choose.randint(4, 9)):
            self._statement(2)
        if keeps:
            self._line(2, f"self.kept = {self._name()} * 0.25 + self.kept * 0.5")
        self._line(2, f"return {self._name()} + n, torch.stack(parts).mean(0) + table['x']")
        return head + "\n".join(self._lines) + "\n"

    def _line(self, depth: int, text: str) -> None:
        self._lines.append("    " * depth + text)

    def _name(self) -> str:
        return self._choose.choice(self._names)

    def _new(self) -> str:
        self._made += 1
        return f"v{self._made}"

    def _statement(self, depth: int) -> None:
        kinds: list[Callable[[int], None]] = [
            self._compute,
            self._compute,
            self._known_branch,
            self._loop,
            self._change,
            self._container,
            self._check,
        ]
        if depth == 2:
            kinds += [self._data_branch, self._data_branch, self._helper]
        self._choose.choice(kinds)(depth)

    def _expression(self) -> str:
        a, b, choose = self._name(), self._name(), self._choose
        return choose.choice(
            (
                f"torch.tanh({a}) + {b}",
                f"{a} * {b} - self.scale",
                f"self.linear({a})",
                f"self.norm({a} + {b})",
                f"torch.cat([{a}[:, 2:], {b}[:, :2]], dim=1)",
                f"torch.where({a} > 0, {b}, {a} * 0.1)",
                f"{a}.reshape(-1, 3).transpose(0, 1).reshape(3, -1)",
                f"torch.softmax({a}, dim=-1) * n",
                f"torch.addmm({a}, {b}[:, :3], {b}[:3, :] if n > 2 else {a}[:3, :])",
                f"{a}.clamp(-1, 1) + {b}.size(0) / {b}.size(1)",
                f"{a}.sum(dim=1, keepdim=True).expand_as({b}) / float(n + 2)",
                f"torch.relu({a}).to(torch.float64).to({b}.dtype)",
                f"({a}.unsqueeze(-1) @ {b}.unsqueeze(1)).mean(-1)",
            )
        )

    def _compute(self, depth: int) -> None:
        expression, name = self._expression(), self._new()
        self._line(depth, f"{name} = {expression}")
        self._names.append(name)

    def _branch(self, depth: int, condition: str) -> None:
        then, otherwise, name = self._expression(), self._expression(), self._new()
        number = self._choose.random() < 0.4
        self._line(depth, f"if {condition}:")
        self._line(depth + 1, f"{name} = {then}")
        if number:
            self._line(depth + 1, f"n = n + {self._choose.randint(0, 2)}")
        self._line(depth, "else:")
        self._line(depth + 1, f"{name} = {otherwise}")
        self._names.append(name)

    def _known_branch(self, depth: int) -> None:
        conditions = (
            "self.flag",
            "x.size(0) > 2",
            "n % 2 == 0",
            "self.maybe is None",
            "len(parts) < 3 and n > 1",
        )
        self._branch(depth, self._choose.choice(conditions))

    def _data_branch(self, depth: int) -> None:
        a = self._name()
        if self._choose.random() < 0.25 and "self.kept" in self._names:
            self._line(depth, f"if bool({a}.mean() > 0.1):")
            self._line(depth + 1, f"self.kept = {self._expression()}")
            return
        conditions = (
            f"bool({a}.mean() > 0.05)",
            f"{a}.abs().max().item() > 1.5",
            f"bool(({a} > 0).any()) and n > 0",
        )
        self._branch(depth, self._choose.choice(conditions))

    def _loop(self, depth: int) -> None:
        a, name = self._name(), self._new()
        self._line(depth, f"{name} = {a} * 1.0")
        kind = self._choose.randrange(4)
        if kind == 0:
            self._line(depth, f"for i in range({self._choose.choice(('n', '2', 'x.size(0)'))}):")
            self._line(depth + 1, f"{name} = {name} * 0.5 + w[i % 3]")
        elif kind == 1:
            self._line(depth, "for layer in self.layers:")
            self._line(depth + 1, f"{name} = torch.relu(layer({name}))")
        elif kind == 2:
            self._line(depth, "for i, part in enumerate(parts):")
            self._line(depth + 1, f"if i == {self._choose.randint(0, 2)}:")
            self._line(depth + 2, self._choose.choice(("break", "continue")))
            self._line(depth + 1, f"{name} = {name} + part * i")
        else:
            count = self._new()
            self._line(depth, f"{count} = n")
            self._line(depth, f"while {count} > 0:")
            self._line(depth + 1, f"{count} -= 1")
            self._line(depth + 1, f"{name} = {name} - {count}")
        self._names.append(name)

    def _change(self, depth: int) -> None:
        a, b, name = self._name(), self._name(), self._new()
        self._line(depth, f"{name} = {a}.contiguous().clone()")
        self._line(
            depth,
            self._choose.choice(
                (
                    f"{name}.mul_({b})",
                    f"{name}[:, 1:3] = {b}[:, :2]",
                    f"{name}[0] += 1",
                    f"{name}[{name} > 0] = 0.5",
                    f"{name}.view(-1)[2:4].fill_(3)",
                    f"{name}[:, n % 6].copy_({b}[:, 0])",
                    "self.seen.mul_(0.5).add_(x.mean(0))",
                )
            ),
        )
        self._names.append(name)

    def _container(self, depth: int) -> None:
        a, name = self._name(), self._new()
        choice = self._choose.randrange(4)
        if choice == 0:
            self._line(depth, f"parts.append({a})")
            self._line(depth, f"{name} = parts[-1] + len(parts)")
        elif choice == 1:
            self._line(depth, f"table['{name}'] = {a}")
            self._line(depth, f"{name} = table['{name}'] * len(table)")
        elif choice == 2:
            self._line(depth, f"{name}, _ = torch.max(torch.stack([p * 0.5 for p in parts]), dim=0)")
        else:
            self._line(depth, f"{name} = torch.cat([c for c in {a}.split(2, dim=1)][::-1], 1)")
        self._names.append(name)

    def _check(self, depth: int) -> None:
        a = self._name()
        checks = (f"{a}.dim() == 2", f"{a}.size(1) == 6", f"bool(torch.isfinite({a}).all())", "n >= 0")
        self._line(depth, f"assert {self._choose.choice(checks)}, 'no'")

    def _helper(self, depth: int) -> None:
        a, name = self._name(), self._new()
        self._line(depth, f"held: Optional[Tensor] = {self._choose.choice(('None', a))}")
        self._line(depth, "if held is not None:")
        self._line(depth + 1, "x = x + held * 0.1")
        self._line(depth, f"{name} = x * 1")
        self._names.append(name)


def source(seed: int) -> str:
    """Return the text of a module."""
    return Writer(seed).source()
