"""What the pages of the benchmark load, made in `build/benchmark`: the nets in each runtime's form, and the
other runtimes.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import onnxruntime
from nets import NETS
from numpy.typing import NDArray
from tfjs_model import write_tfjs_model

import texelflow

HERE = Path(__file__).resolve().parent
FOLDER = HERE.parent / "build" / "benchmark"


def prepare_net(name: str) -> None:
    """Make `nets/NAME` unless it is newer than the scripts that make it; export the bundle in any case.

    The folder has `model.onnx`, `bundle/`, `tfjs/`, sample inputs and what ONNX Runtime computes for them, as
    bytes, and `net.json`, which describes them (see `net_facts`).

    Raises:
        texelflow.ExportError: Texelflow cannot export the net.
    """
    folder = FOLDER / "nets" / name
    scripts = [HERE / "assets.py", *HERE.glob("tfjs_*.py"), *(HERE / "nets").glob("*.py")]
    made = folder / "net.json"
    if not made.is_file() or made.stat().st_mtime < max(script.stat().st_mtime for script in scripts):
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            write_net(name, Path(scratch))
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(scratch, folder)
    texelflow.export(folder / "model.onnx", folder / "bundle", name=name, force=True)
    write_shaders(folder / "bundle", folder / "bundle-shaders")


def write_shaders(bundle: Path, folder: Path) -> None:
    """Write the sources of a bundle's programs to `sources.json` in `folder`: they are code, not model."""
    graph = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))
    sources = [program["source"] for plan in graph["plans"].values() for program in plan["programs"]]
    folder.mkdir(exist_ok=True)
    (folder / "sources.json").write_text(json.dumps(sources), encoding="utf-8")


def net_facts(name: str) -> dict[str, Any]:
    """Return the bytes of a prepared net's weights, as 32-bit numbers, and how many outputs it has."""
    described = json.loads((FOLDER / "nets" / name / "net.json").read_text(encoding="utf-8"))
    return {"weightBytes": described["weightBytes"], "outputs": len(described["outputs"])}


def write_net(name: str, folder: Path, *, half: bool = False) -> None:
    """Write a net as `model.onnx` and `tfjs/`, its samples and `net.json` into `folder`, which is empty.

    With `half` the weights are numbers that 16 bits hold, and TF.js gets them in 16 bits.
    """
    net = NETS[name]()
    if half:
        net.round_to_half()
    model = folder / "model.onnx"
    net.write(model)
    (folder / "tfjs").mkdir()
    channels_last = write_tfjs_model(model, folder / "tfjs", half)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    outputs = dict(zip(names, session.run(names, net.samples), strict=True))
    described = {
        "inputs": [_write_array(key, array, "input", folder) for key, array in net.samples.items()],
        "outputs": [_write_array(key, array, "output", folder) for key, array in outputs.items()],
        "channelsLast": channels_last,
        "weightBytes": net.weight_bytes,
    }
    (folder / "net.json").write_text(json.dumps(described, indent=2) + "\n", encoding="utf-8")


def _write_array(name: str, array: NDArray[Any], role: str, folder: Path) -> dict[str, Any]:
    file = f"{role}.{name}.bin"
    (folder / file).write_bytes(array.tobytes())
    return {"name": name, "dtype": str(array.dtype), "shape": list(array.shape), "file": file}


def peers_are_installed() -> bool:
    """Return whether the npm packages of the other runtimes are there."""
    return (HERE / "node_modules" / "onnxruntime-web").is_dir()


def bundle_peers(folder: Path) -> None:
    """Put the other runtimes, as pages ship them, into `folder`.

    Raises:
        SystemExit: they cannot be bundled.
    """
    done = subprocess.run(["node", str(HERE / "build_peers.mjs"), str(folder)], check=False)
    if done.returncode:
        sys.exit("the other runtimes could not be bundled; the reason is above")


def prepare_peers() -> None:
    """Make `peers/` from the packages that `npm ci` installs in `benchmark/`, unless newer than its script.

    Raises:
        SystemExit: the packages are not installed or cannot be bundled.
    """
    made = FOLDER / "peers" / "tfjs.js"
    if made.is_file() and made.stat().st_mtime > (HERE / "build_peers.mjs").stat().st_mtime:
        return
    if not peers_are_installed():
        sys.exit("the other runtimes are not installed: run `make peers`, or `make bench`")
    bundle_peers(FOLDER / "peers")
