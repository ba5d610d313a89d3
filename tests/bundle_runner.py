"""Runs exported bundles in a page on NumPy arrays, through the public API of the runtime."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page

SCRIPT = Path(__file__).with_suffix(".js")
TYPED_ARRAYS = SCRIPT.with_name("typed_arrays.js")

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one bundle: its URL and the arrays of its inputs by name."""

    url: str
    feeds: Arrays


@dataclass(frozen=True, slots=True)
class Answer:
    """What a job gave: arrays by name, or the first line of the error's message."""

    outputs: Arrays
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Runs of one bundle, loaded once: its URL and the arrays of each run's inputs by name."""

    url: str
    runs: Sequence[Arrays]


def run_jobs(page: Page, jobs: Sequence[Job], device: Mapping[str, Any] | None = None) -> list[Answer]:
    """Run many bundles in one call, each loaded and freed in turn; a failure is an answer, too."""
    series = run_series(page, [Series(job.url, [job.feeds]) for job in jobs], device)
    return [answer for (answer,) in series]


def run_series(
    page: Page, series: Sequence[Series], device: Mapping[str, Any] | None = None
) -> list[list[Answer]]:
    """Run many bundles in one call, each loaded once; return the answers of each, as many as its runs."""
    assert series and all(one.runs for one in series), "there is nothing to run"
    load_script(page)
    jobs = [{"url": one.url, "runs": [encode(feeds) for feeds in one.runs]} for one in series]
    results = page.evaluate("bundleRunner.runAll", {"jobs": jobs, "device": dict(device or {})})
    return [
        [_answer(answer) for answer in result.get("answers", [result] * len(one.runs))]
        for one, result in zip(series, results, strict=True)
    ]


class LoadedBundle:
    """A bundle loaded in a page; a context manager that disposes of it."""

    _count = 0

    def __init__(self, page: Page, url: str, device: Mapping[str, Any] | None = None) -> None:
        load_script(page)
        LoadedBundle._count += 1
        self._key = f"model{LoadedBundle._count}"
        self._page = page
        request = {"key": self._key, "url": url, "device": dict(device or {})}
        self.device = page.evaluate("bundleRunner.load", request)

    def __enter__(self) -> LoadedBundle:
        return self

    def __exit__(self, *_: object) -> None:
        self._page.evaluate("bundleRunner.dispose", self._key)

    def texture_bytes(self) -> dict[str, int]:
        """Bytes of textures that the model holds: `now`, and of each kind (`texelflow.statistics`)."""
        statistics = self._page.evaluate("bundleRunner.statistics", self._key)
        return dict(statistics["textureBytes"])

    def run(self, feeds: Arrays) -> dict[str, np.ndarray]:
        """Run on arrays; bfloat16 results come as uint16 bit patterns."""
        return decode(self._page.evaluate("bundleRunner.run", {"key": self._key, "feeds": encode(feeds)}))


def _answer(answer: Mapping[str, Any]) -> Answer:
    if "error" in answer:
        return Answer({}, answer["error"].splitlines()[0])
    return Answer(decode(answer["outputs"]))


def load_script(page: Page) -> None:
    if not page.evaluate("'bundleRunner' in globalThis"):
        page.add_script_tag(path=TYPED_ARRAYS)
        page.add_script_tag(path=SCRIPT)


def encode(arrays: Arrays) -> dict[str, Any]:
    return {
        name: {
            "dtype": str(array.dtype),
            "shape": list(array.shape),
            "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
        }
        for name, array in arrays.items()
    }


def decode(results: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {
        name: np.frombuffer(
            base64.b64decode(result["data"]),
            np.uint16 if result["dtype"] == "bfloat16" else result["dtype"],
        ).reshape(result["shape"])
        for name, result in results.items()
    }
