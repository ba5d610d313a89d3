"""The same elements in another shape or order."""

from __future__ import annotations

from texelflow.dimensions import Dimension, product, proved_equal
from texelflow.graph import Value
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.shapes import normalize_axes


@lowers("view", "reshape", "_unsafe_view", "_reshape_alias", "view_copy", "reshape_copy")
def view(step: Step) -> None:
    """Another shape; -1 is what is left."""
    name = "shape" if step.base.startswith("reshape") else "size"
    step.reshape(step.result, step.x, step.dimensions(name))


@lowers("view_as", "reshape_as")
def view_as(step: Step) -> None:
    """The shape of another tensor."""
    step.reshape(step.result, step.x, step.tensor("other").shape)


@lowers("flatten.using_ints")
def flatten(step: Step) -> None:
    """Some axes as one."""
    x = step.x
    if not x.shape:
        step.reshape(step.result, x, [1])
        return
    first, last = step.axis("start_dim", 0), step.axis("end_dim", -1)
    step.reshape(step.result, x, [*x.shape[:first], product(x.shape[first : last + 1]), *x.shape[last + 1 :]])


@lowers("unflatten.int")
def unflatten(step: Step) -> None:
    """An axis as several."""
    x, axis = step.x, step.axis()
    sizes = step.dimensions("sizes")
    rest = product(size for size in sizes if not proved_equal(size, -1))
    sizes = [x.shape[axis] // rest if proved_equal(size, -1) else size for size in sizes]
    step.reshape(step.result, x, [*x.shape[:axis], *sizes, *x.shape[axis + 1 :]])


@lowers("permute", "permute_copy")
def permute(step: Step) -> None:
    """The axes in another order."""
    order = normalize_axes(step.node, step.dimensions("dims"), step.rank)
    step.add("Transpose", step.result, step.x, perm=order)


@lowers(
    "transpose.int", "swapaxes", "swapdims", "transpose_copy.int", "t", "numpy_T", "mT", "adjoint", "t_copy"
)
def transpose(step: Step) -> None:
    """Two axes exchanged, or all in the opposite order."""
    rank = step.rank
    order = list(range(rank))
    if step.base in ("t", "numpy_T", "t_copy"):
        order.reverse()
    elif step.base in ("mT", "adjoint"):
        order[-2:] = order[:-3:-1] if rank > 2 else order[::-1]
    elif rank:
        prefix = "axis" if step.base == "swapaxes" else "dim"
        a, b = (step.axis(f"{prefix}{number}") for number in (0, 1))
        order[a], order[b] = order[b], order[a]
    step.add("Transpose", step.result, step.x, perm=order)


@lowers("movedim.int", "movedim.intlist", "moveaxis.int", "moveaxis.intlist")
def movedim(step: Step) -> None:
    """Some axes at other places, the others in their order."""
    rank = step.rank
    sources, targets = (
        normalize_axes(step.node, step.dimensions(name), rank) for name in ("source", "destination")
    )
    if len(sources) != len(targets):
        raise step.fail(f"it moves axes {sources} to {targets}")
    order: list[int] = [-1] * rank
    for source, target in zip(sources, targets, strict=True):
        order[target] = source
    others = iter(axis for axis in range(rank) if axis not in sources)
    step.add("Transpose", step.result, step.x, perm=[next(others) if axis < 0 else axis for axis in order])


@lowers("squeeze", "squeeze.dim", "squeeze.dims", "squeeze_copy.dim", "squeeze_copy.dims")
def squeeze(step: Step) -> None:
    """Without axes of extent 1: all such, or those of the list that are."""
    x = step.x
    asked = step.axes() if step.has("dim") else list(range(step.rank))
    gone = [axis for axis in asked if x.shape and proved_equal(x.shape[axis], 1)]
    step.reshape(step.result, x, [extent for axis, extent in enumerate(x.shape) if axis not in gone])


@lowers("unsqueeze", "unsqueeze_copy")
def unsqueeze(step: Step) -> None:
    """An axis more, of extent 1."""
    axis = step.axis("dim", rank=step.rank + 1)
    step.add("Unsqueeze", step.result, step.x, step.vector("axis", [axis]))


@lowers("expand", "expand_copy", "broadcast_to")
def expand(step: Step) -> None:
    """As many copies as the shape asks for; -1 leaves an axis as it is."""
    x, sizes = step.x, step.dimensions("size")
    new = len(sizes) - len(x.shape)
    if new < 0:
        raise step.fail(f"its input {x.type} has more axes than {sizes}")
    sizes = [
        x.shape[axis - new] if proved_equal(size, -1) and axis >= new else size
        for axis, size in enumerate(sizes)
    ]
    step.add("Expand", step.result, x, step.vector("shape", sizes))


@lowers("expand_as")
def expand_as(step: Step) -> None:
    """The shape of another tensor."""
    step.add("Expand", step.result, step.x, step.vector("shape", step.tensor("other").shape))


@lowers("repeat", "tile")
def repeat(step: Step) -> None:
    """Copies along each axis; more numbers than axes make new ones in front."""
    x, counts = step.x, step.dimensions("repeats" if step.base == "repeat" else "dims")
    new = len(counts) - len(x.shape)
    if new > 0:
        x = step.reshape("with_axes", x, [*[1] * new, *x.shape])
    step.add("Tile", step.result, x, step.vector("counts", [*[1] * -new, *counts]))


@lowers("repeat_interleave.self_int")
def repeat_interleave(step: Step) -> None:
    """Repeats each element, the copies side by side."""
    x, count = step.x, step.dimension("repeats")
    if not step.has("dim"):
        x = step.reshape("flat", x, [x.known_type.size])
    shape = list(x.shape)
    axis = step.axis("dim", 0) if step.has("dim") else 0
    apart = step.add("Unsqueeze", "apart", x, step.vector("axis", [axis + 1]))
    sizes = [*shape[: axis + 1], count, *shape[axis + 1 :]]
    copies = step.add("Expand", "copies", apart, step.vector("shape", sizes))
    step.reshape(step.result, copies, [*shape[:axis], shape[axis] * count, *shape[axis + 1 :]])


@lowers(
    "contiguous",
    "clone",
    "detach",
    "detach_copy",
    "alias",
    "alias_copy",
    "data",
    "lift_fresh",
    "lift_fresh_copy",
    "lift",
    "resolve_conj",
    "resolve_neg",
    "positive",
    "view_copy.dtype",
)
def same(step: Step) -> None:
    """What it is given."""
    step.add("Identity", step.result, step.x)


@lowers("copy")
def copy(step: Step) -> None:
    """Another tensor, of the shape and element type of the first."""
    source = step.as_dtype(step.tensor("src"), step.x.dtype)
    step.add("Expand", step.result, source, step.vector("shape", step.x.shape))


@lowers("flip", "fliplr", "flipud")
def flip(step: Step) -> None:
    """Axes from the end."""
    default = {"fliplr": [1], "flipud": [0]}.get(step.base)
    axes = default or normalize_axes(step.node, step.dimensions("dims"), step.rank)
    step.add("Identity", step.result, backwards(step, step.x, axes))


def backwards(step: Step, x: Value, axes: list[int]) -> Value:
    """Return a tensor whose axes go from the end."""
    if not axes:
        return x
    count = len(axes)
    bounds = (("start", [-1] * count), ("end", [-(2**63)] * count), ("axes", axes), ("by", [-1] * count))
    return step.add("Slice", "backwards", x, *(step.vector(name, list(numbers)) for name, numbers in bounds))


@lowers("roll")
def roll(step: Step) -> None:
    """Rotates axes: elements shifted beyond the end come back at the start."""
    shifts = step.dimensions("shifts")
    axes = normalize_axes(step.node, step.dimensions("dims"), step.rank)
    x = step.x
    if not axes:
        flat = _rolled(step, step.reshape("flat", x, [-1]), x.known_type.size, 0, shifts[0])
        step.reshape(step.result, flat, x.shape)
        return
    for axis, shift in zip(axes, shifts, strict=True):
        x = _rolled(step, x, step.x.shape[axis], axis, shift)
    step.add("Identity", step.result, x)


def _rolled(step: Step, x: Value, extent: Dimension, axis: int, shift: Dimension) -> Value:
    if isinstance(shift, int) and isinstance(extent, int):
        shift = shift % extent if extent else 0
    if isinstance(shift, int) and shift >= 0:
        place: Dimension = extent - shift
    else:
        place = -shift
    last = step.slice("last", x, axis, place, 2**62)
    first = step.slice("first", x, axis, 0, place)
    return step.add("Concat", "rolled", last, first, axis=axis)


@lowers("rot90")
def rot90(step: Step) -> None:
    """A plane turned by quarters."""
    turns = step.integer("k", 1) % 4
    a, b = normalize_axes(step.node, step.dimensions("dims"), step.rank) or [0, 1]
    order = list(range(step.rank))
    order[a], order[b] = b, a
    x = step.x
    if turns == 2:
        x = backwards(step, x, [a, b])
    elif turns:
        x = backwards(step, x, [b]) if turns == 1 else x
        x = step.add("Transpose", "turned", x, perm=order)
        x = backwards(step, x, [b]) if turns == 3 else x
    step.add("Identity", step.result, x)


@lowers("pixel_shuffle", "pixel_unshuffle")
def pixel_shuffle(step: Step) -> None:
    """Channels as pixels of a finer image, or pixels as channels of a coarser one."""
    x, rank = step.x, step.rank
    shuffles = step.base == "pixel_shuffle"
    factor = step.integer("upscale_factor" if shuffles else "downscale_factor")
    *batch, channels, height, width = x.shape
    if rank < 3 or factor < 1:
        raise step.fail(f"its input is {x.type}, its factor {factor}")
    flat = step.reshape("images", x, [product(batch), channels, height, width])
    area, n = factor * factor, product(batch)
    if shuffles:
        parts = step.reshape("parts", flat, [n, channels // area, factor, factor, height, width])
        turned = step.add("Transpose", "turned", parts, perm=[0, 1, 4, 2, 5, 3])
        shape = [channels // area, height * factor, width * factor]
    else:
        parts = step.reshape("parts", flat, [n, channels, height // factor, factor, width // factor, factor])
        turned = step.add("Transpose", "turned", parts, perm=[0, 1, 3, 5, 2, 4])
        shape = [channels * area, height // factor, width // factor]
    step.reshape(step.result, turned, [*batch, *shape])


@lowers("channel_shuffle", "native_channel_shuffle")
def channel_shuffle(step: Step) -> None:
    """Channels of groups mixed: the first of each group, then the second of each."""
    x, groups = step.x, step.integer("groups")
    batch, channels, *rest = x.shape
    parts = step.reshape("parts", x, [batch, groups, channels // groups, *rest])
    order = [0, 2, 1, *range(3, step.rank + 1)]
    step.reshape(step.result, step.add("Transpose", "turned", parts, perm=order), x.shape)
