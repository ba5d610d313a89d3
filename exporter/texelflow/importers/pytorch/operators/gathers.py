"""Elements chosen by their places, and put there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Node, Shape, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.complex_parts import ARGUMENTS
from texelflow.importers.pytorch.lowering import Step, lowers
from texelflow.operators.shapes import broadcast

MASKS = ("bool", "uint8")


@lowers("embedding")
def embedding(step: Step) -> None:
    """Rows of a table."""
    step.add("Gather", step.result, step.tensor("weight"), _places(step, "indices"), axis=0)


@lowers("index_select")
def index_select(step: Step) -> None:
    """Slices along an axis by a list of places."""
    places = _places(step, "index")
    if not step.x.shape:
        step.add("Identity", step.result, step.x)
        return
    if not places.shape:
        places = step.reshape("list", places, [1])
    step.add("Gather", step.result, step.x, places, axis=step.axis())


def _places(step: Step, name: str) -> Value:
    value = step.tensor(name)
    return value if value.dtype in ("int32", "int64") else step.cast("places", value, "int64")


@lowers("gather", "take_along_dim")
def gather(step: Step) -> None:
    """Of each line along an axis the elements at places of its own."""
    x = step.tensor("self")
    places = _places(step, "index" if step.base == "gather" else "indices")
    if step.base == "take_along_dim":
        if not step.has("dim"):
            flat = step.reshape("flat", x, [-1])
            step.add("GatherElements", step.result, flat, step.reshape("list", places, [-1]), axis=0)
            return
        axis = step.axis()
        shapes: list[Shape] = [_without(x.shape, axis), _without(places.shape, axis)]
        shared = broadcast(step.node, shapes)
        x, places = (
            step.expand("wide", value, [*shared[:axis], value.shape[axis], *shared[axis + 1 :]])
            for value in (x, places)
        )
    if not x.shape:
        step.add("Expand", step.result, x, step.vector("shape", places.shape))
        return
    x = _cut(step, x, places.shape, step.axis())
    step.add("GatherElements", step.result, x, places, axis=step.axis())


def _without(shape: Shape, axis: int) -> Shape:
    return (*shape[:axis], 1, *shape[axis + 1 :])


def _cut(step: Step, x: Value, shape: Shape, axis: int) -> Value:
    """Return what of a tensor lies at places that another, no longer along any other axis, has too."""
    for other, (extent, wanted) in enumerate(zip(x.shape, shape, strict=True)):
        if other != axis and not proved_equal(extent, wanted):
            x = step.slice("cut", x, other, 0, wanted)  # its type is not needed below
    return x


REDUCTIONS = {"sum": "add", "add": "add", "prod": "mul", "multiply": "mul", "amax": "max", "amin": "min"}


@lowers("scatter.src", "scatter.value", "scatter_add", "scatter.reduce", "scatter_reduce.two")
def scatter(step: Step) -> None:
    """X with elements at places of each line along an axis replaced, or joined with what is there."""
    x, places = step.tensor("self"), _places(step, "index")
    reduction = "add" if step.base == "scatter_add" else "none"
    if step.has("reduce"):
        name = step.text("reduce")
        if name not in REDUCTIONS or not step.flag("include_self", True):
            raise step.fail(f"its reduction is {name}, without what is there, which is not supported")
        reduction = REDUCTIONS[name]
    if step.has("src"):
        source = step.as_dtype(step.tensor("src"), x.dtype)
        extents = source.shape
        for axis, (extent, wanted) in enumerate(zip(extents, places.shape, strict=True)):
            source = source if proved_equal(extent, wanted) else step.slice("cut", source, axis, 0, wanted)
    else:
        source = step.add(
            "Expand", "updates", step.operand("value", x.dtype), step.vector("shape", places.shape)
        )
    step.add("ScatterElements", step.result, x, places, source, axis=step.axis(), reduction=reduction)


@lowers("index_add", "index_copy")
def index_add(step: Step) -> None:
    """X with slices added to, or put at, places of an axis."""
    x, axis = step.tensor("self"), step.axis()
    source = step.as_dtype(step.tensor("source"), x.dtype)
    alpha = step.number("alpha", 1)
    if alpha != 1:
        source = step.add("Mul", "scaled", source, step.scalar("alpha", x.dtype, alpha))
    indices: list[Value | None] = [None] * axis + [_places(step, "index")]
    chosen = _chosen(step, x, indices)
    order = [axis, *(other for other in range(len(source.shape)) if other != axis)]
    _put(step, x, chosen, step.add("Transpose", "updates", source, perm=order), step.base == "index_add")


@lowers("index_fill.int_Scalar", "index_fill.int_Tensor")
def index_fill(step: Step) -> None:
    """X with a number at places of an axis."""
    x, axis = step.tensor("self"), step.axis()
    indices: list[Value | None] = [None] * axis + [_places(step, "index")]
    chosen = _chosen(step, x, indices)
    shape = step.vector("shape", [*chosen.shape, *chosen.rest])
    _put(step, x, chosen, step.add("Expand", "updates", step.operand("value", x.dtype), shape), False)


@lowers("index.Tensor", "_unsafe_index.Tensor")
def index(step: Step) -> None:
    """Elements at places that several tensors say together, one for each of some axes."""
    x = step.tensor("self")
    if _with_places(step):
        return
    chosen = _chosen(step, x, step.optional_tensors("indices"))
    if not chosen.axes:
        step.add("Identity", step.result, x)
        return
    if len(chosen.axes) == 1:
        step.add("Gather", step.result, x, chosen.places[0], axis=chosen.axes[0])
        return
    turned = step.add("Transpose", "turned", x, perm=chosen.order)
    made = step.add("GatherND", "gathered", turned, chosen.stacked(step))
    count = len(chosen.shape)
    rest = [count + index for index in range(len(chosen.rest))]
    first = chosen.axes[0] if chosen.is_together else 0
    step.add("Transpose", step.result, made, perm=[*rest[:first], *range(count), *rest[first:]])


@lowers("index_put", "_unsafe_index_put")
def index_put(step: Step) -> None:
    """X with elements replaced at places that several tensors say together, or added to."""
    x = step.tensor("self")
    values = step.as_dtype(step.tensor("values"), x.dtype)
    indices = step.optional_tensors("indices")
    [mask, *others] = indices or [None]
    if mask is not None and mask.dtype == "bool" and not others and proved_equal(values.known_type.size, 1):
        count = len(x.shape) - len(mask.shape)
        wide = step.reshape("mask", mask, [*mask.shape, *[1] * count])
        number = step.reshape("number", values, [])
        if step.flag("accumulate"):
            number = step.add("Add", "sum", x, number)
        step.add("Where", step.result, wide, number, x)
        return
    if _with_places(step):
        return
    chosen = _chosen(step, x, indices)
    if not chosen.axes:
        raise step.fail("it has no indices")
    # The values broadcast to what `index` would return; here the places come first.
    first = chosen.axes[0] if chosen.is_together else 0
    shape = [*chosen.rest[:first], *chosen.shape, *chosen.rest[first:]]
    wide = step.add("Expand", "wide", values, step.vector("shape", shape))
    count = len(chosen.shape)
    order = [*range(first, first + count), *range(first), *range(first + count, len(shape))]
    updates = step.add("Transpose", "updates", wide, perm=order)
    _put(step, x, chosen, updates, step.flag("accumulate"))


@dataclass(frozen=True, slots=True)
class _Chosen:
    """Axes with the places along them, which have one shape; the others in their order are the rest."""

    axes: list[int]
    places: list[Value]
    shape: Shape
    rest: list[Dimension]
    order: list[int]
    is_together: bool
    """Whether the axes are neighbours: then what is chosen lies where they were, else in front."""

    def stacked(self, step: Step) -> Value:
        """Return the places as rows of a last axis."""
        last, shape = step.vector("last", [-1]), step.vector("places_shape", self.shape)
        columns = [
            step.add(
                "Unsqueeze",
                "column",
                step.add("Expand", "wide_places", step.as_int64("wide", value), shape),
                last,
            )
            for value in self.places
        ]
        return columns[0] if len(columns) == 1 else step.add("Concat", "rows", *columns, axis=-1)


def _with_places(step: Step) -> bool:
    """Add the operator again with places instead of masks, if it has masks; say whether it has.

    How many places there are depends on data: a run learns it.
    """
    indices = step.optional_tensors("indices")
    if not any(value is not None and value.dtype in MASKS for value in indices):
        return False
    inputs: list[Value] = [value for value in step.node.inputs if value is not None]
    refs: list[Ref | None] = []
    for value in indices:
        if value is None or value.dtype not in MASKS:
            found = [value]
        else:
            truth = step.as_dtype(value, "bool")
            rows = step.add("NonZero", "true_places", truth)
            found = [
                step.add("Gather", "along_axis", rows, step.scalar("axis", "int64", axis), axis=0)
                for axis in range(len(value.shape))
            ]
        for each in found:
            if each is None:
                refs.append(None)
                continue
            refs.append(Ref(len(inputs)))
            inputs.append(each)
    attributes = {**step.node.attributes, ARGUMENTS: {**step.arguments, "indices": refs}}
    again = Node(step.node.operator, [*inputs], [step.result], attributes, step.node.name, step.node.domain)
    step.nodes.append(again)
    return True


def _chosen(step: Step, x: Value, indices: Sequence[Value | None]) -> _Chosen:
    axes: list[int] = []
    places: list[Value] = []
    axis = 0
    for value in indices:
        if value is None:
            axis += 1
        else:
            axes.append(axis)
            places.append(value if value.dtype in ("int32", "int64") else step.cast("places", value, "int64"))
            axis += 1
    if axis > len(x.shape):
        raise step.fail(f"it has {axis} indices for {x.type}")
    shape = broadcast(step.node, [value.shape for value in places])
    others = [other for other in range(len(x.shape)) if other not in axes]
    is_together = bool(axes) and axes == list(range(axes[0], axes[0] + len(axes)))
    return _Chosen(axes, places, shape, [x.shape[other] for other in others], [*axes, *others], is_together)


def _put(step: Step, x: Value, chosen: _Chosen, updates: Value, adds: bool) -> None:
    turned = step.add("Transpose", "turned", x, perm=chosen.order)
    reduction = "add" if adds else "none"
    made = step.add("ScatterND", "made", turned, chosen.stacked(step), updates, reduction=reduction)
    back = [chosen.order.index(place) for place in range(len(x.shape))]
    step.add("Transpose", step.result, made, perm=back)


@lowers("one_hot")
def one_hot(step: Step) -> None:
    """1 at the place that an index names along a new last axis, 0 elsewhere."""
    count = step.integer("num_classes", -1)
    if count < 0:
        raise step.fail("its num_classes is not given, so that its size depends on data: give it")
    values = step.constant("values", "int64", [2], [0, 1])
    step.add("OneHot", step.result, step.x, step.vector("count", [count]), values, axis=-1)


@lowers("nonzero")
def nonzero(step: Step) -> None:
    """The places of what is not 0, a row each."""
    step.add("Transpose", step.result, step.add("NonZero", "places", step.x), perm=[1, 0])
