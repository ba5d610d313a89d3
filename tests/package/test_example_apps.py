"""Apps that install the package are built by bundlers, and run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from bundle_builder import add_bundle
from playwright.sync_api import Browser

from browser_support import REPOSITORY, PageServer

INDEX = '<!doctype html><title>app</title><script type="module" src="./{script}"></script>'
TOKENIZER = REPOSITORY / "tests/text/tokenizers/byte_pairs"

PAGE = """
import { loadModel, Tensor } from "texelflow";
import { argMax } from "texelflow/ends";

const model = await loadModel("bundle/", { cache: true });
const { y } = await model.run({ x: new Tensor("float32", [6], new Float32Array(6)) });
globalThis.results = { y: [...y.as("float32")], best: argMax(y.as("float32")) };
"""

EVERYTHING = """
import { TexelflowError, Tensor } from "texelflow";
import { checkDevice } from "texelflow/check";
import { topK } from "texelflow/ends";
import { InferenceSession, Tensor as OrtTensor } from "texelflow/ort";
import { loadTokenizer } from "texelflow/text";
import { loadGraphModel } from "texelflow/tfjs";
import { loadModel } from "texelflow/worker";

const x = new Tensor("float32", [6], new Float32Array(6));
const model = await loadModel("bundle/");
const { y } = await model.run({ x });
const error = await model.run({}).catch((problem) => problem);
const session = await InferenceSession.create("bundle/");
const ort = await session.run({ x: new OrtTensor("float32", new Float32Array(6), [6]) });
const tfjs = await (await loadGraphModel("bundle/")).predict(x).data();
const tokenizer = await loadTokenizer("tokenizer/");
globalThis.results = {
  y: [...y.as("float32")],
  best: topK(y.as("float32"), 1)[0].index,
  isOurs: error instanceof TexelflowError,
  supported: (await checkDevice("bundle/")).supported,
  others: [[...ort.y.data], [...tfjs]],
  text: tokenizer.decode(tokenizer.encode("the fox")),
  chat: await tokenizer.chat([], { template: "other", values: { word: "x" } }),
};
"""
VITE_CONFIG = re.compile(r"```js\n(// vite\.config\.js\n.*?)```", re.DOTALL)
Y = [1, 3, 5, 7, 9, 11]


def built(app: Path, name: str, code: str, command: list[str], output: str) -> Path:
    """Build an app in a folder of its own beside what is installed; return what a server serves."""
    folder = app / name
    folder.mkdir()
    (folder / "main.js").write_text(code, encoding="utf-8")
    (folder / "index.html").write_text(INDEX.format(script="main.js"), encoding="utf-8")
    guide = (REPOSITORY / "docs" / "page.md").read_text(encoding="utf-8")
    (folder / "vite.config.js").write_text(VITE_CONFIG.findall(guide)[0], encoding="utf-8")
    add_bundle(folder / "public" / "bundle")
    shutil.copytree(TOKENIZER, folder / "public" / "tokenizer")
    tool = REPOSITORY / "node_modules" / ".bin" / command[0]
    run = subprocess.run([tool, *command[1:]], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / output


def results(browser: Browser, server: PageServer, folder: Path) -> object:
    """Open an app and return what it leaves."""
    address = server.mount(f"/app-{folder.parent.name}", folder)
    context = browser.new_context()
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address}/index.html")
    page.wait_for_function("() => globalThis.results") if not problems else None
    found = page.evaluate("() => globalThis.results")
    context.close()
    assert problems == []
    return found


def test_vite_with_every_entry(app: Path, browser: Browser, page_server: PageServer) -> None:
    """The worker's script and the runtime's parts are found by themselves."""
    command = ["vite", "build", "--base=./", "--target=es2022", "--logLevel=warn"]
    folder = built(app, "vite", EVERYTHING, command, "dist")
    names = [path.name for path in (folder / "assets").iterdir()]
    assert any("thread" in name for name in names), names
    assert results(browser, page_server, folder) == {
        "y": Y,
        "best": 5,
        "isOurs": True,
        "supported": True,
        "others": [Y, Y],
        "text": "the fox",
        "chat": "0x",
    }


ESBUILD = ("esbuild", "main.js", "--bundle", "--format=esm", "--outdir=out", "--log-level=warning")
WAYS = {
    "parts": ["--splitting"],
    "whole": [],
    # The script of a worker is an entry besides, as docs/page.md says.
    "worker": ["--splitting", "../node_modules/texelflow/dist/texelflow.thread.js", "--entry-names=[name]"],
}


@pytest.mark.parametrize("way", WAYS)
def test_esbuild(app: Path, browser: Browser, page_server: PageServer, way: str) -> None:
    code = PAGE
    if way == "worker":
        code = PAGE.replace("loadModel, ", "").replace(
            "\n", '\nimport { loadModel } from "texelflow/worker";\n', 1
        )
    folder = built(app, way, code, [*ESBUILD, *WAYS[way]], "out")
    shutil.copy(folder.parent / "index.html", folder)
    shutil.copytree(folder.parent / "public", folder, dirs_exist_ok=True)
    assert results(browser, page_server, folder) == {"y": Y, "best": 5}


def test_without_the_packages_of_texts(app: Path, tmp_path: Path) -> None:
    """Which are optional: bundlers see that their imports may fail, where a page is for pictures alone."""
    shutil.copytree(app / "node_modules/texelflow", tmp_path / "node_modules/texelflow")
    (tmp_path / "main.js").write_text('import { pipeline } from "texelflow/pipeline"; console.log(pipeline);')
    tool = REPOSITORY / "node_modules/.bin"
    run = subprocess.run(
        [tool / ESBUILD[0], *ESBUILD[1:]], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (run.stdout, run.stderr, run.returncode) == ("", "", 0)
