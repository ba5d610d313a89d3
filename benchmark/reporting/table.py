"""The benchmark's numbers on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rich.console import Console
from rich.table import Table
from runtimes import OWN, TITLES

from reporting.formatting import NOTHING, count, error, kilobytes, megabytes, milliseconds, times, with_range
from reporting.summaries import NET_TITLES, Spread, Summary, summarize
from reporting.targets import check_targets, slower_than_a_peer

MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: NOTHING}

TIMES = {
    "steady": "steady run",
    "processor": "… of processor time",
    "first_result": "navigation to first result",
    "after_last_byte": "last byte at 10 MB/s to it",
}
"""Rows with times, which are also shown as multiples of Texelflow's."""

ROWS: dict[str, Callable[[Summary], str]] = {
    "runtime's code, brotli": lambda found: kilobytes(found.script_bytes),
    "model's files": lambda found: megabytes(found.model_bytes),
    "programs compiled": lambda found: count(found.programs),
    "draws of a run": lambda found: count(found.draws),
    "GL objects created by a run": lambda found: objects_and_fences(found),
    "typed arrays created by a run": lambda found: count(found.arrays),
    "GPU memory, at most": lambda found: megabytes(found.memory),
    "… beyond the weights": lambda found: megabytes(found.memory_beyond_weights),
    "JS heap and buffers": lambda found: megabytes(found.heap),
    "relative error": lambda found: error(found.error),
}


def objects_and_fences(found: Summary) -> str:
    """Return "0", or "0 + 1 fence" where a run makes fences."""
    if not found.fences:
        return count(found.objects)
    return f"{count(found.objects)} + {found.fences} fence{'s' if found.fences > 1 else ''}"


def make_console() -> Console:
    """Return a console as wide as the terminal, or wide enough for the tables where there is none."""
    console = Console()
    return console if console.is_terminal else Console(width=150)


def show_net(report: dict[str, Any], net: str, console: Console | None = None) -> None:
    """Print one table: a column for each runtime, times also as multiples of Texelflow's."""
    console = console or make_console()
    described = report["nets"][net]
    if "failure" in described:
        console.print(f"{net}: {described['failure']}", style="red", markup=False)
        return
    runtimes = list(described["runtimes"])
    found = {runtime: summarize(report, net, runtime) for runtime in runtimes}
    title = f"{NET_TITLES.get(net, net)} (took {described.get('seconds', 0):.0f} s)"
    table = Table(title=title, title_justify="left")
    table.add_column("")
    for runtime in runtimes:
        table.add_column(TITLES[runtime], justify="right")
    for part, title in TIMES.items():
        spreads = {runtime: getattr(found[runtime], part) for runtime in runtimes}
        own = spreads.get(OWN)
        table.add_row(
            title, *(with_ratio(value, None if value is own else own) for value in spreads.values())
        )
    for title, cell in ROWS.items():
        table.add_row(title, *(cell(found[runtime]) for runtime in runtimes))
    console.print(table)
    for runtime in runtimes:
        if failure := found[runtime].failure:
            console.print(f"  {TITLES[runtime]} fails: {failure}", markup=False)
    if OWN in found and found[OWN].split:
        parts = (f"{part} {milliseconds(value)}" for part, value in found[OWN].split.items())
        console.print(f"  Texelflow's start-up: {', '.join(parts)}")


def with_ratio(value: Spread | None, own: Spread | None) -> str:
    """Return times with their range, and below them how many times `own` they are."""
    multiple = f"\n{times(value.median / own.median)}" if value and own else ""
    return with_range(value) + multiple


def show_targets(report: dict[str, Any], console: Console | None = None) -> None:
    """Print the targets with what came, and where a peer is faster."""
    console = console or make_console()
    table = Table(title="Targets", title_justify="left")
    for column in ("", "what", "asked", "found"):
        table.add_column(column)
    for target in check_targets(report):
        table.add_row(MARKS[target.holds], target.title, target.asked, target.found)
    console.print(table)
    for sentence in slower_than_a_peer(report):
        console.print(f"  {sentence}", markup=False)
