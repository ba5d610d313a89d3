"""Time a bundle in headless Chromium."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.bundle.reader import read_graph
from texelflow.checking.browser import open_bundle_page
from texelflow.checking.input_files import InputFiles, make_inputs
from texelflow.checking.verify import send_inputs
from texelflow.errors import ExportError


@dataclass(frozen=True)
class Benchmark:
    """Times in milliseconds. A run uploads its inputs, draws, and reads its outputs back.

    `first_result` is from asking for the bundle (on this machine, so without a network) to the first run's
    outputs. `profile`, if asked for, is what each draw costs: the runtime's `Profile`.
    """

    load: float
    first_result: float
    median: float
    percentile_10: float
    percentile_90: float
    runs: int
    input_shapes: dict[str, list[int]]
    statistics: dict[str, Any]
    device: dict[str, Any]
    profile: dict[str, Any] | None


def benchmark(
    bundle: Path,
    *,
    runs: int = 20,
    warm_up: int = 3,
    input_files: InputFiles = (),
    dimensions: Mapping[str, int] | None = None,
    software: bool = False,
    profile: bool = False,
    trace: Path | None = None,
) -> Benchmark:
    """Load `bundle` in a fresh browser, run it `warm_up` (at least 1) and then `runs` times.

    With `profile` or `trace`, each draw is timed by itself afterwards, `runs` times; `trace` is a file to
    write that chrome://tracing and Perfetto open.

    Raises:
        ExportError: it cannot be run.
        OSError: `trace` cannot be written.
    """
    if trace and not trace.parent.is_dir():
        raise ExportError(f"{trace} cannot be written: there is no folder {trace.parent}")
    graph = read_graph(bundle)
    inputs, _ = make_inputs(graph, input_files, dimensions or {}, 0)
    with open_bundle_page(bundle, software=software) as page:
        loaded = page.call("load")
        send_inputs(page, inputs)
        measured = page.call("measure", warm_up, runs)
        profiled = page.call("profile", runs) if profile or trace else None
    if profiled and trace:
        trace.write_text(json.dumps(profiled["trace"]), encoding="utf-8")
    tenth, median, ninetieth = np.percentile(measured["milliseconds"], [10, 50, 90])
    return Benchmark(
        load=loaded["milliseconds"],
        first_result=loaded["milliseconds"] + measured["first"],
        median=float(median),
        percentile_10=float(tenth),
        percentile_90=float(ninetieth),
        runs=runs,
        input_shapes={name: list(array.shape) for name, array in inputs.items()},
        statistics=measured["statistics"],
        device=loaded["device"],
        profile=profiled["profile"] if profiled else None,
    )
