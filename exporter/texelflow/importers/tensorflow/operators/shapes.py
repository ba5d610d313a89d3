"""Shapes: what they are, and giving tensors others."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators import MANY
from texelflow.operators.shapes import normalize_axes, normalize_axis


def _index_dtype(steps: Lowering) -> str:
    return steps.dtype_attribute("out_type", "int32")


@lowers("Shape")
def shape(steps: Lowering) -> None:
    """The extents, int32 unless `out_type` says otherwise."""
    steps.cast(steps.result, steps.add("Shape", "extents", steps.input(0)), _index_dtype(steps))


@lowers("ShapeN", inputs=(1, MANY))
def shape_n(steps: Lowering) -> None:
    """The extents of each input."""
    for result, x in zip(steps.node.outputs, steps.inputs(), strict=False):
        steps.cast(result, steps.add("Shape", "extents", x), _index_dtype(steps))


@lowers("Size")
def size(steps: Lowering) -> None:
    """The number of elements."""
    steps.cast(steps.result, steps.add("Size", "count", steps.input(0)), _index_dtype(steps))


@lowers("Rank")
def rank(steps: Lowering) -> None:
    """The number of axes."""
    count = steps.scalar("count", "int32", len(steps.input(0).shape))
    steps.add("Identity", steps.result, count)


@lowers("Reshape", inputs=2)
def reshape(steps: Lowering) -> None:
    """Another shape; -1 is what is left, and 0 an extent of 0."""
    target = steps.as_int64("target", steps.input(1))
    steps.add("Reshape", steps.result, steps.input(0), target, allowzero=int(_may_have_zeros(steps)))


def _may_have_zeros(steps: Lowering) -> bool:
    """Whether 0 must mean 0, which ONNX does not allow beside -1."""
    elements = steps.input(1).elements
    return elements is None or -1 not in elements


@lowers("ExpandDims", inputs=2)
def expand_dims(steps: Lowering) -> None:
    """An axis more, of extent 1."""
    axes = steps.known_integers(1, "axis")
    if len(axes) != 1:
        raise steps.fail(f"it has {len(axes)} axes; one is needed")
    axis = normalize_axis(steps.node, axes[0], len(steps.input(0).shape) + 1)
    steps.add("Unsqueeze", steps.result, steps.input(0), steps.vector("axis", [axis]))


@lowers("Squeeze")
def squeeze(steps: Lowering) -> None:
    """Fewer axes: those listed, or all of extent 1."""
    axes = steps.wholes("squeeze_dims") or steps.wholes("axis")
    listed = (
        [steps.vector("axes", normalize_axes(steps.node, axes, len(steps.input(0).shape)))] if axes else []
    )
    steps.add("Squeeze", steps.result, steps.input(0), *listed)


@lowers("Fill", inputs=2)
def fill(steps: Lowering) -> None:
    """One number everywhere."""
    steps.add("Expand", steps.result, steps.input(1), steps.as_int64("shape", steps.input(0)))


@lowers("BroadcastTo", inputs=2)
def broadcast_to(steps: Lowering) -> None:
    """As many copies as the shape asks for."""
    steps.add("Expand", steps.result, steps.input(0), steps.as_int64("shape", steps.input(1)))


@lowers("ZerosLike", "OnesLike")
def like(steps: Lowering) -> None:
    """Zeros or ones of the shape of the input."""
    x = steps.input(0)
    number = steps.scalar("number", x.dtype, int(steps.node.operator == "OnesLike"))
    steps.add("Expand", steps.result, number, steps.vector("shape", x.shape))


@lowers("Range", inputs=3)
def number_range(steps: Lowering) -> None:
    """Numbers from the first input to before the second, as far apart as the third."""
    steps.add("Range", steps.result, *steps.inputs())


@lowers("LinSpace", inputs=3)
def lin_space(steps: Lowering) -> None:
    """So many numbers from the first input to the second."""
    first, last = steps.input(0), steps.input(1)
    [count] = steps.known_dimensions(2, "count")
    if isinstance(count, int) and count == 1:
        steps.add("Unsqueeze", steps.result, first, steps.vector("axis", [0]))
        return
    places = steps.cast("places_as_float", steps.places("places", count), first.dtype)
    gaps = steps.cast("gaps", steps.index("count", count - 1), first.dtype)
    gap = steps.add("Div", "gap", steps.add("Sub", "length", last, first), gaps)
    steps.add("Add", steps.result, first, steps.add("Mul", "steps", places, gap))


@lowers("Tile", inputs=2)
def tile(steps: Lowering) -> None:
    """Copies along each axis."""
    steps.add("Tile", steps.result, steps.input(0), steps.as_int64("counts", steps.input(1)))


@lowers("Transpose", inputs=2)
def transpose(steps: Lowering) -> None:
    """The axes in another order."""
    steps.add("Transpose", steps.result, steps.input(0), perm=steps.known_integers(1, "order"))


@lowers("InvertPermutation")
def invert_permutation(steps: Lowering) -> None:
    """Where each place has gone."""
    order = steps.known_integers(0, "order")
    if sorted(order) != list(range(len(order))):
        raise steps.fail(f"{order} is no order of axes")
    inverse = [order.index(place) for place in range(len(order))]
    value = steps.constant("inverse", steps.input(0).dtype, [len(order)], inverse)
    steps.add("Identity", steps.result, value)


@lowers("BroadcastArgs", inputs=2)
def broadcast_args(steps: Lowering) -> None:
    """The shape to which two shapes broadcast."""
    from texelflow.operators.shapes import broadcast

    shapes = [tuple(steps.known_dimensions(index, "shape")) for index in (0, 1)]
    common = broadcast(steps.node, shapes)
    steps.cast(steps.result, steps.vector("shape", common), steps.input(0).dtype)


@lowers("Pack", inputs=(1, MANY))
def pack(steps: Lowering) -> None:
    """Inputs beside each other along a new axis."""
    inputs = steps.inputs()
    axis = normalize_axis(steps.node, steps.whole("axis", 0), len(inputs[0].shape) + 1)
    where = steps.vector("axis", [axis])
    parts = [steps.add("Unsqueeze", "part", value, where) for value in inputs]
    steps.add("Concat", steps.result, *parts, axis=axis)


@lowers("Unpack")
def unpack(steps: Lowering) -> None:
    """Slices along an axis, which goes."""
    x = steps.input(0)
    axis = normalize_axis(steps.node, steps.whole("axis", 0), len(x.shape))
    count = steps.whole("num", len(steps.node.outputs))
    _split(steps, x, axis, [1] * count, squeezes=True)


@lowers("ConcatV2", inputs=(2, MANY))
def concat(steps: Lowering) -> None:
    """Inputs one behind the other along an axis, the last input."""
    *values, _ = steps.inputs()
    [axis] = steps.known_integers(steps.count - 1, "axis")
    steps.add("Concat", steps.result, *values, axis=axis)


@lowers("Concat", inputs=(2, MANY))
def concat_first(steps: Lowering) -> None:
    """Inputs one behind the other along an axis, the first input."""
    _, *values = steps.inputs()
    [axis] = steps.known_integers(0, "axis")
    steps.add("Concat", steps.result, *values, axis=axis)


@lowers("ConcatOffset", inputs=(2, MANY))
def concat_offset(steps: Lowering) -> None:
    """Where each shape begins in the concatenation of all."""
    [axis] = steps.known_integers(0, "axis")
    offset: Dimension = 0
    for index, result in enumerate(steps.node.outputs, 1):
        extents = steps.known_dimensions(index, "shape")
        place = normalize_axis(steps.node, axis, len(extents))
        begins: list[Dimension] = [0] * len(extents)
        begins[place] = offset
        steps.cast(result, steps.vector("begins", begins), steps.input(index).dtype)
        offset = offset + extents[place]


@lowers("Split", inputs=2)
def split(steps: Lowering) -> None:
    """Parts of the same extent; the axis is the first input."""
    x = steps.input(1)
    [axis] = steps.known_integers(0, "axis")
    axis = normalize_axis(steps.node, axis, len(x.shape))
    count = steps.whole("num_split", len(steps.node.outputs))
    extent = x.shape[axis]
    if count < 1 or (isinstance(extent, int) and extent % count):
        raise steps.fail(f"axis {axis} of its input, {extent} long, cannot be split into {count} equal parts")
    _split(steps, x, axis, [extent // count] * count)


@lowers("SplitV", inputs=3)
def split_v(steps: Lowering) -> None:
    """Parts of extents that are listed; -1 is what is left."""
    x = steps.input(0)
    sizes = steps.known_dimensions(1, "extents")
    [axis] = steps.known_integers(2, "axis")
    axis = normalize_axis(steps.node, axis, len(x.shape))
    open_ = [index for index, extent in enumerate(sizes) if isinstance(extent, int) and extent == -1]
    if len(open_) > 1:
        raise steps.fail(f"several of its extents {sizes} are -1")
    for index in open_:
        rest = x.shape[axis]
        for other, extent in enumerate(sizes):
            if other != index:
                rest = rest - extent
        sizes[index] = rest
    _split(steps, x, axis, sizes)


def _split(
    steps: Lowering, x: Value, axis: int, sizes: list[Dimension] | list[int], squeezes: bool = False
) -> None:
    results = steps.node.outputs
    if len(results) > len(sizes):
        raise steps.fail(f"its output {len(results) - 1} is read; it has {len(sizes)}")
    if len(sizes) > MOST_PARTS:
        raise steps.fail(f"it has {len(sizes)} outputs; {MOST_PARTS} are supported")
    if len(sizes) == 1 and not squeezes:
        steps.add("Identity", steps.result, x)
        return
    parts: list[str | Value] = [*results, *(f"part_{index}" for index in range(len(results), len(sizes)))]
    if squeezes:
        parts = [f"part_{index}" for index in range(len(sizes))]
    made = steps.add_all("Split", parts, x, steps.vector("extents", list(sizes)), axis=axis)
    if squeezes:
        where = steps.vector("axis", [axis])
        for result, part in zip(results, made, strict=False):
            steps.add("Squeeze", result, part, where)


MOST_PARTS = 4096
