"""Bundles in other browsers: results are ONNX Runtime's, and the browser complains of nothing."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from installed_browsers import InstalledBrowser
from measured_bundle import measure_bundle
from results import Figures
from small_models import SIZES, SMALL_MODELS

from browser_support import PageServer
from bundle_runner import decode, encode
from kernels.sheet import Sheet, run_reference
from model_support import find_models
from models.reference_values import reference_cases, relative_error
from texelflow.options.arguments import parse_image
from texelflow.pipeline import Options, build, write

Export = Callable[..., str]

TOLERANCE = 1e-4
"""Largest error relative to the largest magnitude of the output."""

REAL_MODELS = (
    "point_history_lstm",
    "mnist_cntk",
    "cifar10_winml",
    "selfie_landscape",
    "blazeface_front",
    "fastestdet",
    "ultraface_rfb320",
    "stories260k_derived",
    "dtln_1",
    "openseeface_lm0",
    "mobilenet_v1_025_224_derived",
    "squeezenet_f32_derived",
)
"""In the order of their sizes, about."""

LONGEST_PAUSE = 100
"""Milliseconds."""

NEVER_PAUSES = ("Firefox",)
"""Browsers that let the page answer while shaders compile. WebKitGTK compiles in the page's own process; in
Chromium on llvmpipe the page waits for 20 to 570 ms where it asks while the GPU's process is compiling.
"""


@pytest.fixture(scope="session")
def export(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """Export a model, once, as a bundle of the given name, perhaps to take pictures; give its URL."""
    folder = tmp_path_factory.mktemp("bundles")
    url = page_server.mount("/bundles", folder)

    def export(name: str, source: Path, image: str | None = None) -> str:
        if not (folder / name).exists():
            options = Options(image=parse_image(image)) if image else Options()
            write(build(source, options), folder / name)
        return f"{url}/{name}"

    return export


def save(sheet: Sheet, folder: Path) -> Path:
    """Write a sheet's model; return its path."""
    onnx.save(sheet.model(), folder / "model.onnx")
    return folder / "model.onnx"


def test_what_the_browser_complains_of_is_seen(installed_page: InstalledBrowser) -> None:
    """Errors of scripts and what WebGL says: else no test here could tell that there was none."""
    installed_page.evaluate(
        """() => {
            document.createElement('canvas').getContext('webgl2').bindTexture(1, null);
            setTimeout(() => { throw new Error('nobody catches this'); });
        }"""
    )
    messages = "\n".join(installed_page.messages())
    assert "nobody catches this" in messages
    assert "bindTexture" in messages
    assert installed_page.messages() == []


@pytest.mark.parametrize("name", SMALL_MODELS)
def test_small_model(
    name: str,
    installed_page: InstalledBrowser,
    export: Export,
    figures: list[Figures],
    tmp_path: Path,
) -> None:
    sheet = SMALL_MODELS[name]()
    source = save(sheet, tmp_path)
    runs = [sheet.feeds(sizes) for sizes in SIZES.get(name, [{}])]
    measured, results = measure_bundle(installed_page, name, export(name, source), runs)
    errors = [0.0]
    for feeds, outputs in zip([*runs, runs[0]], results, strict=True):
        for output, expected in run_reference(source, feeds).items():
            if expected.dtype.kind == "f":
                errors.append(relative_error(outputs[output], expected))
                assert errors[-1] <= TOLERANCE, output
            else:
                np.testing.assert_array_equal(outputs[output], expected, output)
    figures.append(replace(measured, error=max(errors)))
    assert installed_page.messages() == []


@pytest.mark.parametrize("name", REAL_MODELS)
def test_real_model(
    name: str, installed_page: InstalledBrowser, export: Export, figures: list[Figures]
) -> None:
    """The values that the model's own framework computed; the first run's and a later one's."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    (source,) = (models / "onnx" / name).glob("*.onnx")
    case = next(reference_cases(source.parent))
    measured, results = measure_bundle(installed_page, name, export(name, source), [case.inputs])
    errors = {
        name: [sample.error(outputs[name]) for outputs in results] for name, sample in case.outputs.items()
    }
    assert all(max(found) <= TOLERANCE for found in errors.values()), errors
    figures.append(replace(measured, error=max(map(max, errors.values()))))
    assert installed_page.messages() == []


PICTURE_KINDS = {
    "ImageData": "data",
    "canvas": "canvas",
    "ImageBitmap": "await createImageBitmap(canvas)",
    "img": "await (async () => { const image = new Image(); image.src = canvas.toDataURL();"
    " await image.decode(); return image; })()",
}


def test_pictures(installed_page: InstalledBrowser, export: Export, tmp_path: Path) -> None:
    """A picture of the model's own size gives what its normalised numbers give, whatever holds it."""
    source = save(SMALL_MODELS["image"](), tmp_path)
    picture = np.random.default_rng(0).integers(0, 256, (8, 8, 4))
    picture[..., 3] = 255
    normalised = (picture[..., :3] / 127.5 - 1).transpose(2, 0, 1)[np.newaxis].astype(np.float32)
    (input_name,) = (value.name for value in onnx.load(source).graph.input)
    ((output_name, expected),) = run_reference(source, {input_name: normalised}).items()
    kinds = ", ".join(f"{name!r}: {kind}" for name, kind in PICTURE_KINDS.items())
    answers = installed_page.evaluate(
        """async ({url, pixels, input}) => {
            const data = new ImageData(Uint8ClampedArray.from(pixels), 8, 8);
            const canvas = document.createElement('canvas');
            canvas.width = canvas.height = 8;
            canvas.getContext('2d').putImageData(data, 0, 0);
            const model = await texelflow.loadModel(url);
            const answers = {};
            for (const [kind, picture] of Object.entries({"""
        + kinds
        + """}))
                answers[kind] = bundleRunner.encodeAll(await model.run({[input]: picture}));
            model.dispose();
            return answers;
        }""",
        {
            "url": export("pictures", source, "-1..1"),
            "pixels": picture.ravel().tolist(),
            "input": input_name,
        },
    )
    assert answers.keys() == PICTURE_KINDS.keys()
    for kind, outputs in answers.items():
        assert relative_error(decode(outputs)[output_name], expected) <= TOLERANCE, kind
    assert installed_page.messages() == []


def test_runs_that_were_slow_do_not_stay_slow(
    installed_page: InstalledBrowser, export: Export, tmp_path: Path
) -> None:
    """By this browser's own clock, timers and fences (test_pacing.py tries it with others).

    They would take about the 200 ms of the slow ones; other work on the machine may take a part of that.
    """
    sheet = SMALL_MODELS["attention"]()
    url = export("attention", save(sheet, tmp_path))
    times = installed_page.evaluate(
        "measure.afterSlowRuns", {"url": url, "feeds": encode(sheet.feeds({})), "slow": 3, "runs": 15}
    )
    assert times["after"] <= 2 * times["before"] + 50, times


def test_the_page_never_stands_still(installed_browser: InstalledBrowser, figures: list[Figures]) -> None:
    """Not for long, while most bundles load and run first: other work on the machine may stop it at some."""
    mine = [one for one in figures if one.browser == installed_browser.name]
    if not mine:
        pytest.skip("nothing was measured")
    assert statistics.median(one.first_run_pause for one in mine) <= LONGEST_PAUSE
    if installed_browser.name in NEVER_PAUSES:
        assert statistics.median(one.loading_pause for one in mine) <= LONGEST_PAUSE
