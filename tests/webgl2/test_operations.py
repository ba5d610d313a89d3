"""The floating-point operations of convolutions and matrix products in a plan, against sums by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kernels.sheet import Sheet
from texelflow.pipeline import Options, build


def operations(sheet: Sheet, folder: Path) -> dict[str, Any]:
    """Return `flops` by the kernel's template; absent where a draw has none."""
    path = folder / "model.onnx"
    path.write_bytes(sheet.model().SerializeToString())
    plan = build(path, Options()).graph_file["plans"]["webgl2"]
    assert not any("flops" in draw for draw in plan["load"])
    return {
        plan["programs"][draw["program"]]["name"]: draw["flops"]
        for draw in plan["entries"]["predict"]
        if "flops" in draw
    }


@pytest.mark.parametrize(
    ("image", "weights", "attributes", "template", "expected"),
    [
        # Outputs of a pixel and channel, times multiply-adds for each, times two.
        ([2, 3, 8, 9], [5, 3, 3, 3], {}, "convolution", 2 * 5 * 6 * 7 * (3 * 9) * 2),
        (
            [1, 3, 8, 8],
            [4, 3, 3, 3],
            {"pads": [1] * 4, "strides": [2, 2]},
            "convolution",
            4 * 4 * 4 * 27 * 2,
        ),
        ([1, 8, 6], [4, 8, 3], {}, "convolution", 4 * 4 * (8 * 3) * 2),
        ([1, 16, 4, 4], [8, 16, 1, 1], {}, "convolution", 8 * 16 * 16 * 2),
        ([1, 6, 4, 4], [6, 1, 3, 3], {"group": 6, "pads": [1] * 4}, "depthwise", 6 * 16 * 9 * 2),
        ([1, 6, 4, 4], [12, 1, 1, 1], {"group": 6}, "multiplied_depthwise", 12 * 16 * 1 * 2),
        ([1, 8, 4, 4], [6, 4, 1, 1], {"group": 2}, "grouped_convolution", 6 * 16 * 4 * 2),
        ([1, 6, 4, 4], [4, 3, 1, 1], {"group": 2}, "any_grouped_convolution", 4 * 16 * 3 * 2),
    ],
)
def test_convolutions(
    tmp_path: Path,
    image: list[int],
    weights: list[int],
    attributes: dict[str, Any],
    template: str,
    expected: int,
) -> None:
    sheet = Sheet("convolution")
    sheet.output(sheet.node("Conv", [sheet.input(image), sheet.weights(weights)], **attributes))
    assert operations(sheet, tmp_path) == {template: expected}


@pytest.mark.parametrize(("groups", "expected"), [(1, 4 * 25 * (6 * 4) * 2), (2, 4 * 25 * (3 * 4) * 2)])
def test_transposed_convolutions(tmp_path: Path, groups: int, expected: int) -> None:
    """Each pixel and channel of the input is multiplied with each tap of each output channel of its group."""
    sheet = Sheet("transposed")
    weights = sheet.weights([4, 6 // groups, 2, 2])
    sheet.output(
        sheet.node("ConvTranspose", [sheet.input([1, 4, 5, 5]), weights], group=groups, strides=[2, 2])
    )
    assert list(operations(sheet, tmp_path).values()) == [expected]


def test_matrix_products(tmp_path: Path) -> None:
    sheet = Sheet("product")
    sheet.output(sheet.node("MatMul", [sheet.input([2, 3, 4, 5]), sheet.input([2, 3, 5, 7])]))
    assert operations(sheet, tmp_path) == {"convolution": 2 * 3 * 4 * 7 * 5 * 2}


def test_a_bias_and_an_epilogue_do_not_count(tmp_path: Path) -> None:
    sheet = Sheet("classifier")
    scores = sheet.node("Gemm", [sheet.input(["batch", 6]), sheet.weights([6, 10]), sheet.weights([10])])
    sheet.output(sheet.node("Relu", [scores]))
    assert operations(sheet, tmp_path) == {"convolution": ["*", 6 * 10 * 2, "batch"]}


def test_other_draws_have_none(tmp_path: Path) -> None:
    sheet = Sheet("pool")
    x = sheet.input([1, 4, 8, 8])
    sheet.output(sheet.node("MaxPool", [sheet.node("Sigmoid", [x])], kernel_shape=[2, 2]))
    assert operations(sheet, tmp_path) == {}
