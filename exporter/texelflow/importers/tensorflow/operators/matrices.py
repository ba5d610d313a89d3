"""Diagonals of matrices: taken, put there, and matrices made of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.tensorflow.lowering import Lowering, lowers

MOST_ELEMENTS = 2**18
"""Of a matrix: the place of each is a number in the bundle."""


@dataclass(frozen=True, slots=True)
class _Band:
    """Diagonals `low` to `high` of a matrix, 0 being the main one, as rows, the highest first."""

    rows: int
    columns: int
    low: int
    high: int
    align: str

    @property
    def length(self) -> int:
        """Of the longest diagonal, and so of the rows."""
        return min(self.rows + min(self.high, 0), self.columns - max(self.low, 0))

    def places(self) -> Iterator[tuple[int, int]]:
        """Yield where each element is in the matrix, and in the rows, both flat."""
        above, below = self.align.split("_")
        for diagonal in range(self.high, self.low - 1, -1):
            count = min(self.rows + min(diagonal, 0), self.columns - max(diagonal, 0))
            is_left = (diagonal >= 0 and above == "LEFT") or (diagonal <= 0 and below == "LEFT")
            first = (self.high - diagonal) * self.length + (0 if is_left else self.length - count)
            for index in range(count):
                row, column = index - min(diagonal, 0), index + max(diagonal, 0)
                yield row * self.columns + column, first + index


def _band(steps: Lowering, rows: Dimension, columns: Dimension, index: int, is_first: bool) -> _Band:
    """Return the diagonals that input `index` says, of operators that have it; raise NodeError."""
    bounds = [0] if is_first else steps.known_integers(index, "diagonals")
    align = str(steps.attribute("align", "RIGHT_LEFT" if steps.node.operator.endswith("V3") else "LEFT_LEFT"))
    if not isinstance(rows, int) or not isinstance(columns, int) or rows * columns > MOST_ELEMENTS:
        raise steps.fail(f"its matrices are {rows} by {columns}; at most {MOST_ELEMENTS} numbers are needed")
    if len(bounds) not in (1, 2) or not -rows < bounds[0] <= bounds[-1] < columns:
        raise steps.fail(
            f"its diagonals are {bounds}; one or two of a matrix of {rows} by {columns} are needed"
        )
    if align not in ("LEFT_LEFT", "LEFT_RIGHT", "RIGHT_LEFT", "RIGHT_RIGHT"):
        raise steps.fail(f"its align is {align!r}, which is not known")
    return _Band(rows, columns, bounds[0], bounds[-1], align)


def _taken(
    steps: Lowering, parts: Sequence[Value], places: Sequence[int], shape: Sequence[Dimension]
) -> None:
    """Make the result: elements at places of what the parts [*outer, n] are together."""
    together = steps.add("Concat", "together", *parts, axis=-1)
    chosen = steps.constant("places", "int32", [len(places)], places)
    steps.reshape(steps.result, steps.add("Gather", "taken", together, chosen, axis=-1), shape)


def _filling(steps: Lowering, outer: Sequence[Dimension], index: int, dtype: str) -> Value:
    """Return what is elsewhere, [*outer, 1]."""
    fill = steps.input(index) if steps.count > index else steps.scalar("nothing", dtype, 0)
    return steps.add("Expand", "filling", fill, steps.vector("filled", [*outer, 1]))


@lowers("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3", inputs=(1, 5))
def matrix_of(steps: Lowering) -> None:
    """Matrices that have these diagonals, and elsewhere the padding."""
    x, is_first = steps.input(0), steps.count == 1
    bounds = [0] if is_first else steps.known_integers(1, "diagonals")
    axes = 1 if len(bounds) == 1 else 2
    if len(x.shape) < axes or not isinstance(length := x.shape[-1], int):
        raise steps.fail(f"its diagonals are {x.type}; their length must be known at export")
    least = length - min(bounds[-1], 0), length + max(bounds[0], 0)
    given = [-1, -1] if is_first else [steps.known_integers(i, "extents")[0] for i in (2, 3)]
    square = max(least) if given == [-1, -1] else 0
    rows, columns = (
        square or (number if number != -1 else low) for number, low in zip(given, least, strict=True)
    )
    band = _band(steps, rows, columns, 1, is_first)
    outer = list(x.shape[: len(x.shape) - axes])
    count = (band.high - band.low + 1) * band.length
    if band.length != length or (axes == 2 and not proved_equal(x.shape[-2], band.high - band.low + 1)):
        raise steps.fail(f"its diagonals are {x.type}, which those of {rows} by {columns} are not")
    places = [count] * (rows * columns)
    for there, here in band.places():
        places[there] = here
    flat = steps.reshape("flat", x, [*outer, count])
    _taken(steps, [flat, _filling(steps, outer, 4, x.dtype)], places, [*outer, rows, columns])


@lowers("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3", inputs=(1, 3))
def diagonals_of(steps: Lowering) -> None:
    """The diagonals of matrices as rows, shorter ones filled up with the padding."""
    x = steps.input(0)
    *outer, rows, columns = x.shape if len(x.shape) > 1 else (1, 1, 1)
    band = _band(steps, rows, columns, 1, steps.count == 1)
    many = band.high - band.low + 1
    places = [band.rows * band.columns] * (many * band.length)
    for there, here in band.places():
        places[here] = there
    flat = steps.reshape("flat", x, [*outer, band.rows * band.columns])
    shape = [*outer, *([many] if band.high > band.low else []), band.length]
    _taken(steps, [flat, _filling(steps, outer, 2, x.dtype)], places, shape)


@lowers("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3", inputs=(2, 3))
def with_diagonals(steps: Lowering) -> None:
    """Matrices with other diagonals."""
    x, diagonals = steps.input(0), steps.input(1)
    *outer, rows, columns = x.shape if len(x.shape) > 1 else (1, 1, 1)
    band = _band(steps, rows, columns, 2, steps.count == 2)
    count = band.rows * band.columns
    places = list(range(count))
    for there, here in band.places():
        places[there] = count + here
    parts = [
        steps.reshape("flat", x, [*outer, count]),
        steps.reshape("rows", diagonals, [*outer, (band.high - band.low + 1) * band.length]),
    ]
    _taken(steps, parts, places, x.shape)
