"""The demo page as a whole: how it is built, what it asks of a visitor, how it understands outputs."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_support import CONTRASTS, NAMELESS_CONTROLS, Opener, build_demo, settle
from playwright.sync_api import Browser, Page, expect

from page_checks import SHIFTS


@pytest.fixture(scope="module")
def modules(browser: Browser, demo_url: str) -> Iterator[Page]:
    """One page for all tests that only call the page's modules."""
    page = browser.new_page(service_workers="block")
    page.goto(demo_url)
    yield page
    page.close()


def test_building_again_replaces_the_page_and_leaves_nothing_else(demo_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(demo_folder, tmp_path / "page")
    (folder / "left-over.txt").write_text("old", encoding="utf-8")
    build_demo(folder)
    assert not (folder / "left-over.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["page"]


def test_building_over_something_else_is_refused(tmp_path: Path) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("kept", encoding="utf-8")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        build_demo(tmp_path)
    assert "is no built demo" in failure.value.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_the_policy_forbids_eval_and_nothing_is_absolute(demo_folder: Path) -> None:
    policies = [
        re.findall(r'content="(default-src[^"]*)"', (demo_folder / name).read_text(encoding="utf-8"))
        for name in ("index.html", "foreign.html", "benchmark/index.html")
    ]
    assert [len(found) for found in policies] == [1, 1, 1]
    for policy in (found[0] for found in policies):
        assert "default-src 'none'; script-src 'self'" in policy
        # WebAssembly is what Pyodide and other runtimes are; eval stays forbidden.
        assert "unsafe" not in policy.replace("'wasm-unsafe-eval'", "")
    strict, wide = (found[0] for found in policies[:2])
    assert "connect-src 'self' blob:;" in strict
    assert strict.replace("connect-src 'self' blob:", "connect-src 'self' blob: http: https:") == wide
    for file in [*demo_folder.glob("*.html"), *demo_folder.glob("*/*.css")]:
        text = file.read_text(encoding="utf-8")
        assert 'src="/' not in text
        assert 'href="/' not in text
        assert "url(" not in text


@pytest.mark.parametrize("width", [390, 1200])
def test_nothing_shifts_while_the_page_loads(open_demo: Opener, width: int) -> None:
    page = open_demo(SHIFTS, viewport={"width": width, "height": 900})
    page.wait_for_timeout(200)  # nothing tells that nothing shifts any more
    assert page.evaluate("shifted") < 0.02


def test_every_control_has_a_name(demo: Page) -> None:
    assert demo.evaluate(NAMELESS_CONTROLS) == []


def test_no_width_needs_sideways_scrolling(demo: Page) -> None:
    for width in (320, 390, 768, 1200):
        demo.set_viewport_size({"width": width, "height": 800})
        assert demo.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_has_the_contrast_of_wcag_aa(demo: Page, scheme: str) -> None:
    demo.emulate_media(color_scheme=scheme)
    demo.fill("#address", "")
    demo.click("#open-form button[type=submit]")
    demo.click("[aria-label='A handwritten 3']")
    expect(demo.locator("#bundle-error")).to_be_visible()
    expect(demo.locator("#verdict")).to_contain_text("a 3")
    settle(demo)
    assert demo.evaluate(CONTRASTS) == []


def test_reduced_motion_stops_the_bars_from_sliding(demo: Page) -> None:
    duration = "getComputedStyle(document.querySelector('.bar-track > span')).transitionDuration"
    assert demo.evaluate(duration) == "0.09s"
    demo.emulate_media(reduced_motion="reduce")
    assert demo.evaluate(duration) == "0s"


@pytest.mark.parametrize(
    ("shapes", "size", "labels", "kind"),
    [
        ([[1, 1000, 1, 1]], (224, 224), 1000, "classes"),
        ([[1, 10]], (28, 28), 0, "classes"),
        ([[1, 4420, 2], [1, 4420, 4]], (320, 240), 0, "boxes"),
        ([[1, 3549, 85]], (416, 416), 80, "boxes"),
        ([[1, 144, 256, 1]], (256, 144), 0, "mask"),
        ([[1, 2, 64, 64]], (64, 64), 0, "mask"),
        ([[1, 17, 17, 32], [1, 17, 17, 1], [1, 17, 17, 34]], (257, 257), 0, "mask"),
        ([[1, 1, 672, 672]], (224, 224), 0, "image"),
        ([[1, 3, 224, 224]], (224, 224), 0, "image"),
        ([[1, 63], [1, 1], [1, 1]], (224, 224), 0, "numbers"),
        ([[1, 1404, 1, 1], [1, 1, 1, 1]], (192, 192), 0, "numbers"),
        ([[1, 512, 1], [1, 384, 1], [1, 512, 16], [1, 384, 16]], (128, 128), 0, "numbers"),
        ([[1, 85, 22, 22]], (352, 352), 80, "numbers"),
        ([[0, 4], [0]], (64, 64), 0, "numbers"),
    ],
)
def test_outputs_are_understood_by_their_shapes(
    modules: Page, shapes: list[list[int]], size: tuple[int, int], labels: int, kind: str
) -> None:
    found = modules.evaluate(
        """async ({ shapes, size, labels }) => {
            const { interpret } = await import(new URL("run/interpret.js", document.baseURI));
            const outputs = shapes.map((shape, index) => {
                const length = shape.reduce((product, extent) => product * extent, 1);
                // Rows of four are edges: what lies to the right and below comes after.
                const least = (place) => (shape.at(-1) === 4 && place % 4 > 1 ? 7 : 0);
                const data = Float32Array.from({ length }, (_, at) => least(at) + Math.sin(at * 12.9898) * 3);
                return { name: `output ${index}`, dtype: "float32", shape, data };
            });
            const names = Array.from({ length: labels }, (_, label) => `class ${label}`);
            return interpret(outputs, { width: size[0], height: size[1] }, names).kind;
        }""",
        {"shapes": shapes, "size": size, "labels": labels},
    )
    assert found == kind


@pytest.mark.parametrize(
    ("fit", "resized", "expected"),
    [
        ("stretch", [], {"x": 0, "y": 0, "width": 300, "height": 200}),
        ("cover", [], {"x": 50, "y": 0, "width": 200, "height": 200}),
        ("contain", [], {"x": 0, "y": -50, "width": 300, "height": 300}),
        ("crop", [256], {"x": 62.5, "y": 12.5, "width": 175, "height": 175}),
        ("crop-floor", [448, 256], {"x": 75, "y": 12.5, "width": 150, "height": 175}),
    ],
)
def test_the_models_picture_is_placed_as_the_export_fitted_it(
    modules: Page, fit: str, resized: list[int], expected: dict[str, int]
) -> None:
    area = modules.evaluate(
        """async (image) => {
            const { placement } = await import(new URL("run/ends.js", document.baseURI));
            return placement(image, { width: 300, height: 200 }, { width: 224, height: 224 });
        }""",
        {"fit": fit, "resized": resized},
    )
    assert area == expected


def test_what_the_runtime_loads_on_demand_is_there(demo_folder: Path) -> None:
    """A visitor's model may have states, or sizes that depend on numbers."""
    pending, needed = ["texelflow.js"], set()
    while pending:
        name = pending.pop()
        text = (demo_folder / name).read_text(encoding="utf-8")
        found = set(re.findall(r"[\"'`]\./(texelflow[\w.]*\.js)[\"'`]", text)) - needed
        needed |= found
        pending += found
    assert {
        "texelflow.host.js",
        "texelflow.states.js",
        "texelflow.keep.js",
        "texelflow.branches.js",
    } <= needed
