"""The counters that a page's WebGL calls pass through, and which downloads count for what."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from measuring.counting import COUNTERS, MODEL, OWN, RUNTIME, kind_of
from playwright.sync_api import Browser, Page

from browser_support import PageServer


@pytest.fixture
def counted_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """A blank page with the counters and a WebGL2 context `gl`."""
    page = browser.new_page()
    page.add_init_script(path=COUNTERS)
    page.goto(page_server.url("/blank.html"))
    page.evaluate("() => { window.gl = document.createElement('canvas').getContext('webgl2'); }")
    yield page
    page.close()


def test_memory_is_what_the_calls_ask_for(counted_page: Page) -> None:
    steps = counted_page.evaluate(
        """() => {
            const { memory } = window.glCounts;
            const steps = [];
            const note = () => steps.push(memory.now);
            const array = gl.createTexture();
            gl.activeTexture(gl.TEXTURE3);
            gl.bindTexture(gl.TEXTURE_2D_ARRAY, array);
            gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA32F, 5, 3, 8);
            note();
            const mipmapped = gl.createTexture();
            gl.bindTexture(gl.TEXTURE_2D, mipmapped);
            gl.texStorage2D(gl.TEXTURE_2D, 3, gl.RG8, 8, 4);
            note();
            const replaced = gl.createTexture();
            gl.bindTexture(gl.TEXTURE_2D, replaced);
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, 4, 4, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
            gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16F, 10, 10, 0, gl.RED, gl.HALF_FLOAT, null);
            note();
            const buffer = gl.createBuffer();
            gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
            gl.bufferData(gl.ARRAY_BUFFER, 1000, gl.STATIC_DRAW);
            gl.bufferData(gl.ARRAY_BUFFER, new Float32Array(10), gl.STATIC_DRAW);
            note();
            const renderbuffer = gl.createRenderbuffer();
            gl.bindRenderbuffer(gl.RENDERBUFFER, renderbuffer);
            gl.renderbufferStorage(gl.RENDERBUFFER, gl.DEPTH_COMPONENT16, 6, 7);
            note();
            gl.deleteTexture(array);
            gl.deleteBuffer(buffer);
            gl.deleteTexture(array);
            note();
            return { steps, peak: memory.peak, unknown: window.glCounts.unknown };
        }"""
    )
    array, mipmapped, replaced = 5 * 3 * 8 * 16, (8 * 4 + 4 * 2 + 2 * 1) * 2, 10 * 10 * 2
    buffer, renderbuffer = 40, 6 * 7 * 2
    sums = [array, array + mipmapped, array + mipmapped + replaced]
    sums += [sums[-1] + buffer, sums[-1] + buffer + renderbuffer]
    sums.append(mipmapped + replaced + renderbuffer)
    assert steps == {"steps": sums, "peak": sums[3] - buffer + 1000, "unknown": []}


def test_draws_programs_objects_and_arrays_are_counted(counted_page: Page) -> None:
    counts = counted_page.evaluate(
        """() => {
            const attach = (program, type, source) => {
                const shader = gl.createShader(type);
                gl.shaderSource(shader, source);
                gl.compileShader(shader);
                gl.attachShader(program, shader);
            };
            const program = gl.createProgram();
            attach(program, gl.VERTEX_SHADER, `#version 300 es\nvoid main() { gl_Position = vec4(0); }`);
            attach(program, gl.FRAGMENT_SHADER,
                `#version 300 es\nprecision highp float; out vec4 c; void main() { c = vec4(1); }`);
            gl.linkProgram(program);
            gl.useProgram(program);
            gl.drawArrays(gl.TRIANGLES, 0, 3);
            gl.drawArraysInstanced(gl.TRIANGLES, 0, 3, 2);
            gl.drawBuffers([gl.BACK]);
            gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
            const values = new Float32Array(4);
            const part = values.subarray(1).slice(1);
            const { draws, programs, created, arrays } = window.glCounts;
            const linked = gl.getProgramParameter(program, gl.LINK_STATUS);
            return { draws, programs, created, arrays, linked,
                kept: part instanceof Float32Array, same: part.constructor === Float32Array };
        }"""
    )
    assert counts == {
        "draws": 2,
        "programs": 1,
        "created": {"createShader": 2, "createProgram": 1, "fenceSync": 1},
        "arrays": 3,
        "kept": True,
        "same": True,
        "linked": True,
    }


def test_a_format_of_unknown_size_is_noted(counted_page: Page) -> None:
    unknown = counted_page.evaluate(
        """() => {
            gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
            gl.texImage2D(gl.TEXTURE_2D, 0, 12345, 1, 1, 0, gl.RGBA, gl.UNSIGNED_BYTE, null);
            return window.glCounts.unknown;
        }"""
    )
    assert unknown == ["format 12345 with type 5121"]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/nets/mobilenetv2/bundle/graph.json", MODEL),
        ("/nets/mobilenetv2/tfjs/group1-shard1of4.bin", MODEL),
        ("/nets/mobilenetv2/model.onnx", MODEL),
        ("/nets/mobilenetv2/net.json", OWN),
        ("/nets/mobilenetv2/input.image.bin", OWN),
        ("/javascript/texelflow.js", RUNTIME),
        ("/peers/ort-wasm-simd-threaded.wasm", RUNTIME),
        ("/runtimes/texelflow.js", OWN),
        ("/startup.html?net=mobilenetv2&runtime=tfjs", OWN),
    ],
)
def test_downloads_count_for_what_they_are(path: str, kind: str) -> None:
    assert kind_of(f"http://127.0.0.1:8000{path}") == kind
