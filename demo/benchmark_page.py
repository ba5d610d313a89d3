"""Builds the part of the demo that compares runtimes: nets with seeded weights, and the runtimes themselves.

The nets come from `benchmark/nets`. Their weights are stored in 16 bits where a runtime can read that, which
is Texelflow and TF.js, and are such that this changes no result. The other runtimes are part of the page if
their npm packages are installed in `benchmark/`, which `make peers` does.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

import texelflow

REPOSITORY = Path(__file__).resolve().parent.parent
BENCHMARK = REPOSITORY / "benchmark"
sys.path.insert(0, str(BENCHMARK))

NETS = {"mobilenetv2": "MobileNetV2", "squeezenet": "SqueezeNet 1.1"}
"""What the page offers, and its titles: nets that a phone downloads and runs in reasonable time."""

RUNTIMES = {
    "texelflow": "Texelflow",
    "tfjs": "TF.js webgl",
    "ort-webgl": "ORT webgl",
    "ort-wasm": "ORT wasm",
}
SCRIPTS = {
    "tfjs": ("tfjs.js",),
    "ort-webgl": ("ort.webgl.min.mjs",),
    "ort-wasm": ("ort.wasm.min.mjs", "ort-wasm-simd-threaded.mjs", "ort-wasm-simd-threaded.wasm"),
}
"""The files of each of the other runtimes that a page downloads."""

MODEL_FILES = {"texelflow": "bundle", "tfjs": "tfjs", "ort-webgl": "model.onnx", "ort-wasm": "model.onnx"}


def build_benchmark(target: Path) -> None:
    """Put the page's nets, runtimes and `contents.json` into `target`, which has the page itself.

    Raises:
        ModuleNotFoundError: onnx or onnxruntime, with which nets and reference results are made, is missing.
        texelflow.ExportError: a net cannot be exported.
    """
    import onnxruntime
    from assets import bundle_peers, peers_are_installed

    shutil.copytree(BENCHMARK / "page" / "runtimes", target / "page" / "runtimes")
    shutil.copyfile(BENCHMARK / "page" / "net.js", target / "page" / "net.js")
    runtime = target / "page" / "javascript" / "texelflow.js"
    runtime.parent.mkdir()
    shutil.copyfile(REPOSITORY / "dist" / "texelflow.js", runtime)
    sizes = {"texelflow": runtime.stat().st_size}
    if peers_are_installed():
        peers = target / "page" / "peers"
        bundle_peers(peers)
        # Its npm package has none; the Python package is built of the same parts.
        notices = Path(onnxruntime.__file__).parent / "ThirdPartyNotices.txt"
        shutil.copyfile(notices, peers / "onnxruntime-ThirdPartyNotices.txt")
        sizes |= {name: sum((peers / file).stat().st_size for file in SCRIPTS[name]) for name in SCRIPTS}
    contents = {
        "nets": [
            {"name": name, "title": title, "bytes": build_net(name, target / "nets" / name, list(sizes))}
            for name, title in NETS.items()
        ],
        "runtimes": [{"name": name, "title": RUNTIMES[name], "bytes": size} for name, size in sizes.items()],
    }
    (target / "contents.json").write_text(json.dumps(contents, indent=2) + "\n", encoding="utf-8")


def build_net(name: str, folder: Path, runtimes: list[str]) -> dict[str, int]:
    """Make a net and keep in `folder` what `runtimes` need; returns the bytes of the model for each."""
    from assets import write_net

    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch)
        write_net(name, made, half=True)
        texelflow.export(made / "model.onnx", made / "bundle", name=NETS[name], weights="float16")
        samples = [path.name for path in made.iterdir() if path.suffix == ".bin" or path.name == "net.json"]
        for item in {*samples, *(MODEL_FILES[runtime] for runtime in runtimes)}:
            (made / item).rename(folder / item)
    return {runtime: size_of(folder / MODEL_FILES[runtime]) for runtime in runtimes}


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)
