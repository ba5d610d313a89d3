"""Runs many small bundles in one page, a batch a call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from playwright.sync_api import Page

from bundle_runner import Job, run_jobs
from conformance.cases import Case, judge

BATCH = 40


def run_cases(page: Page, url: str, cases: Iterable[Case], device: Mapping[str, Any] | None = None) -> None:
    """Run exported cases and judge each; `url` is where their folder is mounted."""
    waiting = [case for case in cases if case.folder is not None]
    for start in range(0, len(waiting), BATCH):
        batch = waiting[start : start + BATCH]
        answers = run_jobs(page, [Job(f"{url}/{case.name}", case.inputs) for case in batch], device)
        for case, answer in zip(batch, answers, strict=True):
            if answer.error is not None:
                case.status, case.reason = "failed", answer.error
            else:
                judge(case, answer.outputs)


def counts(cases: Sequence[Case]) -> dict[str, int]:
    """Return how many cases have each status."""
    result: dict[str, int] = {}
    for case in cases:
        result[case.status] = result.get(case.status, 0) + 1
    return result
