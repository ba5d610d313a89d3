"""Models as Keras 2 and 3 wrote them (write_keras.py and the like), in ONNX Runtime."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Iterable, Iterator
from functools import reduce
from operator import getitem
from pathlib import Path

import h5py
import numpy as np
import onnxruntime
import packed_arrays
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Job, run_jobs
from texelflow import ExportError, convert
from texelflow.importers import read_model
from texelflow.importers.files import hdf5
from texelflow.pipeline import Options, build, write

FILES = {
    name: array
    for file in ("keras.json.xz", "sequences.json.xz", "functions.json.xz")
    for name, array in packed_arrays.load(Path(__file__).parent / file).items()
}
CASES = sorted({name.split("/")[0] for name in FILES})
ENDINGS = ("h5", "keras")


def write_case(case: str, ending: str, folder: Path) -> Path:
    """Write a file as Keras did."""
    path = folder / f"model.{ending}"
    path.write_bytes(FILES[f"{case}/files/{ending}"].tobytes())
    return path


def assert_right(case: str, source: Path) -> None:
    """Assert that a file's model computes what Keras did."""
    [file] = convert(source, source.with_name("model.onnx"), force=True)
    session = onnxruntime.InferenceSession(file)
    feeds = dict(
        zip(
            [value.name for value in session.get_inputs()],
            packed_arrays.numbered(FILES, f"{case}/in/"),
            strict=True,
        )
    )
    expected = packed_arrays.numbered(FILES, f"{case}/out/")
    for actual, array in zip(session.run(None, feeds), expected, strict=True):
        assert actual.shape == array.shape
        assert np.allclose(actual, array, rtol=3e-5, atol=5e-6, equal_nan=True)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("case", CASES)
def test_results(case: str, ending: str, tmp_path: Path) -> None:
    """Every layer finds its weights, however models and layers are nested."""
    assert_right(case, write_case(case, ending, tmp_path))


@pytest.mark.parametrize("case", [case for case in CASES if case.startswith("keras3")])
def test_layers_without_names(case: str, tmp_path: Path) -> None:
    """Older archives do not say the names of layers: they are counted by class."""
    path = write_case(case, "keras", tmp_path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    weights = io.BytesIO(members["model.weights.h5"])
    with h5py.File(weights, "r+") as file:
        file.visititems(lambda _name, item: item.attrs.pop("name", None) and None)
    members["model.weights.h5"] = weights.getvalue()
    write_archive(path, members)
    assert_right(case, path)


def write_archive(path: Path, members: dict[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def refusal(path: Path) -> str:
    with pytest.raises(ExportError) as caught:
        read_model(path)
    return str(caught.value)


def test_refusals(tmp_path: Path) -> None:
    """What is no whole model is refused with what to do."""
    path = write_case("keras2_flat", "h5", tmp_path)
    with h5py.File(path, "r+") as file:
        config = file.attrs.pop("model_config")
    assert "no model of Keras: write it with model.save()" in refusal(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = str(config).replace("Conv1D", "Lambda")
    assert "Lambda" in refusal(path)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = config
        del file["model_weights/dense_1"]
        file["model_weights/dense_1"] = h5py.ExternalLink("other.h5", "/x")
    assert "dense_1" in refusal(path)
    archive = write_case("keras3_flat", "keras", tmp_path)
    with zipfile.ZipFile(archive) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    write_archive(archive, {name: content for name, content in members.items() if "weights" not in name})
    assert "model.weights.h5" in refusal(archive)
    write_archive(archive, {**members, "config.json": b"[" * 10_000})
    assert "config.json is no JSON" in refusal(archive)
    plain = tmp_path / "plain.h5"
    plain.write_text("no HDF5")
    assert "no HDF5 file, whatever its name says" in refusal(plain)


ODD = ({}, [], [[]], {"a": 1}, [1, 2, 3], [None], ["x"], "x", "", None, True, -1, 0, 7, 1e300, 2.5)
"""What a damaged configuration may have in the place of anything."""


def places_in(content: object, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Give the keys that lead to each value of a configuration."""
    items: Iterable[tuple[str | int, object]] = ()
    if isinstance(content, dict):
        items = content.items()
    elif isinstance(content, list):
        items = enumerate(content)
    for key, inner in items:
        yield (*place, key)
        yield from places_in(inner, (*place, key))


@pytest.mark.parametrize("case", [case for case in CASES if f"{case}/files/keras" in FILES])
def test_odd_values_in_a_configuration_are_refused_or_read(case: str, tmp_path: Path) -> None:
    """Whatever stands in the place of a class, a number, a list or a name, no exception is our own fault."""
    choose = random.Random(case)
    path = write_case(case, "keras", tmp_path)
    with zipfile.ZipFile(path) as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    refused = 0
    for *parents, key in choose.choices(list(places_in(json.loads(members["config.json"]))), k=12):
        config = json.loads(members["config.json"])
        around = reduce(getitem, parents, config)
        around[key] = choose.choice(ODD)
        write_archive(path, {**members, "config.json": json.dumps(config).encode()})
        try:
            read_model(path)
        except ExportError:
            refused += 1
    assert refused > 0


def test_a_reader_of_ones_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page, where h5py is not, brings what reads HDF5."""
    used: list[object] = []

    def reader(source: Path | bytes) -> hdf5.Hdf5:
        used.append(source)
        raise hdf5.Hdf5Error("this is a test")

    monkeypatch.setattr(hdf5, "_readers", [])
    hdf5.use_reader(reader)
    path = write_case("keras2_flat", "h5", tmp_path)
    assert "this is a test" in refusal(path)
    assert used == [path]


def test_in_a_browser(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """Masks that are computed decide which steps count, as in ONNX Runtime."""
    url = page_server.mount("/sequences", tmp_path)
    jobs, names = [], []
    for case in ("keras2_recurrent", "keras3_attention"):
        folder = tmp_path / case
        folder.mkdir()
        bundle = build(write_case(case, "keras", folder), Options())
        write(bundle, folder / "bundle")
        given = [item.name for item in bundle.summary.inputs]
        jobs.append(
            Job(
                f"{url}/{case}/bundle",
                dict(zip(given, packed_arrays.numbered(FILES, f"{case}/in/"), strict=True)),
            )
        )
        names.append((case, [item.name for item in bundle.summary.outputs]))
    for answer, (case, results) in zip(run_jobs(bundle_page, jobs, {"poison": True}), names, strict=True):
        assert answer.error is None
        for name, array in zip(results, packed_arrays.numbered(FILES, f"{case}/out/"), strict=True):
            # A mean of no steps is no number, and what a GPU makes of it is not defined.
            known = np.isfinite(array)
            assert np.allclose(answer.outputs[name][known], array[known], rtol=1e-4, atol=1e-5), (case, name)
