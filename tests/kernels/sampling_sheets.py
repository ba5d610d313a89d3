"""GridSample at points inside of images, between pixels, on their edges, and far outside."""

from __future__ import annotations

from itertools import product

import numpy as np

from kernels.sheet import Sheet

MODES = ("linear", "nearest", "cubic")
PADDINGS = ("zeros", "border", "reflection")
IMAGES = ([2, 1, 3, 5], [1, 5, 8, 4], [2, 9, 2, 7])
"""Channels less and more than a texel; extents with and without points that lie halfway in floats, too."""


def grid_samples() -> Sheet:
    """Every way of sampling, of images of all channel counts; the work behind it in the same draw."""
    sheet = Sheet("grid samples")
    images = [(shape, sheet.input(shape), sheet.given(_points(shape), "float32")) for shape in IMAGES]
    for mode, padding, corners in product(MODES, PADDINGS, (0, 1)):
        how = {"mode": mode, "padding_mode": padding, "align_corners": corners}
        for shape, x, grid in images:
            sheet.case(f"{mode}, {padding}, align_corners={corners}, {shape}")
            sheet.output(sheet.node("GridSample", [x, grid], **how))
    sheet.case("one pixel")
    for padding in PADDINGS:
        x, grid = sheet.input([1, 2, 1, 1]), sheet.input([1, 3, 1, 2], low=-3, high=3)
        sheet.output(sheet.node("GridSample", [x, grid], padding_mode=padding), padding)
    sheet.case("a grid that is computed")
    # A picture wide enough that coordinates of 16 bits would be off by much.
    x = sheet.node("Relu", [sheet.blocked([1, 4, 3, 1025])])
    grid = sheet.node(
        "Mul", [sheet.input([1, 2, 9, 2], low=-1, high=1), sheet.constant([0.9, 0.7], "float32")]
    )
    sheet.output(sheet.node("Neg", [sheet.node("GridSample", [x, grid])]), "alone")
    turned = sheet.node("Transpose", [grid], perm=[0, 2, 1, 3])
    sheet.output(sheet.node("GridSample", [x, turned]), "turned")
    return sheet


def free_grid_samples() -> Sheet:
    """Images and grids of free extents, in the words of opset 16."""
    sizes = [
        {"batch": 2, "channels": 3, "height": 4, "width": 5, "rows": 3},
        {"batch": 1, "channels": 6, "height": 2, "width": 9, "rows": 1},
        {"batch": 0, "channels": 1, "height": 2, "width": 2, "rows": 2},
    ]
    sheet = Sheet("free grid samples", opset=16, sizes=sizes)
    x = sheet.input(["batch", "channels", "height", "width"])
    grid = sheet.input(["batch", "rows", 7, 2], low=-1.5, high=1.5)
    for mode, padding in zip(("bilinear", "nearest", "bicubic"), PADDINGS, strict=True):
        sheet.case(f"{mode}, {padding}")
        sheet.output(sheet.node("GridSample", [x, grid], mode=mode, padding_mode=padding))
    sheet.case("all by default")
    sheet.output(sheet.node("GridSample", [x, grid]))
    return sheet


def samples_of_other_ranks() -> Sheet:
    """GridSample of volumes, Resize of other axes than two neighbours."""
    sheet = Sheet("samples of other ranks", opset=20)
    volume, line = sheet.input([2, 5, 3, 4, 2]), sheet.input([2, 5, 6])
    grid = sheet.input([2, 3, 2, 4, 3], low=-1.6, high=1.6)
    for (mode, padding), corners in product((("linear", "reflection"), ("nearest", "border")), (0, 1)):
        how = {"mode": mode, "padding_mode": padding, "align_corners": corners}
        sheet.case(f"{mode}, {padding}, align_corners={corners}")
        sheet.output(sheet.node("GridSample", [volume, grid], **how), "volume")
    sheet.case("linear, zeros")
    sheet.output(sheet.node("GridSample", [volume, grid]))
    for mode in ("linear", "nearest"):
        sheet.case(f"resized, {mode}")
        whole = sheet.integers(2, 5, 5, 3, 4)
        sheet.output(sheet.node("Resize", [volume, "", "", whole], mode=mode), "three axes")
        scales = sheet.constant([1, 1.5, 1], "float32")
        sheet.output(sheet.node("Resize", [line, "", scales], mode=mode), "the middle one")
    return sheet


def _points(shape: list[int]) -> np.ndarray:
    """Return a grid [N, 18, 5, 2] for an image: its ends, halves of pixels in and around it, and others."""
    batch, _, height, width = shape
    random = np.random.default_rng(width)
    halves = [np.arange(-3, 2 * extent + 3) / extent - 1 for extent in (width, height)]
    aligned = [np.arange(-3, 2 * extent + 1) / max(extent - 1, 1) - 1 for extent in (width, height)]
    count = 5 * 18
    points = np.stack(
        [np.resize(np.concatenate(pair), count) for pair in zip(halves, aligned, strict=True)], axis=-1
    )
    points[:4] = [[-1, -1], [1, 1], [-40, 3.5], [7.25, -1000]]
    points[4:30] = random.uniform(-1.7, 1.7, (26, 2))
    return np.resize(points, (batch, 18, 5, 2))
