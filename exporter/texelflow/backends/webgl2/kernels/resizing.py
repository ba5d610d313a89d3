"""Resizing of the rows and columns of an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import is_expressible
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, Real
from texelflow.dimensions import Dimension, Expression, to_json
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import Node, NodeError, Shape


class ResizedAxis(Protocol):
    """How one axis is resized; see operators/onnx/resize.py."""

    @property
    def source(self) -> Dimension: ...
    @property
    def target(self) -> Dimension: ...
    @property
    def scale(self) -> float | Expression | FloatExpression | None: ...
    @property
    def begin(self) -> float: ...
    @property
    def end(self) -> float: ...
    @property
    def is_unchanged(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Resizing(Structure):
    """The attributes of a Resize; `rounding` is its nearest_mode.

    With `antialias` an axis of fewer pixels takes the mean of all that one of them covers.
    """

    mode: str
    coordinates: str
    rounding: str
    exclude_outside: bool
    antialias: bool


def lower_resize(group: Group, lowering: Lowering, axes: Sequence[ResizedAxis]) -> None:
    """Lower a Resize of at most two axes."""
    node, output = group.node, group.result
    x = node.required(0)
    mode = node.attributes.get("mode", "nearest")
    if mode != "nearest" and not x.known_type.is_floating:
        raise NodeError(node, f"mode {mode} on {x.dtype} is not supported; cast the input to float32")
    changed = [index for index, axis in enumerate(axes) if not axis.is_unchanged]
    roles = _roles(node, x.shape, changed)
    kernel = Kernel("resize", lowering.tensor(output, roles))
    kernel.input("x", lowering.blocked(x, roles))
    coordinates = node.attributes.get("coordinate_transformation_mode", "half_pixel")
    for name, role in (("y", roles[2]), ("x", roles[3])):
        axis = axes[role[0]] if role else None
        kernel.real(f"scale_{name}", 1.0 if axis is None else _scale(axis))
        if coordinates == "tf_crop_and_resize":
            kernel.real(f"start_{name}", 0.0 if axis is None else axis.begin)
            kernel.real(f"end_{name}", 1.0 if axis is None else axis.end)
    if coordinates == "tf_crop_and_resize":
        kernel.real("extrapolation", float(node.attributes.get("extrapolation_value", 0.0)))
    if mode == "cubic":
        kernel.real("cubic_coefficient", float(node.attributes.get("cubic_coeff_a", -0.75)))
    kernel.structure = Resizing(
        mode=mode,
        coordinates=coordinates,
        rounding=node.attributes.get("nearest_mode", "round_prefer_floor"),
        exclude_outside=bool(node.attributes.get("exclude_outside", 0)),
        antialias=mode != "nearest" and bool(node.attributes.get("antialias", 0)),
    )
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _scale(axis: ResizedAxis) -> Real:
    if isinstance(axis.scale, FloatExpression):
        return axis.scale.to_json()
    if isinstance(axis.scale, Expression):
        return ["+", to_json(axis.scale), 0]
    if axis.scale is not None:
        return axis.scale
    if isinstance(axis.source, int) and isinstance(axis.target, int):
        return axis.target / axis.source if axis.source else 1.0  # nothing is read of an axis without extent
    return ["/", to_json(axis.target), to_json(axis.source)]


def _roles(node: Node, shape: Shape, changed: list[int]) -> Axes:
    """Return blocked axes whose rows and columns are the resized axes."""
    if len(changed) > 2:
        raise NodeError(node, f"resizes {len(changed)} axes; at most 2 are supported")
    rank = len(shape)
    if rank in (3, 4) and all(axis >= 2 for axis in changed):
        return ((0,), (1,), (2,) if rank == 4 else (), (rank - 1,))
    rest = [axis for axis in range(rank) if axis not in changed]
    channel = rest[-1:]
    height, width = (changed[:-1], changed[-1:])
    axes: Axes = (tuple(rest[:-1]), tuple(channel), tuple(height), tuple(width))
    if not is_expressible(shape, axes):
        raise NodeError(node, f"resizes axes {changed} of a tensor of rank {rank}; they must be neighbours")
    return axes
