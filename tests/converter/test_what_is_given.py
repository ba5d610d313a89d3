"""What a page makes of the files that it is given: names of classes beside a model, archives, no models."""

from __future__ import annotations

import json
import shutil
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, save

from browser_support import REPOSITORY
from texelflow import export

sys.path.append(str(REPOSITORY / "converter" / "python"))

import texelflow_page

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def write_model(path: Path, classes: int = 3) -> Path:
    """A model of numbers, with so many scores."""
    path.parent.mkdir(parents=True, exist_ok=True)
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, classes])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, classes])
    graph = helper.make_graph([helper.make_node("Softmax", ["x"], ["y"])], "net", [x], [y])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def answer(given: Path, **options: Any) -> dict[str, Any]:
    """What the page is answered; a bundle lies in `bundle` beside the folder then."""
    text = texelflow_page.export(
        str(given), str(given.parent / "bundle"), json.dumps(options), lambda _doing, _fraction: None
    )
    found: dict[str, Any] = json.loads(text)
    return found


def labels_of(folder: Path) -> list[str] | None:
    graph = json.loads((folder / "bundle" / "graph.json").read_text(encoding="utf-8"))
    found: list[str] | None = graph["outputs"][0].get("meaning", {}).get("labels")
    return found


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_names_of_classes_beside_a_model(tmp_path: Path, end: str) -> None:
    """Those of the only text of as many lines are used, as if they were told."""
    given = tmp_path / "given"
    model = write_model(given / "net" / "model.onnx")
    (given / "net" / "notes.txt").write_text("one line")
    names = given / "net" / "names.txt"
    names.write_bytes((end or "\n").join(["cat", "dog", "größe"]).encode() + end.encode())
    assert "summary" in answer(given)
    assert labels_of(tmp_path) is None  # who says nothing gets what texelflow.export makes
    assert "summary" in answer(given, usual_labels="beside")
    assert labels_of(tmp_path) == ["cat", "dog", "größe"]
    export(model, tmp_path / "native", labels=names)
    ours, theirs = (
        (tmp_path / name / "graph.json").read_text(encoding="utf-8").replace("net#model.onnx", "model.onnx")
        for name in ("bundle", "native")
    )
    assert ours == theirs
    assert "summary" in answer(given, usual_labels="beside", labels=["a", "b", "c"])
    assert labels_of(tmp_path) == ["a", "b", "c"]
    # Two texts may be meant, and one of another number of lines, or of bytes, is none.
    (given / "net" / "other.txt").write_text("a\nb\nc")
    assert "summary" in answer(given, usual_labels="beside") and labels_of(tmp_path) is None
    names.write_text("a\nb")
    (given / "net" / "other.txt").write_bytes(b"\xff\n\xfe\n\xfd")
    assert "summary" in answer(given, usual_labels="beside") and labels_of(tmp_path) is None


def test_an_archive_in_a_folder_is_looked_into(tmp_path: Path) -> None:
    given = tmp_path / "given"
    model = write_model(tmp_path / "net.onnx")
    (given / "download").mkdir(parents=True)
    (given / "download" / "README.md").write_text("a model")
    with zipfile.ZipFile(given / "download" / "net.zip", "w") as archive:
        archive.write(model, "deep/net.onnx")
    assert answer(given)["summary"]["name"] == "net"


def test_several_models_of_a_folder(tmp_path: Path) -> None:
    given = tmp_path / "given"
    for name in ("a", "b"):
        write_model(given / "both" / name / f"{name}.onnx")
    told = answer(given)["failure"]["message"]
    assert told == "these are 2 models (both/a/a.onnx, both/b/b.onnx): choose one, with what belongs to it"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("cat.onnx", PNG, "a picture"),
        ("cat.jpg", b"\xff\xd8\xff\xe0" + bytes(60), "a picture"),
        ("cat.bmp", b"BM" + bytes(60), "a picture"),
        ("cat.webp", b"RIFF1234WEBPVP8 " + bytes(50), "a picture"),
        ("yes.wav", b"RIFF1234WAVEfmt " + bytes(50), "a sound"),
        ("yes.ogg", b"OggS" + bytes(50), "a sound"),
        ("paper.pdf", b"%PDF-1.7\n", "a document"),
        ("train.py", b"import torch\n", "run it, and give what it saves"),
        ("notes.txt", b"hello there", "a text"),
        ("net.caffemodel", b"\x0a\x04test", "another framework"),
        ("net.mlmodel", b"\x08\x01\x12\x00", "another framework"),
        ("model.onnx.crdownload", np.arange(99).tobytes(), "not finished"),
    ],
)
def test_what_is_no_model_is_called_what_it_is(name: str, content: bytes, told: str, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / name).write_bytes(content)
    assert told in answer(given)["failure"]["message"]


def test_a_folder_of_what_is_no_model_says_of_which(tmp_path: Path) -> None:
    given = tmp_path / "given"
    (given / "net").mkdir(parents=True)
    (given / "net" / "README.md").write_text("weights")
    (given / "net" / "net.pth").write_bytes(b"\x80\x02}q\x00.")
    message = answer(given)["failure"]["message"]
    assert "net.pth is a PyTorch state dict" in message and "torch.export.save" in message


def test_one_of_several_models_can_be_chosen(tmp_path: Path) -> None:
    """The page is told what there is, and names one of them: in files, in a folder, in an archive."""
    names = ["a/net.onnx", "b/net.onnx"]
    for kind in ("files", "folder", "archive"):
        given = tmp_path / kind / "given"
        root = given if kind == "files" else given / "all"
        for classes, name in enumerate(names, 2):
            write_model(root / name, classes)
        if kind == "archive":
            with zipfile.ZipFile(given / "all.zip", "w") as archive:
                for name in names:
                    archive.write(root / name, name)
            shutil.rmtree(root)
        choice = answer(given)["failure"]["choice"]
        prefix = "all/" if kind == "folder" else ""
        assert choice == {"option": "model", "names": [prefix + name for name in names]}
        for classes, name in enumerate(choice["names"], 2):
            assert answer(given, model=name)["summary"]["outputs"][0]["shape"] == [1, classes]
    for outside in ("../elsewhere.onnx", "none.onnx"):
        assert "choice" in answer(tmp_path / "files" / "given", model=outside)["failure"]
        assert "has no" in answer(tmp_path / "archive" / "given", model=outside)["failure"]["message"]
