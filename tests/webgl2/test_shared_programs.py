"""Layers that differ in form, but run as the same program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kernels.sheet import Sheet
from kernels.structure_sheets import single_pixels
from texelflow.pipeline import Options, build


def _graph_file(sheet: Sheet, folder: Path) -> dict[str, Any]:
    path = folder / "model.onnx"
    path.write_bytes(sheet.model().SerializeToString())
    return build(path, Options()).graph_file


def _programs(sheet: Sheet, folder: Path) -> list[str]:
    """Return the names of the programs of a sheet's runs."""
    plan = _graph_file(sheet, folder)["plans"]["webgl2"]
    used = {draw["program"] for draw in plan["entries"]["predict"]}
    return sorted(plan["programs"][program]["name"] for program in used)


@pytest.mark.parametrize(
    ("attributes", "programs"),
    [
        ({"strides": [2, 2]}, ["convolution", "copy_texels"]),
        ({"strides": [1, 3]}, ["convolution", "copy_texels"]),
        ({"strides": [2, 2], "pads": [0, 0, 1, 0]}, ["convolution", "convolution"]),
    ],
)
def test_single_pixels_of_an_image_are_copied_for_the_program_of_all(
    tmp_path: Path, attributes: dict[str, Any], programs: list[str]
) -> None:
    sheet = Sheet("strides")
    x = sheet.node("Conv", [sheet.input([1, 8, 9, 9]), sheet.weights([8, 8, 1, 1])])
    y = sheet.node("Conv", [x, sheet.weights([8, 8, 1, 1])], **attributes)
    sheet.output(sheet.node("Conv", [y, sheet.weights([8, 8, 1, 1])]))
    found = _programs(sheet, tmp_path)
    assert [name for name in found if name in ("convolution", "copy_texels")] == programs


def test_a_fully_connected_layer_is_a_pointwise_convolution(tmp_path: Path) -> None:
    sheet = Sheet("classifier")
    x = sheet.node("Conv", [sheet.input([1, 8, 9, 9]), sheet.weights([8, 8, 1, 1]), sheet.weights([8])])
    mean = sheet.node("GlobalAveragePool", [sheet.node("Relu", [x])])
    vector = sheet.node("Flatten", [mean])
    sheet.output(sheet.node("Gemm", [vector, sheet.weights([12, 8]), sheet.weights([12])], transB=1))
    assert _programs(sheet, tmp_path).count("convolution") == 1


@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise_convolutions_read_any_blocking(tmp_path: Path, stride: int) -> None:
    """The image of a first layer, which has pairs of rows or single groups, and that of a pointwise one."""
    sheet = Sheet("depthwise")
    size = {"pads": [1, 1, 1, 1]}
    first = sheet.node(
        "Conv", [sheet.input([1, 3, 24, 24]), sheet.weights([8, 3, 3, 3])], strides=[stride, stride], **size
    )
    point = sheet.node("Conv", [first, sheet.weights([8, 8, 1, 1])])
    for label, image in (("first", first), ("point", point)):
        sheet.output(sheet.node("Conv", [image, sheet.weights([8, 1, 3, 3])], group=8, **size), label)
    assert _programs(sheet, tmp_path).count("depthwise") == 1
    tensors = _graph_file(sheet, tmp_path)["plans"]["webgl2"]["tensors"]
    image = next(tensor for tensor in tensors if tensor.get("value") == first)
    assert (image.get("rows"), image.get("groups")) == ((2, None) if stride == 1 else (None, 1))


@pytest.mark.parametrize(("added", "count"), [("blocked alike", 1), ("in pairs of rows", 2), ("constant", 2)])
def test_sums_of_convolutions_are_optional(tmp_path: Path, added: str, count: int) -> None:
    """What lies otherwise than the result is read by a program of its own."""
    sheet = Sheet("residual")
    x = sheet.input([1, 8, 6, 6])
    image = sheet.node("Conv", [x, sheet.weights([8, 8, 1, 1])])
    values = {
        "blocked alike": image,
        "in pairs of rows": sheet.node("Conv", [image, sheet.weights([8, 1, 3, 3])], group=8, pads=[1] * 4),
        "constant": sheet.node("Neg", [sheet.weights([1, 8, 6, 6])]),
    }
    y = sheet.node("Conv", [sheet.node("Relu", [image]), sheet.weights([8, 8, 1, 1])])
    sheet.output(sheet.node("Add", [y, values[added]]))
    assert _programs(sheet, tmp_path).count("convolution") == count


@pytest.mark.parametrize(("side", "shared"), [(16, True), (2, False)])
def test_classifiers_share_the_program_of_images(tmp_path: Path, side: int, shared: bool) -> None:
    """A vector is blocked as images are if that wastes little of the work, and read where it lies."""
    sheet = Sheet("classifier")
    x = sheet.node("Conv", [sheet.input([1, 8, side, side]), sheet.weights([8, 8, 1, 1])])
    x = sheet.node("Conv", [sheet.node("Relu", [x]), sheet.weights([8, 8, 1, 1])])
    vector = sheet.node("Flatten", [sheet.node("GlobalAveragePool", [x])])
    sheet.output_itself(sheet.node("MatMul", [vector, sheet.weights([8, 12])]))
    graph = _graph_file(sheet, tmp_path)
    plan = graph["plans"]["webgl2"]
    result = plan["tensors"][graph["outputs"][0]["tensor"]]
    assert "axes" in result and ("pixels" in result) != shared
    assert plan["programs"][plan["entries"]["predict"][-1]["program"]]["name"] == "convolution"


def test_the_sheet_of_single_pixels_blocks_them_as_images(tmp_path: Path) -> None:
    """Without this, the kernels' tests would not see such vectors."""
    tensors = _graph_file(single_pixels(), tmp_path)["plans"]["webgl2"]["tensors"]
    assert not any("pixels" in tensor for tensor in tensors if "lifetime" in tensor)
