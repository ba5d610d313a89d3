"""The tables of `texelflow evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from texelflow.cli.report import as_text

if TYPE_CHECKING:
    from texelflow.checking.evaluate import Accuracy, Evaluation


def print_evaluation(result: Evaluation, console: Console) -> None:
    """Show how often bundle and model are right, and the classes that come out worst."""
    title = f"{result.bundle.examples} examples of {result.classes} classes, by {as_text(result.output)}"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    table.add_column("")
    for heading in ("top 1", "top 5"):
        table.add_column(heading, justify="right")
    for name, accuracy in (("bundle", result.bundle), ("model", result.model)):
        if accuracy is not None:
            table.add_row(name, f"{accuracy.top_1:.2%}", f"{accuracy.top_5:.2%}")
    console.print(table)
    if result.same is not None:
        console.print(f"both choose the same class for {result.same:.2%}")
    for name, accuracy in (("bundle", result.bundle), ("model", result.model)):
        if accuracy is not None and accuracy.worst:
            console.print(_worst(name, accuracy))


def _worst(name: str, accuracy: Accuracy) -> Table:
    table = Table(title=f"Worst classes of the {name}", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("class", overflow="fold")
    for heading in ("examples", "right"):
        table.add_column(heading, justify="right")
    table.add_column("taken for", overflow="fold")
    for one in accuracy.worst:
        others = ", ".join(f"{other} ×{count}" if count > 1 else other for other, count in one.taken_for)
        table.add_row(as_text(one.name), str(one.examples), str(one.right), as_text(others))
    return table
