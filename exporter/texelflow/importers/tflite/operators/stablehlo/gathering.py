"""Parts of tensors taken, or replaced, where indices say.

A vector of indices says where a window begins along some of the axes. Here each axis of the window that is
not the whole axis gets its indices, one for each element; so GatherND and ScatterND move the rest at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import transpose
from texelflow.importers.tflite.operators import Step, lowers
from texelflow.importers.tflite.operators.stablehlo.joining import Joining
from texelflow.importers.tflite.operators.stablehlo.listed import axes_of, numbers_of

_REDUCTIONS = {"SECOND": "none", "ADD": "add", "MULTIPLY": "mul", "MAXIMUM": "max", "MINIMUM": "min"}


@dataclass(frozen=True, slots=True)
class _Parts:
    """Windows into a tensor: `starts` by axis, of the shape `batch`; `sizes` of each axis.

    Of `indexed` axes a window is a part, of `whole` ones all. What lies `outside` of the tensor has the place
    behind the first indexed axis; if it is False, all lies within.
    """

    shape: Sequence[Dimension]
    batch: list[Dimension]
    starts: dict[int, Value]
    sizes: Sequence[Dimension]
    outside: bool = False

    @property
    def indexed(self) -> list[int]:
        """The axes of which a window is a part, or begins anywhere; if there are none, the first."""
        axes = [
            axis
            for axis, size in enumerate(self.sizes)
            if (self.outside and axis in self.starts) or not proved_equal(size, self.shape[axis])
        ]
        return axes or [0]

    @property
    def whole(self) -> list[int]:
        """The axes of which a window is all."""
        return [axis for axis in range(len(self.shape)) if axis not in self.indexed]

    @property
    def wide(self) -> list[int]:
        """The indexed axes along which a window is not one element."""
        return [axis for axis in self.indexed if not proved_equal(self.sizes[axis], 1)]

    def places(self, step: Step) -> Value:
        """Return tuples of indices [*batch, *wide, indexed]."""
        whole = [*self.batch, *(self.sizes[axis] for axis in self.wide)]
        columns = []
        for axis in self.indexed:
            start = self.starts.get(axis)
            place = step.index("begin", 0) if start is None else start
            ones = [1] * len(self.wide)
            place = step.reshape("begins", place, [*(self.batch if start is not None else []), *ones])
            if axis in self.wide:
                at = self.wide.index(axis)
                within = step.reshape(
                    "within",
                    step.places("steps", self.sizes[axis]),
                    [self.sizes[axis], *[1] * (len(self.wide) - 1 - at)],
                )
                place = step.add("Add", "places", place, within)
            spread = step.add("Expand", "each", place, step.vector("all", whole))
            columns.append(step.reshape("column", spread, [*whole, 1]))
        if self.outside:
            columns = self._within(step, columns)
        return columns[0] if len(columns) == 1 else step.add("Concat", "tuples", *columns, axis=len(whole))

    def _within(self, step: Step, columns: list[Value]) -> list[Value]:
        """Return indices of what lies in the tensor, and of the place behind it for all else."""
        valid: Value | None = None
        for axis, column in zip(self.indexed, columns, strict=True):
            behind = step.add("GreaterOrEqual", "not_before", column, step.index("zero", 0))
            before = step.add("Less", "not_behind", column, step.index("extent", self.shape[axis]))
            both = step.add("And", "inside", behind, before)
            valid = both if valid is None else step.add("And", "valid", valid, both)
        asides = [self.shape[self.indexed[0]], *[0] * (len(columns) - 1)]
        return [
            step.add("Where", "index", valid, column, step.index("aside", aside))
            for column, aside in zip(columns, asides, strict=True)
        ]


def _starts(step: Step, index: int, axes: Sequence[int]) -> tuple[list[Dimension], dict[int, Value]]:
    """Return the shape of indices without that of their vectors, and where windows begin by axis."""
    given, vector = list(step.raw(index).shape), step.options["vector_axis"]
    if not 0 <= vector <= len(given):
        raise step.fail(f"the vectors of its indices {step.raw(index).type} are along axis {vector}")
    numbers = step.as_int64("indices", step.raw(index))
    if vector == len(given):
        numbers = step.reshape("vectors", numbers, [*given, 1])
        given.append(1)
    if not proved_equal(given[vector], len(axes)):
        raise step.fail(f"its indices {step.raw(index).type} are not for {len(axes)} axes")
    batch = [extent for axis, extent in enumerate(given) if axis != vector]
    starts = {
        axis: step.add("Gather", "start", numbers, step.index("entry", entry), axis=vector)
        for entry, axis in enumerate(axes)
    }
    return batch, starts


@lowers("STABLEHLO_GATHER", inputs=2, options="StablehloGatherOptions")
def _gather(step: Step) -> None:
    """Windows, which begin earlier where they would reach beyond an end."""
    shape = step.raw(0).shape
    rank = len(shape)
    if not rank:
        raise step.fail("its first input has no axes")
    sizes = numbers_of(step, "sizes", rank, least=0)
    collapsed = axes_of(step, "collapsed_axes", rank)
    kept = [axis for axis in range(rank) if axis not in collapsed]
    batch, starts = _starts(step, 1, axes_of(step, "indexed_axes", rank))
    final = axes_of(step, "window_axes", len(batch) + len(kept))
    if len(final) != len(kept) or any(sizes[axis] != 1 for axis in collapsed) or final != sorted(final):
        raise step.fail(f"its windows {sizes} without axes {collapsed} do not become axes {final}")
    fitting = {
        axis: step.add(
            "Min",
            "fitting",
            step.add("Max", "positive", start, step.index("zero", 0)),
            step.index("room", shape[axis] - sizes[axis]),
        )
        for axis, start in starts.items()
    }
    parts = _Parts(shape, batch, fitting, sizes)
    first = transpose(step, "indexed_first", step.real(0), [*parts.indexed, *parts.whole])
    taken = step.add("GatherND", "taken", first, parts.places(step))
    # Its axes are those of the batch, of wide parts, and whole ones; those of one element come and go freely.
    labels = [*range(rank, rank + len(batch)), *parts.wide, *parts.whole]
    wanted: list[int] = []
    ahead, inside = iter(range(rank, rank + len(batch))), iter(kept)
    for place in range(len(final) + len(batch)):
        wanted.append(next(inside if place in final else ahead))
    extents = dict(enumerate([*sizes, *batch]))
    moved = [label for label in wanted if label in labels]
    gone = [label for label in labels if label not in wanted]
    turned = transpose(step, "turned", taken, [labels.index(label) for label in [*moved, *gone]])
    step.moved(step.reshape("made", turned, [extents[label] for label in wanted]))


@lowers("STABLEHLO_SCATTER", inputs=3, options="StablehloScatterOptions")
def _scatter(step: Step) -> None:
    """Windows replaced by updates, or joined with them; what does not lie within is left out.

    So says the specification, and so does LiteRT; XLA leaves a window out as a whole.
    """
    shape, given = step.raw(0).shape, step.raw(2).shape
    rank = len(shape)
    if not rank:
        raise step.fail("its first input has no axes")
    how = _REDUCTIONS.get(Joining(step, 2, 1).operator)
    if how is None:
        raise step.fail("its subgraph joins numbers in another way than one sum, product, maximum or minimum")
    inserted = axes_of(step, "inserted_axes", rank)
    kept = [axis for axis in range(rank) if axis not in inserted]
    inner = sorted(axes_of(step, "window_axes", len(given)))
    batch, starts = _starts(step, 1, axes_of(step, "indexed_axes", rank))
    if len(inner) != len(kept) or len(given) != len(batch) + len(inner):
        raise step.fail(f"its updates {step.raw(2).type} are no windows of {len(kept)} axes for its indices")
    sizes: list[Dimension] = [1] * rank
    for axis, place in zip(kept, inner, strict=True):
        sizes[axis] = given[place]
    parts = _Parts(shape, batch, starts, sizes, outside=True)
    first = parts.indexed[0]  # which is one longer, to take what lies outside
    order = [*parts.indexed, *parts.whole]
    borders = step.vector("borders", [*[0] * rank, 1, *[0] * (rank - 1)])
    data = step.add("Pad", "longer", transpose(step, "indexed_first", step.real(0), order), borders)
    outer = [axis for axis in range(len(given)) if axis not in inner]
    ahead = [inner[kept.index(axis)] for axis in (*parts.indexed, *parts.whole) if axis in kept]
    updates = step.reshape(
        "updates",
        transpose(step, "turned", step.real(2), [*outer, *ahead]),
        [*batch, *(sizes[axis] for axis in (*parts.wide, *parts.whole))],
    )
    made = step.add("ScatterND", "scattered", data, parts.places(step), updates, reduction=how)
    cut = step.slice("cut", made, 0, 0, shape[first])
    step.finish(transpose(step, "made", cut, [order.index(axis) for axis in range(rank)]))
