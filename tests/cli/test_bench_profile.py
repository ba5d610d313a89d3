"""`texelflow bench --profile` and `--trace`, and the table by node."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from command_support import RunCommand
from rich.console import Console

from texelflow.cli.profile_table import costs_by_node, print_profile


@pytest.fixture
def bundle(texelflow_command: RunCommand, classifier: Path) -> Path:
    """The classifier's bundle."""
    assert texelflow_command("export", classifier, "-o", "bundle").code == 0
    return classifier.parent / "bundle"


def test_bench_profile_as_json(texelflow_command: RunCommand, bundle: Path) -> None:
    arguments = ("bench", bundle, "--runs", "3", "--software", "--dimension", "batch=2")
    result = texelflow_command(*arguments, "--profile", "--trace", "trace.json", "--json")
    assert result.code == 0, result.stderr
    profile = result.json["profile"]
    draws = profile["draws"]
    assert profile["runs"] == 3 and profile["method"] in ("fence", "timer query")
    assert len(draws) == result.json["statistics"]["draws"]
    assert sum(draw["share"] for draw in draws) == pytest.approx(1)
    assert sum(draw["milliseconds"] for draw in draws) == pytest.approx(profile["milliseconds"])
    # Two pictures: five channels of 8×8 from three of 3×3; then four scores from five channels.
    operations = {draw["node"]: draw["flops"] for draw in draws if draw["flops"]}
    assert operations == {"Conv 'first'": 2 * 5 * 64 * 27 * 2, "MatMul 'fifth'": 2 * 4 * 5 * 2}
    assert all(draw["bytesWritten"] > 0 and draw["fetches"] > 0 for draw in draws)

    trace = json.loads((bundle.parent / "trace.json").read_text())
    events = [event for event in trace["traceEvents"] if event["ph"] == "X"]
    assert [event["name"] for event in events] == [draw["node"] for draw in draws]
    assert events[0]["ts"] == 0
    for earlier, later in itertools.pairwise(events):
        assert later["ts"] == pytest.approx(earlier["ts"] + earlier["dur"])
    assert sum(event["dur"] for event in events) == pytest.approx(profile["milliseconds"] * 1000)


def test_bench_without_profile_has_none(texelflow_command: RunCommand, bundle: Path) -> None:
    result = texelflow_command("bench", bundle, "--runs", "1", "--software", "--json")
    assert result.json["profile"] is None


def test_bench_profile_as_table(texelflow_command: RunCommand, bundle: Path) -> None:
    result = texelflow_command("bench", bundle, "--runs", "1", "--software", "--profile")
    assert result.code == 0, result.stderr
    (convolution,) = (line for line in result.stdout.splitlines() if "Conv 'first'" in line)
    assert "17.3 k" in convolution and "%" in convolution
    (total,) = (line for line in result.stdout.splitlines() if line.split()[:1] == ["total"])
    assert "100.0%" in total and "17.3 k" in total


def test_trace_into_no_folder(texelflow_command: RunCommand, bundle: Path) -> None:
    result = texelflow_command("bench", bundle, "--trace", "nowhere/trace.json")
    result.assert_one_error("nowhere", "no folder")


def _draw(node: str, program: str, **figures: Any) -> dict[str, Any]:
    nothing = {"milliseconds": 0, "share": 0, "flops": 0, "bytesRead": 0, "bytesWritten": 0, "fetches": 0}
    return {"node": node, "program": program, **nothing, **figures}


DRAWS = [
    _draw("Conv 'a'", "copy", milliseconds=1, share=0.1, bytesRead=10, bytesWritten=20, fetches=5),
    _draw("Add [b]", "elementwise", milliseconds=2.5, share=0.25, fetches=7),
    _draw("Conv 'a'", "convolution", milliseconds=6.5, share=0.65, flops=2_000_000, bytesRead=5),
]


def test_draws_of_a_node_are_added_up_and_the_dearest_comes_first() -> None:
    costs = costs_by_node(DRAWS)
    assert list(costs) == ["Conv 'a'", "Add [b]"]
    convolution = costs["Conv 'a'"]
    assert (convolution.draws, convolution.programs) == (2, ["copy", "convolution"])
    assert (convolution.milliseconds, convolution.share) == (7.5, 0.75)
    assert (convolution.flops, convolution.fetches) == (2_000_000, 5)
    assert (convolution.bytes_read, convolution.bytes_written) == (15, 20)


@pytest.mark.parametrize("draws", [DRAWS, [], [{**draw, "fetches": None} for draw in DRAWS]])
def test_table(draws: list[dict[str, Any]]) -> None:
    console = Console(record=True, width=160)
    profile = {"method": "fence", "runs": 1, "draws": draws, "milliseconds": 10, "runMilliseconds": 9}
    print_profile(profile, console)
    text = console.export_text()
    assert "total" in text and "all draws in a row: 9.00 ms" in text
    if draws:
        assert "Add [b]" in text and "267 M" in text  # two million operations in 7.5 ms
