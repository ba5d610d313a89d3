"""What the converter's tests share: the page that converts, and bundles of native exports beside it."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

import texelflow
from browser_support import REPOSITORY

BUILD_SECONDS = 900

POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self' blob:; "
    "connect-src 'self' blob:; style-src 'self'"
)
"""The strictest that converting works under."""

PAGE = f"""<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<title>converter</title><input type="file" id="files" multiple><input type="file" id="folder" webkitdirectory>
<script type="module" src="page.js"></script>"""

SCRIPT = """
import * as converter from "./convert/index.js";
globalThis.converter = converter;
globalThis.convertChosen = async (options) => {
    const told = [];
    const inputs = [...document.querySelectorAll("input")];
    const files = inputs.flatMap((input) => [...input.files]);
    inputs.forEach((input) => { input.value = ""; });
    const onProgress = (doing, fraction) => { told.push([doing, fraction]); };
    try {
        const { onnx, ...others } = options;
        const { files: made, summary } = onnx
            ? { files: await converter.toOnnx(files, { ...others, onProgress }), summary: null }
            : await converter.convert(files, { ...others, onProgress });
        globalThis.made = made;
        const coded = Array.from(made, async ([name, blob]) => {
            return [name, new Uint8Array(await blob.arrayBuffer()).toBase64()];
        });
        return { summary, told, files: Object.fromEntries(await Promise.all(coded)) };
    } catch (error) {
        return { code: error.code, message: error.message, problems: error.problems, told };
    }
};
"""


def build_converter() -> Path:
    """Build the converter as `make demo` does, but for brotli; returns its folder."""
    folder = REPOSITORY / "build" / "converter-plain"
    command = [sys.executable, str(REPOSITORY / "converter" / "build_converter.py"), "--plain", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=BUILD_SECONDS)
    assert done.returncode == 0, done.stderr
    return folder


def converted(page: Page, source: Path, beside: list[Path] | None = None, **options: Any) -> dict[str, Any]:
    """What the page makes of a file or folder; `files` are bytes by name, or there is a `code`."""
    if source.is_dir():
        page.set_input_files("#folder", str(source))
    else:
        page.set_input_files("#files", [str(source), *map(str, beside or [])])
    answer: dict[str, Any] = page.evaluate("(options) => convertChosen(options)", options)
    if "files" in answer:
        answer["files"] = {name: base64.b64decode(text) for name, text in answer["files"].items()}
    return answer


def exported(source: Path, folder: Path, **options: Any) -> dict[str, bytes]:
    """The files of the bundle that a native export makes."""
    texelflow.export(source, folder, **options)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}
