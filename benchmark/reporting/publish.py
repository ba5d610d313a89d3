"""Write the benchmark's JSON, and what is made of it: docs/benchmarks.md, charts, a part of the README."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from runtimes import OWN, TITLES, VARIANTS

from reporting.chart import render_chart
from reporting.formatting import NOTHING, count, error, kilobytes, megabytes, milliseconds, with_range
from reporting.summaries import (
    NET_TITLES,
    Summary,
    draws_in_software,
    nets_of,
    renderer_title,
    runtimes_of,
    settings_of,
    summarize,
    time_of,
)
from reporting.table import objects_and_fences
from reporting.targets import check_targets, slower_than_a_peer
from reporting.templates_environment import render

REPOSITORY = Path(__file__).resolve().parent.parent.parent
README_PART = re.compile(r"(<!-- benchmarks: .*? -->\n).*?(<!-- end of benchmarks -->)", re.DOTALL)
"""What `make bench-publish` writes anew in README.md, between two comments."""

MARKS = {True: "✓", False: "✗", None: "–"}

TABLES: dict[str, Callable[[Summary], str]] = {
    "Steady run": lambda found: with_range(found.steady),
    "Steady run, processor time": lambda found: with_range(found.processor),
    "Navigation to first result": lambda found: with_range(found.first_result),
    "Last byte at 10 MB/s to first result": lambda found: with_range(found.after_last_byte),
    "Downloaded code": lambda found: kilobytes(found.script_bytes),
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


class MixedReportError(Exception):
    """A report whose figures belong to several settings of the device: they say nothing beside each other."""


def write_json(report: dict[str, Any], path: Path) -> None:
    """Write the report to `path`; a reader sees the one before or this one, never half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_text(json.dumps(rounded(report), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def rounded(value: Any) -> Any:
    """Return JSON's data with numbers of six digits: clocks tell no more, and people read the files, too."""
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return float(f"{value:.6g}") if isinstance(value, float) else value


def publish(report: dict[str, Any], repository: Path = REPOSITORY) -> Path:
    """Keep the report in docs/benchmarks, in place of one with the same renderer, and render the pages anew.

    Returns:
        The path of docs/benchmarks.md.

    Raises:
        MixedReportError: Texelflow did not have one setting in all of it; nothing is written.
    """
    setting_of(report)
    path = kept_report(report["renderer"], repository)
    if path.is_file() and (tokens := json.loads(path.read_text(encoding="utf-8")).get("tokens")):
        report = {**report, "tokens": tokens}  # measured by tokens.py
    write_json(report, path)
    return render_pages(repository)


def kept_report(renderer: str, repository: Path) -> Path:
    """Return where the report of a renderer is kept."""
    return repository / "docs" / "benchmarks" / f"{renderer_slug({'renderer': renderer})}.json"


def render_pages(repository: Path = REPOSITORY) -> Path:
    """Render docs/benchmarks.md, a chart beside each kept report, and the README's part.

    Raises:
        MixedReportError: Texelflow did not have one setting in all of a report.
    """
    docs = repository / "docs"
    machines = []
    for path in sorted((docs / "benchmarks").glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        chart = path.with_suffix(".svg")
        chart.write_text(render_chart(report), encoding="utf-8")
        machines.append(describe(report, f"benchmarks/{chart.name}"))
    page = docs / "benchmarks.md"
    page.write_text(render("benchmarks.md.j2", machines=machines), encoding="utf-8")
    readme = repository / "README.md"
    part = render("readme.md.j2", machines=machines)
    text = README_PART.sub(lambda marks: marks[1] + part + marks[2], readme.read_text(encoding="utf-8"))
    readme.write_text(text, encoding="utf-8")
    return page


def describe(report: dict[str, Any], chart: str) -> dict[str, Any]:
    """Return what the page's template shows of one report."""
    machine = report["machine"]
    tables = [*(metric_table(report, *table) for table in TABLES.items()), split_table(report)]
    return {
        **{key: report[key] for key in ("renderer", "browser", "date", "versions")},
        **{key: machine[key] for key in ("processor", "cores", "system")},
        "memory": machine["memoryGiB"],
        "setting": setting_of(report),
        "seed": report["settings"].get("seed"),
        "remark": report.get("remark", ""),
        "renderer_title": renderer_title(report),
        "chart": chart,
        "targets": check_targets(report) if draws_in_software(report) else [],
        "marks": MARKS,
        "slower": slower_than_a_peer(report),
        "tables": list(filter(has_figures, tables)),
        "failures": failures(report),
        "overview": overview(report),
        "tokens": token_table(report),
    }


def token_table(report: dict[str, Any]) -> dict[str, Any] | None:
    """Return the table of tokens per second that tokens.py measured, if it did."""
    tokens = report.get("tokens")
    if tokens is None:
        return None
    rows = [
        {
            "title": row["title"],
            "cells": [
                *(f"{1000 / each:.{int(each > 100)}f}" for each in row["milliseconds"]),
                f"{row['milliseconds'][-1] / row['milliseconds'][0]:.2f}",
            ],
        }
        for row in tokens["rows"]
    ]
    return {**{key: tokens[key] for key in ("date", "places", "remark")}, "rows": rows}


def setting_of(report: dict[str, Any]) -> str:
    """Return the setting that Texelflow chose on the device, in words.

    Raises:
        MixedReportError: there are several.
    """
    found = sorted(settings_of(report))
    if len(found) > 1:
        raise MixedReportError(f"one report has one setting, this one has {' and '.join(found)}")
    return found[0] if found else NOTHING


def overview(report: dict[str, Any]) -> dict[str, Any]:
    """Return the table of the two times that matter most; variants that only start have no column."""
    runtimes = [runtime for runtime in runtimes_of(report) if has_steady_runs(report, runtime)]

    def cell(net: str, runtime: str) -> str:
        found = summarize(report, net, runtime)
        if found.steady is None and found.failure:
            return "does not run"
        parts = ["steady"] if runtime in VARIANTS else ["steady", "first_result"]
        spreads = [time_of(report, net, runtime, part) for part in parts]
        return ", ".join(milliseconds(value.median if value else None) for value in spreads)

    return make_table(report, "", runtimes, cell)


def has_steady_runs(report: dict[str, Any], runtime: str) -> bool:
    """Whether a runtime takes part in the steady runs of a report."""
    return any("steady" in net.get("runtimes", {}).get(runtime, {}) for net in report["nets"].values())


def metric_table(report: dict[str, Any], title: str, cell: Callable[[Summary], str]) -> dict[str, Any]:
    """Return the table of one metric: a row for each net, a column for each runtime that has such figures."""

    def shown(net: str, runtime: str) -> str:
        return cell(summarize(report, net, runtime))

    nets = nets_of(report)
    measured = [
        runtime
        for runtime in runtimes_of(report)
        if runtime not in VARIANTS or any(shown(net, runtime) != NOTHING for net in nets)
    ]
    return make_table(report, title, measured, shown)


def make_table(
    report: dict[str, Any], title: str, runtimes: list[str], cell: Callable[[str, str], str]
) -> dict[str, Any]:
    """Return a table as the template takes it; `cell` gives the text for a net and a runtime."""
    rows = [
        {"title": NET_TITLES.get(net, net), "cells": [cell(net, runtime) for runtime in runtimes]}
        for net in nets_of(report)
    ]
    return {"title": title, "columns": [TITLES[runtime] for runtime in runtimes], "rows": rows}


def has_figures(table: dict[str, Any]) -> bool:
    """Whether a table shows anything that was measured."""
    return any(cell != NOTHING for row in table["rows"] for cell in row["cells"])


def split_table(report: dict[str, Any]) -> dict[str, Any]:
    """Return the table of what Texelflow's start-up is made of, from a local server."""
    rows = []
    for net in nets_of(report):
        split = summarize(report, net, OWN).split
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
                names = {"net": NET_TITLES.get(net, net), "runtime": TITLES[runtime]}
                found.append({**names, "reason": reason.replace("|", "\\|")})
    return found


def renderer_slug(report: dict[str, Any]) -> str:
    """Return the renderer as a file name."""
    title = renderer_title(report).partition(":")[0]
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60]
