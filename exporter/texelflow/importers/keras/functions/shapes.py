"""Functions that move elements, join and cut tensors, or give them other types."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes, is_dtype
from texelflow.importers.lowering.channels_last import SliceMasks, segments, strided_slice
from texelflow.operators.shapes import normalize_axis

MOST_RESULTS = 1024


@computes("Cast", "SaturateCast", "ConvertToTensor", "Array", "StopGradient", "Copy")
def cast(steps: Function) -> None:
    """Another element type, or the same tensor."""
    dtype = steps.given(1, "dtype")
    if dtype is None or steps.function in ("StopGradient", "Copy"):
        steps.add("Identity", steps.result, steps.x)
        return
    if not is_dtype(dtype) or steps.function == "SaturateCast":
        raise steps.fail(f"its element type {str(dtype)[:80]!r} is not supported")
    steps.cast(steps.result, steps.x, dtype)


@computes("Reshape", "Ravel")
def reshape(steps: Function) -> None:
    """Another shape, of which one extent may be -1."""
    shape = [-1] if steps.function == "Ravel" else steps.wholes_given(1, "newshape")
    steps.add("Reshape", steps.result, steps.x, steps.vector("shape", list(shape)), allowzero=1)


@computes("Transpose")
def transpose(steps: Function) -> None:
    """The axes in another order: the opposite one where none is given."""
    given = steps.given(1, "axes")
    order = list(range(steps.rank))[::-1] if given is None else steps.axes_given(1, "axes")
    steps.add("Transpose", steps.result, steps.x, perm=order)


@computes("Swapaxes", "Moveaxis")
def move(steps: Function) -> None:
    """Axes changed with each other, or moved."""
    names = ("axis1", "axis2") if steps.function == "Swapaxes" else ("source", "destination")
    sources, targets = (steps.axes_given(index + 1, name) for index, name in enumerate(names))
    if len(sources) != len(targets):
        raise steps.fail(f"it moves {sources} to {targets}")
    if steps.function == "Swapaxes":
        order = list(range(steps.rank))
        [one], [other] = sources[:1], targets[:1]
        order[one], order[other] = other, one
    else:
        order = [axis for axis in range(steps.rank) if axis not in sources]
        for target, source in sorted(zip(targets, sources, strict=True)):
            order.insert(target, source)
    steps.add("Transpose", steps.result, steps.x, perm=order)


@computes("ExpandDims", "Squeeze")
def axes_of_one(steps: Function) -> None:
    """Axes of extent 1 more, or less."""
    given = steps.given(1, "axis")
    if steps.function == "ExpandDims":
        count = len(given) if isinstance(given, list) else 1
        axes = steps.axes_given(1, rank=steps.rank + count)
        steps.add("Unsqueeze", steps.result, steps.x, steps.vector("axes", list(axes)))
        return
    axes = (
        [axis for axis in range(steps.rank) if proved_equal(steps.x.shape[axis], 1)]
        if given is None
        else steps.axes_given(1)
    )
    steps.add("Squeeze", steps.result, steps.x, steps.vector("axes", list(axes)))


@computes("Concatenate", "Stack", "Hstack", "Vstack")
def join(steps: Function) -> None:
    """Tensors one behind the other, or along a new axis."""
    given = steps.given(0, "xs")
    if not isinstance(given, list) or not given:
        raise steps.fail("a list of tensors is needed")
    values = steps.together(given)
    rank = steps.rank
    axis = steps.given(1, "axis", 0)
    if steps.function in ("Hstack", "Vstack"):
        if rank < 2:
            raise steps.fail("tensors of two axes or more are needed")
        axis = 1 if steps.function == "Hstack" else 0
    if not isinstance(axis, int):
        raise steps.fail(f"its axis is {str(axis)[:80]}; a whole number is needed")
    if steps.function == "Stack":
        axis = normalize_axis(steps.node, axis, rank + 1)
        values = [steps.add("Unsqueeze", "layer", value, steps.vector("new", [axis])) for value in values]
    else:
        axis = normalize_axis(steps.node, axis, rank)
    steps.add("Concat", steps.result, *values, axis=axis)


def _as_many(_config: Mapping[str, Any], _arguments: Mapping[str, Any]) -> int:
    return MOST_RESULTS


@computes("Split", "Unstack", results=_as_many)
def split(steps: Function) -> None:
    """A tensor in equal parts, or cut before some places, or without an axis."""
    axis = steps.given(2, "axis", 0)
    if not isinstance(axis, int):
        raise steps.fail(f"its axis is {str(axis)[:80]}; a whole number is needed")
    axis = normalize_axis(steps.node, axis, steps.rank)
    extent = steps.x.shape[axis]
    places = steps.given(1, "indices_or_sections") if steps.function == "Split" else extent
    if not isinstance(extent, int):
        raise steps.fail(f"the extent {extent} along its axis is not known")
    if isinstance(places, int):
        if places < 1 or extent % places:
            raise steps.fail(f"an extent of {extent} does not go into {places} parts")
        cuts = [extent // places * number for number in range(places + 1)]
    else:
        inner = [
            place + extent if place < 0 else place for place in steps.wholes_given(1, "indices_or_sections")
        ]
        cuts = [0, *inner, extent]
    sizes = [end - begin for begin, end in pairwise(cuts)]
    if len(sizes) > MOST_RESULTS or len(sizes) < len(steps.results) or min(sizes) < 0:
        raise steps.fail(f"it gives parts of {sizes[:20]}")
    is_split = steps.function == "Split"
    results: list[str | Value] = [*steps.results] if is_split else ["part" for _ in steps.results]
    results += [f"rest_{index}" for index in range(len(sizes) - len(results))]
    made = steps.add_all("Split", results, steps.x, steps.vector("sizes", list(sizes)), axis=axis)
    if not is_split:
        for result, part in zip(steps.results, made, strict=False):
            steps.add("Squeeze", result, part, steps.vector("axis", [axis]))


@computes("GetItem")
def get_item(steps: Function) -> None:
    """What x[key] is: places, ranges, new axes and an ellipsis."""
    key = steps.given(1, "key")
    entries = key if isinstance(key, list) else [key]
    begin: list[Dimension] = []
    end: list[Dimension] = []
    strides: list[Dimension] = []
    bits = {"begin": 0, "end": 0, "ellipsis": 0, "new_axis": 0, "shrink_axis": 0}
    for index, entry in enumerate(entries):
        first, last, stride = 0, 0, 1
        if entry is None:
            bits["new_axis"] |= 1 << index
        elif isinstance(entry, int) and not isinstance(entry, bool):
            first = entry
            bits["shrink_axis"] |= 1 << index
        elif isinstance(entry, Mapping) and entry.get("class_name") == "__ellipsis__":
            bits["ellipsis"] |= 1 << index
        elif isinstance(entry, Mapping) and entry.get("class_name") == "__slice__":
            bounds = entry.get("config")
            if not isinstance(bounds, Mapping):
                raise steps.fail("a range in it has no bounds")
            numbers = [bounds.get(name) for name in ("start", "stop", "step")]
            if not all(number is None or type(number) is int for number in numbers):
                raise steps.fail("a range in it has bounds that are no whole numbers, which is not supported")
            bits["begin"] |= (numbers[0] is None) << index
            bits["end"] |= (numbers[1] is None) << index
            first, last, stride = numbers[0] or 0, numbers[1] or 0, 1 if numbers[2] is None else numbers[2]
        else:
            raise steps.fail(f"its key has {str(entry)[:80]}; places and ranges are supported")
        begin.append(first)
        end.append(last)
        strides.append(stride)
    strided_slice(steps, steps.result, steps.x, steps.rank, begin, end, strides, SliceMasks(**bits))


@computes("BroadcastTo")
def broadcast(steps: Function) -> None:
    """A tensor repeated to a shape."""
    shape = steps.wholes_given(1, "shape")
    steps.add("Expand", steps.result, steps.x, steps.vector("shape", list(shape)))


@computes("Tile")
def tile(steps: Function) -> None:
    """Repeats a tensor along each axis; missing axes are added in front."""
    counts = steps.wholes_given(1, "repeats")
    x = steps.x
    missing = len(counts) - steps.rank
    if missing > 0:
        x = steps.add("Unsqueeze", "wide", x, steps.vector("front", list(range(missing))))
    counts = [1] * -missing + counts if missing < 0 else counts
    if min(counts, default=1) < 0:
        raise steps.fail(f"its repeats are {counts}")
    steps.add("Tile", steps.result, x, steps.vector("counts", list(counts)))


@computes("Repeat")
def repeat(steps: Function) -> None:
    """Repeats each element along an axis."""
    counts, axis = steps.wholes_given(1, "repeats"), steps.given(2, "axis")
    if len(counts) != 1 or counts[0] < 1 or not isinstance(axis, int):
        raise steps.fail("one count and one axis are supported")
    axis = normalize_axis(steps.node, axis, steps.rank)
    shape = list(steps.x.shape)
    apart = steps.add("Unsqueeze", "apart", steps.x, steps.vector("new", [axis + 1]))
    wide = steps.vector("wide", [*shape[: axis + 1], counts[0], *shape[axis + 1 :]])
    copies = steps.add("Expand", "copies", apart, wide)
    steps.reshape(steps.result, copies, [*shape[:axis], shape[axis] * counts[0], *shape[axis + 1 :]])


@computes("Flip")
def flip(steps: Function) -> None:
    """Axes in the opposite order."""
    axes: list[Dimension] = list(steps.axes_given(1))
    count = len(axes)
    bounds = (("first", [-1] * count), ("end", [-(2**31)] * count), ("axes", axes), ("by", [-1] * count))
    steps.add("Slice", steps.result, steps.x, *(steps.vector(name, list(each)) for name, each in bounds))


@computes("ZerosLike", "OnesLike", "FullLike")
def like(steps: Function) -> None:
    """A tensor of the shape of x, all of one number."""
    number = {"ZerosLike": 0, "OnesLike": 1}.get(steps.function, steps.given(1, "fill_value"))
    dtype = steps.setting("dtype", steps.x.dtype)
    if not is_dtype(dtype) or not isinstance(number, bool | int | float):
        raise steps.fail(f"it is filled with {str(number)[:80]} as {str(dtype)[:80]}, which is not supported")
    fill = steps.scalar("fill", dtype, bool(number) if dtype == "bool" else number)
    steps.add("Expand", steps.result, fill, steps.add("Shape", "shape", steps.x))


@computes("Pad")
def pad(steps: Function) -> None:
    """Borders of a number, of the edge, or of what is mirrored there."""
    width, mode = steps.given(1, "pad_width"), steps.given(2, "mode", "constant")
    pairs = width if isinstance(width, list) else [width]
    if len(pairs) == 2 and all(isinstance(size, int) for size in pairs):
        pairs = [pairs]
    pairs = [[pair, pair] if isinstance(pair, int) else pair for pair in pairs]
    pairs = pairs * steps.rank if len(pairs) == 1 else pairs
    sizes = [size for pair in pairs if isinstance(pair, list) for size in pair]
    known = mode in ("constant", "reflect", "edge")
    if not known or len(sizes) != 2 * steps.rank or not all(type(n) is int and n >= 0 for n in sizes):
        raise steps.fail(f"its mode is {str(mode)[:80]!r}, its pad_width {str(width)[:80]}")
    borders = steps.vector("borders", [*sizes[::2], *sizes[1::2]])
    number = steps.given(1 if steps.argument("named", {}) else 3, "constant_values")
    fill = steps.together([steps.x, 0 if number is None else number])[1] if mode == "constant" else None
    steps.add("Pad", steps.result, steps.x, borders, fill, mode=mode)


@computes("Take", "TakeAlongAxis")
def take(steps: Function) -> None:
    """What lies at places along an axis."""
    axis, places = steps.given(2, "axis"), steps.given(1, "indices")
    if not isinstance(axis, int):
        raise steps.fail("its axis is None, which is not supported: make the tensor flat first")
    axis = normalize_axis(steps.node, axis, steps.rank)
    [indices] = steps.together([places])
    operator = "Gather" if steps.function == "Take" else "GatherElements"
    steps.add(operator, steps.result, steps.x, indices, axis=axis)


@computes("OneHot")
def one_hot(steps: Function) -> None:
    """1 at the place that a number names along a new axis, else 0."""
    count, axis = steps.given(1, "num_classes"), steps.given(2, "axis", -1)
    dtype = steps.setting("dtype", "float32")
    if type(count) is not int or type(axis) is not int or not is_dtype(dtype) or steps.setting("sparse"):
        raise steps.fail(
            f"it has {str(count)[:80]} classes along axis {str(axis)[:80]}, of {str(dtype)[:80]}"
        )
    places = normalize_axis(steps.node, axis, steps.rank + 1)
    classes = steps.places("classes", count)
    shape = [1] * (steps.rank + 1)
    shape[places] = count
    upright = steps.reshape("upright", classes, list(shape))
    x = steps.add("Unsqueeze", "wide", steps.cast("whole", steps.x, "int64"), steps.vector("new", [places]))
    steps.cast(steps.result, steps.add("Equal", "is_class", x, upright), dtype)


@computes("Slice")
def cut(steps: Function) -> None:
    """A part of a tensor: where it begins, and its shape."""
    begins, shape = steps.wholes_given(1, "start_indices"), steps.wholes_given(2, "shape")
    if len(begins) != steps.rank or len(shape) != steps.rank or min([*begins, *shape], default=0) < 0:
        raise steps.fail(f"it begins at {begins}, its shape is {shape}; {steps.rank} numbers each are needed")
    ends = [begin + size for begin, size in zip(begins, shape, strict=True)]
    bounds = (("begins", begins), ("ends", ends))
    steps.add("Slice", steps.result, steps.x, *(steps.vector(name, list(each)) for name, each in bounds))


@computes("ScatterUpdate")
def scatter(steps: Function) -> None:
    """A tensor with other numbers at some places."""
    x, updates = steps.together([steps.given(0, "inputs"), steps.given(2, "updates")])
    [places] = steps.together([steps.given(1, "indices")])
    reductions = {None: "none", "add": "add", "max": "max", "min": "min", "mul": "mul"}
    how = steps.setting("reduction")
    if how not in reductions:
        raise steps.fail(f"its reduction is {str(how)[:80]!r}, which is not supported")
    wide = steps.cast("places", places, "int64")
    steps.add("ScatterND", steps.result, x, wide, updates, reduction=reductions[how])


@computes("SegmentSum", "SegmentMax")
def joined(steps: Function) -> None:
    """The sum, or the largest numbers, of the rows of each segment."""
    count = steps.setting("num_segments")
    [numbers] = steps.together([steps.given(1, "segment_ids")])
    if type(count) is not int or not 0 <= count < 2**31:
        raise steps.fail("its num_segments is not given, which is needed")
    how = steps.function.removeprefix("Segment")
    segments(steps, steps.result, steps.x, numbers, count, how)


@computes("Diff")
def differences(steps: Function) -> None:
    """What lies between neighbours along an axis."""
    axis = steps.given(2, "axis", -1)
    if steps.setting("n", 1) != 1 or not isinstance(axis, int):
        raise steps.fail("differences of differences are not supported")
    axis = normalize_axis(steps.node, axis, steps.rank)
    extent = steps.x.shape[axis]
    later = steps.slice("later", steps.x, axis, 1, extent)
    steps.add("Sub", steps.result, later, steps.slice("sooner", steps.x, axis, 0, extent - 1))
