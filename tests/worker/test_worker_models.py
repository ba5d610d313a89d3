"""The runtime in a worker has the API that it has on a page."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bundle_builder import add_bundle, stateful_bundle
from playwright.sync_api import Page, Route

import texelflow
from browser_support import REPOSITORY, PageServer
from model_support import save_text

MODEL = """
    g (float[1, 3, 4, 4] image, float[n, 3] x, float[n, 3] sum)
    => (float[1, 3, 4, 4] pixels, float[n, 3] y, float[n, 3] sum_after) {
        two = Constant<value_float = 2.0>()
        pixels = Relu(image)
        sum_after = Add(sum, x)
        y = Mul(sum_after, two)
    }"""
HELPERS = """
    const {Tensor} = runtime;
    const sized = (count, value) =>
        new Tensor('float32', [count, 3], new Float32Array(3 * count).fill(value));
    const image = new Tensor('float32', [1, 3, 4, 4], new Float32Array(48).fill(0.5));
    const given = (value = 1) => ({image, x: sized(2, value), sum: sized(2, 10)});
    const failed = (promise) => promise.then(() => ['none'], (error) =>
        [error.code ?? error.name, error.message ?? String(error), error instanceof runtime.TexelflowError]);
"""
_numbers = itertools.count()


@pytest.fixture
def serve(page_server: PageServer) -> Callable[[Path], str]:
    return lambda folder: page_server.mount(f"/worker-{next(_numbers)}", folder)


@pytest.fixture
def worker_page(blank_page: Page) -> Page:
    """A page whose `texelflow` is the runtime's worker, and which lets no context of WebGL be made on it."""
    blank_page.evaluate(
        """async () => {
            globalThis.contexts = 0;
            for (const {prototype} of [HTMLCanvasElement, OffscreenCanvas]) {
                const {getContext} = prototype;
                prototype.getContext = function (kind, ...parameters) {
                    if (kind.startsWith('webgl')) contexts++;
                    return getContext.call(this, kind, ...parameters);
                };
            }
            globalThis.runtime = await import('/dist/texelflow.js');
            globalThis.texelflow = await import('/dist/texelflow.worker.js');
        }"""
    )
    return blank_page


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    texelflow.export(save_text(MODEL, folder), folder / "bundle", image="0..1,name=image")
    return folder / "bundle"


@pytest.fixture
def url(folder: Path, serve: Callable[[Path], str]) -> str:
    return serve(folder)


def evaluate(page: Page, url: str, body: str) -> Any:
    """Return what the body of a function of the page gives."""
    return page.evaluate(f"async (url) => {{ {HELPERS} {body} }}", url)


def test_it_computes_as_on_the_page(worker_page: Page, url: str) -> None:
    answer = evaluate(
        worker_page,
        url,
        """
        const phases = new Set();
        let fraction = 0;
        const path = new URL(url).pathname;
        const model = await texelflow.loadModel(path, {onProgress: (told) => {
            phases.add(told.phase);
            fraction = told.fraction;
        }});
        const {y, pixels} = await model.run(given());
        const firstRun = model.timings.firstRun;
        const before = contexts;
        const same = await runtime.loadModel(url);
        const facts = (each) => JSON.stringify(
            ['name', 'inputs', 'outputs', 'states', 'labels', 'device'].map((name) => each[name]));
        return {y: [y instanceof Tensor, y.dtype, y.shape, Array.from(y.data)], pixel: pixels.data[0], before,
            same: facts(model) === facts(same), phases: [...phases], fraction, firstRun: firstRun > 0,
            loaded: await model.loaded};
        """,
    )
    assert answer["y"] == [True, "float32", [2, 3], [22] * 6] and answer["pixel"] == 0.5
    assert answer["before"] == 0 and answer["same"] and answer["firstRun"]
    assert {"compile", "ready"} <= set(answer["phases"]) and answer["fraction"] == 1


def test_pictures_of_every_kind_cross(worker_page: Page, url: str) -> None:
    """Also from a part of one, as on the page; what the page goes on with stays whole."""
    answer = evaluate(
        worker_page,
        url,
        """
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [6, 4];
        const context = canvas.getContext('2d');
        for (let x = 0; x < 6; x++) for (let y = 0; y < 4; y++) {
            context.fillStyle = `rgb(${40 * x} ${60 * y} 9)`;
            context.fillRect(x, y, 1, 1);
        }
        const element = new Image();
        element.src = canvas.toDataURL();
        await element.decode();
        const off = new OffscreenCanvas(6, 4);
        off.getContext('2d').drawImage(canvas, 0, 0);
        const bitmap = await createImageBitmap(canvas);
        const frame = new VideoFrame(canvas, {timestamp: 0});
        const pictures = {canvas, element, off, bitmap, frame, data: context.getImageData(0, 0, 6, 4)};
        const crop = {x: 1, y: 0, width: 4, height: 4};
        const model = await texelflow.loadModel(url);
        const plain = await runtime.loadModel(url);
        const wrong = [];
        for (const [kind, source] of Object.entries(pictures)) {
            for (const picture of [source, {source, crop}, [source]]) {
                const run = async (each) => (await each.run({...given(), image: picture})).pixels.data.join();
                if (await run(model) !== await run(plain)) wrong.push([kind, Object.keys(picture)]);
            }
        }
        return {wrong, whole: bitmap.width, open: frame.codedWidth,
            empty: await failed(model.run({...given(), image: new Image()}))};
        """,
    )
    assert answer["wrong"] == []
    assert answer["whole"] == 6 and answer["open"] == 6
    assert answer["empty"][0] == "input" and answer["empty"][2]


def test_errors_have_their_codes(worker_page: Page, url: str) -> None:
    answer = evaluate(
        worker_page,
        url,
        """
        const absent = await failed(texelflow.loadModel(url + '/absent'));
        const option = await failed(texelflow.loadModel(url, {device: {pixels: 3}}));
        const model = await texelflow.loadModel(url);
        const input = await failed(model.run({x: sized(1, 1)}));
        const size = await failed(model.run({...given(), sum: sized(3, 1)}));
        model.dispose();
        return {absent, option, input, size, disposed: await failed(model.run(given()))};
        """,
    )
    assert {name: code for name, (code, *_) in answer.items()} == {
        "absent": "not-found",
        "option": "option",
        "input": "input",
        "size": "input",
        "disposed": "disposed",
    }
    assert all(is_ours for *_, is_ours in answer.values()), answer


def test_tensors_stay_on_its_gpu(worker_page: Page, url: str) -> None:
    answer = evaluate(
        worker_page,
        url,
        """
        const model = await texelflow.loadModel(url);
        const other = await texelflow.loadModel(url);
        const {sum_after: sum, pixels} = await model.run(given(), {keep: ['sum_after', 'pixels']});
        const {y} = await other.run({...given(5), sum});
        let told;
        try { sum.data; } catch (error) { told = error.code; }
        const canvas = document.createElement('canvas');
        await pixels.draw(canvas);
        const drawn = Array.from(canvas.getContext('2d').getImageData(0, 0, 1, 1).data);
        const read = Array.from((await sum.read()).data);
        sum.dispose();
        return {y: y.data[0], told, drawn, size: [canvas.width, canvas.height], read, shape: sum.shape,
            gone: await failed(sum.read()), contexts};
        """,
    )
    assert answer["y"] == 32 and answer["told"] == "input" and answer["read"] == [11] * 6
    assert answer["size"] == [4, 4] and abs(answer["drawn"][0] - 128) <= 1 and answer["shape"] == [2, 3]
    assert answer["gone"][0] == "disposed" and answer["contexts"] == 0


def test_sessions_remember(worker_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    stateful_bundle(tmp_path)
    script = """
        const x = new Tensor('float32', [6], new Float32Array(6).fill(1));
        const values = [];
        const model = await loader.loadModel(url);
        for (const runner of [model, model.session()]) {
            for (let i = 0; i < 3; i++) values.push((await runner.run({x})).y.data[0]);
            await runner.reset();
            values.push((await runner.run({x})).y.data[0]);
        }
        const [one, two] = [model.session(), model.session()];
        await one.run({x});
        await two.restore(await one.save());
        values.push((await two.run({x})).y.data[0]);
        one.dispose();
        return values;"""
    worker = evaluate(worker_page, serve(tmp_path), f"const loader = texelflow; {script}")
    plain = evaluate(worker_page, serve(tmp_path), f"const loader = runtime; {script}")
    assert worker == plain and len(set(worker)) > 2


def test_a_run_is_measured_there(worker_page: Page, url: str) -> None:
    answer = evaluate(
        worker_page,
        url,
        """
        const model = await texelflow.loadModel(url);
        const {draws, milliseconds} = await model.profile(given(), {runs: 1, fetches: false});
        return [draws.length, milliseconds > 0, contexts];
        """,
    )
    assert answer[0] > 0 and answer[1:] == [True, 0]


def test_it_is_given_up(worker_page: Page, url: str) -> None:
    """Loading and runs, by signals and by later ones; what is sent in order arrives so."""
    answer = evaluate(
        worker_page,
        url,
        """
        const controller = new AbortController();
        const loading = failed(texelflow.loadModel(url, {signal: controller.signal}));
        controller.abort(new Error('enough'));
        const model = await texelflow.loadModel(url);
        const runs = [1, 2, 3].map((value) => model.run(given(value), {latest: true})
            .then(({y}) => y.data[0], ({code}) => code));
        const signal = AbortSignal.abort('no');
        const aborted = await model.run(given(), {signal}).catch((reason) => reason);
        return {loading: await loading, runs: await Promise.all(runs), aborted};
        """,
    )
    assert answer["loading"][1] == "enough" and answer["aborted"] == "no"
    assert answer["runs"][2] == 26 and "superseded" in answer["runs"][:2]


def test_dispose_ends_it(worker_page: Page, url: str) -> None:
    """With the last model; a later one gets another worker."""
    ended = "() => true"
    evaluate(
        worker_page,
        url,
        "globalThis.models = [await texelflow.loadModel(url), await texelflow.loadModel(url)]",
    )
    assert len(worker_page.workers) == 1
    evaluate(worker_page, url, "models[0].dispose(); await models[1].run(given())")
    assert len(worker_page.workers) == 1
    with worker_page.workers[0].expect_event("close"):
        worker_page.evaluate("() => models[1].dispose()")
    assert worker_page.workers == [] and worker_page.evaluate(ended)
    answer = evaluate(
        worker_page, url, "return (await (await texelflow.loadModel(url)).run(given())).y.data[0]"
    )
    assert answer == 22


def test_sources_and_fetch_cross(worker_page: Page, serve: Callable[[Path], str], tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = evaluate(
        worker_page,
        serve(tmp_path),
        """
        const x = new Tensor('float32', [6], new Float32Array(12).subarray(6));
        const files = [];
        for (const name of ['graph.json', 'weights-1.safetensors']) {
            files.push(new File([await (await fetch(url + '/' + name)).blob()], name));
        }
        const asked = [];
        const options = {fetch: (address, init) => { asked.push(address); return fetch(address, init); }};
        const models = [
            await texelflow.loadModel(files),
            await texelflow.loadModel(new Map(files.map((file) => [`folder/${file.name}`, file]))),
            await texelflow.loadModel(url, options),
            await texelflow.loadModel(url, {streaming: true}),
        ];
        const results = [];
        for (const model of models) results.push((await model.run({x})).y.data[2]);
        const wrong = {fetch: () => Promise.reject(new Error('refused'))};
        return {results, asked: asked.length, wrong: await failed(texelflow.loadModel(url, wrong))};
        """,
    )
    assert answer["results"] == [5] * 4 and answer["asked"] == 2
    assert answer["wrong"][0] == "network" and "refused" in answer["wrong"][1]


def test_where_workers_have_no_webgl_the_page_computes(worker_page: Page, url: str) -> None:
    def without(route: Route) -> None:
        script = (REPOSITORY / "dist/texelflow.thread.js").read_text(encoding="utf-8")
        head = "OffscreenCanvas.prototype.getContext = () => null;"
        route.fulfill(content_type="text/javascript", body=script + "\n" + head)

    worker_page.context.route("**/texelflow.thread.js", without)
    answer = evaluate(
        worker_page,
        url,
        "const model = await texelflow.loadModel(url);"
        "return [(await model.run(given())).y.data[0], contexts > 0]",
    )
    assert answer == [22, True]


def test_a_script_that_is_missing_is_told(worker_page: Page, url: str) -> None:
    worker_page.context.route("**/texelflow.thread.js", lambda route: route.abort())
    answer = evaluate(worker_page, url, "return failed(texelflow.loadModel(url))")
    assert answer[0] == "network" and "texelflow.thread.js" in answer[1]


@pytest.mark.parametrize("policy", ["", "worker-src blob: OTHER"])
def test_the_runtime_of_another_server(
    own_page: Page, page_server: PageServer, url: str, policy: str
) -> None:
    """Browsers start no worker from there: a script of the page's own imports it.

    Also by the policy that docs/workers.md gives.
    """
    other = PageServer(is_open=True)
    try:
        other.mount("/dist", REPOSITORY / "dist")
        policy = policy.replace("OTHER", other.url())
        content = f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{policy}">'
        page_server.fixed["/page_of_another.html"] = (200, "text/html", content.encode())
        own_page.goto(page_server.url("/page_of_another.html"))
        answer = own_page.evaluate(
            f"""async ([base, url]) => {{
                const runtime = await import(base + '/texelflow.js');
                const texelflow = await import(base + '/texelflow.worker.js');
                {HELPERS}
                const model = await texelflow.loadModel(url);
                const {{y}} = await model.run(given(), {{keep: ['y']}});
                return [...(await y.read()).data];
            }}""",
            [other.url("/dist"), url],
        )
        assert answer == [22] * 6
        assert [worker.url.split(":")[0] for worker in own_page.workers] == ["blob"]
    finally:
        other.close()
