"""`evaluate`: how often a bundle and its model are right."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from command_support import Result, RunCommand, make_classifier
from PIL import Image

from importers.tflite_models.builder import ModelMaker
from kernels.sheet import run_reference
from texelflow import export
from texelflow.checking.evaluate import accuracy, evaluate
from texelflow.errors import ExportError

COLOURS = {"red": (250, 10, 20), "green": (10, 240, 30), "blue": (0, 30, 255)}


@pytest.fixture(scope="module")
def colours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a model that tells the most intense colour, its bundle, and pictures, one wrong."""
    folder = tmp_path_factory.mktemp("colours")
    text = """<ir_version: 10, opset_import: ["" : 21]>
        g (float[batch, 3, height, width] picture) => (float[batch, 3, 1, 1] scores) {
        scores = GlobalAveragePool(picture) }"""
    onnx.save(onnx.parser.parse_model(text), folder / "model.onnx")
    (folder / "labels.txt").write_text("red\ngreen\nblue\n")
    sizes = {"picture": ["batch", 3, 4, 4]}
    export(folder / "model.onnx", folder / "bundle", labels=folder / "labels.txt", input_shapes=sizes)
    for name, colour in COLOURS.items():
        (folder / "pictures" / name).mkdir(parents=True)
        for index in range(4):
            Image.new("RGB", (5 + index, 6), colour).save(folder / "pictures" / name / f"{index}.png")
    Image.new("RGB", (5, 5), COLOURS["blue"]).save(folder / "pictures" / "red" / "wrong.png")
    (folder / "pictures" / "red" / "notes.txt").write_text("no picture")
    return folder


def test_a_folder_for_each_class(colours: Path, texelflow_command: RunCommand) -> None:
    arguments = ("evaluate", colours / "bundle", colours / "pictures", "--against", colours / "model.onnx")
    result = texelflow_command(*arguments, "--json").json
    assert result["bundle"]["examples"] == 13
    assert result["bundle"] == result["model"]
    assert result["bundle"]["top_1"] == pytest.approx(12 / 13)
    assert result["bundle"]["top_5"] == 1
    assert result["same"] == 1
    worst = {"label": 0, "name": "red", "examples": 5, "right": 4, "taken_for": [["blue", 1]]}
    assert result["bundle"]["worst"] == [worst]
    shown = texelflow_command(*arguments)
    assert shown.code == 0
    for fragment in ("13 examples of 3 classes", "92.31%", "red", "blue"):
        assert fragment in shown.stdout


def test_a_list(colours: Path, texelflow_command: RunCommand) -> None:
    path = colours / "few.csv"
    path.write_text("file,class\npictures/red/0.png,0\npictures/blue/0.png,1\n")
    result = texelflow_command("evaluate", colours / "bundle", path, "--json").json
    assert (result["bundle"]["examples"], result["bundle"]["top_1"]) == (2, 0.5)
    assert result["model"] is None


def test_arrays_are_judged_as_numpy_does(texelflow_command: RunCommand, tmp_path: Path) -> None:
    model = make_classifier(tmp_path / "model.onnx")
    export(model, tmp_path / "bundle", weights="float16")
    random = np.random.default_rng(4)
    pictures = random.standard_normal((12, 3, 8, 8)).astype(np.float32)
    scores = run_reference(model, {"picture": pictures})["scores"]
    labels = random.integers(0, 4, 12)
    np.savez(tmp_path / "data.npz", picture=pictures, labels=labels)
    arguments = ("evaluate", tmp_path / "bundle", tmp_path / "data.npz", "--against", model, "--json")
    result = texelflow_command(*arguments).json
    assert result["model"]["top_1"] == pytest.approx((scores.argmax(1) == labels).mean())
    assert result["same"] >= 11 / 12
    assert result["bundle"]["top_5"] == 1


def test_accuracy_is_counted() -> None:
    random = np.random.default_rng(5)
    scores = list(random.integers(0, 6, (200, 9)).astype(np.float32))  # with many equal ones
    labels = [int(label) for label in random.integers(0, 9, 200)]
    result = accuracy(scores, labels, [])
    assert result.top_1 == np.mean([row.argmax() == label for row, label in zip(scores, labels, strict=True)])
    near = [
        sum(row > row[label]) + sum(row[:label] == row[label]) < 5
        for row, label in zip(scores, labels, strict=True)
    ]
    assert result.top_5 == np.mean(near)
    assert [one.right / one.examples for one in result.worst] == sorted(
        one.right / one.examples for one in result.worst
    )


def test_errors_name_the_file_and_what_to_do(
    colours: Path, texelflow_command: RunCommand, tmp_path: Path
) -> None:
    def fails(data: Path, *fragments: str, **options: Any) -> None:
        with pytest.raises(ExportError) as raised:
            evaluate(colours / "bundle", data, **options)
        for fragment in fragments:
            assert fragment in str(raised.value), (fragment, str(raised.value))

    def run(name: str) -> Result:  # a process of its own, as it opens a browser
        return texelflow_command("evaluate", colours / "bundle", tmp_path / name)

    (tmp_path / "empty").mkdir()
    fails(tmp_path / "empty", "has no pictures", "labels.csv")
    fails(tmp_path / "missing", "is neither a folder")
    (tmp_path / "odd" / "purple").mkdir(parents=True)
    Image.new("RGB", (3, 3)).save(tmp_path / "odd" / "purple" / "a.png")
    fails(tmp_path / "odd", "'purple' is none of the bundle's 3 labels", "'red'")
    (tmp_path / "odd" / "purple").rename(tmp_path / "odd" / "7")
    run("odd").assert_one_error("has class 7", "scores for 3")
    (tmp_path / "list.csv").write_text("a.png,0\nb.png,1\n")
    fails(tmp_path / "list.csv", "line 2", "does not exist")
    (tmp_path / "list.csv").write_text("a\n")
    fails(tmp_path / "list.csv", "line 1", "`file,class` is expected")
    (tmp_path / "broken" / "red").mkdir(parents=True)
    (tmp_path / "broken" / "red" / "a.png").write_bytes(b"no picture")
    run("broken").assert_one_error("a.png is not a picture")
    np.savez(tmp_path / "bare.npz", picture=np.zeros((2, 3, 4, 4), np.float32))
    fails(tmp_path / "bare.npz", "no array 'labels'")
    np.savez(tmp_path / "few.npz", picture=np.zeros((2, 3, 4, 4), np.float32), labels=[1, 2, 0])
    fails(tmp_path / "few.npz", "[2, 3, 4, 4] for input 'picture'", "3 examples")
    (tmp_path / "cut.npz").write_bytes(b"PK")
    fails(tmp_path / "cut.npz", "is not an .npz file")
    fails(colours / "pictures", "'other'", output="other")
    fails(
        colours / "pictures",
        "nothing.onnx does not exist",
        model=tmp_path / "nothing.onnx",
    )
    run("missing").assert_one_error("is neither")
    assert texelflow_command("evaluate", colours / "bundle").code == 2


def test_one_of_several_functions(texelflow_command: RunCommand, tmp_path: Path) -> None:
    """The model runs the function that the bundle is of, or the one that is named."""
    maker = ModelMaker()
    for index, operator in enumerate(("ABS", "NEG")):
        graph = maker.subgraph() if index else maker.main
        x, y = graph.input("x", "float32", (1, 3)), graph.output("y", "float32", (1, 3))
        graph.add(operator, [x], [y])
        maker.signature(operator.lower(), index, {"given": x}, {"made": y})
    (tmp_path / "model.tflite").write_bytes(maker.content())
    export(tmp_path / "model.tflite", tmp_path / "bundle", signature="neg")
    examples = np.array([[-3, 1, 2], [1, -3, 2], [2, 1, -3]], np.float32)
    np.savez(tmp_path / "data.npz", given=examples, labels=[0, 1, 2])
    arguments = (
        "evaluate",
        tmp_path / "bundle",
        tmp_path / "data.npz",
        "--against",
        tmp_path / "model.tflite",
    )
    result = texelflow_command(*arguments, "--json").json
    assert (result["bundle"]["top_1"], result["model"]["top_1"], result["same"]) == (1, 1, 1)
    flipped = np.array([[3, -1, -2]] * 3, np.float32)  # abs has its largest where neg has its smallest
    np.savez(tmp_path / "data.npz", given=flipped, labels=[0, 0, 0])
    result = texelflow_command(*arguments, "--signature", "abs", "--json").json
    assert (result["bundle"]["top_1"], result["model"]["top_1"], result["same"]) == (0, 1, 0)
