"""Write the benchmark's JSON, and docs/benchmarks.md and its charts from the JSON in docs/benchmarks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reporting.chart import render_chart
from reporting.formatting import count, error, kilobytes, megabytes, milliseconds, with_range
from reporting.summaries import (
    NET_TITLES,
    RUNTIME_TITLES,
    Summary,
    nets_of,
    renderer_title,
    runtimes_of,
    summarize,
)
from reporting.table import objects_and_fences
from reporting.targets import check_targets, slower_than_a_peer
from reporting.templates_environment import render

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
MARKS = {True: "✓", False: "✗", None: "–"}

TABLES: dict[str, Callable[[Summary], str]] = {
    "Steady run": lambda found: with_range(found.steady),
    "Steady run, processor time": lambda found: with_range(found.processor),
    "Navigation to first result": lambda found: with_range(found.first_result),
    "Last byte at 10 MB/s to first result": lambda found: with_range(found.after_last_byte),
    "Downloaded scripts": lambda found: kilobytes(found.script_bytes),
    "Downloaded model": lambda found: megabytes(found.model_bytes),
    "GPU memory": lambda found: megabytes(found.memory),
    "GPU memory beyond the weights": lambda found: megabytes(found.memory_beyond_weights),
    "JS heap": lambda found: megabytes(found.heap),
    "Programs compiled": lambda found: count(found.programs),
    "Draws of a run": lambda found: count(found.draws),
    "GL objects created by a run": objects_and_fences,
    "Typed arrays created by a run": lambda found: count(found.arrays),
    "Error": lambda found: error(found.error),
}
SPLIT_TITLES = {
    "download": "download",
    "context": "context",
    "compile": "compile",
    "upload": "upload",
    "loadDraws": "draws that pack",
    "firstRun": "first run",
}


def write_json(report: dict[str, Any], path: Path) -> None:
    """Write the report to `path`; a reader sees the one before or this one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def publish(report: dict[str, Any], docs: Path = DOCS) -> Path:
    """Keep the report in `docs`/benchmarks, in place of one with the same renderer, and render the page anew.

    Returns:
        The path of the page.
    """
    write_json(report, docs / "benchmarks" / f"{renderer_slug(report)}.json")
    return render_pages(docs)


def render_pages(docs: Path = DOCS) -> Path:
    """Render `docs`/benchmarks.md, and a chart beside each kept report, from the kept reports."""
    machines = []
    for path in sorted((docs / "benchmarks").glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        chart = path.with_suffix(".svg")
        chart.write_text(render_chart(report), encoding="utf-8")
        machines.append(describe(report, f"benchmarks/{chart.name}"))
    page = docs / "benchmarks.md"
    page.write_text(render("benchmarks.md.j2", machines=machines), encoding="utf-8")
    return page


def describe(report: dict[str, Any], chart: str) -> dict[str, Any]:
    """Return what the page's template shows of one report."""
    machine = report["machine"]
    return {
        **{key: report[key] for key in ("renderer", "browser", "date", "versions")},
        **{key: machine[key] for key in ("processor", "cores", "system")},
        "memory": machine["memoryGiB"],
        "renderer_title": renderer_title(report),
        "chart": chart,
        "targets": check_targets(report),
        "marks": MARKS,
        "slower": slower_than_a_peer(report),
        "tables": [*metric_tables(report), split_table(report)],
        "failures": failures(report),
    }


def metric_tables(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a table for each metric: a row for each net, a column for each runtime."""
    runtimes = runtimes_of(report)
    return [
        {
            "title": title,
            "columns": [RUNTIME_TITLES[runtime] for runtime in runtimes],
            "rows": [
                {
                    "title": NET_TITLES.get(net, net),
                    "cells": [cell(summarize(report, net, runtime)) for runtime in runtimes],
                }
                for net in nets_of(report)
            ],
        }
        for title, cell in TABLES.items()
    ]


def split_table(report: dict[str, Any]) -> dict[str, Any]:
    """Return the table of what Texelflow's start-up is made of, from a local server."""
    rows = []
    for net in nets_of(report):
        split = summarize(report, net, "texelflow").split
        cells = [milliseconds(split.get(part)) for part in SPLIT_TITLES]
        rows.append({"title": NET_TITLES.get(net, net), "cells": cells})
    title = "Texelflow's start-up, whose parts overlap"
    return {"title": title, "columns": list(SPLIT_TITLES.values()), "rows": rows}


def failures(report: dict[str, Any]) -> list[dict[str, str]]:
    """Return what failed: net, runtime and reason."""
    found = []
    for net in nets_of(report):
        for runtime in runtimes_of(report):
            if reason := summarize(report, net, runtime).failure:
                names = {"net": NET_TITLES.get(net, net), "runtime": RUNTIME_TITLES[runtime]}
                found.append({**names, "reason": reason.replace("|", "\\|")})
    return found


def renderer_slug(report: dict[str, Any]) -> str:
    """Return the renderer as a file name."""
    title = renderer_title(report).partition(":")[0]
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
