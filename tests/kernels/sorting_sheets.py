"""TopK: of rows short and long, sorted in one step or by blocks, with many equal elements."""

from __future__ import annotations

from itertools import product

from kernels.sheet import Sheet


def top_elements() -> Sheet:
    """The first elements along each axis, of every kind: multiples of a step, so that many are equal."""
    sheet = Sheet("top elements")
    for largest, axis, kind in product((0, 1), (0, 1, -1), ("flat", "blocked")):
        x = sheet.blocked([5, 7, 9], step=0.25) if kind == "blocked" else sheet.input([5, 7, 9], step=0.25)
        for k in (0, 1, 3, 5):
            sheet.case(f"{kind}, {k} {'largest' if largest else 'smallest'} along {axis}")
            _top(sheet, x, k, axis=axis, largest=largest)
    for dtype, low, high in (("int8", -9, 9), ("uint8", 0, 9), ("int32", -40, 40), ("int64", -40, 40)):
        for largest in (0, 1):
            sheet.case(f"{dtype}, {'largest' if largest else 'smallest'}")
            _top(sheet, sheet.input([2, 33], dtype, low, high), 10, largest=largest)
    sheet.case("one row")
    _top(sheet, sheet.input([17], step=0.125), 17)
    sheet.case("unsorted")
    _top(sheet, sheet.input([1, 17], step=0.125), 1, sorted=0)
    return sheet


def top_of_long_rows() -> Sheet:
    """Rows that are sorted by blocks, and free ones."""
    sheet = Sheet("top of long rows", sizes=({"n": 3, "m": 1500}, {"n": 1, "m": 20}, {"n": 2, "m": 8}))
    for largest in (0, 1):
        for length, k, dtype in ((1024, 5, "float32"), (5000, 300, "float32"), (1500, 8, "int32")):
            sheet.case(f"{k} {'largest' if largest else 'smallest'} of {length} {dtype}")
            low, high, step = (-2, 2, 2**-8) if dtype == "float32" else (-300, 300, 0)
            _top(sheet, sheet.input(["n", length], dtype, low, high, step), k, largest=largest)
        sheet.case(f"{'largest' if largest else 'smallest'} of a free row")
        _top(sheet, sheet.input([2, "m"], step=2**-8), 8, largest=largest)
        sheet.case(f"{'largest' if largest else 'smallest'} along a free axis")
        _top(sheet, sheet.input(["m", 3], step=2**-8), 8, axis=0, largest=largest)
    return sheet


def _top(sheet: Sheet, x: str, k: int, **attributes: int) -> None:
    values, positions = sheet.nodes("TopK", [x, sheet.integers(k)], 2, **attributes)
    sheet.output(values, "values")
    sheet.output(positions, "positions")
