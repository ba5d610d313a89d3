"""Tables and machine-readable forms of what the commands find out."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from texelflow.bundle.provenance import format_text
from texelflow.dimensions.text import format_expression
from texelflow.options import role_text

if TYPE_CHECKING:
    from texelflow.bundle.types import GraphFile, HostStep
    from texelflow.checking.benchmark import Benchmark
    from texelflow.errors import ExportError
    from texelflow.passes.quantize_weights import QuantizedWeight
    from texelflow.pipeline import DeviceNeeds, Summary

LOG_WIDTH = 160
"""Columns of a table that goes to a file or a pipe."""

LISTED_CONSTRAINTS = 8
"""Most constraints of a model that are shown."""

LISTED_WEIGHTS = 12
"""Most rounded weights that are shown."""

PREFIXES = ("", "k", "M", "G", "T")


def format_bytes(count: float) -> str:
    """Return a size in decimal units with three digits: 4.96 MB."""
    return format_quantity(count, "B")


def printable(text: str) -> str:
    """Return a text with unprintable characters escaped.

    Models name their nodes as they like, and a terminal obeys control characters.
    """
    return "".join(
        character if character.isprintable() or character == "\n" else repr(character)[1:-1]
        for character in text
    )


def as_text(text: str) -> str:
    """Return a text for a table: printable, and `[batch, 3]` no markup of rich's."""
    return escape(printable(text))


def format_quantity(count: float, unit: str = "") -> str:
    """Return a number with three digits and a decimal prefix: 4.96 M."""
    exponent = min(int(math.log10(count) // 3), len(PREFIXES) - 1) if count >= 1 else 0
    scaled = count / 1000**exponent
    digits = 0 if exponent == 0 or scaled >= 100 else 1 if scaled >= 10 else 2
    return f"{scaled:.{digits}f} {PREFIXES[exponent]}{unit}".rstrip()


def format_signature(name: str, dtype: str, shape: Sequence[Any]) -> str:
    """Return an input or output in one line: `image  float32[1, 3, height, width]`."""
    return f"{name}  {dtype}[{', '.join(map(format_expression, shape))}]"


def to_json(value: Any) -> Any:
    """Return data classes, mappings and sequences as JSON can write them; numbers that it cannot become their
    names.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
        if hasattr(value, "passed"):
            fields["passed"] = value.passed
        return fields
    if isinstance(value, Mapping):
        return {str(key): to_json(entry) for key, entry in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [to_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, int | float | str | None) else str(value)


def print_json(value: Any) -> None:
    """Write one JSON document to standard output, with what could control a terminal escaped as JSON does."""
    text = json.dumps(to_json(value), ensure_ascii=False, indent=2, allow_nan=False)
    print("".join(each if each.isprintable() or each == "\n" else json.dumps(each)[1:-1] for each in text))


def output_console() -> Console:
    """Return the console for results: standard output, wide unless it is a terminal."""
    return Console(width=None if sys.stdout.isatty() else LOG_WIDTH)


def error_json(error: ExportError) -> dict[str, Any]:
    """Return what `--json` prints instead of a result."""
    return {"error": error.message, "problems": error.problems}


def print_error(error: ExportError, console: Console) -> None:
    """Show the error with every problem below it."""
    console.print("[bold red]error:[/]", end=" ")
    console.print(printable(str(error)), markup=False, highlight=False, soft_wrap=True)


def print_warnings(warnings: Sequence[str], console: Console) -> None:
    """Show each warning on a line."""
    for warning in warnings:
        console.print("[bold yellow]warning:[/]", end=" ")
        console.print(printable(warning), markup=False, highlight=False, soft_wrap=True)


class Facts:
    """A list of names and what they are, printed as two columns."""

    def __init__(self) -> None:
        self._table = Table.grid(padding=(0, 2))
        self._table.add_column(style="bold")
        self._table.add_column(overflow="fold")

    def add(self, name: str, text: str) -> None:
        """Add a line; `text` is shown as it is."""
        self._table.add_row(name, as_text(text))

    def print(self, console: Console) -> None:
        """Write all lines."""
        console.print(self._table)


def print_summary(summary: Summary, console: Console) -> None:
    """Show what a model is and what it needs of a device."""
    facts = Facts()
    facts.add("model", f"{summary.name}  ({format_text(summary.source_format, summary.opset)})")
    if summary.producer:
        facts.add("written by", summary.producer)
    facts.add("inputs", "\n".join(map(str, summary.inputs)))
    facts.add("outputs", "\n".join(map(str, summary.outputs)))
    if summary.states:
        facts.add("remembers", "\n".join(map(str, summary.states)))
    if summary.symbols:
        facts.add("free dimensions", ", ".join(summary.symbols))
    if summary.learned:
        facts.add("learned in runs", ", ".join(summary.learned))
    if summary.constraints:
        facts.add("at every run", format_constraints(summary.constraints))
    if summary.branches:
        facts.add("plans", "\n".join(f"where {branch}" for branch in summary.branches))
    facts.add("operators", format_counts(summary.operators))
    if summary.tokenizer:
        facts.add("tokenizer", ", ".join(summary.tokenizer))
    facts.add("parameters", f"{summary.parameters:,}")
    facts.add("programs", str(summary.programs))
    facts.add("draws", f"{summary.draws_run} a run, {summary.draws_load} once at load")
    facts.add(
        "download",
        f"{format_bytes(summary.download_bytes)}, weights {format_bytes(summary.weight_bytes)} of it",
    )
    facts.print(console)
    if summary.quantized:
        console.print(_quantized(summary.quantized))
    console.print(_devices(summary.devices))


def _quantized(weights: Sequence[QuantizedWeight]) -> Table:
    """Return what rounding to few bits changes, the worst weights first."""
    table = Table(title="Rounded weights, in % of the largest number", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("weight", overflow="fold")
    for heading in ("bits", "numbers", "worst", "mean"):
        table.add_column(heading, justify="right")
    ordered = sorted(weights, key=lambda weight: -_share(weight.worst, weight))
    for weight in ordered[:LISTED_WEIGHTS]:
        shares = [f"{_share(error, weight):.3f}" for error in (weight.worst, weight.mean)]
        table.add_row(as_text(weight.name), str(weight.bits), f"{weight.elements:,}", *shares)
    if len(ordered) > LISTED_WEIGHTS:
        table.add_row(f"and {len(ordered) - LISTED_WEIGHTS} more with less")
    return table


def _share(error: float, weight: QuantizedWeight) -> float:
    return 100 * error / weight.largest if weight.largest else 0.0


def format_constraints(constraints: Sequence[str]) -> str:
    """Return what a model needs of its free dimensions, a line each; of many the first ones."""
    rest = len(constraints) - LISTED_CONSTRAINTS
    return "\n".join([*constraints[:LISTED_CONSTRAINTS], *([f"and {rest} more"] if rest > 0 else [])])


def format_counts(counts: Mapping[str, int]) -> str:
    """Return names with how often each occurs, most frequent first: `Conv ×26, Relu ×26, Softmax`."""
    ordered = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{name} ×{count}" if count > 1 else name for name, count in ordered)


def _devices(devices: Sequence[DeviceNeeds]) -> Table:
    table = Table(title="GPU memory by kind of device", title_justify="left", box=SIMPLE_HEAD)
    table.add_column("device")
    for heading in ("targets", "P×M", "bits", "texture limit", "shared by a run", "weights"):
        table.add_column(heading, justify="right")
    table.add_column("fits")
    for device in devices:
        table.add_row(
            device.name,
            str(device.draw_buffers),
            f"{device.pixels}×{device.groups}",
            str(device.storage),
            str(device.max_texture_size),
            format_bytes(device.peak_bytes),
            format_bytes(device.weight_texture_bytes),
            "[green]yes[/]" if device.fits else f"[red]no[/]: {as_text(device.reason)}",
        )
    return table


def bundle_facts(graph: GraphFile) -> dict[str, Any]:
    """Return what a bundle's graph.json says of itself."""
    plan = graph["plans"]["webgl2"]
    steps = plan["entries"]["predict"]
    return {
        "name": graph["name"],
        "generator": graph["generator"],
        "provenance": graph["provenance"],
        "formatVersion": graph["formatVersion"],
        "inputs": [{key: value[key] for key in ("name", "dtype", "shape")} for value in graph["inputs"]],
        "outputs": [{key: value[key] for key in ("name", "dtype", "shape")} for value in graph["outputs"]],
        "states": [{key: value[key] for key in ("name", "dtype", "shape")} for value in graph["states"]],
        "images": [value["name"] for value in graph["inputs"] if "image" in value],
        "symbols": graph["symbols"],
        # A step with `host` is a HostStep: the schema tells them apart by it.
        "learned": [name for step in steps if "host" in step for name in cast("HostStep", step)["binds"]],
        "meanings": {
            value["name"]: role_text(value["meaning"]["role"])
            for value in (*graph["inputs"], *graph["outputs"])
            if "role" in value.get("meaning", {})
        },
        "labels": max(len(value.get("meaning", {}).get("labels", [])) for value in graph["outputs"]),
        "programs": len(plan["programs"]),
        "drawsLoad": len(plan["load"]),
        "drawsRun": sum("host" not in step for step in steps),
        "textureUnits": plan["requirements"]["textureUnits"],
        "weightBytes": sum(file["bytes"] for file in graph["files"]),
        "files": [file["name"] for file in graph["files"]],
    }


def print_bundle(facts: Mapping[str, Any], console: Console) -> None:
    """Show what `bundle_facts` returned."""
    shown = Facts()
    shown.add("bundle", f"{facts['name']}  (format {facts['formatVersion']}, by {facts['generator']})")
    provenance = facts["provenance"]
    shown.add("made from", f"{provenance['source']}  (SHA-256 {provenance['sha256'][:12]}…)")
    for key, title in (("format", "which is"), ("producer", "written by")):
        if key in provenance:
            shown.add(title, provenance[key])
    if provenance["options"]:
        shown.add("with", "\n".join(provenance["options"]))
    for key in ("inputs", "outputs"):
        signatures = [
            format_signature(value["name"], value["dtype"], value["shape"])
            + ("  (takes pictures)" if key == "inputs" and value["name"] in facts["images"] else "")
            for value in facts[key]
        ]
        shown.add(key, "\n".join(signatures))
    if facts["states"]:
        states = [format_signature(one["name"], one["dtype"], one["shape"]) for one in facts["states"]]
        shown.add("remembers", "\n".join(states))
    if facts["symbols"]:
        shown.add("free dimensions", ", ".join(facts["symbols"]))
    if facts["learned"]:
        shown.add("learned in runs", ", ".join(facts["learned"]))
    if facts["meanings"]:
        shown.add("meanings", "\n".join(f"{name}  {role}" for name, role in facts["meanings"].items()))
    if facts["labels"]:
        shown.add("labels", str(facts["labels"]))
    shown.add("programs", f"{facts['programs']}, reading at most {facts['textureUnits']} textures")
    shown.add("draws", f"{facts['drawsRun']} a run, {facts['drawsLoad']} once at load")
    shown.add("weights", f"{format_bytes(facts['weightBytes'])} in {', '.join(facts['files']) or 'no file'}")
    shown.print(console)


def print_benchmark(benchmark: Benchmark, console: Console) -> None:
    """Show the times of a bundle and on what they were taken."""
    facts = Facts()
    facts.add("renderer", str(benchmark.device.get("renderer", "unknown")))
    shapes = (f"{name} {shape}" for name, shape in benchmark.input_shapes.items())
    facts.add("inputs", ", ".join(shapes))
    facts.add("load", f"{benchmark.load:.0f} ms")
    facts.add("first result", f"{benchmark.first_result:.0f} ms")
    facts.add("run, median", f"{benchmark.median:.2f} ms of {benchmark.runs} runs")
    facts.add("run, 10 % to 90 %", f"{benchmark.percentile_10:.2f} to {benchmark.percentile_90:.2f} ms")
    counts, memory = benchmark.statistics, benchmark.statistics["textureBytes"]
    facts.add("programs", str(counts["programs"]))
    facts.add("draws", f"{counts['draws']} a run, {counts['loadDraws']} once at load")
    facts.add(
        "GPU memory",
        f"{format_bytes(memory['peak'])} at most: weights {format_bytes(memory['weights'])}, "
        f"intermediate results {format_bytes(memory['intermediates'])}",
    )
    facts.print(console)
