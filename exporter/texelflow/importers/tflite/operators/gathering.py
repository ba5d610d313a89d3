"""Elements taken, or put, where indices say."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import segments
from texelflow.importers.tflite.operators import Step, lowers


@lowers("GATHER", inputs=2, options="GatherOptions")
def _gather(step: Step) -> None:
    rank, indices = len(step.raw(0).shape), _indices(step, 1)
    axis, count = step.axis(step.options["axis"], rank), step.options["batch_dims"]
    index_rank = len(step.raw(1).shape)
    count = count + index_rank if count < 0 else count
    if not 0 <= count <= min(axis, index_rank):
        raise step.fail(f"its batch has {count} axes, its indices {index_rank}, and it takes along {axis}")
    if not count:
        step.moved(step.add("Gather", "made", step.real(0), indices, axis=axis))
        return
    # The batch, then the axis: of each batch entries are taken; then what lay before the axis goes there.
    batch = list(range(count))
    before, behind = list(range(count, axis)), list(range(axis + 1, rank))
    first = step.add("Transpose", "axis_first", step.real(0), perm=[*batch, axis, *before, *behind])
    places = step.add("Unsqueeze", "places", indices, step.vector("last", [index_rank]))
    taken = step.add("GatherND", "taken", first, places, batch_dims=count)
    chosen = list(range(count, index_rank))
    moved = list(range(index_rank, index_rank + len(before)))
    rest = list(range(index_rank + len(before), index_rank + len(before) + len(behind)))
    step.moved(step.add("Transpose", "made", taken, perm=[*batch, *moved, *chosen, *rest]))


@lowers("GATHER_ND", inputs=2)
def _gather_nd(step: Step) -> None:
    step.moved(step.add("GatherND", "made", step.real(0), _indices(step, 1)))


@lowers("EMBEDDING_LOOKUP", inputs=2)
def _embedding(step: Step) -> None:
    """Rows of a table, which may be of few bits with a scale for each row."""
    step.finish(step.add("Gather", "made", step.real(1), _indices(step, 0), axis=0))


@lowers("SCATTER_ND", inputs=3)
def _scatter(step: Step) -> None:
    """Updates added up at their places, in zeros of the shape of the third input."""
    updates = step.real(1)
    shape = step.vector("shape", step.known_dimensions(2, "shape"))
    zeros = step.add("Expand", "zeros", step.scalar("zero", step.dtype(1), 0), shape)
    step.finish(step.add("ScatterND", "made", zeros, _indices(step, 0), updates, reduction="add"))


@lowers("SPARSE_TO_DENSE", inputs=4)
def _sparse_to_dense(step: Step) -> None:
    """Inputs: indices, the shape, values for them or one for all, and what is elsewhere."""
    shape = step.known_dimensions(1, "shape")
    indices, given = _indices(step, 0), step.raw(0).shape
    if len(given) < 2:
        count: Dimension = given[0] if given else 1
        indices = step.reshape("places", indices, [count, 1])
    else:
        count = given[0]
    filled = step.add(
        "Expand", "filled", step.reshape("number", step.real(3), []), step.vector("shape", shape)
    )
    values = step.real(2)
    if not step.raw(2).shape:
        values = step.add("Expand", "values", values, step.vector("count", [count]))
    step.finish(step.add("ScatterND", "made", filled, indices, values))


@lowers("ONE_HOT", inputs=4, options="OneHotOptions")
def _one_hot(step: Step) -> None:
    """Inputs: indices, how many there can be, the value at an index, and that elsewhere."""
    depth = step.vector("depth", step.known_dimensions(1, "depth")[:1])
    pair = [step.reshape(name, step.real(index), [1]) for name, index in (("off", 3), ("on", 2))]
    values = step.add("Concat", "values", *pair, axis=0)
    # An index below zero has no place here; ONNX would count it from the end.
    limit = step.add(
        "Where", "within", _is_negative(step, 0), step.index("none", 2**31 - 1), _indices(step, 0)
    )
    step.finish(step.add("OneHot", "made", limit, depth, values, axis=step.options["axis"]))


def _is_negative(step: Step, index: int) -> Value:
    return step.add("Less", "is_negative", step.raw(index), step.scalar("zero", step.raw(index).dtype, 0))


@lowers(
    "UNSORTED_SEGMENT_SUM", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_MIN", inputs=3
)
def _unsorted_segments(step: Step) -> None:
    """Rows of the first input are joined into the segments that the second says, as many as the third."""
    [count] = step.known_dimensions(2, "number of segments")[:1]
    how = step.operator.removeprefix("UNSORTED_SEGMENT_").capitalize()
    step.finish(segments(step, "made", step.real(0), step.raw(1), count, how))


@lowers("SEGMENT_SUM", inputs=2)
def _segment_sum(step: Step) -> None:
    ids = step.known_dimensions(1, "segments")
    count = ids[-1] + 1 if ids else 0
    step.finish(segments(step, "made", step.real(0), step.raw(1), count, "Sum"))


def _indices(step: Step, index: int) -> Value:
    return step.cast("indices", step.raw(index), "int64")
