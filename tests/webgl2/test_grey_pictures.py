"""Pictures of models of one channel, which nobody says to be grey: as if somebody said it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper, save

from browser_support import REPOSITORY
from texelflow import ExportError, export

sys.path.append(str(REPOSITORY / "converter" / "python"))

import texelflow_page


def relu(path: Path, shape: list[int | str]) -> Path:
    x, y = (helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in "xy")
    graph = helper.make_graph([helper.make_node("Relu", ["x"], ["y"])], "relu", [x], [y])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return path


def image_of(bundle: Path) -> dict[str, Any] | None:
    graph = json.loads((bundle / "graph.json").read_text(encoding="utf-8"))
    found: dict[str, Any] | None = graph["inputs"][0].get("image")
    return found


@pytest.mark.parametrize(
    "shape", [[1, 1, 28, 28], [1, 28, 28, 1], ["batch", 1, "height", "width"], [1, 8, 9]]
)
@pytest.mark.parametrize("image", ["0..1", "-1..1", "0..255", "mean=0.1,fit=cover"])
def test_one_channel_is_grey(shape: list[int | str], image: str, tmp_path: Path) -> None:
    model = relu(tmp_path / "relu.onnx", shape)
    numbers = {"-1..1": "mean=0.5,deviation=0.5", "0..255": "deviation=1/255", "0..1": "mean=0"}
    told = f"channels=gray,{numbers.get(image, image)}"
    export(model, tmp_path / "told", image=told)
    export(model, tmp_path / "bundle", image=image)
    assert image_of(tmp_path / "bundle") == image_of(tmp_path / "told")


def test_what_is_of_three_channels_stays_so(tmp_path: Path) -> None:
    model = relu(tmp_path / "relu.onnx", [1, 1, 28, 28])
    with pytest.raises(ExportError, match="is needed for channels=rgb"):
        export(model, tmp_path / "bundle", image="imagenet")
    export(relu(tmp_path / "three.onnx", [1, 3, 28, 1]), tmp_path / "three", image="0..1")
    assert (image_of(tmp_path / "three") or {})["channels"] == "rgb"


@pytest.mark.parametrize(
    ("shape", "is_picture"),
    [
        ([1, 1, 28, 28], True),
        ([1, 28, 28, 1], True),
        (["n", 1, "h", "w"], True),
        ([1, 3, 40, 98], True),
        ([1, 1, 40, 98], False),
        ([1, 49, 40, 1], False),
        (["n", 43844, 1], False),
        ([1, 28, 28], False),
        ([1, 1, 4, 4], False),
    ],
)
def test_what_a_page_takes_for_a_picture(shape: list[int | str], is_picture: bool, tmp_path: Path) -> None:
    """Spectra and sounds, whose shapes are like those of grey pictures, are none."""
    given = tmp_path / "given"
    given.mkdir()
    relu(given / "relu.onnx", shape)
    options = json.dumps({"usual_image": "0..1"})
    answer = json.loads(
        texelflow_page.export(str(given), str(tmp_path / "bundle"), options, lambda _doing, _fraction: None)
    )
    assert "summary" in answer, answer
    assert (image_of(tmp_path / "bundle") is not None) == is_picture
