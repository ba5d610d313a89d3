"""SavedModels and a TF.js model, written by TensorFlow (write_models.py), in the browser."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import packed_arrays
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from model_support import REPOSITORY
from texelflow.checking.references import open_reference
from texelflow.errors import Choice, ExportError
from texelflow.importers import marked_format, read_model
from texelflow.pipeline import Options, build, write

FILES = packed_arrays.load(Path(__file__).parent / "models.json.xz")
RUNS = sorted(
    {tuple(name.split("/")[:2]) for name in FILES if name.split("/")[1] != "files" and "/in/" in name}
)


def write_model(name: str, folder: Path) -> Path:
    """Write the files of a model to a folder of its name; return it."""
    prefix = f"{name}/files/"
    for key in (key for key in FILES if key.startswith(prefix)):
        path = folder / name / key.removeprefix(prefix)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(FILES[key].tobytes())
    return folder / name


def _arrays(prefix: str) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in FILES.items() if name.startswith(prefix)}


@pytest.mark.parametrize(("name", "signature"), RUNS, ids=["-".join(run) for run in RUNS])
def test_models(
    name: str, signature: str, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """Inputs and outputs have the names of the signature; another run of one has a space behind it."""
    source = write_model(name, tmp_path)
    write(build(source, Options(signature=signature.strip() or None)), tmp_path / "bundle")
    url = page_server.mount(f"/tensorflow/{name}/{len(signature)}", tmp_path)
    feeds, expected = _arrays(f"{name}/{signature}/in/"), _arrays(f"{name}/{signature}/out/")
    [answer] = run_jobs(bundle_page, [Job(f"{url}/bundle", feeds)], {"poison": True})
    assert answer.error is None
    assert answer.outputs.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_allclose(answer.outputs[key], array, rtol=2e-5, atol=2e-5)


def test_signatures(tmp_path: Path) -> None:
    """One that is not there is named with those that are; texts are refused with what else there is."""
    source = write_model("modern", tmp_path)
    with pytest.raises(ExportError, match=r"no signature 'train'; it has serving_default, turn, words"):
        read_model(source, signature="train")
    with pytest.raises(ExportError, match=r"takes texts.*serving_default, turn take numbers"):
        read_model(source, signature="words")
    assert [value.name for value in read_model(write_model("old", tmp_path)).inputs] == ["x"]


def test_changed_variables(tmp_path: Path) -> None:
    """What runs change and read would be another at each run; what they only change does not matter."""
    source = write_model("state", tmp_path)
    with pytest.raises(ExportError, match=r"changes a variable at each run, and runs read it"):
        read_model(source, signature="count")
    assert read_model(source, signature="seeded").outputs
    with pytest.raises(
        ExportError, match=r"several signatures: choose one by --signature, count, seeded"
    ) as told:
        read_model(source)
    assert told.value.choice == Choice("signature", ("count", "seeded"))


def test_saved_model_file(tmp_path: Path) -> None:
    """The file saved_model.pb stands for its folder, model.json for its."""
    assert read_model(write_model("modern", tmp_path) / "saved_model.pb").outputs
    assert read_model(write_model("javascript", tmp_path) / "model.json").outputs


def test_missing_files(tmp_path: Path) -> None:
    modern = write_model("modern", tmp_path)
    (modern / "variables" / "variables.data-00000-of-00001").unlink()
    with pytest.raises(
        ExportError, match=r"variables.data-00000-of-00001 is not in .*: the model is not complete"
    ):
        read_model(modern)
    (modern / "variables" / "variables.index").unlink()
    with pytest.raises(ExportError, match=r"is not in the checkpoint in .*: is it complete"):
        read_model(modern)
    javascript = write_model("javascript", tmp_path)
    (javascript / "a-shard2of3.bin").unlink()
    with pytest.raises(ExportError, match=r"the shard 'a-shard2of3.bin' is not beside model.json"):
        read_model(javascript)
    write_model("javascript", tmp_path)
    (javascript / "a-shard3of3.bin").write_bytes(b"")
    with pytest.raises(ExportError, match=r"they are cut off, or belong to another model"):
        read_model(javascript)


@pytest.mark.parametrize("shard", ["../secret.bin", "/etc/passwd", "C:\\secret", "a\\..\\..\\b", ""])
def test_shards_stay_inside(shard: str, tmp_path: Path) -> None:
    model = write_model("javascript", tmp_path) / "model.json"
    name = shard.replace("\\", "\\\\").encode()
    model.write_bytes(model.read_bytes().replace(b"a-shard1of3.bin", name, 1))
    with pytest.raises(ExportError, match=r"is not inside the model's folder, as it must be"):
        read_model(model)


BLOCKED = """
import sys
from pathlib import Path

for name in ("numpy", "onnx", "ml_dtypes", "onnxruntime", "tensorflow", "keras"):
    sys.modules[name] = None  # importing it raises ImportError

from texelflow.backends.webgl2.passes import prepare
from texelflow.importers import read_model
from texelflow.passes import simplify

for name in sys.argv[1:]:
    graph = read_model(Path(name))
    simplify(graph)
    prepare(graph)
    print(name)
"""


@pytest.mark.parametrize("protobuf", ["upb", "python"])
def test_without_numpy_and_tensorflow(protobuf: str, tmp_path: Path) -> None:
    paths = [str(write_model(name, tmp_path)) for name in ("modern", "old", "recurrent", "javascript")]
    environment = {
        **os.environ,
        "PYTHONPATH": str(REPOSITORY / "exporter"),
        "PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION": protobuf,
    }
    result = subprocess.run(
        [sys.executable, "-c", BLOCKED, *paths], env=environment, capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines() == paths, result.stderr


def test_reference_needs_tensorflow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without TensorFlow verify says what is missing; of TF.js that there is nothing to compare with."""
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ExportError, match=r"TensorFlow is needed .*: pip install tensorflow-cpu"):
        open_reference(write_model("modern", tmp_path))
    with pytest.raises(ExportError, match=r"is a TF.js model, which nothing here can run"):
        open_reference(write_model("javascript", tmp_path))


def test_folders_are_models(tmp_path: Path) -> None:
    """What is a folder is told from a bundle by what lies in it."""
    assert marked_format(write_model("modern", tmp_path)) is not None
    assert marked_format(write_model("javascript", tmp_path)) is not None
    assert marked_format(tmp_path) is None
