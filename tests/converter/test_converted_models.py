"""Models that are converted in the page: the bundle is, byte for byte, that of a native export."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import numpy as np
import onnx
import pytest
from converter_support import REPOSITORY, converted, exported
from onnx import numpy_helper
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from texelflow.errors import ExportError

WRITTEN = REPOSITORY / "tests" / "importers" / "tensorflow_files"
TORCH = REPOSITORY / "tests" / "importers" / "pytorch_files"
sys.path += [str(WRITTEN), str(TORCH)]

import packed_arrays
import packed_files

NETWORK = """
<ir_version: 8, opset_import: ["" : 17]>
network (float[1, 3, 8, 8] picture) => (float[1, 4] scores)
{
    raw = Conv<pads = [1, 1, 1, 1]>(picture, kernel, bias)
    positive = Relu(raw)
    mean = GlobalAveragePool(positive)
    scores = Flatten(mean)
}
"""
REFUSED = """
<ir_version: 8, opset_import: ["" : 17]>
network (float[2, 2] x) => (float[2, 2] y, float[2] z)
{
    y = NoSuchOperator(x)
    z = Det(x)
}
"""


def write_network(path: Path, text: str = NETWORK) -> Path:
    """A small network with seeded weights."""
    chance = np.random.default_rng(3)
    model = onnx.parser.parse_model(text)
    for name, shape in {"kernel": (4, 3, 3, 3), "bias": (4,)}.items():
        array = chance.standard_normal(shape).astype(np.float32)
        model.graph.initializer.append(numpy_helper.from_array(array, name))
    path.write_bytes(model.SerializeToString())
    return path


def write_files(packed: str, prefix: str, folder: Path) -> Path:
    """The files that TensorFlow or Keras wrote, below a folder."""
    for name, array in packed_arrays.load(WRITTEN / packed).items():
        if name.startswith(prefix):
            path = folder / name.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(array.tobytes())
    return folder


OPTIONS: dict[str, dict[str, object]] = {
    "plain": {},
    "picture": {"image": "-1..1,channels=bgr,fit=cover", "labels": ["a", "b", "c", "Größe"]},
    "small": {"weights": "float16", "name": "another"},
    "packed": {"weights": "int8"},
    "free": {"input_shapes": {"picture": ["batch", 3, "height", "width"]}},
    "fixed": {"constants": {"picture": 0.5}},
    "reduced": {"top_k": {"scores": 2}},
    "last": {"last": ["scores"]},
    "meant": {"meanings": {"scores": "classes,activation=softmax"}},
}


@pytest.mark.parametrize("case", OPTIONS)
def test_options(case: str, converter_page: Page, tmp_path: Path) -> None:
    source = write_network(tmp_path / "network.onnx")
    options = OPTIONS[case]
    names = {"input_shapes": "inputShapes", "top_k": "topK"}
    answer = converted(
        converter_page, source, **{names.get(name, name): value for name, value in options.items()}
    )
    if "labels" in options:
        labels = tmp_path / "labels.txt"
        labels.write_text("\n".join(options["labels"]), encoding="utf-8")
        options = {**options, "labels": labels}
    assert answer.get("message") is None
    assert answer["files"] == exported(source, tmp_path / "bundle", **options)
    assert answer["summary"]["name"] == options.get("name", "network")
    doing = [text for text, _ in answer["told"]]
    assert doing[0] == "starting the exporter"
    assert [text for text in doing if text in ("reading the model", "lowering to draws", "built")] == [
        "reading the model",
        "lowering to draws",
        "built",
    ]


def test_the_usual_image(converter_page: Page, tmp_path: Path) -> None:
    """It counts where a model has one input, of the shape of a picture, and nothing is said of it."""
    source = write_network(tmp_path / "network.onnx")
    plain, usual, other = (
        exported(source, tmp_path / name, image=image)
        for name, image in (("plain", None), ("usual", "-1..1"), ("other", "0..255"))
    )
    assert converted(converter_page, source, usualImage="-1..1")["files"] == usual
    assert converted(converter_page, source, usualImage="-1..1", image="0..255")["files"] == other
    small = {"inputShapes": {"picture": [1, 3, 8, 7]}}
    assert converted(converter_page, source, usualImage="-1..1", **small)["files"] == exported(
        source, tmp_path / "small", input_shapes={"picture": [1, 3, 8, 7]}
    )
    assert converted(converter_page, source)["files"] == plain


def test_reasons(converter_page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = write_network(Path("network.onnx"), REFUSED)
    with pytest.raises(ExportError) as native:
        exported(source, tmp_path / "bundle")
    answer = converted(converter_page, source)
    assert (answer["code"], answer["message"]) == ("model", native.value.message)
    assert answer["problems"] == native.value.problems
    assert converted(converter_page, write_network(Path("good.onnx")))["files"]


@pytest.mark.parametrize("name", ["modern", "old", "javascript"])
def test_folders(name: str, converter_page: Page, tmp_path: Path) -> None:
    folder = write_files("models.json.xz", f"{name}/files/", tmp_path / name)
    answer = converted(converter_page, folder)
    assert answer.get("message") is None
    assert answer["files"] == exported(folder, tmp_path / "bundle")


@pytest.mark.parametrize("name", ["modern", "javascript"])
def test_onnx_files(name: str, converter_page: Page, tmp_path: Path) -> None:
    folder = write_files("models.json.xz", f"{name}/files/", tmp_path / name)
    answer = converted(converter_page, folder, onnx=True)
    assert answer.get("message") is None
    (written,) = texelflow.convert(folder, tmp_path / "model.onnx")
    assert answer["files"] == {"model.onnx": written.read_bytes()}


def test_what_onnx_cannot_be_written_of_is_told(converter_page: Page, tmp_path: Path) -> None:
    empty = tmp_path / "broken.onnx"
    empty.write_bytes(b"no model")
    assert converted(converter_page, empty, onnx=True)["code"] == "model"


def test_several_files_and_archives(
    converter_page: Page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_files("models.json.xz", "javascript/files/", tmp_path / "javascript")
    others = [path for path in folder.iterdir() if path.name != "model.json"]
    answer = converted(converter_page, folder / "model.json", others)
    assert answer["files"] == exported(folder / "model.json", tmp_path / "loose")

    monkeypatch.chdir(tmp_path)
    with zipfile.ZipFile("net.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in folder.iterdir():
            archive.write(path, f"some/where/{path.name}")
    assert converted(converter_page, Path("net.zip"))["files"] == exported(
        Path("net.zip"), tmp_path / "packed"
    )

    write_network(tmp_path / "one.onnx")
    write_network(tmp_path / "two.onnx")
    answer = converted(converter_page, tmp_path / "one.onnx", [tmp_path / "two.onnx"])
    assert answer["message"] == "these are 2 models (one.onnx, two.onnx): choose one, with what belongs to it"
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    answer = converted(converter_page, tmp_path / "a.txt", [tmp_path / "b.txt"])
    assert answer["message"] == "none of these files is a model that can be read: a.txt, b.txt"


KERAS = sorted({name.split("/")[0] for name in packed_arrays.load(WRITTEN / "keras.json.xz")})


@pytest.mark.parametrize("ending", ["h5", "keras"])
def test_keras(ending: str, converter_page: Page, tmp_path: Path) -> None:
    """jsfive reads what h5py does."""
    for case in KERAS:
        folder = write_files("keras.json.xz", f"{case}/files/", tmp_path / case)
        source = (folder / ending).rename(folder / f"{case}.{ending}")
        answer = converted(converter_page, source)
        assert answer.get("message") is None, case
        assert answer["files"] == exported(source, tmp_path / f"{case}-bundle"), case


def test_addresses(converter_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """What a file needs beside it is fetched, too."""
    folder = write_files("models.json.xz", "javascript/files/", tmp_path / "javascript")
    page_server.mount("/models/of mine", folder)
    told = converter_page.evaluate(
        """async () => {
            const address = "/models/of%20mine/model.json?token=1";
            const { files } = await converter.convert(address);
            return JSON.parse(await files.get("graph.json").text());
        }"""
    )
    native = json.loads(exported(folder / "model.json", tmp_path / "bundle")["graph.json"])
    assert told == native
    write_network(folder / "alone.onnx")
    alone = "converter.convert('/models/of%20mine/alone.onnx').then(({ summary }) => summary.name)"
    assert converter_page.evaluate(alone) == "alone"
    assert converter_page.evaluate(
        """converter.convert("/models/nothing.onnx").catch(({ code, message }) => code + ": " + message)"""
    ).endswith("/models/nothing.onnx cannot be fetched: the server answered 404 Not Found")


def test_programs_of_pytorch(converter_page: Page, tmp_path: Path) -> None:
    """What torch.export writes, with no PyTorch in reach."""
    programs, _ = packed_files.load(TORCH / "networks.tar.xz")
    for name, content in programs.items():
        source = tmp_path / f"{name.replace('/', '-').removesuffix('.pt2')}.pt2"
        source.write_bytes(content)
        answer = converted(converter_page, source)
        assert answer.get("message") is None, name
        assert answer["files"] == exported(source, tmp_path / f"{source.stem}-bundle"), name
