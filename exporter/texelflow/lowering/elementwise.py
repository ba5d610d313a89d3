"""Elementwise groups: a kernel of their own, or the epilogue of the one that computes an operand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from texelflow.ir import Element, Node, Value, node_reads
from texelflow.lowering.kernel import Kernel
from texelflow.lowering.layout import is_expressible, role_strides
from texelflow.lowering.plan import Axes, PlanTensor
from texelflow.lowering.view import View
from texelflow.symbolic import Dimension, Expression

if TYPE_CHECKING:
    from texelflow.lowering.lowering import Lowering


class Expressible(Protocol):
    """An elementwise operator: its GLSL expression on the variables that hold its operands."""

    def expression(self, node: Node, operands: list[str | None], uniforms: Numbers) -> str: ...


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


def lower_group(node: Node, lowering: Lowering) -> None:
    """Lower a group that stands alone: blocked like its first blocked operand of full shape, else flat."""
    output = node.outputs[0]
    axes = _group_axes(node, output, lowering)
    kernel = Kernel("elementwise", lowering.tensor(output, axes))
    attach_epilogue(kernel, node, lowering)
    lowering.bind(output, lowering.emit(kernel))


def attach_epilogue(kernel: Kernel, node: Node, lowering: Lowering) -> None:
    """Add the elementwise nodes fused behind `node` to its kernel; the kernel's output is the last one's."""
    kernel.structure["start"] = None
    names: dict[int, str] = {}
    if node.result is not None:
        names[id(node.result)] = "value"
        kernel.structure["start"] = "vec4" if node.result.known_type.is_floating else "ivec4"
    elif node.operator != "Elementwise":
        kernel.structure["start"] = "ivec4" if kernel.output.is_integer else "vec4"
    reads = {id(value) for step in node.epilogue for value in step.inputs if value is not None}
    for value in node_reads(node):
        if id(value) in reads:
            names[id(value)] = _operand(value, kernel, lowering)
    numbers = Numbers(kernel)
    for index, step in enumerate(node.epilogue):
        operands = [None if value is None else names[id(value)] for value in step.inputs]
        code = cast(Expressible, lowering.operator_of(step)).expression(step, operands, numbers)
        kind = "vec4" if step.outputs[0].known_type.is_floating else "ivec4"
        names[id(step.outputs[0])] = f"step_{index}"
        kernel.steps.append({"type": kind, "name": f"step_{index}", "code": code})


def _group_axes(node: Node, output: Value, lowering: Lowering) -> Axes | None:
    for value in node_reads(node):
        if value.shape == output.shape and value.scalar is None:
            for axes in lowering.known_axes(value):
                if is_expressible(output.shape, axes):
                    return axes
    return None


def _operand(value: Value, kernel: Kernel, lowering: Lowering) -> str:
    """Bind a value that the epilogue reads; return the GLSL expression for it at the result's place."""
    scalar = value.scalar
    if scalar is not None:
        return _scalar(scalar, value.known_type.is_floating, kernel)
    name = f"operand_{len(kernel.operands)}"
    operand = {"name": name, "integer": not value.known_type.is_floating, "exact": False}
    if kernel.output.axes is not None:
        operand["kind"] = _bind_blocked(name, value, kernel, lowering)
        tensor = kernel.inputs[name]
        operand["exact"] = tensor.axes is not None and tensor.extents == kernel.output.extents
    else:
        operand["kind"] = _bind_flat(name, value, kernel, lowering)
    kernel.operands.append(operand)
    return f"{name}_value"


def _scalar(scalar: Element, floating: bool, kernel: Kernel) -> str:
    if isinstance(scalar, Expression):
        name = Numbers(kernel).integer(scalar)
        return f"vec4(float({name}))" if floating else f"ivec4({name})"
    return (
        f"vec4({Numbers(kernel).real(scalar)})"
        if floating
        else f"ivec4({Numbers(kernel).integer(int(scalar))})"
    )


def _bind_blocked(name: str, value: Value, kernel: Kernel, lowering: Lowering) -> str:
    output = kernel.output
    assert output.axes is not None
    missing = len(output.shape) - len(value.shape)
    n, c, h, w = (tuple(axis - missing for axis in role if axis >= missing) for role in output.axes)
    axes: Axes = (n, c, h, w)
    whole_roles = all(_all_or_none(value, output, role, missing) for role in output.axes)
    if whole_roles and (found := lowering.find_blocked(value, axes)) is not None:
        kernel.input(name, found)
        return "blocked"
    placed = lowering.place(value)
    full = value.shape == output.shape
    if not (full and placed.buffer.constant):
        if placed.buffer.flat is None and whole_roles and is_expressible(value.shape, axes):
            kernel.input(name, lowering.blocked(value, axes))
            return "blocked"
        strided = _strides_by_role(value, output, lowering)
        if strided is not None:
            return _bind_strided(name, placed.buffer.flat, *strided, kernel)
        lowering.flat(value)
        strided = _strides_by_role(value, output, lowering, copied=True)
        if strided is not None:
            return _bind_strided(name, lowering.flat(value), *strided, kernel)
    if not full:
        value = _expanded(value, output, lowering)
        axes = output.axes
    kernel.input(name, lowering.blocked(value, axes))
    return "blocked"


def _bind_strided(
    name: str, tensor: PlanTensor | None, strides: tuple[Dimension, ...], offset: Dimension, kernel: Kernel
) -> str:
    assert tensor is not None
    kernel.input(name, tensor)
    if strides == (0, 1, 0, 0) and offset == 0:
        return "channels"
    kernel.vector(f"{name}_strides", strides)
    kernel.integer(f"{name}_offset", offset)
    return "strided"


def _strides_by_role(
    value: Value, output: PlanTensor, lowering: Lowering, copied: bool = False
) -> tuple[tuple[Dimension, ...], Dimension] | None:
    """Return the strides and offset by which a flat buffer is read at the result's (n, c, h, w), or None."""
    placed = lowering.place(value)
    if placed.buffer.flat is None and not copied:
        return None
    view = View.whole(value.shape) if copied else placed.view
    expanded = view.expand(output.shape)
    if expanded is None or expanded.bounds is not None or output.axes is None:
        return None
    strides = role_strides(expanded, output.axes)
    return None if strides is None else (strides, expanded.offset)


def _bind_flat(name: str, value: Value, kernel: Kernel, lowering: Lowering) -> str:
    shape = kernel.output.shape
    placed = lowering.place(value)
    view = placed.view
    tensor = placed.buffer.flat
    if value.shape == shape and view.is_row_major and view.offset == 0:
        kernel.input(name, lowering.flat(value))
        return "flat"
    if tensor is None or view.bounds is not None:
        tensor, view = lowering.flat(value), View.whole(value.shape)
        if value.shape == shape:
            kernel.input(name, tensor)
            return "flat"
    expanded = view.expand(shape)
    assert expanded is not None
    kernel.input(name, tensor)
    rows = [
        [extent, stride]
        for extent, stride in zip(expanded.shape, expanded.strides, strict=True)
        if extent != 1
    ]
    kernel.table(f"{name}_axes", rows or [[1, 0]])
    kernel.integer(f"{name}_rank", max(1, len(rows)))
    kernel.integer(f"{name}_offset", expanded.offset)
    return "strided"


def _all_or_none(value: Value, output: PlanTensor, role: tuple[int, ...], missing: int) -> bool:
    """Whether the value has all of the result's extents along a role's axes, or only extents of 1."""
    own = [1 if axis < missing else value.shape[axis - missing] for axis in role]
    return all(extent == 1 for extent in own) or all(
        extent == output.shape[axis] for extent, axis in zip(own, role, strict=True)
    )


def _expanded(value: Value, output: PlanTensor, lowering: Lowering) -> Value:
    from texelflow.lowering.lowering import value_like

    expanded = value_like(value, "expanded", output.shape)
    lowering.bind_view(expanded, value, lambda view: view.expand(output.shape))
    return expanded
