"""The JavaScript in README.md and docs/ compiles under TypeScript strict, with the package's types."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from browser_support import REPOSITORY
from texelflow.bundle.declarations import declarations

BLOCK = re.compile(r"```(?:js|ts|html)\n(.*?)```", re.DOTALL)
MODULE = re.compile(r"<script type=\"module\">\n(.*?)</script>", re.DOTALL)
PRELUDE = 'import { loadModel, Tensor } from "./texelflow.js";\n'
PHOTO = (
    "declare const photo: HTMLImageElement;\n"
    'declare const x: import("./texelflow.js").Tensor, zeros: import("./texelflow.js").Tensor;\n'
)
MODEL = 'const model = await loadModel("bundle/");\n'
NAME = re.compile(r"^\s*import .*\b(?:loadModel|Tensor)\b", re.MULTILINE)
GUIDES = ("ends.md", "errors.md", "from-onnxruntime-web.md", "from-tensorflow-js.md")
WRONG = """
const model = await loadModel("bundle/");
// @ts-expect-error nobody sets the inputs
model.inputs = [];
// @ts-expect-error a list is no tensor
await model.run({ x: [1, 2] });
// @ts-expect-error numbers are no text
const text: string = new Tensor("int64", [1], new BigInt64Array(1)).as("int64")[0];
"""
"""Fails to compile where the types let wrong code pass."""

BUNDLE = {
    "name": "classifier",
    "generator": "texelflow",
    "inputs": [{"name": "image", "dtype": "float32", "shape": [1, 3, 224, 224], "image": {}}],
    "outputs": [{"name": "scores", "dtype": "float32", "shape": [1, 1000]}],
}
"""What is read of the graph.json of the README's bundle."""

LIBRARIES = "es2022,dom,dom.iterable"


def _programs() -> list[str]:
    """Return the modules of README.md and the guides; those that go on from others get what they had."""
    texts = [(REPOSITORY / "README.md").read_text(encoding="utf-8")]
    texts += [(REPOSITORY / "docs" / name).read_text(encoding="utf-8") for name in GUIDES]
    found = []
    for block in (block for text in texts for block in BLOCK.findall(text)):
        code = "\n".join(MODULE.findall(block)) if "<script" in block else block
        if not code.strip():
            continue
        code = re.sub(r'from "texelflow/(\w+)"', r'from "./texelflow.\1.js"', code)
        code = code.replace('from "texelflow"', 'from "./texelflow.js"')
        needs = "model." in code and not re.search(r"\bmodel = ", code)
        lead = "" if NAME.search(code) else PRELUDE
        code = f"{lead}{MODEL if needs else ''}{code}"
        found.append(code if "const photo" in code else PHOTO + code)
    return found


def _compile(folder: Path, programs: list[str]) -> str:
    for path in (REPOSITORY / "dist").glob("*.d.ts"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "bundle").mkdir()
    (folder / "bundle/model.d.ts").write_text(declarations(BUNDLE))
    names = [f"program_{index}.ts" for index in range(len(programs))]
    for name, program in zip(names, programs, strict=True):
        (folder / name).write_text(f"{program}\nexport {{}};\n")
    compiler = REPOSITORY / "node_modules/.bin/tsc"
    options = ["--noEmit", "--strict", "--target", "es2022", "--module", "esnext"]
    resolution = ["--moduleResolution", "bundler", "--lib", LIBRARIES]
    command = [compiler, *options, *resolution, *names]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout


def test_readme_compiles(tmp_path: Path) -> None:
    programs = _programs()
    assert len(programs) >= 20
    assert _compile(tmp_path, [*programs, PRELUDE + WRONG]) == ""
