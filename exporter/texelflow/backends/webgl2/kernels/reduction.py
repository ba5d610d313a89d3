"""Reductions: by whole texels where each of (n, c, h, w) is reduced or kept as a whole, else by elements.

What one fragment reduces is bounded, and with it its time: of more numbers, a first draw reduces parts, and
the next what is left of them. Sums of sums are also more accurate than one sum of all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, prod

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import (
    attach_epilogue,
    attach_prologue,
    lower_prologue,
    shared_axes,
)
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.layout.blocking import tensor_strides
from texelflow.backends.webgl2.layout.view import Run, merged_runs
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, PlanTensor
from texelflow.dimensions import Dimension, floor_divide, maximum, product, proved_equal, same_shape
from texelflow.graph import FLOATING, Shape, Value

MOST = 1024
"""Most texels, or elements of a flat tensor, that one fragment reduces. Free extents of a blocked tensor are
taken for no more, since textures bound them; those of a flat one for LARGEST_FREE."""

LARGEST_FREE = MOST**2
LARGEST_FLAT = 2**28
"""More elements than devices have room for."""

LARGEST_IMAGE = 256
"""Most pixels of an image that one fragment reduces: else it takes a line, and a second draw joins lines."""

FEWEST_ROWS = 4
"""Rows of the result below which most of a GPU would idle while each pixel reduces all its channels."""

PARTS = 8
"""Parts that the channels are divided into there, a multiple of what a texel holds."""

MANY_GROUPS = 64
"""Most channel groups of which there is one sum."""

SUMS = frozenset({"sum", "mean", "prod"})
"""Operations whose results may be much larger than what they are made of."""


@dataclass(frozen=True, slots=True)
class TexelReduction(Structure):
    """A reduction of a blocked tensor, or of its channels alone, of which `many` have more than one sum."""

    operation: str
    over_channels: bool
    in_parts: bool
    boolean: bool
    many: bool = False


@dataclass(frozen=True, slots=True)
class ElementReduction(Structure):
    """A reduction of a flat tensor; with `joined`, of the positions that the draw before it found."""

    operation: str
    x_integer: bool
    boolean: bool
    joined: bool


@dataclass(frozen=True, slots=True)
class _Step:
    """One draw of a blocked tensor's reduction: how many texels along (n, c, h, w) make one; what is left.

    `over_channels` says that the lanes of texels are joined, too, `in_parts` that they are not yet.
    """

    part: list[Dimension]
    shape: Shape
    over_channels: bool
    in_parts: bool


def lower_reduction(group: Group, lowering: Lowering, operation: str, axes: list[int]) -> None:
    """Lower a reduction that keeps its axes with extent 1.

    `operation` is sum, mean, prod, max or min; of unsigned numbers mean_unsigned and so on.
    """
    x, output = group.node.required(0), group.result
    blocked = _blocked_axes(group, lowering, axes)
    if blocked is None:
        lower_prologue(group, lowering, precise=operation in SUMS)
        lower_element_reduction(group, lowering, operation, axes)
        return
    place = PlanTensor(x.dtype, x.shape, Blocking(blocked))
    steps = _steps(place, axes)
    for index, step in enumerate(steps):
        final = step is steps[-1]
        result = output if final else x.like(f"partial_{index}", step.shape)
        doing = operation if final else _of_parts(operation)
        kernel = Kernel("reduce", lowering.tensor(result, blocked, doing in SUMS))
        if index:
            kernel.input("x", place)
        elif group.prologue:
            kernel.vector("x_shape", place.extents)
            attach_prologue(kernel, group, place, lowering)
        else:
            kernel.input("x", lowering.blocked(x, blocked))
        _describe(kernel, step, doing, x.dtype)
        if final:
            if operation.startswith("mean"):
                kernel.integer(
                    "elements", maximum(product(x.shape[axis] for axis in axes), 1)
                )  # of none, it is 0
            attach_epilogue(kernel, group, lowering)
        place = lowering.emit(kernel)
    lowering.bind(output, place)


def _of_parts(operation: str) -> str:
    """Return the operation by which parts are reduced: only the last draw divides."""
    return "sum" if operation.startswith("mean") else operation


def _describe(kernel: Kernel, step: _Step, operation: str, dtype: str) -> None:
    kernel.vector("part", step.part)
    kernel.structure = TexelReduction(operation, step.over_channels, step.in_parts, dtype == "bool")
    others = (step.part[0], *step.part[2:])
    if (step.over_channels or step.in_parts) and dtype in FLOATING and same_shape(others, (1, 1, 1)):
        kernel.template = "reduce_channels"
        groups = step.part[1]
        many = operation in SUMS and isinstance(groups, int) and groups > MANY_GROUPS
        kernel.structure = replace(kernel.structure, many=many)


def _steps(place: PlanTensor, axes: list[int]) -> list[_Step]:
    """Return the draws of a reduction, each of as much as one fragment may reduce."""
    assert place.axes is not None
    shape = list(place.shape)
    left = [
        role
        for role in (3, 2, 1, 0)
        if any(axis in axes and not proved_equal(shape[axis], 1) for axis in place.axes[role])
    ]
    n, c, h, w = place.extents
    texels = [n, floor_divide(c + 3, 4), h, w]
    sizes = [max(1, extent) if isinstance(extent, int) else MOST for extent in texels]
    given = {1: channel_parts(place)} if left == [1] else {}
    steps: list[_Step] = []
    while left or not steps:
        lines = {2, 3} <= set(left) and sizes[2] * sizes[3] > LARGEST_IMAGE
        part: list[Dimension] = [1] * 4
        over_channels = in_parts = False
        room = MOST
        for role in left[:1] if lines else list(left):
            parts = given.pop(role, None) or ceil(sizes[role] / room)
            if parts > 1 and room == 1:
                break
            whole = parts == 1
            part[role] = texels[role] if whole else floor_divide(texels[role] + parts - 1, parts)
            texels[role] = parts
            room = max(1, room // sizes[role]) if whole else 1
            sizes[role] = parts
            if whole:
                left.remove(role)
            if role == 1:
                over_channels, in_parts = whole, not whole
            for axis in place.axes[role]:
                shape[axis] = 1
            shape[place.axes[role][0]] = 4 * parts if in_parts and role == 1 else parts
        steps.append(_Step(part, tuple(shape), over_channels, in_parts))
    return steps


def channel_parts(place: PlanTensor) -> int | None:
    """Return how many parts of the channels, four of each, a first draw leaves; None if it takes all."""
    assert place.axes is not None
    channels = place.extents[1]
    rows = product(place.shape[axis] for role in (place.axes[0], place.axes[2]) for axis in role)
    known = channels if isinstance(channels, int) else None
    parts = 1 if known is None else ceil(known / (4 * MOST))
    if isinstance(rows, int) and rows < FEWEST_ROWS and (known is None or known >= 16 * PARTS):
        parts = max(PARTS, parts)
    return parts if parts > 1 else None


def _blocked_axes(group: Group, lowering: Lowering, axes: list[int]) -> Axes | None:
    x = group.node.required(0)
    for known in shared_axes(group, x, lowering):
        if all(_uniform(role, axes, x.shape) for role in known):
            return known
    return None


def _uniform(role: tuple[int, ...], axes: list[int], shape: tuple[Dimension, ...]) -> bool:
    reduced = [axis in axes for axis in role if not proved_equal(shape[axis], 1)]
    return all(reduced) or not any(reduced)


def lower_element_reduction(
    group: Group, lowering: Lowering, operation: str, axes: list[int], last_index: bool = False
) -> None:
    """Lower a reduction of a flat tensor; `operation` may also be argmax or argmin, over one axis."""
    x, output = group.node.required(0), group.result
    tensor, view = lowering.flat_source(x)
    runs: list[Run] = list(zip(view.shape, view.strides, strict=True))
    kept = merged_runs([run for axis, run in enumerate(runs) if axis not in axes])
    reduced = merged_runs([runs[axis] for axis in axes])
    rows = product(extent for axis, extent in enumerate(x.shape) if axis not in axes)
    elements = count = product(x.shape[axis] for axis in axes)
    taken = elements_taken([x.shape[axis] for axis in axes])
    source, offset, positions = tensor, view.offset, None
    finds = operation.startswith("arg")
    for draw in range(len(taken) + 1):
        final = draw == len(taken)
        parts = 1 if final else floor_divide(count + taken[draw] - 1, taken[draw])
        partial = x.like(f"partial_{draw}", (rows, parts), "int64" if finds else None)
        doing = operation if final else _of_parts(operation)
        made_of = lowering.tensor(output if final else partial, precise=not finds and operation in SUMS)
        kernel = elements_kernel("reduce_elements", made_of)
        kernel.input("x", source)
        kernel.table("kept", kept or [(1, 0)])
        kernel.table("reduced", reduced or [(1, 0)])
        kernel.integer("kept_rank", max(1, len(kept)))
        kernel.integer("offset", offset)
        kernel.integer("count", count)
        kernel.integer("parts", parts)
        kernel.integer("taken", count if final else taken[draw])
        if finds:
            kernel.integer("last_index", int(last_index))
            if positions is not None:
                kernel.input("positions", positions)
        else:
            kernel.integer("reduced_rank", max(1, len(reduced)))
            if operation.startswith("mean"):
                kernel.integer("elements", maximum(elements, 1))
        joined = positions is not None
        kernel.structure = ElementReduction(doing, source.is_integer, x.dtype == "bool", joined)
        if final:
            attach_epilogue(kernel, group, lowering)
        made = lowering.emit(kernel)
        count = parts
        if finds:
            positions = made
        else:
            source, offset, kept, reduced = made, 0, [(rows, parts)], [(parts, 1)]
    lowering.bind(output, made)


def reduced_blocks(x: Value, lowering: Lowering, axis: int, taken: int, operation: str) -> PlanTensor:
    """Add a draw that reduces blocks of `taken` elements along an axis; return the flat [others, blocks]."""
    extents = list(x.shape)
    rows = product(extents[:axis] + extents[axis + 1 :])
    blocks = floor_divide(extents[axis] + taken - 1, taken)
    inner = product(extents[axis + 1 :])
    totals = lowering.tensor(x.like("totals", (rows, blocks)), precise=True)
    kernel = elements_kernel("reduce_elements", totals)
    kernel.input("x", lowering.flat(x))
    kept: list[Run] = [(product(extents[:axis]), inner * extents[axis]), (inner, 1)]
    kernel.table("kept", kept)
    kernel.table("reduced", [(extents[axis], inner)])
    numbers = {"kept_rank": 2, "reduced_rank": 1, "offset": 0, "parts": blocks, "taken": taken}
    for name, number in {**numbers, "count": extents[axis]}.items():
        kernel.integer(name, number)
    kernel.structure = ElementReduction(operation, x.dtype not in FLOATING, boolean=False, joined=False)
    return lowering.emit(kernel)


def elements_taken(extents: Sequence[Dimension]) -> list[int]:
    """Return how many elements of a flat tensor each draw but the last reduces to one."""
    known = [extent for extent in extents if isinstance(extent, int)]
    free = len(known) < len(extents)
    size = prod(known) * LARGEST_FREE ** (len(extents) - len(known))
    draws = 1
    while MOST**draws < min(size, LARGEST_FLAT):
        draws += 1
    each = MOST if free else ceil(size ** (1 / draws))
    return [each] * (draws - 1)


def elements_kernel(template: str, output: PlanTensor) -> Kernel:
    """Return a kernel whose template extends lib/elements.glsl.j2."""
    kernel = Kernel(template, output)
    if output.axes is not None:
        kernel.vector("result_strides", tensor_strides(output))
    return kernel
