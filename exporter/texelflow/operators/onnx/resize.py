"""Resize: an image, or any tensor, sampled on another grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor

from texelflow.dimensions import Dimension, Expression, product, proved_different, proved_equal, same_shape
from texelflow.dimensions.floats import (
    FloatExpression,
    FloatOperand,
    float_operation,
    scaled_extent,
    whole_part,
)
from texelflow.graph import Element, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, counts, normalize_axes, unify
from texelflow.operators.upgrading import set_input

MODES = ("nearest", "linear", "cubic")
COORDINATES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
)
NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
POLICIES = ("stretch", "not_larger", "not_smaller")


@dataclass(frozen=True, slots=True)
class ResizedAxis:
    """How one axis is resized, from `source` to `target` elements.

    `scale` is the factor given, or None where it is target / source. `begin` and `end` are the region of
    interest as fractions of the axis (tf_crop_and_resize only).
    """

    source: Dimension
    target: Dimension
    scale: FloatOperand | None
    begin: float = 0.0
    end: float = 1.0

    @property
    def is_unchanged(self) -> bool:
        """Whether every element stays in its place."""
        whole = (self.begin, self.end) == (0.0, 1.0)
        same = proved_equal(self.source, self.target)
        return whole and same and (self.scale is None or self.scale in (1, 1.0))


def resized_axes(node: Node) -> list[ResizedAxis]:
    """Return how each axis of a Resize is resized; raise NodeError if that is not known at export."""
    source = node.required(0).known_type
    axes = normalize_axes(node, node.attributes.get("axes") or range(source.rank), source.rank)
    result = [ResizedAxis(extent, extent, None) for extent in source.shape]
    sizes = _optional(node, 3, "sizes")
    scales = _optional(node, 2, "scales")
    regions = _regions(node, axes)
    if (sizes is None) == (scales is None):
        raise NodeError(node, "exactly one of scales and sizes is needed")
    if len(sizes or scales or []) != len(axes):
        raise NodeError(node, f"it has {len(sizes or scales or [])} sizes or scales for {len(axes)} axes")
    if sizes is not None:
        targets, shared = _kept_aspect(node, axes, counts(node, sizes, "sizes"))
        for axis, target, (begin, end) in zip(axes, targets, regions, strict=True):
            result[axis] = ResizedAxis(source.shape[axis], target, shared, begin, end)
        return result
    for axis, scale, (begin, end) in zip(axes, scales or [], regions, strict=True):
        extent = source.shape[axis]
        if isinstance(scale, Expression | FloatExpression):
            if (begin, end) != (0.0, 1.0):
                raise NodeError(node, f"its scale {scale} for axis {axis} depends on sizes, beside a roi")
            target = scaled_extent(extent, scale)
            at_least(node, target, 0, f"the extent of axis {axis} of its output")
            result[axis] = ResizedAxis(extent, target, scale, begin, end)
            continue
        if scale <= 0:
            raise NodeError(node, f"its scale {scale} for axis {axis} is not a positive number")
        target = scaled_extent(extent, float(scale) * (end - begin))
        result[axis] = ResizedAxis(extent, target, float(scale), begin, end)
    return result


def _optional(node: Node, index: int, name: str) -> list[Element] | None:
    """Return the elements of an optional input; one that is empty counts as omitted."""
    value = node.input(index)
    if value is None or same_shape(value.shape, (0,)):
        return None
    return node.known(index, name)


def _regions(node: Node, axes: list[int]) -> list[tuple[float, float]]:
    if node.attributes.get("coordinate_transformation_mode") != "tf_crop_and_resize":
        return [(0.0, 1.0)] * len(axes)
    numbers = [number for number in node.known(1, "roi") if isinstance(number, int | float)]
    if len(numbers) != 2 * len(axes):
        raise NodeError(
            node, f"its roi has {len(numbers)} numbers for {len(axes)} axes; two each are expected"
        )
    return [(float(numbers[i]), float(numbers[i + len(axes)])) for i in range(len(axes))]


def _kept_aspect(
    node: Node, axes: list[int], sizes: list[Dimension]
) -> tuple[list[Dimension], FloatOperand | None]:
    """Return the target extents under the aspect policy, and the scale that the axes share, if any."""
    policy = node.attributes.get("keep_aspect_ratio_policy", "stretch")
    if policy not in POLICIES:
        known = ", ".join(POLICIES)
        raise NodeError(node, f"keep_aspect_ratio_policy is {policy!r}; one of {known} is expected")
    if policy == "stretch":
        return sizes, None
    extents = [node.required(0).shape[axis] for axis in axes]
    if not all(isinstance(number, int) for number in (*sizes, *extents)):
        return _kept_aspect_of_free(node, sizes, extents, "min" if policy == "not_larger" else "max")
    ratios = [
        size / extent
        for size, extent in zip(sizes, extents, strict=True)
        if isinstance(size, int) and isinstance(extent, int) and extent
    ]
    if len(ratios) != len(axes):
        raise NodeError(node, f"an extent of {extents} that is resized is 0")
    scale = min(ratios) if policy == "not_larger" else max(ratios)
    return [floor(extent * scale + 0.5) for extent in extents if isinstance(extent, int)], scale


def _kept_aspect_of_free(
    node: Node, sizes: list[Dimension], extents: list[Dimension], extreme: str
) -> tuple[list[Dimension], FloatOperand]:
    """Return the same of extents that are free: the arithmetic on floats that a run computes."""

    def computed(operation: str, *operands: FloatOperand) -> FloatOperand:
        result = float_operation(operation, list(operands), "float32")
        assert result is not None
        return result

    for extent in extents:
        at_least(node, extent, 1, "an extent that is resized")
    scale: FloatOperand | None = None
    for size, extent in zip(sizes, extents, strict=True):
        ratio: FloatOperand
        if isinstance(size, int) and isinstance(extent, int):
            ratio = size / extent
        else:
            ratio = computed("/", size, extent)
        scale = ratio if scale is None else computed(extreme, scale, ratio)
    assert scale is not None
    rounded = [computed("floor", computed("+", computed("*", extent, scale), 0.5)) for extent in extents]
    return [whole_part(number) for number in rounded], scale


def _of_all_axes(node: Node) -> list[Value | None] | None:
    """Return roi, scales and sizes for all axes, not only `axes`; None where they are not known."""
    source, axes = node.required(0), node.attributes.get("axes")
    if (
        source.type is None
        or axes is None
        or node.attributes.get("keep_aspect_ratio_policy", "") in POLICIES[1:]
    ):
        return None
    steps, rank = Decomposition(node), source.type.rank
    listed = normalize_axes(node, axes, rank)
    unchanged: dict[int, Sequence[Sequence[Element]]]
    unchanged = {1: [[0.0] * rank, [1.0] * rank], 2: [[1.0] * rank], 3: [source.shape]}
    full: list[Value | None] = []
    for index, parts in unchanged.items():
        value = node.input(index)
        if value is None or value.elements == []:
            full.append(None)
            continue
        if value.elements is None:
            return None
        numbers: list[Element] = []
        for number, part in enumerate(parts):
            given = value.elements[number * len(listed) : (number + 1) * len(listed)]
            of_listed = dict(zip(listed, given, strict=True))
            numbers += [of_listed.get(axis, part[axis]) for axis in range(rank)]
        if index == 3:
            full.append(steps.vector("sizes", counts(node, numbers, "sizes")))
            continue
        known = [float(each) for each in numbers if isinstance(each, int | float)]
        if len(known) < len(numbers):
            return None
        full.append(steps.constant(f"input_{index}", value.dtype, [len(known)], known))
    return full


@operator("Resize", inputs=(1, 4))
class Resize(Operator):
    """Nearest, linear or cubic sampling; where a grid point lies is the coordinate transformation's say."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 10 had inputs X and scales, and sampled at x / scale, nearest rounding down."""
        if opset < 11:
            scales = node.required(1)
            node.inputs[1] = None
            set_input(node, 2, scales)
            node.attributes.update(coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def in_onnx(self, node: Node) -> list[Node]:
        """Return it with numbers for all axes: behind a Transpose ONNX Runtime fails on those of some."""
        full = _of_all_axes(node)
        if full is not None:
            node.inputs[1:] = full
            node.attributes = {name: value for name, value in node.attributes.items() if name != "axes"}
        return [node]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the resized type; raise NodeError for an attribute that has no known value."""
        for name, known, default in (
            ("mode", MODES, "nearest"),
            ("coordinate_transformation_mode", COORDINATES, "half_pixel"),
            ("nearest_mode", NEAREST_MODES, "round_prefer_floor"),
        ):
            if (value := node.attributes.get(name, default)) not in known:
                raise NodeError(node, f"{name} is {value!r}; one of {', '.join(known)} is expected")
        source = node.required(0).known_type
        axes = resized_axes(node)
        self._keep_outer(node, axes)
        for number, axis in enumerate(axes):
            if not proved_equal(axis.target, axis.source):
                at_least(node, axis.target, 1, f"the extent of axis {number} of its output")
        return [TensorType(source.dtype, tuple(axis.target for axis in axes))]

    @staticmethod
    def _keep_outer(node: Node, axes: list[ResizedAxis]) -> None:
        """Let batch and channels of an image stay as long, unless their sizes say that they do not."""
        changed = [number for number, axis in enumerate(axes) if not axis.is_unchanged]
        if len(changed) > 2 and len(axes) in (3, 4):
            for number in changed:
                axis = axes[number]
                if number < 2 and axis.scale is None and not proved_different(axis.source, axis.target):
                    meaning = f"the extents of axis {number}, which is not resized beside rows and columns,"
                    unify(node, axis.source, axis.target, meaning)

    def decompose(self, node: Node) -> list[Node] | None:
        """Leave out what moves nothing; resize an axis by itself where more than rows and columns change."""
        axes = resized_axes(node)
        changed = [number for number, axis in enumerate(axes) if not axis.is_unchanged]
        if not changed:
            return [Node("Identity", [node.required(0)], node.outputs, {}, node.name)]
        if len(changed) <= 2 and _are_rows_and_columns(changed, len(axes)):
            return None
        return self._in_turn(node, axes, changed)

    @staticmethod
    def _in_turn(node: Node, axes: list[ResizedAxis], changed: list[int]) -> list[Node]:
        """Return a Resize of each axis, the middle one of three: weights of several are their product."""
        if node.attributes.get("keep_aspect_ratio_policy", "stretch") != "stretch":
            raise NodeError(node, f"keeps the ratio of {len(changed)} axes; at most 2, neighbours, can be")
        steps, shape, source = Decomposition(node), list(node.required(0).shape), node.required(0)
        for number in changed:
            axis = axes[number]
            outer, inner = product(shape[:number]), product(shape[number + 1 :])
            lines = steps.reshape("lines", source, [outer, axis.source, inner])
            name = f"{node.outputs[0].name}/axis_{number}"
            region = Value(f"{name}_roi", TensorType("float32", (2,)), elements=[axis.begin, axis.end])
            scales = sizes = None
            if axis.scale is None:
                sizes = steps.vector("size", [axis.target])
            else:
                scales = Value(f"{name}_scale", TensorType("float32", (1,)), elements=[axis.scale])
            how = {**node.attributes, "axes": [1]}
            lines = steps.add("Resize", "resized", lines, region, scales, sizes, **how)
            shape[number] = axis.target
            source = steps.reshape(node.outputs[0] if number == changed[-1] else "turn", lines, shape)
        return steps.nodes


def _are_rows_and_columns(changed: list[int], rank: int) -> bool:
    """Whether axes are rows and columns of images, whose batch is the other axes but the last of these."""
    if rank in (3, 4) and changed[0] >= 2:
        return True
    batch = [axis for axis in range(rank) if axis not in changed][:-1]
    neighbours = changed[-1] - changed[0] == len(changed) - 1
    return neighbours and (not batch or changed[0] < batch[0] or batch[-1] < changed[0])
