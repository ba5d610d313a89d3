"""Regions of images: RoiAlign, MaxRoiPool, DeformConv, with boxes and offsets in, across and beyond edges."""

from __future__ import annotations

from itertools import product

import numpy as np

from kernels.sheet import Sheet

BOXES = [
    [0.0, 0.0, 7.0, 6.0],
    [1.3, 2.1, 5.9, 4.4],
    [-2.0, -1.5, 3.0, 9.5],
    [6.2, 5.1, 6.4, 5.2],
    [4.0, 4.0, 2.0, 3.0],
    [0.5, 1.5, 30.0, 2.5],
]
"""Corners (x, y, x, y): the whole image, parts of it, beyond it, less than a pixel, the wrong way round."""

NUMBERS = [0, 1, 1, 0, 1, 0]


def aligned_regions() -> Sheet:
    """RoiAlign of means and maxima, by both kinds of coordinates, with given samples and as many as fit."""
    sheet = Sheet("aligned regions", opset=16)
    x = sheet.input([2, 5, 6, 7])
    boxes, numbers = sheet.given(BOXES, "float32"), sheet.given(NUMBERS, "int64")
    for mode, how, samples in product(("avg", "max"), ("half_pixel", "output_half_pixel"), (0, 3)):
        sheet.case(f"{mode}, {how}, {samples} samples")
        attributes = {"mode": mode, "coordinate_transformation_mode": how, "sampling_ratio": samples}
        size = {"output_height": 3, "output_width": 2, "spatial_scale": 0.75}
        sheet.output(sheet.node("RoiAlign", [x, boxes, numbers], **attributes, **size))
    sheet.case("of opset 10")
    sheet.output(
        sheet.node("RoiAlign", [x, boxes, numbers], coordinate_transformation_mode="output_half_pixel")
    )
    return sheet


def pooled_regions() -> Sheet:
    """MaxRoiPool, with bins of less than a pixel and of many."""
    sheet = Sheet("pooled regions")
    x = sheet.input([2, 5, 6, 7])
    boxes = sheet.given(np.column_stack([NUMBERS, BOXES]), "float32")
    for shape, scale in (([3, 2], 1.0), ([2, 9], 0.7)):
        sheet.case(f"{shape}, {scale}")
        sheet.output(sheet.node("MaxRoiPool", [x, boxes], pooled_shape=shape, spatial_scale=scale))
    return sheet


def deformed_convolutions() -> Sheet:
    """DeformConv with groups of filters and of offsets, masks, every way of sliding, free batch and image."""
    sizes = [
        {"batch": 2, "height": 6, "width": 7, "rows": 4, "columns": 2},
        {"batch": 1, "height": 9, "width": 10, "rows": 5, "columns": 3},
    ]
    sheet = Sheet("deformed convolutions", opset=22, sizes=sizes)
    sheet.case("all")
    x = sheet.input(["batch", 4, "height", "width"])
    offsets = sheet.input(["batch", 2 * 6 * 2, "rows", "columns"], low=-3, high=3)
    mask = sheet.input(["batch", 2 * 6, "rows", "columns"])
    how = {"group": 2, "offset_group": 2, "strides": [2, 3], "dilations": [1, 2], "pads": [1, 0, 2, 1]}
    given = [x, sheet.weights([6, 2, 3, 2]), offsets, sheet.weights([6]), mask]
    sheet.output(sheet.node("DeformConv", given, **how))
    sheet.case("one row")
    row, offsets = sheet.input([1, 2, 1, 8]), sheet.input([1, 4, 1, 7])
    sheet.output(sheet.node("DeformConv", [row, sheet.weights([3, 2, 1, 2]), offsets]))
    return sheet
