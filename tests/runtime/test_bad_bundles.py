"""Bad bundles and bad devices: one clear error each, never a hang."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, add_bundle, safetensors
from playwright.sync_api import Page
from run_support import feed, load_error, run_bundle

from browser_support import PageServer

Serve = Callable[[Path], str]
WEIGHTS = "weights-1.safetensors"


def change_graph(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    graph = json.loads((folder / "graph.json").read_text())
    change(graph)
    (folder / "graph.json").write_text(json.dumps(graph))


@pytest.mark.parametrize(
    ("version", "remedy"), [(2, "Update the texelflow runtime"), (0, "Export the model again")]
)
def test_wrong_version(module_page: Page, serve: Serve, tmp_path: Path, version: int, remedy: str) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, lambda graph: graph.update(formatVersion=version))
    message = load_error(module_page, serve(tmp_path))
    assert f"format version {version}" in message and "bundle_builder" in message and remedy in message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda graph: graph.pop("formatVersion"), "no formatVersion"),
        (lambda graph: graph["plans"].pop("webgl2"), "no plan for webgl2"),
        (lambda graph: graph.pop("weights"), "no list of weights"),
        (lambda graph: graph["plans"]["webgl2"]["run"][0].update(program=9), "«n1 Test»"),
        (lambda graph: graph["plans"]["webgl2"]["run"][0].update(inputs=[0]), "«n1 Test»"),
        (lambda graph: graph["plans"]["webgl2"]["run"][0].update(inputs=[0, 77]), "«n1 Test»"),
        (lambda graph: graph["inputs"][0].update(tensor=99), 'input "x"'),
        (lambda graph: graph["outputs"][0].update(tensor=-1), 'output "y"'),
        (lambda graph: graph["weights"][0]["parts"][0].update(file="other"), 'weight "w.0"'),
        (lambda graph: graph["files"][0].update(name="../secret"), "weight"),
        (lambda graph: graph["files"].append({"name": "a/b", "bytes": 1, "sha256": ""}), "leads out"),
        (lambda graph: graph["weights"].clear(), "which nothing has filled"),
    ],
)
def test_damaged_graph(
    module_page: Page,
    serve: Serve,
    tmp_path: Path,
    change: Callable[[dict[str, Any]], object],
    expected: str,
) -> None:
    add_bundle(tmp_path)
    change_graph(tmp_path, change)
    message = load_error(module_page, serve(tmp_path))
    if message == "NO ERROR":
        with pytest.raises(Exception, match=expected):
            run_bundle(module_page, serve(tmp_path), {"x": feed(np.zeros(6, np.float32))})
    else:
        assert expected in message


def test_not_json(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "graph.json").write_text('{"formatVersion": 1, "sym')
    assert "graph.json is not valid JSON" in load_error(module_page, serve(tmp_path))


@pytest.mark.parametrize("content", ["null", "[]", "7", '"text"'])
def test_json_that_is_no_graph(module_page: Page, serve: Serve, tmp_path: Path, content: str) -> None:
    (tmp_path / "graph.json").write_text(content)
    assert "not a Texelflow graph.json" in load_error(module_page, serve(tmp_path))


def test_html_page_instead_of_graph(module_page: Page, page_server: PageServer) -> None:
    """A development server that answers with its start page for whatever it does not have."""
    page_server.fixed["/fallback/graph.json"] = (200, "text/html", b"<!doctype html><p>Hello")
    message = load_error(module_page, page_server.url("/fallback/"))
    assert "is an HTML page, not a Texelflow graph.json" in message


def test_missing_graph(module_page: Page, page_server: PageServer) -> None:
    message = load_error(module_page, page_server.url("/nowhere"))
    assert "/nowhere/graph.json" in message and "404" in message


def test_unreachable_server(module_page: Page) -> None:
    assert "cannot be fetched" in load_error(module_page, "http://127.0.0.1:9/model/")


def test_missing_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    message = load_error(module_page, serve(tmp_path))
    assert WEIGHTS in message and "404" in message


def test_cut_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content[:-5])
    message = load_error(module_page, serve(tmp_path))
    assert f"{len(content)} bytes expected, {len(content) - 5} came" in message


def test_weights_too_long(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content + b"tail")
    assert f"{len(content)} bytes expected, more came" in load_error(module_page, serve(tmp_path))


def test_altered_weights(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = bytearray((tmp_path / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (tmp_path / WEIGHTS).write_bytes(content)
    message = load_error(module_page, serve(tmp_path))
    assert WEIGHTS in message and "altered" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "bytes expected, 0 came"),
        ((10**9).to_bytes(8, "little") + b"{}" * 30, "longer than the file"),
        ((16).to_bytes(8, "little") + b"no json at all!!" + b"\0" * 30, "not JSON"),
        (safetensors({"w.0": ("F8", [4], b"1234")}), "unknown type F8"),
        (safetensors({"other": ("F32", [6], bytes(24))}), 'no tensor "w.0"'),
        (safetensors({"w.0": ("F32", [5], bytes(20))}), "5 elements"),
        (safetensors({"w.0": ("I32", [6], bytes(24))}), "stored as int32"),
        (safetensors({"w.0": ("F32", [6], bytes(23))}), "extent"),
    ],
)
def test_damaged_weights(
    module_page: Page, serve: Serve, tmp_path: Path, content: bytes, expected: str
) -> None:
    add_bundle(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(content)
    if content:
        change_graph(tmp_path, lambda graph: graph["files"][0].update(bytes=len(content)))
    assert expected in load_error(module_page, serve(tmp_path))


def test_weight_out_of_32_bits(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.array([1, 2**40]), dtype="int64")
    assert "1099511627776" in load_error(module_page, serve(tmp_path))


def test_shader_that_does_not_compile(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    change_graph(
        tmp_path,
        lambda graph: graph["plans"]["webgl2"]["programs"][0].update(
            source=ADD_FLAT.replace("void main", "mistake;\nvoid main")
        ),
    )
    message = load_error(module_page, serve(tmp_path))
    assert 'Program "add" of node «n1 Test» does not compile' in message
    assert "| mistake;" in message and "'mistake'" in message


def test_too_few_texture_units(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {textureUnits: 1}}}")
    assert "2 textures in one draw" in message and "allows 1" in message


def test_texture_too_large(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path, np.zeros(40_000, np.float32))
    message = load_error(module_page, serve(tmp_path), "{device: {limits: {maxTextureSize: 64}}}")
    assert "[40000]" in message and "64×64" in message


def test_device_without_float_targets(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const original = WebGL2RenderingContext.prototype.getExtension;
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                return name.startsWith('EXT_color_buffer') ? null : original.call(this, name);
            };
        }"""
    )
    assert "no float render targets" in load_error(page, serve(tmp_path))


def test_device_with_half_float_targets_only(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const original = WebGL2RenderingContext.prototype.getExtension;
            WebGL2RenderingContext.prototype.getExtension = function (name) {
                const extension = original.call(this, name);
                return name === 'EXT_color_buffer_float' ? null : extension;
            };
        }"""
    )
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    assert answer["device"]["storage"] == 16
    assert "16-bit storage" in answer["device"]["reasons"][0]


def test_browser_without_webgl2(page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            HTMLCanvasElement.prototype.getContext = () => null;
            OffscreenCanvas.prototype.getContext = () => { throw new TypeError('unknown'); };
        }"""
    )
    assert "WebGL2 is not available" in load_error(page, serve(tmp_path))


def test_wrong_numbers_fall_back_to_the_next_setting(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A driver that draws nothing through eight targets, nor with texture(): the self-test must notice."""
    add_bundle(tmp_path)
    page.evaluate(
        """() => {
            const {shaderSource, drawBuffers} = WebGL2RenderingContext.prototype;
            WebGL2RenderingContext.prototype.shaderSource = function (shader, source) {
                const isBroken = source.includes('TEXEL_FETCH 0');
                const text = isBroken ? source.replaceAll('texture(', '0.5 * texture(') : source;
                return shaderSource.call(this, shader, text);
            };
            WebGL2RenderingContext.prototype.drawBuffers = function (targets) {
                return drawBuffers.call(this, targets.length > 4 ? targets.fill(this.NONE, 4) : targets);
            };
        }"""
    )
    answer = run_bundle(page, serve(tmp_path), {"x": feed(np.ones(6, np.float32))})
    np.testing.assert_allclose(answer["results"]["y"], np.arange(6) * 2 + 3)
    device = answer["device"]
    assert (device["pixels"], device["groups"], device["fetch"]) == (4, 1, "texelFetch")
    assert len(device["reasons"]) == 3 and "self-test" in device["reasons"][0]


def test_page_without_hashing_checks_byte_counts(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A page on plain http has no crypto.subtle."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    page.evaluate("() => Object.defineProperty(crypto, 'subtle', {value: undefined})")
    answer = run_bundle(page, url, {"x": feed(np.ones(6, np.float32))})
    assert answer["device"]["integrity"] == "byte count"
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-1])
    assert "bytes expected" in load_error(page, url)


def test_gpu_out_of_memory(page: Page, serve: Serve, tmp_path: Path) -> None:
    """The driver reports a failed allocation once; the model works again afterwards."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    fail_once = """
        const original = WebGL2RenderingContext.prototype.getError;
        WebGL2RenderingContext.prototype.getError = function () {
            WebGL2RenderingContext.prototype.getError = original;
            return this.OUT_OF_MEMORY;
        };
    """
    page.evaluate("() => {" + fail_once + "}")
    message = load_error(page, url)
    assert "too little memory for the weights" in message and "[6]" in message
    messages = page.evaluate(
        "async (url) => { const model = await texelflow.loadModel(url);"
        + fail_once
        + """
            const x = new texelflow.Tensor('float32', [6], new Float32Array(6));
            const failed = await model.run({x}).catch((error) => error.message);
            return [failed, (await model.run({x})).y.data[1]];
        }""",
        url,
    )
    assert "too little memory for the intermediate results" in messages[0] and messages[1] == 3


def test_missing_blob(module_page: Page) -> None:
    message = module_page.evaluate(
        "() => texelflow.loadModel(new Map([['a.txt', new Blob(['hi'])]])).catch((error) => error.message)"
    )
    assert "no file graph.json" in message and "a.txt" in message


def test_abort(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    url = serve(tmp_path)
    assert "AbortError" in load_error(module_page, url, "{signal: AbortSignal.abort()}")
    outcome = module_page.evaluate(
        """async (url) => {
            const controller = new AbortController();
            const onProgress = ({phase}) => { if (phase !== 'ready') controller.abort(new Error('enough')); };
            return texelflow.loadModel(url, {signal: controller.signal, onProgress}).catch((e) => e.message);
        }""",
        url,
    )
    assert outcome == "enough"


def test_stalled_download_can_be_aborted(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """A server that sends half a file and then nothing."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    outcome = module_page.evaluate(
        """async (url) => {
            const original = globalThis.fetch;
            globalThis.fetch = async (address, options) => {
                if (!String(address).endsWith('safetensors')) return original(address, options);
                return new Response(new ReadableStream({start: (c) => c.enqueue(new Uint8Array(7))}));
            };
            try {
                const signal = AbortSignal.timeout(300);
                return await texelflow.loadModel(url, {signal}).catch((error) => String(error));
            } finally {
                globalThis.fetch = original;
            }
        }""",
        url,
    )
    assert outcome.startswith("TimeoutError")
