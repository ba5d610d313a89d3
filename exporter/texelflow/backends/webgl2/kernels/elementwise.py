"""Elementwise groups: a kernel of their own, the epilogue of the one that computes an operand, or the
prologue of a reduction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.copying import shift_within
from texelflow.backends.webgl2.kernels.kernel import Kernel, StepList
from texelflow.backends.webgl2.kernels.rendering import Operand, Step
from texelflow.backends.webgl2.layout.blocking import channel_within, is_expressible, role_strides
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.plan.plan import Axes, PlanTensor
from texelflow.backends.webgl2.scalar import print_scalar
from texelflow.dimensions import Dimension, Expression, proved_different, proved_equal, same_shape
from texelflow.dimensions.floats import FloatExpression
from texelflow.graph import FLOATING, Element, Node, Shape, Value
from texelflow.graph.constants import signed_bits
from texelflow.graph.scalar import Scalar

if TYPE_CHECKING:
    from texelflow.backends.webgl2.lowering import Lowering


class Expressible(Protocol):
    """An elementwise operator, as an expression."""

    may_miss_operand: ClassVar[bool]

    def tree(self, node: Node) -> Scalar: ...


class Numbers:
    """Gives an operator's parameters as uniforms, so that programs do not differ by them."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    def real(self, number: float) -> str:
        """Return the GLSL name of a float uniform."""
        return self._kernel.parameter(number)

    def integer(self, number: Dimension) -> str:
        """Return the GLSL name of an int uniform."""
        return self._kernel.integer(f"number_{self._kernel.count_integers()}", number)


def lower_elementwise(group: Group, lowering: Lowering, precise: bool = False) -> None:
    """Lower a group without a host: blocked like its first blocked operand of full shape, else flat."""
    output = group.result
    axes = next(_blocked_axes(group.reads, output.shape, lowering), None)
    kernel = Kernel("elementwise", lowering.tensor(output, axes, precise))
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def attach_epilogue(kernel: Kernel, group: Group, lowering: Lowering) -> None:
    """Add a group's epilogue to its kernel, whose output is the group's result."""
    names: dict[Value, str] = {}
    if group.host is not None and group.epilogue:
        start = group.host.outputs[0]
        names[start] = "value"
        kernel.epilogue.start = "vec4" if start.known_type.is_floating else "ivec4"
    elif group.host is not None:
        kernel.epilogue.start = "ivec4" if kernel.output.is_integer else "vec4"
    _add_steps(kernel, kernel.epilogue, group.epilogue, kernel.output, names, lowering)


def attach_prologue(kernel: Kernel, group: Group, place: PlanTensor, lowering: Lowering) -> None:
    """Add a group's prologue to its kernel; `place` is like the tensor that it would fill."""
    _add_steps(kernel, kernel.prologue, group.prologue, place, {}, lowering)


def lower_prologue(group: Group, lowering: Lowering, precise: bool = False) -> None:
    """Store what a group's prologue computes, for a kernel that cannot carry it; in 32 bits if `precise`."""
    if group.prologue:
        lower_elementwise(Group(None, epilogue=group.prologue), lowering, precise)


def shared_axes(group: Group, source: Value, lowering: Lowering) -> Iterator[Axes]:
    """Yield the axes by which a host's first input, or what its prologue makes it of, is blocked already."""
    if not group.prologue:
        yield from lowering.known_axes(source, aliases=True)
        return
    made = {step.outputs[0] for step in group.prologue}
    reads = [value for step in group.prologue for value in step.inputs if value is not None]
    yield from _blocked_axes([value for value in reads if value not in made], source.shape, lowering)


def _blocked_axes(values: Sequence[Value], shape: Shape, lowering: Lowering) -> Iterator[Axes]:
    """Yield the axes by which values of a shape are blocked already and a tensor of that shape can be.

    First come values that are proved to have the shape, then those that have it at some sizes.
    """
    whole = [value for value in values if same_shape(value.shape, shape)]
    for value in (*whole, *(value for value in values if _may_have_shape(value.shape, shape))):
        if value.scalar is None:
            for axes in lowering.known_axes(value, aliases=True):
                if is_expressible(shape, axes):
                    yield axes


def _may_have_shape(own: Shape, shape: Shape) -> bool:
    """Whether the sizes of a run decide if a value, which broadcasts to a shape, has that shape."""
    if len(own) != len(shape) or same_shape(own, shape):
        return False
    return not any(proved_different(a, b) for a, b in zip(own, shape, strict=True))


def _add_steps(
    kernel: Kernel,
    steps: StepList,
    nodes: list[Node],
    place: PlanTensor,
    names: dict[Value, str],
    lowering: Lowering,
) -> None:
    """Add expressions that compute `nodes` where the texels of `place` are; `names` has what is at hand."""
    numbers = Numbers(kernel)
    for index, node in enumerate(nodes):
        # Only elementwise nodes are fused, and their operators are Expressible.
        operator = cast(Expressible, lowering.operator_of(node))
        for value in node.inputs[:1] if operator.may_miss_operand else node.inputs:
            if value is not None and value not in names:
                names[value] = _operand(value, kernel, steps, place, lowering)
        operands = [None if value is None else names.get(value) for value in node.inputs]
        if operator.may_miss_operand:
            operands[1] = _optional_operand(node.inputs[1], kernel, steps, place, lowering)
        code = print_scalar(operator.tree(node), operands, numbers)
        kind = "vec4" if node.outputs[0].known_type.is_floating else "ivec4"
        names[node.outputs[0]] = f"step_{index}"
        steps.expressions.append(Step(kind, f"step_{index}", code))


def _operand(value: Value, kernel: Kernel, steps: StepList, place: PlanTensor, lowering: Lowering) -> str:
    """Bind a value that the steps read; return the GLSL expression for it where they happen."""
    scalar = value.scalar
    if scalar is not None:
        return _scalar(scalar, value.dtype, kernel)
    name = f"operand_{len(kernel.prologue.operands) + len(kernel.epilogue.operands)}"
    channel, exact = None, False
    if place.axes is not None:
        channel = _bind_channel(name, value, kernel, place, lowering)
        kind = "channel" if channel is not None else _bind_blocked(name, value, kernel, place, lowering)
        tensor = kernel.inputs[name]
        # An alias may be amid other planes; those of an appended tensor lie below each other.
        own = tensor.axes is not None and tensor.alias is None and not tensor.appended
        exact = own and kind == "blocked" and same_shape(tensor.extents, place.extents)
    else:
        kind = _bind_flat(name, value, kernel, place, lowering)
    integer = not value.known_type.is_floating
    steps.operands.append(Operand(name, integer, kind, exact=exact, channel=channel))
    return f"{name}_value"


def _optional_operand(
    value: Value | None, kernel: Kernel, steps: StepList, place: PlanTensor, lowering: Lowering
) -> str:
    """Bind a value that the steps read if there is one, by a program that does not depend on whether it is.

    The number `given` says so. Samplers want a tensor: where the value is missing, the kernel's first input,
    which is not read there. What lies otherwise than the place itself, or may do so (constants,
    share_pixels.py), is read as any operand is.
    """
    if value is None:
        name = f"operand_{len(kernel.prologue.operands) + len(kernel.epilogue.operands)}"
        kernel.input(name, next(iter(kernel.inputs.values())))
        steps.operands.append(Operand(name, False, "blocked", exact=True))
    else:
        _operand(value, kernel, steps, place, lowering)
    operand = steps.operands[-1]
    name = operand.name
    tensor = kernel.inputs[name]
    if operand.exact and (value is None or (tensor.is_blocked_like(place) and not tensor.constant)):
        given = Numbers(kernel).integer(0 if value is None else 1)
        steps.operands[-1] = replace(operand, given=given)
        kernel.any_blocking |= {name}
    return f"{name}_value"


def _scalar(scalar: Element, dtype: str, kernel: Kernel) -> str:
    floating = dtype in FLOATING
    if isinstance(scalar, FloatExpression):
        return f"vec4({kernel.parameter(scalar.to_json())})"
    if isinstance(scalar, Expression):
        name = Numbers(kernel).integer(scalar)
        return f"vec4(float({name}))" if floating else f"ivec4({name})"
    return (
        f"vec4({Numbers(kernel).real(scalar)})"
        if floating
        else f"ivec4({Numbers(kernel).integer(signed_bits(dtype, int(scalar)))})"
    )


def _bind_blocked(name: str, value: Value, kernel: Kernel, place: PlanTensor, lowering: Lowering) -> str:
    assert place.axes is not None
    missing = len(place.shape) - len(value.shape)
    n, c, h, w = (tuple(axis - missing for axis in role if axis >= missing) for role in place.axes)
    axes: Axes = (n, c, h, w)
    whole_roles = all(_all_or_none(value, place, role, missing) for role in place.axes)
    if whole_roles and (found := lowering.find_blocked(value, axes)) is not None:
        kernel.input(name, found)
        return "blocked"
    location = lowering.locate(value)
    full = same_shape(value.shape, place.shape)
    if not (full and location.buffer.constant):
        if _bind_part(name, value, kernel, place, lowering):
            return "shifted"
        if location.buffer.flat is None and whole_roles and is_expressible(value.shape, axes):
            kernel.input(name, lowering.blocked(value, axes))
            return "blocked"
        strided = _strides_by_role(value, place, lowering)
        if strided is not None:
            return _bind_strided(name, location.buffer.flat, *strided, kernel)
        lowering.flat(value)
        strided = _strides_by_role(value, place, lowering, copied=True)
        if strided is not None:
            return _bind_strided(name, lowering.flat(value), *strided, kernel)
    if not full:
        value = _expanded(value, place, lowering)
        axes = place.axes
    kernel.input(name, lowering.blocked(value, axes))
    return "blocked"


def _bind_channel(
    name: str, value: Value, kernel: Kernel, place: PlanTensor, lowering: Lowering
) -> int | None:
    """Bind a value that is one channel of a blocked tensor; return which."""
    assert place.axes is not None
    location = lowering.locate(value)
    missing = len(place.shape) - len(value.shape)
    n, c, h, w = (tuple(axis - missing for axis in role if axis >= missing) for role in place.axes)
    if not all(_all_or_none(value, place, role, missing) for role in place.axes):
        return None
    for tensor in location.buffer.blocked:
        channel = channel_within(location.view, (n, c, h, w), tensor)
        if channel is not None:
            kernel.input(name, tensor)
            return channel
    return None


def _bind_part(name: str, value: Value, kernel: Kernel, place: PlanTensor, lowering: Lowering) -> bool:
    """Bind a value that is a part of a blocked tensor, as a gate of a recurrent step is, if it is one."""
    location = lowering.locate(value)
    view = location.view.expand(place.shape)
    for tensor in location.buffer.blocked if view is not None and place.axes is not None else []:
        assert view is not None and place.axes is not None
        shift = None if tensor.appended else shift_within(view, place.axes, tensor)
        if shift is not None:
            kernel.input(name, tensor)
            kernel.vector(f"{name}_shift", shift)
            return True
    return False


def _bind_strided(
    name: str, tensor: PlanTensor | None, strides: tuple[Dimension, ...], offset: Dimension, kernel: Kernel
) -> str:
    assert tensor is not None
    kernel.input(name, tensor)
    if same_shape(strides, (0, 1, 0, 0)) and proved_equal(offset, 0):
        return "channels"
    kernel.vector(f"{name}_strides", strides)
    kernel.integer(f"{name}_offset", offset)
    return "strided"


def _strides_by_role(
    value: Value, place: PlanTensor, lowering: Lowering, copied: bool = False
) -> tuple[tuple[Dimension, ...], Dimension] | None:
    """Return the strides and offset by which a flat buffer is read along (n, c, h, w) of a place, or None."""
    location = lowering.locate(value)
    if location.buffer.flat is None and not copied:
        return None
    view = View.whole(value.shape) if copied else location.view
    expanded = view.expand(place.shape)
    if expanded is None or expanded.bounds is not None or place.axes is None:
        return None
    strides = role_strides(expanded, place.axes)
    return None if strides is None else (strides, expanded.offset)


def _bind_flat(name: str, value: Value, kernel: Kernel, place: PlanTensor, lowering: Lowering) -> str:
    shape = place.shape
    location = lowering.locate(value)
    view = location.view
    tensor = location.buffer.flat
    if same_shape(value.shape, shape) and view.is_row_major and proved_equal(view.offset, 0):
        kernel.input(name, lowering.flat(value))
        return "flat"
    if tensor is None or view.bounds is not None:
        tensor, view = lowering.flat(value), View.whole(value.shape)
        if same_shape(value.shape, shape):
            kernel.input(name, tensor)
            return "flat"
    expanded = view.expand(shape)
    assert expanded is not None
    kernel.input(name, tensor)
    rows = [
        [extent, stride]
        for extent, stride in zip(expanded.shape, expanded.strides, strict=True)
        if not proved_equal(extent, 1)
    ]
    kernel.table(f"{name}_axes", rows or [[1, 0]])
    kernel.integer(f"{name}_rank", max(1, len(rows)))
    kernel.integer(f"{name}_offset", expanded.offset)
    return "strided"


def _all_or_none(value: Value, place: PlanTensor, role: tuple[int, ...], missing: int) -> bool:
    """Whether the value has all of the place's extents along a role's axes, or only extents of 1.

    Shaders find out at each run which of both it is. Of a role's only axis it is always one.
    """
    own = [(1 if axis < missing else value.shape[axis - missing], place.shape[axis]) for axis in role]
    wide = [pair for pair in own if not (proved_equal(pair[0], 1) and proved_equal(pair[1], 1))]
    return (
        len(wide) <= 1
        or all(proved_equal(extent, 1) for extent, _ in own)
        or all(proved_equal(extent, whole) for extent, whole in own)
    )


def _expanded(value: Value, place: PlanTensor, lowering: Lowering) -> Value:
    expanded = value.like("expanded", place.shape)
    lowering.bind_view(expanded, value, lambda view: view.expand(place.shape))
    return expanded
