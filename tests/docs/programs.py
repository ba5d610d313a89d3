"""JavaScript and TypeScript of the documents as modules, and what TypeScript says of their types."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from documents import Block

from browser_support import REPOSITORY
from texelflow.bundle.declarations import declarations

MODULE = re.compile(r"<script type=\"module\">\n(.*?)</script>", re.DOTALL)
PRELUDE = 'import { loadModel, Tensor } from "./texelflow.js";\n'
MODEL = 'const model = await loadModel("bundle/");\n'
GLOBALS = """
declare const photo: HTMLImageElement;
declare const x: import("./texelflow.js").Tensor, zeros: import("./texelflow.js").Tensor;
declare module "onnxruntime-web";
declare module "@tensorflow/tfjs";
declare module "@huggingface/transformers";
"""
"""What code may use without a word: the page of the tests has it. Other runtimes have no types here."""
NAME = re.compile(r"^\s*import .*\b(?:loadModel|Tensor)\b", re.MULTILINE)

BUNDLE = {
    "name": "classifier",
    "generator": "texelflow",
    "inputs": [{"name": "image", "dtype": "float32", "shape": [1, 3, 224, 224], "image": {}}],
    "outputs": [{"name": "scores", "dtype": "float32", "shape": [1, 1000]}],
}
"""What is read of the graph.json of the bundle whose types a document imports."""

LIBRARIES = "es2022,dom,dom.iterable"


def program(block: Block) -> str | None:
    """Return the module of a block in TypeScript, with what documents leave out; None where it has none."""
    if block.language == "diff":
        return module(side_of(block, "+"))
    if block.language not in ("js", "ts", "html"):
        return None
    code = block.code
    if "file" in block.notes and "import " not in code:
        return None
    if block.language == "html":
        code = "\n".join(MODULE.findall(code))
        if not code.strip():
            return None
    return module(code)


def module(code: str) -> str:
    """Return documented code as a module: with its imports and its model, and the files of packages."""
    code = re.sub(r'from "texelflow/(\w+)"', r'from "./texelflow.\1.js"', code)
    code = code.replace('from "texelflow"', 'from "./texelflow.js"')
    needs = "model." in code and not re.search(r"\bmodel\b[^.\n]* = ", code)
    lead = "" if NAME.search(code) else PRELUDE
    return f"{lead}{MODEL if needs else ''}{code}"


def side_of(block: Block, sign: str) -> str:
    """Return the code before (`-`) or behind (`+`) the change that a block shows."""
    lines = block.code.splitlines()
    return "\n".join(line[1:] for line in lines if line[:1] in ("", " ", sign)) + "\n"


def markup_of(block: Block) -> str:
    """Return what a block of HTML has beside its modules."""
    return MODULE.sub("", block.code) if block.language == "html" else ""


def compile_programs(
    folder: Path, programs: Mapping[str, str], wrong: str, converter: Path
) -> dict[str, str]:
    """Return the programs as JavaScript; `converter` is the folder of the exporter for pages.

    Assert that their types are right, and that `wrong` has the faults that it expects.
    """
    for path in (REPOSITORY / "dist").glob("*.d.ts"):
        (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "convert").mkdir()
    shutil.copy(converter / "index.d.ts", folder / "convert")
    (folder / "bundle").mkdir()
    (folder / "bundle/model.d.ts").write_text(declarations(BUNDLE))
    names = {place: f"program_{index}" for index, place in enumerate(programs)}
    for place, name in names.items():
        (folder / f"{name}.ts").write_text(f"// {place}\n{programs[place]}\nexport {{}};\n")
    (folder / "globals.d.ts").write_text(GLOBALS)
    (folder / "wrong.ts").write_text(f"{wrong}\nexport {{}};\n")
    compiler = REPOSITORY / "node_modules/.bin/tsc"
    options = ["--strict", "--target", "es2022", "--module", "esnext", "--outDir", "out"]
    resolution = ["--moduleResolution", "bundler", "--lib", LIBRARIES]
    command = [
        compiler,
        *options,
        *resolution,
        *(f"{name}.ts" for name in names.values()),
        "wrong.ts",
        "globals.d.ts",
    ]
    said = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False).stdout
    for place, name in names.items():
        said = re.sub(rf"^{name}\.ts\((\d+)", rf"{place}, program's line \1 (", said, flags=re.MULTILINE)
    assert said == "", said
    return {place: (folder / "out" / f"{name}.js").read_text() for place, name in names.items()}
