"""TensorFlow Lite models as bundles in a browser: what ends in nodes that only draws know, and free sizes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from playwright.sync_api import Page
from test_tflite_operators import compare
from tflite_models.builder import run_litert
from tflite_models.case import Case
from tflite_models.movement_cases import CASES as FLOAT
from tflite_models.quantised_cases import CASES as QUANTISED
from tflite_models.random_nets import RandomNet
from tflite_models.stablehlo_cases import CASES as STABLEHLO
from tflite_models.state_cases import CASES as STATES

from browser_support import PageServer
from bundle_runner import LoadedBundle, Series, run_series
from texelflow import export

WEIGHTED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV")


def chosen() -> list[Case]:
    """Products of quantised weights, and some of everything else."""
    products = [case for case in QUANTISED if case.operator in WEIGHTED]
    others = [case for case in QUANTISED if case.operator not in WEIGHTED]
    return [*products[::2], *others[::9], *STATES[::8], *[case for case in FLOAT if "free" in case.label]]


def test_operators(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    cases, series, expected = chosen(), [], []
    url = page_server.mount("/tflite_bundles", tmp_path)
    for index, case in enumerate(cases):
        content, runs = case.content(), case.feeds(3)
        path = tmp_path / f"{index}.tflite"
        path.write_bytes(content)
        export(path, tmp_path / f"bundle_{index}")
        series.append(Series(f"{url}/bundle_{index}", runs))
        expected.append(run_litert(content, runs, case.reference))
    for case, answers, wanted in zip(cases, run_series(bundle_page, series), expected, strict=True):
        for answer, results in zip(answers, wanted, strict=True):
            assert answer.error is None, f"{case.operator} {case.label}: {answer.error}"
            for index, out in enumerate(case.outputs):
                compare(case, answer.outputs[f"y{index}"], results[f"y{index}"], out.scale is not None)


def test_random_nets(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """Networks of floats, and of 8 bits with weights by channel."""
    url = page_server.mount("/tflite_nets", tmp_path)
    for dtype, seeds in (("float32", range(50, 54)), ("int8", range(60, 63))):
        for seed in seeds:
            net = RandomNet(seed, dtype)
            content, feeds = net.content(10), net.feeds()
            name = f"{dtype}_{seed}"
            (tmp_path / f"{name}.tflite").write_bytes(content)
            export(tmp_path / f"{name}.tflite", tmp_path / name)
            [expected] = run_litert(content, [feeds])
            with LoadedBundle(bundle_page, f"{url}/{name}") as bundle:
                made = bundle.run(feeds)
            for key, array in expected.items():
                difference = np.abs(made[key].astype(np.float64) - array)
                if dtype == "float32":
                    assert difference.max() <= 1e-4 * max(1.0, float(np.abs(array).max())), name
                else:
                    assert difference.mean() <= 0.3, name


IN_PAGE = ("a loop", "sort by two", "scatter outside", "windows add", "update beyond")


def test_stablehlo(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """What ends in loops, orders and indices that a run decides."""
    url = page_server.mount("/stablehlo_bundles", tmp_path)
    cases = [case for case in STABLEHLO if case.name.startswith(IN_PAGE)]
    series = []
    for index, case in enumerate(cases):
        (tmp_path / f"{index}.tflite").write_bytes(case.content)
        export(tmp_path / f"{index}.tflite", tmp_path / f"bundle_{index}")
        series.append(Series(f"{url}/bundle_{index}", [case.feeds()]))
    for case, [answer] in zip(cases, run_series(bundle_page, series), strict=True):
        assert answer.error is None, f"{case.name}: {answer.error}"
        for index, wanted in enumerate(case.expected()):
            np.testing.assert_allclose(answer.outputs[f"y{index}"], wanted, 1e-4, 1e-4, err_msg=case.name)
