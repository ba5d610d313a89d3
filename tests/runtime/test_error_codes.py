"""Each code of TexelflowError is documented with its remedy, and raised by what it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from bundle_builder import blocked_bundle, stateful_bundle
from playwright.sync_api import Page

from browser_support import REPOSITORY
from learned_sizes.test_looping import ENDLESS, exported

Serve = Callable[[Path], str]

SCENARIOS = {
    "input": """
        const model = await load();
        await model.run({x: new texelflow.Tensor('int32', [1], new Int32Array(1))});""",
    "option": "await load({device: {pixels: 3}});",
    "size": """
        const model = await load({device: {limits: {maxTextureSize: 16}}});
        await model.run({x: sized(9, 9, 40, 40)});""",
    "not-found": "await texelflow.loadModel(url + '/absent');",
    "network": "await load({fetch: () => Promise.reject(new TypeError('offline'))});",
    "damaged": "await load({fetch: async () => new Response('{}')});",
    "altered": """
        await load({fetch: async (target, options) => {
            const text = await (await fetch(target, options)).text();
            return new Response(target.endsWith('json') ? withWeights(text) : new Uint8Array(100));
        }});""",
    "version": """
        await load({fetch: async (target, options) => {
            const text = await (await fetch(target, options)).text();
            return new Response(text.replace(/"formatVersion": ?2/, '"formatVersion":9'));
        }});""",
    "no-webgl2": """
        HTMLCanvasElement.prototype.getContext = OffscreenCanvas.prototype.getContext = () => null;
        await load();""",
    "device": """
        const {getExtension} = prototype;
        prototype.getExtension = function (name) {
            return name.startsWith('EXT_color_buffer') ? null : getExtension.call(this, name);
        };
        await load();""",
    "privacy": """
        const {getBufferSubData} = prototype;
        prototype.getBufferSubData = function (target, offset, view) {
            getBufferSubData.call(this, target, offset, view);
            for (let i = 0; i < view.length; i++) view[i] += Math.random();
        };
        await load();""",
    "out-of-memory": """
        const {getError} = prototype;
        prototype.getError = function () { prototype.getError = getError; return this.OUT_OF_MEMORY; };
        await load();""",
    "context-lost": """
        const model = await load();
        const {readPixels} = prototype;
        prototype.readPixels = function (...parameters) {
            this.getExtension('WEBGL_lose_context').loseContext();
            return readPixels.apply(this, parameters);
        };
        await model.run({x: sized(1, 5, 6, 7)});""",
    "state-lost": """
        const model = await load();
        const x = sized(6);
        await model.run({x});
        const {gl} = model.loadedModel.context;
        gl.getExtension('WEBGL_lose_context').loseContext();
        await new Promise((resolve) => gl.canvas.addEventListener('webglcontextlost', resolve));
        await model.run({x});""",
    "superseded": """
        const model = await load();
        const runs = [1, 2].map(() => model.run({x: sized(1, 5, 6, 7)}, {latest: true}));
        await Promise.all(runs);""",
    "disposed": "const model = await load(); model.dispose(); await model.run({x: sized(1, 5, 6, 7)});",
    "stopped": """
        const model = await load();
        const stop = new AbortController();
        setTimeout(() => stop.abort(), 50);
        await model.run({x: sized(2)}, {signal: stop.signal});""",
}

HELPERS = """
    const prototype = WebGL2RenderingContext.prototype;
    const load = (options) => texelflow.loadModel(url, options);
    const sized = (...shape) =>
        new texelflow.Tensor('float32', shape, new Float32Array(shape.reduce((x, y) => x * y, 1)));
    const withWeights = (text) => {
        const graph = JSON.parse(text);
        graph.files = [{name: 'weights-1.safetensors', bytes: 65, sha256: '0'.repeat(64)}];
        return JSON.stringify(graph);
    };
"""


GUIDE = (REPOSITORY / "docs" / "errors.md").read_text(encoding="utf-8")


def quoted(code: str) -> str:
    """The message that the guide quotes for a code, as an expression: … stands for anything."""
    section = GUIDE.partition(f"\n### `{code}`\n\n")[2]
    quote = re.match(r"(?:> .*\n)+", section)
    assert quote, f"docs/errors.md quotes no message of {code}"
    return ".*".join(map(re.escape, " ".join(quote[0].replace("> ", "").split()).split("…")))


@pytest.mark.parametrize("code", SCENARIOS)
def test_code(page: Page, serve: Serve, tmp_path: Path, code: str) -> None:
    bundle = tmp_path
    if code == "stopped":
        bundle = exported(ENDLESS, tmp_path)
    else:
        (stateful_bundle if code == "state-lost" else blocked_bundle)(tmp_path)
    answer = page.evaluate(
        "async (url) => {"
        + HELPERS
        + "const attempt = async () => {"
        + SCENARIOS[code]
        + """};
            const error = await attempt().then(() => null, (error) => error);
            const {file = null, input = null} = error ?? {};
            return error && {code: error.code, name: error.name, message: error.message, file, input,
                isOurs: error instanceof texelflow.TexelflowError, isError: error instanceof Error};
        }""",
        serve(bundle),
    )
    assert answer["code"] == code, answer
    assert re.fullmatch(quoted(code), answer["message"]), answer["message"]
    assert answer["isOurs"] and answer["isError"] and answer["name"] == "TexelflowError"
    if code in ("not-found", "network", "damaged", "altered", "version"):
        assert answer["file"] and answer["file"] in answer["message"]
    assert answer["input"] == ("x" if code == "input" else None)


def test_every_code_is_documented_and_raised() -> None:
    source = (REPOSITORY / "webruntime/src/errors.ts").read_text(encoding="utf-8")
    declared = re.findall(r'^  \| "([a-z0-9-]+)"', source, re.MULTILINE)
    page = GUIDE.partition("\n## From the exporter\n")[0]
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [code for code, *_ in rows] == declared == [*SCENARIOS]
