"""Layers against Keras 2 and 3 (write_layers.py), and with masks TF.js (write_tfjs.py), in the browser."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import packed_arrays
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.pipeline import Options, build, write

FILES = {
    name: array
    for file in ("layers.json.xz", "tfjs.json.xz")
    for name, array in packed_arrays.load(Path(__file__).parent / file).items()
}
CASES = sorted({name.split("/")[0] for name in FILES})


def write_case(case: str, folder: Path) -> Path:
    """Write a case as a TF.js model; return model.json."""
    for name in ("model.json", "weights.bin"):
        (folder / name).write_bytes(FILES[f"{case}/files/{name}"].tobytes())
    return folder / "model.json"


@pytest.mark.parametrize("case", CASES)
def test_layers(case: str, bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """Inputs and outputs come in the order of the model."""
    bundle = build(write_case(case, tmp_path), Options())
    write(bundle, tmp_path / "bundle")
    url = page_server.mount(f"/keras/{case}", tmp_path)
    names = [item.name for item in bundle.summary.inputs]
    feeds = dict(zip(names, packed_arrays.numbered(FILES, f"{case}/in/"), strict=True))
    [answer] = run_jobs(bundle_page, [Job(f"{url}/bundle", feeds)], {"poison": True})
    assert answer.error is None
    wrong = []
    expected = packed_arrays.numbered(FILES, f"{case}/out/")
    for item, array in zip(bundle.summary.outputs, expected, strict=True):
        actual = answer.outputs[item.name]
        if actual.shape != array.shape:
            wrong.append(f"{item.name}: {actual.shape}, not {array.shape}")
        elif not np.allclose(actual, array, rtol=3e-5, atol=5e-6):
            wrong.append(f"{item.name}: {np.abs(actual - array).max()}")
    assert not wrong


def _changed(folder: Path, kind: str, config: dict[str, object]) -> Path:
    """Write a model whose last layer is of another class."""
    path = write_case("keras2_embedding", folder)
    model = json.loads(path.read_bytes())
    layer = model["modelTopology"]["model_config"]["config"]["layers"][-1]
    layer["class_name"], layer["config"] = kind, {**layer["config"], **config}
    path.write_text(json.dumps(model))
    return path


def test_what_is_refused(tmp_path: Path) -> None:
    """Each says what to do instead."""
    from texelflow.passes import simplify

    for kind, config, message in (
        ("Lambda", {}, "it is a function of Python"),
        ("Mine>Special", {}, "Special 'embedding' is not a layer that is known: if it is your own"),
        ("StringLookup", {}, "do that in the page"),
        ("Dense", {}, "Dense 'embedding' has no weight 'kernel' in the file"),
    ):
        with pytest.raises(ExportError) as caught:
            simplify(read_model(_changed(tmp_path, kind, config)))
        assert message in str(caught.value)
