"""The processor time that a browser has used: steadier than the clock on a shared machine. Linux only."""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

PROCESSES = Path("/proc")


def children_milliseconds() -> float | None:
    """Return the milliseconds of processor time, over all cores, of all processes below this one.

    A browser that draws in software does so in threads of its GPU process. None where the system does not
    tell.
    """
    if not (PROCESSES / "self" / "schedstat").is_file():
        return None
    return sum(_milliseconds(process) for process in _descendants(os.getpid()))


def _descendants(root: int) -> list[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in PROCESSES.iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may have spaces; the parent is the second field after it.
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue  # it ended meanwhile
            children[int(parent)].append(int(entry.name))
    found, waiting = [], [root]
    while waiting:
        waiting += (below := children[waiting.pop()])
        found += below
    return found


def _milliseconds(process: int) -> float:
    """Sum the nanoseconds that the scheduler counted for each thread."""
    total = 0
    for thread in (PROCESSES / str(process) / "task").glob("*/schedstat"):
        try:
            total += int(thread.read_text().split()[0])
        except OSError:
            continue
    return total / 1e6
