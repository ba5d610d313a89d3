"""Elements chosen by their places, and put there."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators.shapes import normalize_axis

INDICES = frozenset({"int32", "int64"})


def _indices(steps: Lowering, index: int) -> Value:
    value = steps.input(index)
    return value if value.dtype in INDICES else steps.cast("indices", value, "int32")


@lowers("Gather", "ResourceGather", inputs=2)
def gather(steps: Lowering) -> None:
    """Slices along the first axis."""
    batch = steps.whole("batch_dims", 0)
    _gather(steps, batch, batch)


@lowers("GatherV2", inputs=3)
def gather_v2(steps: Lowering) -> None:
    """Slices along an axis; with `batch_dims`, of each entry of the batch its own."""
    [axis] = steps.known_integers(2, "axis")
    _gather(steps, axis, steps.whole("batch_dims", 0))


def _gather(steps: Lowering, axis: int, batch: int) -> None:
    x, indices = steps.input(0), _indices(steps, 1)
    rank, count = len(x.shape), len(steps.input(1).shape)
    axis = normalize_axis(steps.node, axis, rank)
    batch = batch + count if batch < 0 else batch
    if not batch:
        steps.add("Gather", steps.result, x, indices, axis=axis)
        return
    if not 0 < batch <= min(axis, count):
        raise steps.fail(f"its batch_dims are {batch}, its axis {axis}, its indices have {count} axes")
    # GatherND takes slices behind its indices: the axis comes right behind the batch, then goes back.
    order = [*range(batch), axis, *(other for other in range(batch, rank) if other != axis)]
    turned = x if order == list(range(rank)) else steps.add("Transpose", "turned", x, perm=order)
    wide = steps.as_int64("wide", indices)
    places = steps.add("Unsqueeze", "places", wide, steps.vector("last", [-1]))
    between, new = axis - batch, count - batch
    if not between:
        steps.add("GatherND", steps.result, turned, places, batch_dims=batch)
        return
    made = steps.add("GatherND", "gathered", turned, places, batch_dims=batch)
    # Now [batch, new axes, between, behind]; wanted is [batch, between, new axes, behind].
    total = batch + new + rank - batch - 1
    middle = [*range(batch + new, batch + new + between), *range(batch, batch + new)]
    steps.add(
        "Transpose", steps.result, made, perm=[*range(batch), *middle, *range(batch + new + between, total)]
    )


@lowers("GatherNd", "ResourceGatherNd", inputs=2)
def gather_nd(steps: Lowering) -> None:
    """Slices at places of several axes."""
    places = steps.as_int64("places", steps.input(1))
    steps.add("GatherND", steps.result, steps.input(0), places)


@lowers("ScatterNd", inputs=3)
def scatter_nd(steps: Lowering) -> None:
    """Slices at their places in zeros; of those at one place, the sum."""
    updates = steps.input(1)
    zero = steps.scalar("zero", updates.dtype, 0)
    zeros = steps.add("Expand", "zeros", zero, steps.as_int64("shape", steps.input(2)))
    places = steps.as_int64("places", steps.input(0))
    steps.add("ScatterND", steps.result, zeros, places, updates, reduction="add")


SCATTERS = {
    "TensorScatterUpdate": "none",
    "TensorScatterAdd": "add",
    "TensorScatterMax": "max",
    "TensorScatterMin": "min",
}


@lowers(*SCATTERS, inputs=3)
def tensor_scatter(steps: Lowering) -> None:
    """Slices of a tensor changed at some places."""
    places = steps.as_int64("places", steps.input(1))
    reduction = SCATTERS[steps.node.operator]
    steps.add("ScatterND", steps.result, steps.input(0), places, steps.input(2), reduction=reduction)


@lowers("TensorScatterSub", inputs=3)
def tensor_scatter_sub(steps: Lowering) -> None:
    """Slices subtracted from a tensor at some places."""
    places = steps.as_int64("places", steps.input(1))
    negative = steps.add("Neg", "negative", steps.input(2))
    steps.add("ScatterND", steps.result, steps.input(0), places, negative, reduction="add")


@lowers("Where")
def where(steps: Lowering) -> None:
    """The places of what is not zero, a row each, as int64."""
    x = steps.input(0)
    if not x.shape:
        raise steps.fail("its input has no axes; one at least is needed")
    steps.add("Transpose", steps.result, steps.add("NonZero", "places", x), perm=[1, 0])


@lowers("OneHot", inputs=4)
def one_hot(steps: Lowering) -> None:
    """Along a new axis the third input at the place that an index names, else the fourth."""
    indices, depth, on, off = steps.inputs()
    shape = steps.vector("one", [1])
    values = [steps.reshape("values", value, [1]) for value in (off, on)]
    pair = steps.add("Concat", "pair", *values, axis=0)
    count = steps.add("Reshape", "count", steps.as_int64("depth", depth), shape)
    # An index outside of the axis, also a negative one, names no place.
    outside = steps.add("Less", "is_negative", indices, steps.scalar("zero", indices.dtype, 0))
    far = steps.cast("far", steps.add("Squeeze", "depth_scalar", count), indices.dtype)
    places = steps.add("Where", "places", outside, far, indices)
    steps.add("OneHot", steps.result, places, count, pair, axis=steps.whole("axis", -1))


@lowers("TopKV2", "TopK", inputs=(1, 2), outputs=("values", "indices"))
def top_k(steps: Lowering) -> None:
    """The k largest numbers along the last axis, and their places."""
    if steps.count > 1:
        k = steps.reshape("k", steps.as_int64("wide", steps.input(1)), [1])
    else:
        k = steps.vector("k", [steps.whole("k", 0)])
    results: list[str | Value] = [steps.result, "places"]
    _, places = steps.add_all("TopK", results, steps.input(0), k, axis=-1, largest=1, sorted=1)
    if len(steps.node.outputs) > 1:
        steps.cast(steps.node.outputs[1], places, steps.dtype_attribute("index_type", "int32"))


@lowers("Unique", "UniqueV2", "UniqueWithCounts", inputs=(1, 2), outputs=("y", "idx", "count"))
def unique(steps: Lowering) -> None:
    """The numbers of a list, each once, in the order in which they come; where each has gone; how often."""
    x = steps.input(0)
    if len(x.shape) != 1:
        raise steps.fail(f"its input is {x.type}; a list is needed")
    parts: list[str | Value] = [steps.result, "firsts", "inverse"]
    *_, inverse, counts = steps.add_all("Unique", [*parts, "counts"], x, sorted=0)
    for output, value in zip(steps.node.outputs[1:], (inverse, counts), strict=False):
        steps.cast(output, value, steps.dtype_attribute("out_idx", "int32"))


@lowers("SparseToDense", inputs=4)
def sparse_to_dense(steps: Lowering) -> None:
    """Numbers at their places, a default everywhere else."""
    places, values = steps.as_int64("places", steps.input(0)), steps.input(2)
    shape = steps.as_int64("shape", steps.input(1))
    rank = len(steps.input(0).shape)
    if rank < 2:
        places = steps.reshape("rows", places, [-1 if rank else 1, 1])
    if not values.shape:
        count = steps.input(0).shape[0] if rank else 1
        values = steps.add("Expand", "each", values, steps.vector("count", [count]))
    everywhere = steps.add("Expand", "everywhere", steps.input(3), shape)
    steps.add("ScatterND", steps.result, everywhere, places, values)


@lowers("Bucketize")
def bucketize(steps: Lowering) -> None:
    """How many of the `boundaries` are at most each number, int32."""
    x = steps.input(0)
    boundaries = steps.attribute("boundaries", [])
    if not boundaries or not isinstance(boundaries, list) or not all(map(is_finite, boundaries)):
        raise steps.fail(f"its boundaries are {str(boundaries)[:80]}; numbers are needed")
    floats = x if x.dtype == "float32" else steps.cast("floats", x, "float32")
    wide = steps.add("Unsqueeze", "wide", floats, steps.vector("last", [-1]))
    edges = steps.constant("boundaries", "float32", [len(boundaries)], boundaries)
    passed = steps.cast("passed", steps.add("GreaterOrEqual", "is_passed", wide, edges), "int32")
    steps.add("ReduceSum", steps.result, passed, steps.vector("axis", [-1]), keepdims=0)
