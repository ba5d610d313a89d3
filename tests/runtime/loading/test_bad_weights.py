"""Weight files that are missing, cut, altered or damaged, and downloads given up: one clear error each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, add_bundle, change_graph, safetensors
from playwright.sync_api import Page
from run_support import feed, load_error, run_bundle

Serve = Callable[[Path], str]
WEIGHTS = "weights-1.safetensors"


def test_a_missing_weight_file_is_reported(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    (tmp_path / WEIGHTS).unlink()
    message = load_error(module_page, serve(tmp_path))
    assert WEIGHTS in message and "404" in message


def test_truncated_weights_are_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content[:-5])
    message = load_error(module_page, serve(tmp_path))
    assert f"{len(content)} bytes expected, {len(content) - 5} came" in message


def test_weight_files_that_are_too_long_are_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    content = (tmp_path / WEIGHTS).read_bytes()
    (tmp_path / WEIGHTS).write_bytes(content + b"tail")
    assert f"{len(content)} bytes expected, more came" in load_error(module_page, serve(tmp_path))


def test_altered_weights_are_refused(module_page: Page, serve: Serve, tmp_path: Path) -> None:
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
        (safetensors({"w.0": ("constructor", [4], b"1234")}), "unknown type constructor"),
        (safetensors({"w.0": ("__proto__", [4], b"1234")}), "unknown type __proto__"),
        ((8).to_bytes(8, "little") + b"null    ", "its header is no JSON object"),
        (safetensors({"other": ("F32", [6], bytes(24))}), 'no tensor "w.0"'),
        (safetensors({"w.0": ("F32", [5], bytes(20))}), "5 elements"),
        (safetensors({"w.0": ("I32", [6], bytes(24))}), "stored as int32"),
        (safetensors({"w.0": ("F32", [6], bytes(23))}), "extent"),
    ],
)
def test_damaged_weights_are_refused(
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


def test_page_without_hashing_checks_byte_counts(page: Page, serve: Serve, tmp_path: Path) -> None:
    """A page on plain http has no crypto.subtle."""
    add_bundle(tmp_path)
    url = serve(tmp_path)
    page.evaluate("() => Object.defineProperty(crypto, 'subtle', {value: undefined})")
    answer = run_bundle(page, url, {"x": feed(np.ones(6, np.float32))})
    assert answer["device"]["integrity"] == "byte count"
    (tmp_path / WEIGHTS).write_bytes((tmp_path / WEIGHTS).read_bytes()[:-1])
    assert "bytes expected" in load_error(page, url)


def test_a_file_missing_among_chosen_ones_is_reported(module_page: Page) -> None:
    message = module_page.evaluate(
        "() => texelflow.loadModel(new Map([['a.txt', new Blob(['hi'])]])).catch((error) => error.message)"
    )
    assert "no file graph.json" in message and "a.txt" in message


def test_abort_stops_loading(module_page: Page, serve: Serve, tmp_path: Path) -> None:
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
