"""What a browser takes of the processors, and others meanwhile: so that a figure holds on any machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
QUIET = 0.1
"""The share of a machine's processors that others may take of one that counts as quiet."""


@dataclass
class Span:
    """Seconds on the clock, and of the processors: of the browser, and of all others."""

    clock: float = 0
    own: float = 0
    others: float = 0

    @property
    def is_quiet(self) -> bool:
        """Whether the clock tells how long it took: others did little meanwhile, or one cannot tell."""
        return self.others <= QUIET * self.clock * (os.cpu_count() or 1) or not self.own

    @property
    def seconds(self) -> float:
        """How long it took, or would have on a machine without other work.

        On a quiet machine that is what the clock says. On another it is at most what the browser took of all
        processors together, which is no less than what it takes on one alone.
        """
        return self.clock if self.is_quiet else min(self.clock, self.own)


@contextmanager
def span(profile: Path) -> Iterator[Span]:
    """Measure the browser whose profile is in a folder; where there is no /proc, by the clock alone."""
    made = Span()
    began, own, busy = time.monotonic(), _own(profile), _busy()
    yield made
    made.clock = time.monotonic() - began
    made.own = _own(profile) - own
    made.others = max(0, _busy() - busy - made.own)


def _own(profile: Path) -> float:
    """Return the seconds that the processes of a browser have had, those that ended included."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    roots: list[int] = []
    for folder in PROC.glob("[0-9]*"):
        try:
            # The name in parentheses may have spaces.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            command = (folder / "cmdline").read_bytes()
        except OSError:  # it has just ended
            continue
        pid = int(folder.name)
        parents[pid] = int(fields[1])
        ticks[pid] = sum(map(int, fields[11:15]))
        if str(profile).encode() in command:
            roots.append(pid)

    def is_own(pid: int) -> bool:
        while pid in parents:
            if pid in roots:
                return True
            pid = parents[pid]
        return False

    return sum(ticks[pid] for pid in parents if is_own(pid)) / os.sysconf("SC_CLK_TCK") if roots else 0


def _busy() -> float:
    """Return the seconds that all processors have worked."""
    try:
        total = (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]
    except OSError:
        return 0
    user, nice, system, _idle, _waiting, interrupts, soft, *_ = map(int, total)
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")
