"""Numbers as people read them. None, which means not measured, becomes a dash."""

from __future__ import annotations

from reporting.summaries import Spread

NOTHING = "–"


def milliseconds(value: float | None) -> str:
    """Return a duration with three digits or so: "8.45 ms", "84.5 ms", "845 ms", "8.45 s"."""
    if value is None:
        return NOTHING
    if value >= 10_000:
        return f"{value / 1000:.1f} s"
    if value >= 1000:
        return f"{value / 1000:.2f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.1f} ms" if value >= 10 else f"{value:.2f} ms"


def with_range(value: Spread | None) -> str:
    """Return the median and, of several measurements, the range from the 10th to the 90th percentile."""
    if value is None:
        return NOTHING
    shown = milliseconds(value.median)
    if value.count == 1:
        return shown
    unit = 1000 if value.median >= 1000 else 1
    digits = 2 if unit == 1000 else 0 if value.median >= 100 else 1
    return f"{shown} ({value.low / unit:.{digits}f}–{value.high / unit:.{digits}f})"


def kilobytes(value: int | None) -> str:
    """Return bytes in KiB."""
    return NOTHING if value is None else f"{value / 1024:,.1f} KiB"


def megabytes(value: int | None) -> str:
    """Return bytes in MiB."""
    return NOTHING if value is None else f"{value / 2**20:,.1f} MiB"


def count(value: int | None) -> str:
    """Return a number of things."""
    return NOTHING if value is None else f"{value:,}"


def error(value: float | None) -> str:
    """Return a relative error."""
    return NOTHING if value is None else f"{value:.0e}"


def times(value: float | None) -> str:
    """Return a ratio: "3.1×"."""
    if value is None:
        return NOTHING
    return f"{value:.0f}×" if value >= 20 else f"{value:.1f}×" if value >= 10 else f"{value:.2f}×"
