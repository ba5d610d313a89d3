"""ONNX's backend node tests in a real browser, and the table of them in docs/operators.md."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from conformance.cases import CONSTANT, Case, export_case, node_cases
from conformance.harness import counts, run_cases
from conformance.report import render_report
from settings import FEWEST, IN_16_BITS, SETTINGS

REPORT = Path(__file__).resolve().parents[2] / "docs" / "operators.md"


@pytest.fixture(scope="module")
def exported(
    tmp_path_factory: pytest.TempPathFactory, page_server: PageServer, operator: str | None
) -> tuple[list[Case], str]:
    """All cases, exported where the exporter takes them, and the URL of their bundles."""
    directory = tmp_path_factory.mktemp("node_cases")
    cases = list(node_cases(operator, constants=True))
    assert cases, f"ONNX has no tests of {operator}, or it is not registered"
    for case in cases:
        export_case(case, directory)
    return cases, page_server.mount("/node_cases", directory)


def share(cases: list[Case], setting: str, operator: str | None) -> list[Case]:
    """The cases that run at a setting beside the default: they take turns, unless they are of one operator.

    What ONNX expands operators to runs at the default only. With free axes, all run at one more setting
    (free_sizes/test_free_operators.py).
    """
    others = [name for name in FEWEST if name != "default"]
    cases = [case for case in cases if CONSTANT[1] not in case.operators]
    return cases if operator is not None else cases[others.index(setting) :: len(others)]


AT_A_THRESHOLD = "test_ai_onnx_ml_tree_ensemble_single_tree"
"""A number equals a threshold before both are rounded: with 16 bits it may take either branch."""


@pytest.mark.parametrize("setting", [setting for setting in FEWEST if setting != IN_16_BITS])
def test_results(
    setting: str, exported: tuple[list[Case], str], bundle_page: Page, operator: str | None
) -> None:
    """Every exported case gives the test's result; the outcome is what docs/operators.md says."""
    cases, url = exported
    if setting != "default":
        cases = share(cases, setting, operator)
    run_cases(bundle_page, url, cases, SETTINGS[setting])
    failed = [f"{case.name}: {case.reason}" for case in cases if case.status == "failed"]
    assert not failed, f"{len(failed)} of {len(cases)} cases failed:\n" + "\n".join(failed)
    if operator is not None or setting != "default":
        print(*(f"{case.name}: {case.status} {case.reason}" for case in cases), sep="\n")
        return
    assert counts(cases)["passed"] > 800
    report = render_report(cases)
    if os.environ.get("TEXELFLOW_WRITE_DOCS"):
        REPORT.parent.mkdir(exist_ok=True)
        REPORT.write_text(report, encoding="utf-8")
    assert REPORT.read_text(encoding="utf-8") == report, "docs/operators.md is stale: run `make docs`"


def test_results_in_16_bits(
    exported: tuple[list[Case], str], bundle_page: Page, operator: str | None
) -> None:
    """With 16-bit storage results are right to about its 11 bits; integers and booleans stay exact."""
    every, url = exported
    cases = [case for case in share(every, IN_16_BITS, operator) if case.name != AT_A_THRESHOLD]
    for case in cases:
        if all(array.dtype.kind == "f" for array in case.outputs.values()):
            case.relative, case.absolute = max(case.relative, 1e-2), max(case.absolute, 1e-2)
            if "Attention" in case.operators:  # it gives out the infinities that hide keys
                case.largest = 65504
    run_cases(bundle_page, url, cases, SETTINGS[IN_16_BITS])
    failed = [f"{case.name}: {case.reason}" for case in cases if case.status == "failed"]
    assert not failed, f"{len(failed)} of {len(cases)} cases failed:\n" + "\n".join(failed)
