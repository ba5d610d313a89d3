"""The chart of docs/benchmarks.md: bars for steady runs and for first results, net by net."""

from __future__ import annotations

from typing import Any

from runtimes import TITLES

from reporting.formatting import milliseconds
from reporting.summaries import (
    NET_TITLES,
    nets_of,
    peers_of,
    renderer_title,
    time_of,
)
from reporting.templates_environment import render

COLOURS = {
    "texelflow": ("#0f6b66", "#5cc4ba"),
    "tfjs": ("#d98324", "#e3a35c"),
    "ort-webgl": ("#6d62b5", "#a79ee6"),
    "ort-wasm": ("#8b8678", "#9aa3a6"),
}
"""Of the bars, on light and on dark paper. They also differ in lightness."""

PANELS = {"steady": "Steady run", "first_result": "Navigation to first result"}
WIDTH, MARGIN, GAP = 1000, 24, 48
PANEL_WIDTH = (WIDTH - 2 * MARGIN - GAP) / 2
LABEL_WIDTH = 72
"""Right of the longest bar, for its time."""

TOP = 136
BAR_HEIGHT, BAR_DISTANCE = 11, 15
HEAD, FOOT = 28, 12
"""Of a group: room for its name, and below the last bar."""


def render_chart(report: dict[str, Any]) -> str:
    """Return an SVG. Lengths are proportional to times within a group, where the slowest has the longest."""
    nets, runtimes = nets_of(report), peers_of(report)
    group_height = HEAD + BAR_DISTANCE * len(runtimes) + FOOT
    panels = [
        {
            "title": title,
            "x": MARGIN + index * (PANEL_WIDTH + GAP),
            "width": PANEL_WIDTH,
            "groups": [
                group(report, net, part, TOP + place * group_height) for place, net in enumerate(nets)
            ],
        }
        for index, (part, title) in enumerate(PANELS.items())
    ]
    return render(
        "chart.svg.j2",
        width=WIDTH,
        height=TOP + group_height * len(nets) + FOOT,
        title="Texelflow and other runtimes in the browser",
        description="Bars of the medians that docs/benchmarks.md has in its tables, shorter is faster.",
        note=f"Shorter is faster, scaled within each net. {renderer_title(report)}; {report['date']}",
        panels=panels,
        legend=[
            {"x": MARGIN + index * 140, "name": TITLES[runtime], "kind": runtime}
            for index, runtime in enumerate(runtimes)
        ],
        kinds=[{"name": name, "light": light, "dark": dark} for name, (light, dark) in COLOURS.items()],
        bar_height=BAR_HEIGHT,
    )


def group(report: dict[str, Any], net: str, part: str, top: float) -> dict[str, Any]:
    """Return the bars of one net in one panel, `top` units below the chart's upper edge."""
    found = {runtime: time_of(report, net, runtime, part) for runtime in peers_of(report)}
    longest = max((value.median for value in found.values() if value), default=1)
    bars = [
        {
            "y": top + HEAD + index * BAR_DISTANCE,
            "length": (PANEL_WIDTH - LABEL_WIDTH) * value.median / longest if value else 0,
            "label": milliseconds(value.median) if value else f"{TITLES[runtime]} does not run",
            "name": TITLES[runtime],
            "kind": runtime,
        }
        for index, (runtime, value) in enumerate(found.items())
    ]
    return {"title": NET_TITLES.get(net, net), "y": top, "bars": bars}
