"""Parts of blocked tensors, as the gates of a recurrent step are, in elementwise work and before kernels."""

from __future__ import annotations

from itertools import product

from kernels.sheet import Sheet

CHANNEL_PARTS = ((0, 4), (4, 8), (8, 12), (8, 13), (4, 11), (2, 6), (12, 13))
"""At texels and not; to the end and not; of whole texels and not."""

PLACES = {0: ((0, 1), (1, 2)), 2: ((0, 3), (1, 4), (5, 6)), 3: ((0, 4), (3, 7), (2, 4))}
"""Parts of the other axes."""

SIZES = ({"batch": 2, "rows": 6, "columns": 7}, {"batch": 3, "rows": 7, "columns": 12})


def parts_of_images() -> Sheet:
    """Slices along each axis of an image, alone and two at a time, of fixed sizes and of free ones."""
    sheet = Sheet("parts of images", sizes=SIZES)
    for shape in ([2, 13, 6, 7], ["batch", 13, "rows", "columns"]):
        image = sheet.node("Conv", [sheet.input(shape), sheet.weights([13, 13, 1, 1])])
        for first, last in CHANNEL_PARTS:
            sheet.case(f"channels {first} to {last} of {shape}")
            part = _part(sheet, image, 1, first, last)
            sheet.output(sheet.node("Sigmoid", [part]), "Sigmoid")
            sheet.output(
                sheet.node("ReduceSum", [sheet.node("Tanh", [part]), sheet.integers(1)]), "ReduceSum"
            )
            sheet.output(
                sheet.node("Conv", [sheet.node("Tanh", [part]), sheet.weights([3, last - first, 1, 1])])
            )
        for axis, places in PLACES.items():
            for first, last in places:
                sheet.case(f"{first} to {last} of axis {axis} of {shape}")
                part = _part(sheet, image, axis, first, last)
                other = sheet.input([*shape[:axis], last - first, *shape[axis + 1 :]])
                blocked = sheet.node("Conv", [other, sheet.weights([13, 13, 1, 1])])
                sheet.output(sheet.node("Sub", [blocked, sheet.node("Tanh", [part])]), "beside a Conv")
                sheet.output(sheet.node("Sigmoid", [part]), "Sigmoid")
        sheet.case(f"corner of {shape}")
        corner = _part(sheet, _part(sheet, _part(sheet, image, 1, 4, 12), 2, 1, 4), 3, 1, 6)
        blocked = sheet.node("Conv", [sheet.input([shape[0], 5, 3, 5]), sheet.weights([8, 5, 1, 1])])
        sheet.output(sheet.node("Sub", [blocked, corner]))
    return sheet


def parts_of_matrices() -> Sheet:
    """Rows of a product, and columns of them, as recurrent steps read them."""
    sheet = Sheet("parts of matrices")
    for rows, hidden in product((1, 3, 9), (4, 5, 8, 12)):
        sheet.case(f"{rows} rows, gates of {hidden}")
        gates = sheet.node("MatMul", [sheet.input([rows, 6]), sheet.weights([6, 3 * hidden])])
        before = sheet.input([1, hidden])
        recurrent = sheet.node("MatMul", [before, sheet.weights([hidden, 3 * hidden])])
        for row in {0, rows - 1}:
            both = [_part(sheet, gates, 0, row, row + 1), recurrent]
            (a, b, c), (x, y, z) = (
                [_part(sheet, each, 1, gate * hidden, (gate + 1) * hidden) for gate in range(3)]
                for each in both
            )
            reset = sheet.node("Sigmoid", [sheet.node("Add", [a, x])])
            kept = sheet.node("Sigmoid", [sheet.node("Add", [b, y])])
            new = sheet.node("Tanh", [sheet.node("Add", [c, sheet.node("Mul", [reset, z])])])
            difference = sheet.node("Mul", [kept, sheet.node("Sub", [before, new])])
            sheet.output(sheet.node("Add", [new, difference]), f"row {row}")
            sheet.output(sheet.node("Add", [c, sheet.input([4, hidden])]), f"row {row}, broadcast")
    return sheet


def _part(sheet: Sheet, value: str, axis: int, first: int, last: int) -> str:
    return sheet.node("Slice", [value, sheet.integers(first), sheet.integers(last), sheet.integers(axis)])
