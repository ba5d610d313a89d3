"""Positions of maxima, numbers put back to them, blocks put back to images; determinants and affine maps."""

from __future__ import annotations

from kernels.sheet import Sheet


def positions_of_maxima() -> Sheet:
    """MaxPool with positions of images, lines and volumes, in both orders; MaxUnpool behind it, and alone."""
    sheet = Sheet("positions of maxima")
    image, line, volume = sheet.input([2, 3, 7, 6]), sheet.input([2, 5, 9]), sheet.input([1, 2, 5, 6, 4])
    windows = {
        "plain": {"kernel_shape": [3, 2]},
        "padded": {"kernel_shape": [3, 4], "pads": [1, 2, 0, 1], "strides": [2, 1]},
        "spread": {"kernel_shape": [2, 3], "dilations": [3, 2], "ceil_mode": 1, "strides": [2, 2]},
    }
    for name, window in windows.items():
        for order in (0, 1):
            sheet.case(f"{name}, storage_order={order}")
            values, positions = sheet.nodes("MaxPool", [image], 2, storage_order=order, **window)
            sheet.output(values, "values")
            sheet.output(positions, "positions")
    for name, x, kernel in (("a line", line, [3]), ("a volume", volume, [2, 3, 2])):
        for order in (0, 1):
            sheet.case(f"{name}, storage_order={order}")
            sheet.output(sheet.nodes("MaxPool", [x], 2, kernel_shape=kernel, storage_order=order)[1])
    sheet.case("equal ones")
    equal = sheet.input([1, 2, 6, 6], step=1)
    sheet.output(sheet.nodes("MaxPool", [equal], 2, kernel_shape=[3, 3])[1])
    sheet.case("whole numbers")
    sheet.output(
        sheet.nodes("MaxPool", [sheet.input([1, 2, 5, 5], "int8", -9, 9)], 2, kernel_shape=[2, 2])[1]
    )
    for name, x, how in (
        ("apart", image, {"kernel_shape": [1, 2], "strides": [1, 2]}),
        ("overlapping", image, {"kernel_shape": [3, 2], "strides": [2, 1], "pads": [1, 0, 1, 0]}),
        ("of a volume", volume, {"kernel_shape": [3, 2, 2], "strides": [2, 2, 2], "pads": [0] * 6}),
    ):
        sheet.case(f"put back, {name}")
        values, positions = sheet.nodes("MaxPool", [x], 2, **how)
        sheet.output(sheet.node("MaxUnpool", [values, positions], **how))
    sheet.case("put back, to a wider image")
    how = {"kernel_shape": [3, 3], "strides": [2, 2]}
    values, positions = sheet.nodes("MaxPool", [image], 2, ceil_mode=1, **how)
    sheet.output(sheet.node("MaxUnpool", [values, positions], **how))
    return sheet


def blocks_of_images() -> Sheet:
    """Col2Im of images, lines made images and volumes, with blocks that overlap, lie apart, or hang over."""
    sheet = Sheet("blocks of images")
    for label, image, block, how in (
        ("plain", [6, 7], [3, 2], {}),
        ("apart", [7, 8], [2, 2], {"strides": [3, 4]}),
        ("all", [9, 8], [3, 2], {"strides": [2, 3], "dilations": [2, 3], "pads": [1, 2, 3, 0]}),
        ("a volume", [4, 5, 3], [2, 3, 2], {"strides": [2, 1, 1], "pads": [0, 1, 1, 0, 1, 0]}),
    ):
        sheet.case(label)
        count, taps = 1, 1
        for axis, (extent, size) in enumerate(zip(image, block, strict=True)):
            pads = how.get("pads", [0] * 2 * len(image))
            reach = (size - 1) * how.get("dilations", [1] * len(image))[axis] + 1
            whole = extent + pads[axis] + pads[axis + len(image)] - reach
            count *= whole // how.get("strides", [1] * len(image))[axis] + 1
            taps *= size
        x = sheet.input([2, 3 * taps, count])
        sheet.output(sheet.node("Col2Im", [x, sheet.integers(*image), sheet.integers(*block)], **how))
    return sheet


def determinants() -> Sheet:
    """Matrices of one row and of many, singular ones, and a batch of a free size; affine maps of images."""
    sheet = Sheet("determinants", opset=22, sizes=[{"batch": 3}, {"batch": 1}, {"batch": 0}])
    for size in (1, 2, 5, 17):
        sheet.case(f"{size} rows")
        sheet.output(sheet.node("Det", [sheet.input(["batch", 2, size, size])]))
    sheet.case("one matrix")
    sheet.output(sheet.node("Det", [sheet.given([[0, 2, 1], [3, 0, 1], [0, 4, 5]], "float32")]))
    sheet.case("singular")
    sheet.output(sheet.node("Det", [sheet.given([[0, 2, 1], [0, 0, 1], [0, 4, 5]], "float32")]))
    theta, deep = sheet.input(["batch", 2, 3]), sheet.input([2, 3, 4])
    for corners in (0, 1):
        sheet.case(f"affine map, align_corners={corners}")
        # As many images as maps, whatever their number.
        extents = [sheet.node("Shape", [theta], start=0, end=1), sheet.integers(3, 4, 5)]
        size = sheet.node("Concat", extents, axis=0)
        sheet.output(sheet.node("AffineGrid", [theta, size], align_corners=corners), "of images")
        volume = sheet.integers(2, 1, 2, 3, 4)
        sheet.output(sheet.node("AffineGrid", [deep, volume], align_corners=corners), "of volumes")
    return sheet
