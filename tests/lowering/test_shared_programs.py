"""Layers that differ in form, but run as the same program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kernels.sheet import Sheet
from texelflow.pipeline import Options, build


def _programs(sheet: Sheet, folder: Path) -> list[str]:
    """Return the names of the programs of a sheet's runs."""
    path = folder / "model.onnx"
    path.write_bytes(sheet.model().SerializeToString())
    plan = build(path, Options()).graph_file["plans"]["webgl2"]
    used = {draw["program"] for draw in plan["run"]}
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
