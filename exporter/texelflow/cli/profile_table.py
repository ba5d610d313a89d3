"""The table of `texelflow bench --profile`: what a run costs, by node of the source model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from texelflow.cli.report import as_text, format_bytes, format_quantity


@dataclass
class Cost:
    """What some draws cost together; `fetches` counts texels, and is None where they were not counted."""

    programs: list[str] = field(default_factory=list)
    draws: int = 0
    milliseconds: float = 0.0
    share: float = 0.0
    flops: int = 0
    bytes_read: int = 0
    bytes_written: int = 0
    fetches: int | None = 0

    def add(self, draw: Mapping[str, Any]) -> None:
        """Add a draw, as the runtime's `DrawProfile`."""
        if draw["program"] not in self.programs:
            self.programs.append(draw["program"])
        self.draws += 1
        self.milliseconds += draw["milliseconds"]
        self.share += draw["share"]
        self.flops += draw["flops"]
        self.bytes_read += draw["bytesRead"]
        self.bytes_written += draw["bytesWritten"]
        counted = self.fetches is not None and draw["fetches"] is not None
        self.fetches = (self.fetches or 0) + draw["fetches"] if counted else None


def costs_by_node(draws: Sequence[Mapping[str, Any]]) -> dict[str, Cost]:
    """Return the cost of each node by its name, the most expensive first."""
    costs: dict[str, Cost] = {}
    for draw in draws:
        costs.setdefault(draw["node"], Cost()).add(draw)
    return dict(sorted(costs.items(), key=lambda item: -item[1].milliseconds))


def print_profile(profile: Mapping[str, Any], console: Console) -> None:
    """Show the runtime's `Profile`."""
    total = Cost()
    for draw in profile["draws"]:
        total.add(draw)
    title = f"draws by node, each timed alone by {profile['method']}, median of {profile['runs']}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, show_footer=True)
    table.add_column("node", "total", overflow="fold")
    table.add_column("programs", str(len(total.programs)), overflow="fold")
    headings = ("draws", "time", "share", "FLOP", "FLOP/s", "read", "written", "fetches")
    for heading, figure in zip(headings, _figures(total), strict=True):
        table.add_column(heading, figure, justify="right", no_wrap=True)
    for node, cost in costs_by_node(profile["draws"]).items():
        table.add_row(as_text(node), as_text(", ".join(cost.programs)), *_figures(cost))
    console.print(table)
    console.print(f"all draws in a row: {profile['runMilliseconds']:.2f} ms", highlight=False)


def _figures(cost: Cost) -> tuple[str, ...]:
    rate = cost.flops / cost.milliseconds * 1000 if cost.milliseconds else 0
    return (
        str(cost.draws),
        f"{cost.milliseconds:.3f} ms",
        f"{cost.share:.1%}",
        format_quantity(cost.flops) if cost.flops else "",
        format_quantity(rate) if rate else "",
        format_bytes(cost.bytes_read),
        format_bytes(cost.bytes_written),
        "" if cost.fetches is None else format_quantity(cost.fetches),
    )
