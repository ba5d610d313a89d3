"""How loading is told of: one fraction that never falls, with phases as details."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bundle_builder import ADD_FLAT, BundleBuilder, add_bundle
from playwright.sync_api import Page

Serve = Callable[[Path], str]

LOAD = """
    const load = async (url, options) => {
        const events = [];
        const onProgress = (event) => events.push({...event});
        const ended = await texelflow.loadModel(url, {onProgress, ...options})
            .then((model) => ({ended: 'loaded', reasons: model.device.reasons}), ({code}) => ({ended: code}));
        return {events, ...ended};
    };
"""

WITHOUT_TEXTURE = """
    const {shaderSource} = WebGL2RenderingContext.prototype;
    WebGL2RenderingContext.prototype.shaderSource = function (shader, source) {
        const isBroken = source.includes('TEXEL_FETCH 0');
        const text = isBroken ? source.replaceAll('texture(', '0.5 * texture(') : source;
        return shaderSource.call(this, shader, text);
    };
"""
"""A driver on which the self-test of several settings fails."""

STALE = """
    const right = new Uint8Array(await (await fetch(url + '/weights-1.safetensors')).arrayBuffer());
    const altered = right.slice();
    altered[altered.length - 1] ^= 1;
    const stale = async (target, options) =>
        target.endsWith('safetensors') && options.cache !== 'reload'
            ? new Response(altered) : fetch(target, options);
"""


def progress(page: Page, url: str, script: str) -> dict[str, Any]:
    """Load by `script`, which returns what `load` gives, and check what is true of all events."""
    answer = page.evaluate(f"async (url) => {{ {LOAD} {script} }}", url)
    fractions = [event["fraction"] for event in answer["events"]]
    assert all(0 <= fraction <= 1 for fraction in fractions)
    assert fractions == sorted(fractions)
    ready = [event["phase"] == "ready" for event in answer["events"]]
    assert [fraction == 1 for fraction in fractions] == ready
    return answer


def test_progress_covers_all_phases(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    answer = progress(module_page, serve(tmp_path), "return load(url);")
    last = {event["phase"]: event for event in answer["events"]}
    assert set(last) == {"download", "compile", "upload", "ready"}
    assert all(event["loaded"] == event["total"] for event in last.values())
    assert answer["events"][-1]["phase"] == "ready"


def test_progress_of_a_model_without_weights_ends_at_1(
    module_page: Page, serve: Serve, tmp_path: Path
) -> None:
    builder = BundleBuilder()
    x, y = (builder.tensor([6], lifetime=[step - 1, step]) for step in range(2))
    builder.input("x", x)
    builder.output("y", y)
    builder.draw(builder.program(ADD_FLAT, ["a", "b"], "add"), [x, x], y, floats=[1])
    builder.write(tmp_path)
    answer = progress(module_page, serve(tmp_path), "return load(url);")
    assert answer["events"][-1] == {"fraction": 1, "phase": "ready", "loaded": 1, "total": 1}


def test_where_a_setting_does_not_work(page: Page, serve: Serve, tmp_path: Path) -> None:
    """Nothing is compiled for it but its self-test."""
    add_bundle(tmp_path)
    answer = progress(page, serve(tmp_path), WITHOUT_TEXTURE + "return load(url, {device: {pixels: 4}});")
    counts = [event["loaded"] for event in answer["events"] if event["phase"] == "compile"]
    assert answer["ended"] == "loaded"
    assert counts.count(0) == 1
    assert any("texture()" in reason for reason in answer["reasons"])


@pytest.mark.parametrize("size", [6, 400_000])
def test_where_an_old_file_is_asked_for_again(
    module_page: Page, serve: Serve, tmp_path: Path, size: int
) -> None:
    add_bundle(tmp_path, np.ones(size, np.float32))
    answer = progress(module_page, serve(tmp_path), STALE + "return load(url, {fetch: stale});")
    assert answer["ended"] == "loaded"
    counts = [event["loaded"] for event in answer["events"] if event["phase"] == "download"]
    assert counts.count(counts[-1]) > 1, "the file was asked for once only"


def test_a_failure_is_never_ready(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    add_bundle(tmp_path)
    script = STALE + "return load(url, {fetch: (target) => stale(target, {})});"
    answer = progress(module_page, serve(tmp_path), script)
    assert answer["ended"] == "altered"
    assert answer["events"][-1]["fraction"] < 1


def test_large_weights_count_for_more(module_page: Page, serve: Serve, tmp_path: Path) -> None:
    """Of 4 MB and one program, the download is most."""
    add_bundle(tmp_path, np.ones(1_000_000, np.float32))
    events = progress(module_page, serve(tmp_path), "return load(url);")["events"]
    received = [event for event in events if event["phase"] == "download"]
    half = min(received, key=lambda event: abs(event["loaded"] / event["total"] - 0.5))
    gained = received[-1]["fraction"] - half["fraction"]
    assert gained > 0.6 * (1 - half["loaded"] / half["total"])
