"""What the player shows of a model: its graph, time, memory, weights, and what its nodes compute."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from about_models import bundle_of, products, two_blocks
from demo_support import Opener, look_inside, opening_demo, picture, wait_until
from onnx import numpy_helper
from playwright.sync_api import Browser, Page, expect

import texelflow
from browser_support import PageServer

RED = (255, 0, 0)


def open_bundle(page: Page, folder: Path) -> None:
    page.set_input_files("#folder", str(folder))
    wait_until(page, f"document.getElementById('model-title').textContent === {folder.name!r}")


def open_about(page: Page) -> None:
    page.click("#about > summary")
    overview = "document.getElementById('part-overview')"
    wait_until(page, f"{overview} !== null && !{overview}.hidden && {overview}.ariaBusy === null")


def open_part(page: Page, name: str) -> None:
    page.click(f"#tab-{name}")
    part = f"document.getElementById('part-{name}')"
    wait_until(page, f"!{part}.hidden && {part}.ariaBusy === null")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of `two_blocks`."""
    return bundle_of(two_blocks(tmp_path_factory.mktemp("blocks")), "blocks", image="0..1")


@pytest.fixture(scope="module")
def about(browser: Browser, demo_url: str, blocks: Path) -> Iterator[Page]:
    """The page with `blocks`, and all that it tells of it."""
    with opening_demo(browser, demo_url) as opener:
        page = opener()
        page.set_input_files("#photo", picture(RED))
        open_bundle(page, blocks)
        open_about(page)
        yield page


def test_nothing_of_it_is_loaded_before_it_is_opened(
    open_demo: Opener, page_server: PageServer, blocks: Path
) -> None:
    page_server.requests.clear()
    page = open_demo()
    open_bundle(page, blocks)
    page.wait_for_timeout(200)  # nothing tells that nothing is loaded
    assert not [path for path in page_server.requests if "/about/" in path or "debug" in path]
    open_about(page)
    loaded = [path for path in page_server.requests if "/about/" in path or "debug" in path]
    assert any(path.endswith("/about/overview.js") for path in loaded)
    assert not any(path.endswith(("/graph/graph.js", "/graph/layout.js")) for path in loaded)


def test_overview_has_the_inputs_and_outputs(about: Page) -> None:
    open_part(about, "overview")
    rows = about.locator("#part-overview tbody tr").all_inner_texts()
    assert [row.split("\t")[:3] for row in rows] == [
        ["picture", "float32", "1 × 3 × 32 × 32"],
        ["scores", "float32", "1 × 16"],
    ]
    assert "a picture, 32 × 32" in rows[0]
    facts = about.inner_text("#part-overview .facts")
    assert "blocks.onnx" in facts
    assert "ONNX, opset 17" in facts and "a framework 1.2" in facts


@pytest.fixture(scope="module")
def mounted(page_server: PageServer, blocks: Path) -> str:
    """The address of `blocks`, relative to the page."""
    page_server.mount("/somewhere/deep/demo/models/blocks", blocks)
    return "models/blocks/"


def test_graph_has_the_nodes_of_the_source_and_who_reads_whom(about: Page, mounted: str) -> None:
    nodes, links = look_inside(
        about,
        mounted,
        """const { nodes, links } = facts.plan;
        const name = (index) => nodes[index].name;
        return [
            nodes.map(({ name, operator, path, weights }) =>
                [name, operator, path.join("/"), weights.length]),
            links.map(({ from, to }) => [name(from), name(to)]),
        ];""",
    )
    told = {name: (operator, path, weights) for name, operator, path, weights in nodes}
    assert told["picture"][0] == "input"
    assert told["scores"][0] == "output"
    assert told["stem/conv"] == ("Conv", "stem", 1)
    assert told["body/block1/first"] == ("Conv", "body/block1", 1)
    assert told["body/block2/second"][1] == "body/block2"
    arrows = {(before, after) for before, after in links}
    assert ("picture", "stem/conv") in arrows
    assert ("stem/conv", "body/block1/first") in arrows
    assert ("body/block1/first", "body/block1/second") in arrows
    assert any(before == "stem/conv" and after.startswith("body/block1/") for before, after in arrows)
    assert any(after == "scores" and before.startswith("head/") for before, after in arrows)
    assert not any(
        before.startswith("body/block2") and after.startswith("body/block1") for before, after in arrows
    )


def test_graph_is_drawn_searched_and_folded(about: Page) -> None:
    open_part(about, "graph")
    wait_until(about, "Number(document.querySelector('canvas.graph')?.dataset.boxes) > 8")
    boxes = int(about.get_attribute("canvas.graph", "data-boxes") or 0)
    about.fill("#graph-search", "block2 conv")
    found = about.locator(".search-results button").all_inner_texts()
    assert found == ["Conv body/block2/first", "Conv body/block2/second"]
    about.click(".search-results button")
    panel = about.locator(".node-panel")
    panel.get_by_text("body/block2/first", exact=True).wait_for()
    assert "16 × 32 × 32" in panel.inner_text()
    panel.get_by_role("button", name="Fold body/block2").click()
    wait_until(about, f"Number(document.querySelector('canvas.graph').dataset.boxes) < {boxes}")
    panel.get_by_role("button", name="Unfold").wait_for()
    assert "Conv" in panel.inner_text()
    about.focus("canvas.graph")
    about.keyboard.press("Enter")
    wait_until(about, f"Number(document.querySelector('canvas.graph').dataset.boxes) === {boxes}")
    about.fill("#graph-search", "")


def test_graph_is_walked_by_keyboard(about: Page) -> None:
    open_part(about, "graph")
    about.fill("#graph-search", "picture")
    about.click(".search-results button")
    about.fill("#graph-search", "")
    about.focus("canvas.graph")
    name = about.locator(".node-panel .rows dd").first
    expect(name).to_have_text("picture")
    seen = ["picture"]
    for _ in range(3):
        about.keyboard.press("ArrowDown")
        expect(name).not_to_have_text(seen[-1])
        seen.append(name.inner_text())
    assert seen[1] == "stem/conv"
    assert seen[2].startswith("body/block1/")
    about.keyboard.press("ArrowUp")
    expect(name).to_have_text(seen[2])


def test_a_node_shows_what_it_computes(about: Page) -> None:
    open_part(about, "graph")
    about.fill("#graph-search", "stem")
    about.click(".search-results button")
    about.fill("#graph-search", "")
    about.get_by_role("button", name="See what it computes").click()
    about.locator("canvas.tiles").wait_for()
    assert re.search(r"From -?[\d.e-]+ \(dark\) to -?[\d.e-]+ \(bright\)", about.inner_text(".maps"))
    colours = about.evaluate(
        """() => {
            const canvas = document.querySelector("canvas.tiles");
            const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
            return new Set(Array.from({ length: data.length / 4 }, (_, place) => data[4 * place])).size;
        }"""
    )
    assert colours > 3


@pytest.mark.parametrize(
    ("shape", "axes", "expected"),
    [
        ([1, 3, 4, 5], [[0], [1], [2], [3]], (3, 4, 5)),
        ([1, 4, 5, 3], [[0], [3], [1], [2]], (3, 4, 5)),
        ([2, 3, 4, 5], None, (3, 4, 5)),
        ([4, 5], None, (1, 4, 5)),
        ([1, 6, 8], [[0], [2], [], [1]], (1, 6, 8)),
        ([1, 10], [[0], [1], [], []], (1, 3, 4)),
        ([7], None, (1, 3, 3)),
    ],
)
def test_tensors_become_pictures(
    about: Page, shape: list[int], axes: list[list[int]] | None, expected: tuple[int, int, int]
) -> None:
    """As NumPy transposes them: planes of channels, rows and columns."""
    count, height, width, places = about.evaluate(
        """async ({ shape, axes }) => {
            const { planesOf } = await import(new URL("about/planes.js", document.baseURI));
            const { count, height, width, place } = planesOf(shape, axes ?? undefined);
            const places = [];
            for (let plane = 0; plane < count; plane++)
                for (let y = 0; y < height; y++)
                    for (let x = 0; x < width; x++) places.push(place(plane, x, y));
            return [count, height, width, places];
        }""",
        {"shape": shape, "axes": axes},
    )
    assert (count, height, width) == expected
    numbers = np.arange(np.prod(shape)).reshape(shape)
    if axes == [[0], [3], [1], [2]]:
        wanted = numbers[0].transpose(2, 0, 1)
    elif axes == [[0], [2], [], [1]]:
        wanted = numbers[0]
    else:
        wanted = numbers[0] if len(shape) == 4 else numbers
    filled = np.full(np.prod(expected), -1)
    filled[: wanted.size] = wanted.ravel()
    assert places == filled.tolist()


def test_time_is_measured_and_shown(about: Page) -> None:
    open_part(about, "time")
    about.get_by_role("button", name="Measure").click()
    about.get_by_text("for all draws one by one").wait_for()
    lists = about.locator("#part-time ol.bars")
    operators = lists.nth(0).locator("li").all_inner_texts()
    assert any(text.startswith("Conv") for text in operators)
    shares = [float(re.search(r"([\d.]+)%", text)[1]) for text in operators]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=2)
    # A node leads to its place in the graph, where its time is told.
    lists.nth(1).locator("button").first.click()
    about.locator(".node-panel strong").wait_for()
    assert about.get_attribute("#tab-graph", "aria-selected") == "true"


def test_memory_is_shown_over_the_plan(about: Page, mounted: str) -> None:
    open_part(about, "memory")
    about.locator("#part-memory svg").wait_for()
    assert "Most in use at once" in about.inner_text("#part-memory")
    tensors, steps, texels = look_inside(
        about,
        mounted,
        """const { memoryOfSteps } = await at("about/memory.js");
        const tensors = await facts.tensors();
        const { predict } = facts.plan.file.plans.webgl2.entries;
        const { pixels, groups } = model.device;
        return [tensors, memoryOfSteps(tensors, predict.length), { pixels, groups }];""",
    )
    for step, size in enumerate(steps):
        alive = [
            tensor["bytes"] for tensor in tensors if tensor["lifetime"][0] <= step <= tensor["lifetime"][1]
        ]
        assert size == sum(alive)
    # 16 channels of 32 × 32 floats, four in a texel, fill their textures but for the tiles' edges.
    least = 16 * 32 * 32 * 4
    widest = [tensor for tensor in tensors if tensor["shape"] == [1, 16, 32, 32]]
    assert widest
    assert all(least <= tensor["bytes"] <= 1.2 * least for tensor in widest)
    assert max(steps) >= 2 * least
    assert texels["pixels"] in (1, 4)


NUMBERS = """const { storedWeights } = await at("about/weights/stored_weights.js");
    const found = {};
    for (const { name, coding, pieces } of await storedWeights(facts)) {
        const numbers = [];
        for await (const piece of pieces()) numbers.push(...Array.from(piece));
        found[name] = { coding, numbers };
    }
    return found;"""


@pytest.mark.parametrize("stored", ["float32", "float16", "int8", "int4"])
def test_weights_are_decoded_to_what_they_were(
    about: Page, page_server: PageServer, tmp_path: Path, stored: str
) -> None:
    source, bundle = products(tmp_path), tmp_path / f"products_{stored}"
    summary = texelflow.export(source, bundle, **({} if stored == "float32" else {"weights": stored}))
    rounding = {weight.name: weight.worst for weight in summary.quantized}
    page_server.mount(f"/somewhere/deep/demo/models/{bundle.name}", bundle)
    found = look_inside(about, f"models/{bundle.name}/", NUMBERS)
    weights = {entry.name: numpy_helper.to_array(entry) for entry in onnx.load(str(source)).graph.initializer}
    for name, weight in weights.items():
        coding, numbers = found[name]["coding"], np.array(found[name]["numbers"])
        assert bool(coding) == stored.startswith("int"), name
        wanted = weight.ravel()
        if "4 bits" in coding and weight.ndim == 2:
            wanted = weight.T.ravel()  # rows are what one result is computed from
        assert numbers.shape == wanted.shape, name
        difference = np.abs(numbers - wanted).max()
        if stored.startswith("int"):
            assert difference == pytest.approx(rounding[name], rel=1e-4), (name, coding)
        else:
            assert difference <= {"float32": 0, "float16": 2**-11}[stored] * np.abs(wanted).max(), name


def test_a_histogram_counts_as_numpy_does(about: Page) -> None:
    numbers = np.random.default_rng(5).normal(1, 3, 5000).astype(np.float32)
    numbers[:100] = 0
    told = about.evaluate(
        """async (numbers) => {
            const { Histogram } = await import(new URL("about/weights/histogram.js", document.baseURI));
            const histogram = new Histogram();
            const pieces = [numbers.slice(0, 1777), numbers.slice(1777), [NaN, Infinity]];
            for (const piece of pieces) histogram.measure(piece);
            for (const piece of pieces) histogram.count(piece);
            const { bins, min, max, mean, deviation, size, zeros, others } = histogram;
            return { bins, min, max, mean, deviation, size, zeros, others };
        }""",
        numbers.tolist(),
    )
    counts, _ = np.histogram(numbers.astype(np.float64), bins=len(told["bins"]))
    assert np.abs(np.array(told["bins"]) - counts).max() <= 1
    assert (told["size"], told["zeros"], told["others"]) == (5002, 100, 2)
    assert told["min"] == numbers.min() and told["max"] == numbers.max()
    assert told["mean"] == pytest.approx(numbers.mean(dtype=np.float64))
    assert told["deviation"] == pytest.approx(numbers.std(dtype=np.float64))


def test_weights_are_shown_as_histograms(about: Page) -> None:
    open_part(about, "weights")
    about.locator("#part-weights .card svg").first.wait_for()
    names = about.locator("#part-weights .card h4").all_inner_texts()
    assert {"stem", "w10", "w21", "dense"} <= set(names)
    label = about.get_attribute("#part-weights .card svg >> nth=0", "aria-label") or ""
    assert re.match(r"Histogram from -[\d.]+ to [\d.]+, mean -?[\d.]+, standard deviation 0\.\d+", label)


@pytest.mark.parametrize("is_alone", [True, False])
def test_outputs_are_compared_with_onnx_runtime_in_the_page(
    open_demo: Opener, page_server: PageServer, demo_folder: Path, tmp_path: Path, is_alone: bool
) -> None:
    """A model that is no ONNX file alone is converted to one."""
    if not (demo_folder / "benchmark/page/peers/ort.wasm.min.mjs").is_file():
        pytest.skip("benchmark/ has no npm packages: `make peers` installs them")
    page_server.requests.clear()
    page = open_demo()
    beside = tmp_path / "notes.txt"
    beside.write_text("of the model")
    page.set_input_files("#files", [products(tmp_path), *([] if is_alone else [beside])])
    wait_until(page, "document.getElementById('model-title').textContent === 'products'")
    open_about(page)
    open_part(page, "compare")
    assert not [path for path in page_server.requests if "/peers/" in path]
    page.get_by_role("button", name="Compare with ONNX Runtime").click()
    page.locator("#part-compare tbody tr").nth(1).wait_for()
    rows = [row.split("\t") for row in page.locator("#part-compare tbody tr").all_inner_texts()]
    assert [(row[0], row[1], row[4]) for row in rows] == [
        ("b", "float32 8 × 96", "agrees"),
        ("d", "float32 1 × 64 × 8 × 8", "agrees"),
    ]
    assert all(0 < float(row[3]) < 1e-5 for row in rows)


def test_differences_are_found(about: Page) -> None:
    cases = [
        ([1, 2, 3], [1, 2, 3], 0, 0),
        ([1, 2.5, 4], [1, 2, 4], 0.5, 0.125),
        ([1, None], [1, 2], np.inf, np.inf),
        ([None, 1], [None, 1], 0, 0),
    ]
    for found, wanted, largest, relative in cases:
        told = about.evaluate(
            """async (lists) => {
                const { differences } = await import(new URL("about/compare.js", document.baseURI));
                const numbers = (list) => Float32Array.from(list, (value) => value ?? NaN);
                return differences(...lists.map(numbers));
            }""",
            [found, wanted],
        )
        assert told == {"largest": largest, "relative": relative}


def test_device_is_described(about: Page) -> None:
    open_part(about, "device")
    assert "neighbouring pixel" in about.inner_text("#part-device")
    assert about.evaluate("document.querySelector('#part-device dd').textContent.length > 3")


def test_what_a_node_computes_is_what_onnx_runtime_says(about: Page, mounted: str, blocks: Path) -> None:
    model = onnx.load(str(blocks.with_name("blocks.onnx")))
    model.graph.output.append(onnx.helper.make_tensor_value_info("x1", onnx.TensorProto.FLOAT, None))
    size = 3 * 32 * 32
    state, numbers = 1, []
    for _ in range(size):
        state = state * 48271 % 2147483647
        numbers.append(state / 2147483647)
    image = np.array(numbers, np.float32).reshape(1, 3, 32, 32)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    (wanted,) = session.run(["x1"], {"picture": image})
    found = look_inside(
        about,
        mounted,
        """const index = facts.plan.file.plans.webgl2.tensors.findIndex(({ value }) => value === "x1");
        const [only, ...others] = await facts.runtime.runWithIntermediates(model, facts.subject.inputs(),
            new Set([index]));
        return [only.value, others.length, [...only.data]];""",
    )
    assert found[:2] == ["x1", 0]
    np.testing.assert_allclose(np.array(found[2]).reshape(wanted.shape), wanted, atol=1e-4)
