"""Memory, GL objects, and the shared context."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_builder import (
    TO_BLOCKED,
    TO_FLAT,
    BundleBuilder,
    add_bundle,
    blocked_bundle,
    stateful_bundle,
)
from playwright.sync_api import Page

Serve = Callable[[Path], str]

HELPERS = """
    const shapeOf = (...shape) => new texelflow.Tensor('float32', shape,
        Float32Array.from({length: shape.reduce((x, y) => x * y, 1)}, (_, i) => i % 1000));
    const isTripled = ({data}) => data.every((value, i) => value === i % 1000 * 3);
"""


def test_steady_runs_create_nothing_and_ask_nothing(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + HELPERS
        + """
            const model = await texelflow.loadModel(url);
            const feeds = {x: shapeOf(1, 5, 60, 70)};
            await model.run(feeds);
            const calls = {};
            const prototype = WebGL2RenderingContext.prototype;
            const originals = {};
            for (const name of Object.getOwnPropertyNames(prototype)) {
                const descriptor = Object.getOwnPropertyDescriptor(prototype, name);
                if (typeof descriptor.value !== 'function') continue;
                originals[name] = descriptor.value;
                prototype[name] = function (...parameters) {
                    // Into a buffer: a run that takes long is begun early so, and nobody waits for that.
                    const isBuffered = name === 'readPixels' && typeof parameters.at(-1) === 'number';
                    const key = isBuffered ? 'earlyStart' : name;
                    calls[key] = (calls[key] ?? 0) + 1;
                    return descriptor.value.apply(this, parameters);
                };
            }
            const before = JSON.stringify(texelflow.statistics(model));
            for (let i = 0; i < 10; i++) await model.run(feeds);
            Object.assign(prototype, originals);
            return {calls, before, after: JSON.stringify(texelflow.statistics(model))};
        }""",
        serve(tmp_path),
    )
    assert answer["before"] == answer["after"]
    calls = answer["calls"]
    assert calls["drawArrays"] == 20
    asking = [name for name in calls if name.startswith(("get", "check", "create", "tex", "bufferData"))]
    # The input goes by texSubImage3D; nothing else is created or asked, but whether a slow run has ended.
    assert set(asking) - {"getQueryParameter"} == {"texSubImage3D"}
    assert calls["readPixels"] == 10


def test_memory_is_bounded_over_runs_of_changing_sizes(page: Page, serve: Serve, tmp_path: Path) -> None:
    blocked_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + HELPERS
        + """
            const model = await texelflow.loadModel(url);
            let right = true;
            const bytes = [];
            let random = 1;
            const next = (limit) => (random = random * 48271 % 2147483647) % limit + 1;
            for (let run = 0; run < 200; run++) {
                const {y} = await model.run({x: shapeOf(next(3), next(40), next(30), next(50))});
                right &&= isTripled(y);
                bytes.push(texelflow.statistics(model).textureBytes.intermediates);
            }
            await model.run({x: shapeOf(3, 40, 30, 50)});
            const largest = texelflow.statistics(model).textureBytes.intermediates;
            const {textures} = texelflow.statistics(model).created;
            model.dispose();
            await model.run({}).catch(() => {});
            return {right, bytes, largest, textures, left: texelflow.statistics(model).textureBytes.now};
        }""",
        serve(tmp_path),
    )
    assert answer["right"]
    exact = 2 * 3 * 40 * 30 * 52 * 4 + 3 * 40 * 30 * 52 * 4
    assert max(answer["bytes"]) < 6 * exact
    assert max(answer["bytes"][100:]) <= 1.3 * max(answer["bytes"][:100])
    assert answer["textures"] < 60
    assert answer["left"] == 0


def test_textures_are_reused_along_a_chain(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Twenty tensors in a row need two textures of each kind, and every setting of reuse gives the same."""
    builder = BundleBuilder()
    shape = [1, 6, 8, 8]
    to_blocked = builder.program(TO_BLOCKED, ["x"])
    to_flat = builder.program(TO_FLAT, ["x"])
    current = builder.tensor(shape, lifetime=[-1, 0])
    builder.input("x", current)
    for step in range(0, 20, 2):
        blocked = builder.tensor(shape, axes=[[0], [1], [2], [3]], lifetime=[step, step + 1])
        flat = builder.tensor(shape, lifetime=[step + 1, step + 2])
        builder.draw(to_blocked, [current], blocked)
        builder.draw(to_flat, [blocked], flat, floats=[1])
        current = flat
    builder.output("y", current)
    builder.write(tmp_path)
    answer = page.evaluate(
        """async (url) => {"""
        + HELPERS
        + """
            const model = await texelflow.loadModel(url, {device: {poison: true}});
            const feeds = {x: shapeOf(1, 6, 8, 8)};
            const {y} = await model.run(feeds);
            const bytes = texelflow.statistics(model).textureBytes.intermediates;
            const layers = await texelflow.runWithIntermediates(model, feeds);
            const {y: again} = await model.run(feeds);
            return {bytes, count: layers.length, y: Array.from(y.data), again: Array.from(again.data),
                last: Array.from(layers.at(-1).data)};
        }""",
        serve(tmp_path),
    )
    expected = [float(i % 1000) for i in range(384)]
    assert answer["y"] == expected and answer["again"] == expected and answer["last"] == expected
    assert answer["count"] == 20
    flat_bytes, blocked_bytes = 16 * 6 * 16, 16 * 2 * 8 * 8 * 16
    assert answer["bytes"] <= 2 * flat_bytes + blocked_bytes


def test_poison_reaches_what_is_never_written(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A shader that discards leaves the poison of its texture: proof that poisoning works."""
    add_bundle(tmp_path)
    graph = (tmp_path / "graph.json").read_text()
    (tmp_path / "graph.json").write_text(graph.replace("void main() {", "void main() { discard;"))
    answer = page.evaluate(
        """async (url) => {
            const model = await texelflow.loadModel(url, {device: {poison: true}});
            const {y} = await model.run({x: new texelflow.Tensor('float32', [6], new Float32Array(6))});
            return Array.from(y.data, String);
        }""",
        serve(tmp_path),
    )
    assert answer == ["NaN"] * 6


def test_unused_programs_are_kept_for_the_next_model(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Of more than are kept, those that were asked for longest ago are deleted."""
    urls = {}
    for name in "abc":
        add_bundle(tmp_path / name)
        path = tmp_path / name / "graph.json"
        path.write_text(path.read_text().replace("void main() {", f"void main() {{ float {name}_ = 1.0;"))
        urls[name] = serve(tmp_path / name)
    compiled = page.evaluate(
        """async (urls) => {
            const keeper = await texelflow.loadModel(urls.a);
            const count = () => texelflow.statistics(keeper).created.programs;
            const load = async (name) => {
                const before = count();
                (await texelflow.loadModel(urls[name])).dispose();
                await new Promise((resolve) => setTimeout(resolve));
                return count() > before;
            };
            texelflow.keepPrograms(0);
            const none = [await load('b'), await load('b')];
            texelflow.keepPrograms(1);
            const one = [];
            for (const name of 'bcbbca') one.push(await load(name));
            return {none, one};
        }""",
        urls,
    )
    assert compiled == {"none": [True, True], "one": [True, True, True, False, True, False]}


def test_models_share_a_context_and_programs(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {
            let contexts = 0;
            for (const canvas of [HTMLCanvasElement, OffscreenCanvas]) {
                const original = canvas.prototype.getContext;
                const seen = new WeakSet();
                canvas.prototype.getContext = function (...parameters) {
                    if (!seen.has(this)) contexts++;
                    seen.add(this);
                    return original.apply(this, parameters);
                };
            }
            const first = await texelflow.loadModel(url);
            const {programs} = texelflow.statistics(first).created;
            const second = await texelflow.loadModel(url);
            const after = texelflow.statistics(second).created.programs;
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            const results = await Promise.all([first, second, first, second].map((model) => model.run({x})));
            first.dispose();
            const {y} = await second.run({x});
            return {contexts, programs, after, results: results.map(({y}) => y.data[1]), last: y.data[1]};
        }""",
        serve(tmp_path),
    )
    assert answer == {
        "contexts": 1,
        "programs": answer["programs"],
        "after": answer["programs"],
        "results": [3, 3, 3, 3],
        "last": 3,
    }


@pytest.mark.parametrize("is_busy", [False, True], ids=["idle", "busy"])
def test_failed_loads_leave_nothing(page: Page, serve: Serve, tmp_path: Path, is_busy: bool) -> None:
    """Also where the GPU has not yet done what was issued while the model loaded."""
    add_bundle(tmp_path / "good")
    add_bundle(tmp_path / "bad")
    weights = tmp_path / "bad" / "weights-1.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"!")
    answer = page.evaluate(
        """async ([good, bad, isBusy]) => {
            const model = await texelflow.loadModel(good);
            const before = texelflow.statistics(model).textureBytes.now;
            const prototype = WebGL2RenderingContext.prototype;
            const original = prototype.clientWaitSync;
            if (isBusy) prototype.clientWaitSync = function () { return this.TIMEOUT_EXPIRED; };
            const answers = [];
            for (let i = 0; i < 3; i++) {
                const message = await texelflow.loadModel(bad).catch((error) => error.message);
                const left = texelflow.statistics(model).textureBytes.now - before;
                answers.push([message.includes('SHA-256'), left]);
            }
            prototype.clientWaitSync = original;
            return answers;
        }""",
        [serve(tmp_path / "good"), serve(tmp_path / "bad"), is_busy],
    )
    assert answer == [[True, 0]] * 3


def test_loads_from_blobs_and_in_a_worker(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = page.evaluate(
        """async (url) => {
            const files = new Map();
            for (const name of ['graph.json', 'weights-1.safetensors']) {
                files.set('folder/' + name, await (await fetch(url + '/' + name)).blob());
            }
            const model = await texelflow.loadModel(files);
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            const {y} = await model.run({x});
            const source = `import {loadModel, Tensor} from '${location.origin}/dist/texelflow.js';
                const model = await loadModel('${url}/graph.json');
                const {y} = await model.run({x: new Tensor('float32', [6], new Float32Array(6))});
                postMessage([y.data[1], model.device.renderer]);`;
            const script = URL.createObjectURL(new Blob([source], {type: 'text/javascript'}));
            const worker = new Worker(script, {type: 'module'});
            const fromWorker = await new Promise((resolve, reject) => {
                worker.onmessage = ({data}) => resolve(data);
                worker.onerror = (event) => reject(new Error(event.message));
            });
            return [y.data[1], fromWorker[0]];
        }""",
        serve(tmp_path),
    )
    assert answer == [3, 3]


def test_dispose_gives_everything_back(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Each object of GL is counted: of models with states, sessions, kept tensors, profiles, ongoing runs."""
    stateful_bundle(tmp_path / "states")
    blocked_bundle(tmp_path / "blocked")
    kinds = ["Texture", "Framebuffer", "Buffer", "Program", "Shader", "VertexArray"]
    left = page.evaluate(
        """async ([states, blocked, kinds]) => {"""
        + HELPERS
        + """
            const {prototype} = WebGL2RenderingContext;
            const alive = Object.fromEntries(kinds.map((kind) => [kind, new Set()]));
            for (const kind of kinds) {
                const [make, remove] = [prototype[`create${kind}`], prototype[`delete${kind}`]];
                prototype[`create${kind}`] = function (...parameters) {
                    const made = make.apply(this, parameters);
                    alive[kind].add(made);
                    return made;
                };
                prototype[`delete${kind}`] = function (object) {
                    alive[kind].delete(object);
                    return remove.call(this, object);
                };
            }
            const counts = () => kinds.map((kind) => alive[kind].size);
            texelflow.keepPrograms(0);
            const first = await texelflow.loadModel(states);
            const second = await texelflow.loadModel(blocked);
            const session = first.session();
            for (const runner of [first, session, first, session]) await runner.run({x: shapeOf(6)});
            const {y} = await second.run({x: shapeOf(1, 5, 6, 7)}, {keep: ['y']});
            await y.read();
            await second.profile({x: shapeOf(1, 5, 6, 7)});
            const during = counts();
            const underWay = second.run({x: shapeOf(1, 9, 6, 7)}).catch(() => {});
            for (const each of [session, first, second]) each.dispose();
            await underWay;
            await second.run({}).catch(() => {});
            // The context keeps a vertex shader and a texel of zeros.
            const isLeft = () => counts().some((count, kind) => count > [2, 0, 0, 0, 1, 4][kind]);
            const end = performance.now() + 60_000;
            while (isLeft() && performance.now() < end) {
                await new Promise((resolve) => setTimeout(resolve, 10));
            }
            return {during, after: counts()};
        }""",
        [serve(tmp_path / "states"), serve(tmp_path / "blocked"), kinds],
    )
    assert all(count > 0 for count in left["during"][:5])
    # The context, which the next model takes, has its vertex shader and a texel of zeros.
    textures, framebuffers, buffers, programs, shaders, arrays = left["after"]
    assert textures <= 2 and shaders <= 1 and [framebuffers, buffers, programs, arrays] == [0] * 4, left
