"""Every kernel in a browser, at each way of blocking, fetching and storing, against ONNX Runtime."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import LoadedBundle
from kernels.sheet import ELEMENTWISE, NOT_FINITE, Sheet, SheetMaker, run_reference
from kernels.sheets import SHEETS
from settings import FEWEST, FULL_PRECISION, IN_16_BITS, SETTINGS
from texelflow.pipeline import Options, build, write

Results = dict[str, np.ndarray]

TOLERANCES = {16: 1e-2, 32: 1e-5}
"""Largest error relative to the largest magnitude of the output, by the bits of the textures."""


FOLDS = {"many free elements": {"fold": 4, "cut": 9}}
"""Sheets whose images are too wide and high to be folded and cut as narrowly as the setting says."""


def settings_of(make: SheetMaker) -> list[str]:
    """Return the device settings that a sheet runs at."""
    if make in ELEMENTWISE:
        return [setting for setting in FEWEST if setting != IN_16_BITS]
    return FULL_PRECISION if make in NOT_FINITE else FEWEST


class Exported:
    """A sheet as a bundle, with inputs and ONNX Runtime's results at each size of its free dimensions."""

    def __init__(self, sheet: Sheet, folder: Path) -> None:
        model = folder / "model.onnx"
        onnx.save(sheet.model(), model)
        write(build(model, Options()), folder / "bundle")
        spoil_stores(folder / "bundle" / "graph.json")
        self.feeds = [sheet.feeds(sizes) for sizes in sheet.sizes]
        self.expected = [run_reference(model, feeds) for feeds in self.feeds]


@pytest.fixture(scope="module")
def exported(
    tmp_path_factory: pytest.TempPathFactory, page_server: PageServer
) -> Iterator[Callable[[str], tuple[Exported, str]]]:
    """Give the exported sheet of a name, and its URL; exported on first use."""
    directory = tmp_path_factory.mktemp("kernels")
    url = page_server.mount("/kernels", directory)
    done: dict[str, Exported] = {}

    def export(name: str) -> tuple[Exported, str]:
        folder = directory / name.replace(" ", "_")
        if name not in done:
            folder.mkdir(exist_ok=True)
            done[name] = Exported(SHEETS[name](), folder)
        return done[name], f"{url}/{folder.name}/bundle"

    yield export


@pytest.mark.parametrize(
    ("name", "setting"),
    [(name, setting) for name, make in SHEETS.items() for setting in settings_of(make)],
)
def test_sheet(
    name: str, setting: str, exported: Callable[[str], tuple[Exported, str]], bundle_page: Page
) -> None:
    """Every output of a sheet is ONNX Runtime's, at every size of its free dimensions."""
    sheet, url = exported(name)
    tolerance = TOLERANCES[SETTINGS[setting].get("storage", 32)]
    device = {**SETTINGS[setting], **(FOLDS.get(name, {}) if "fold" in SETTINGS[setting] else {})}
    wrong: list[str] = []
    with LoadedBundle(bundle_page, url, device) as bundle:
        for feeds, expected in zip(sheet.feeds, sheet.expected, strict=True):
            results = bundle.run(feeds)
            assert results.keys() == expected.keys()
            for output, array in expected.items():
                if reason := difference(results[output], array, tolerance):
                    wrong.append(f"{output}: {reason}")
    assert not wrong, f"{len(wrong)} of {len(sheet.expected[0])} outputs are wrong:\n" + "\n".join(wrong[:40])


def spoil_stores(path: Path) -> None:
    """Let programs store NaN wherever docs/bundle-format.md, Layouts, allows anything: readers show it."""
    graph = json.loads(path.read_text())
    for program in graph["plans"]["webgl2"]["programs"]:
        store = re.search(r"#define STORED\(value, lanes, row, column\) (.*)", program["source"])
        if store is None or "mask_of" in store[1]:  # it is flat, or clears what lies past rows and columns
            continue
        junk = (
            "ivec4(77)" if "highp ivec4 result" in program["source"] else "vec4(uintBitsToFloat(0x7fc00000u))"
        )
        spoiled = f"((row) < result_shape.z && (column) < result_shape.w ? {store[1]} : {junk})"
        program["source"] = program["source"].replace(store[0], store[0].replace(store[1], spoiled))
    path.write_text(json.dumps(graph))


def difference(actual: np.ndarray, expected: np.ndarray, tolerance: float) -> str:
    """Say how an output differs from what is expected; empty if it does not."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
        return f"is {actual.dtype}{list(actual.shape)}, expected {expected.dtype}{list(expected.shape)}"
    if expected.dtype.kind != "f":
        count = int(np.count_nonzero(actual != expected))
        return f"{count} of {expected.size} elements differ" if count else ""
    a, b = actual.astype(np.float64), expected.astype(np.float64)
    finite = np.isfinite(b)
    if not np.array_equal(np.where(finite, 0, b), np.where(np.isfinite(a), 0, a), equal_nan=True):
        return f"{np.count_nonzero(np.isfinite(a) != finite)} elements are finite or not, unlike the expected"
    size = np.abs(b[finite]).max(initial=0.0)
    error = np.abs(a[finite] - b[finite]).max(initial=0.0) / max(size, 1e-3)
    return f"error {error:.2g} of the largest magnitude {size:.3g}" if error > tolerance else ""
