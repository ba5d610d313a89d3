"""Parts of tensors, and tensors with borders."""

from __future__ import annotations

from texelflow.dimensions import Dimension, less, select
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import (
    SliceMasks,
    batch_to_space,
    depth_to_space,
    mirror_pad,
    pad,
    space_to_batch,
    space_to_depth,
    strided_slice,
)
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.operators.onnx.slice import UNLIMITED
from texelflow.operators.shapes import normalize_axes, normalize_axis

MASKS = ("begin", "end", "ellipsis", "new_axis", "shrink_axis")


@lowers("StridedSlice", inputs=4)
def sliced(steps: Lowering) -> None:
    """What Python's brackets take."""
    begin, end, strides = (
        steps.known_dimensions(index, name) for index, name in ((1, "begin"), (2, "end"), (3, "strides"))
    )
    masks = SliceMasks(**{name: steps.whole(f"{name}_mask", 0) for name in MASKS})
    x = steps.input(0)
    strided_slice(steps, steps.result, x, len(x.shape), begin, end, strides, masks)


@lowers("Slice", inputs=3)
def slice_(steps: Lowering) -> None:
    """As many elements as the third input says, from the second on; -1 is all that follow."""
    x = steps.input(0)
    begin, sizes = (steps.known_dimensions(index, name) for index, name in ((1, "begin"), (2, "size")))
    if not len(begin) == len(sizes) == len(x.shape):
        raise steps.fail(f"it has {len(begin)} begins and {len(sizes)} sizes for {len(x.shape)} axes")
    ends: list[Dimension] = []
    for first, extent, whole in zip(begin, sizes, x.shape, strict=True):
        if isinstance(extent, int):
            ends.append(UNLIMITED if extent == -1 else first + extent)
        else:  # it may be -1, too
            ends.append(select(less(extent, 0), whole, first + extent))
    axes: list[Dimension] = list(range(len(begin)))
    bounds = (("begin", begin), ("end", ends), ("axes", axes))
    steps.add("Slice", steps.result, x, *(steps.vector(name, numbers) for name, numbers in bounds))


def borders_of(steps: Lowering, index: int) -> list[tuple[Dimension, Dimension]]:
    """Return an input as what is before and behind each axis; raise NodeError if it is not known."""
    kind = steps.input(index).known_type
    numbers = steps.known_dimensions(index, "borders")
    if len(kind.shape) != 2 or len(numbers) % 2:
        raise steps.fail(f"its borders are {kind}; two for each axis are needed")
    return list(zip(numbers[::2], numbers[1::2], strict=True))


@lowers("Pad", "PadV2", inputs=(2, 3))
def padded(steps: Lowering) -> None:
    """Borders of a number, or of zeros."""
    borders = borders_of(steps, 1)
    _require_axes(steps, borders)
    fill = steps.input(2) if steps.count > 2 else None
    pad(steps, steps.result, steps.input(0), borders, fill)


@lowers("MirrorPad", inputs=2)
def mirrored(steps: Lowering) -> None:
    """Borders that mirror what is inside, with the outermost elements (SYMMETRIC) or without (REFLECT)."""
    mode = str(steps.attribute("mode", "REFLECT")).upper()
    if mode not in ("REFLECT", "SYMMETRIC"):
        raise steps.fail(f"its mode is {mode}; REFLECT or SYMMETRIC is expected")
    borders = borders_of(steps, 1)
    _require_axes(steps, borders)
    mirror_pad(steps, steps.result, steps.input(0), borders, mode == "SYMMETRIC")


def _require_axes(steps: Lowering, borders: list[tuple[Dimension, Dimension]]) -> None:
    if len(borders) != len(steps.input(0).shape):
        raise steps.fail(f"it has borders of {len(borders)} axes, its input {len(steps.input(0).shape)}")


@lowers("SpaceToBatchND", inputs=3)
def space_to_batch_nd(steps: Lowering) -> None:
    """Blocks of an image as entries of the batch."""
    block, borders = steps.known_integers(1, "block"), borders_of(steps, 2)
    space_to_batch(steps, steps.result, steps.input(0), block, borders)


@lowers("BatchToSpaceND", inputs=3)
def batch_to_space_nd(steps: Lowering) -> None:
    """Entries of the batch as blocks of an image."""
    block, crops = steps.known_integers(1, "block"), borders_of(steps, 2)
    batch_to_space(steps, steps.result, steps.input(0), block, crops)


@lowers("SpaceToBatch", inputs=2)
def space_to_batch_2d(steps: Lowering) -> None:
    """Square blocks of an image as entries of the batch."""
    block = steps.whole("block_size", 0)
    space_to_batch(steps, steps.result, steps.input(0), [block] * 2, borders_of(steps, 1))


@lowers("BatchToSpace", inputs=2)
def batch_to_space_2d(steps: Lowering) -> None:
    """Entries of the batch as square blocks of an image."""
    block = steps.whole("block_size", 0)
    batch_to_space(steps, steps.result, steps.input(0), [block] * 2, borders_of(steps, 1))


@lowers("DepthToSpace", "SpaceToDepth")
def blocks(steps: Lowering) -> None:
    """Channels as blocks of an image, or back."""
    block = steps.whole("block_size", 0)
    layout = str(steps.attribute("data_format", "NHWC"))
    x, is_deep = steps.input(0), steps.node.operator == "DepthToSpace"
    if layout == "NCHW":
        attributes = {"blocksize": block, **({"mode": "DCR"} if is_deep else {})}
        steps.add(steps.node.operator, steps.result, x, **attributes)
    elif layout == "NHWC":
        (depth_to_space if is_deep else space_to_depth)(steps, steps.result, x, block)
    else:
        raise steps.fail(f"its data_format is {layout}; NHWC or NCHW is expected")


@lowers("ReverseV2", "Reverse", inputs=2)
def reverse(steps: Lowering) -> None:
    """Axes in the opposite order."""
    x = steps.input(0)
    if steps.node.operator == "Reverse":
        flags = steps.node.known(1, "axes")
        axes = [axis for axis, flag in enumerate(flags) if flag]
    else:
        axes = normalize_axes(steps.node, steps.known_integers(1, "axes"), len(x.shape))
    if not axes:
        steps.add("Identity", steps.result, x)
        return
    count = len(axes)
    bounds = [
        ("first", [UNLIMITED] * count),
        ("end", [-UNLIMITED] * count),
        ("axes", axes),
        ("by", [-1] * count),
    ]
    steps.add("Slice", steps.result, x, *(steps.vector(name, list(numbers)) for name, numbers in bounds))


@lowers("ReverseSequence", inputs=2)
def reverse_sequence(steps: Lowering) -> None:
    """The first entries of each sequence in the opposite order."""
    x = steps.input(0)
    time, batch = (
        normalize_axis(steps.node, steps.whole(name, 0), len(x.shape)) for name in ("seq_dim", "batch_dim")
    )
    if time == batch:
        raise steps.fail(f"its seq_dim and batch_dim are both {time}")
    order = [batch, time, *(axis for axis in range(len(x.shape)) if axis not in (batch, time))]
    turned = steps.add("Transpose", "turned", x, perm=order)
    lengths = steps.as_int64("lengths", steps.input(1))
    made = steps.add("ReverseSequence", "reversed", turned, lengths, batch_axis=0, time_axis=1)
    steps.add("Transpose", steps.result, made, perm=[order.index(axis) for axis in range(len(order))])


@lowers("Roll", inputs=3)
def roll(steps: Lowering) -> None:
    """Elements moved along axes, those that fall out coming in again."""
    x = steps.input(0)
    shifts, axes = steps.known_integers(1, "shifts"), steps.known_integers(2, "axes")
    if len(shifts) != len(axes):
        raise steps.fail(f"it has {len(shifts)} shifts for {len(axes)} axes")
    value = x
    for shift, axis in zip(shifts, axes, strict=True):
        value = _rolled(steps, value, shift, normalize_axis(steps.node, axis, len(x.shape)), x)
    steps.add("Identity", steps.result, value)


def _rolled(steps: Lowering, value: Value, shift: int, axis: int, x: Value) -> Value:
    extent = x.shape[axis]
    if isinstance(extent, int):
        shift = shift % extent if extent else 0
    if not shift:
        return value
    # The last `shift` elements come first (for a negative one, all but the first of them).
    back = steps.slice("back", value, axis, -shift, UNLIMITED)
    front = steps.slice("front", value, axis, 0, -shift)
    return steps.add("Concat", "rolled", back, front, axis=axis)


@lowers("MatrixBandPart", inputs=3)
def band_part(steps: Lowering) -> None:
    """Of matrices what is at most so far below and above the diagonal; negative numbers keep all."""
    x = steps.input(0)
    if x.dtype == "bool":
        raise steps.fail("its matrices are bool, which is not supported")
    [lower], [upper] = steps.known_integers(1, "lower bound"), steps.known_integers(2, "upper bound")
    value = x
    if lower >= 0:
        value = steps.add("Trilu", "above", value, steps.index("lower", -lower), upper=1)
    if upper >= 0:
        value = steps.add("Trilu", "below", value, steps.index("upper", upper), upper=0)
    steps.add("Identity", steps.result, value)
