"""Convolutions and matrix products: which kernel, which layouts, and how the weights are packed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.elementwise import attach_epilogue
from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.kernels.rendering import Structure
from texelflow.backends.webgl2.kernels.sharing import shared_matrices
from texelflow.backends.webgl2.kernels.words import words_of
from texelflow.backends.webgl2.layout.blocking import (
    image_axes,
    is_expressible,
    matrix_axes,
    transposed_matrix_axes,
)
from texelflow.backends.webgl2.layout.view import View
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Axes, Blocking, PlanTensor
from texelflow.dimensions import Dimension, floor_divide, product, proved_equal, remainder, same_shape
from texelflow.graph import PRECISE, Node, NodeError, Value


class SlidingWindow(Protocol):
    """How a kernel moves along one spatial axis; see operators/windows.py."""

    @property
    def kernel(self) -> Dimension: ...
    @property
    def stride(self) -> int: ...
    @property
    def dilation(self) -> int: ...
    @property
    def before(self) -> Dimension: ...
    @property
    def behind(self) -> Dimension: ...


DECODED = "decoded"
"""Attribute of a node that decodes its weights: their Decoding (passes/decode_weights.py)."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How weights are decoded: their bits, and the power of two of numbers of a row that share a scale.

    `by_block`: scales, and offsets, are multiplied and added where a weight is read, not to the sum.
    """

    bits: int
    shift: int
    by_block: bool


Sliding: TypeAlias = str | tuple[int, int, int]
"""How windows move: `point`, `any`, or their width, stride and height (shaders/lib/window.glsl.j2)."""


@dataclass(frozen=True, slots=True)
class Convolution(Structure):
    """A convolution or matrix product; `thin` counts the channels of images that have less than a texel.

    `weights_transposed` are held with inputs as channels; `weights_end` says that they may end amid a texel,
    `shares_weights` that images of a batch share matrices (sharing.py).
    """

    sliding: Sliding
    bias: bool
    transposed: bool = False
    weights_transposed: bool = False
    weights_end: bool = False
    shares_weights: bool = False
    thin: int = 0
    bits: int = 0
    """Of weights that are decoded as they are read (see Decoding), else 0."""
    by_block: bool = False
    offsets: bool = False


def bind_windows(kernel: Kernel, windows: Sequence[SlidingWindow]) -> None:
    """Give the kernel its vectors `kernel`, `stride`, `dilation` and `padding`, each (x, y)."""
    kernel.vector("kernel", x_y([window.kernel for window in windows], 1))
    kernel.vector("stride", x_y([window.stride for window in windows], 1))
    kernel.vector("dilation", x_y([window.dilation for window in windows], 1))
    kernel.vector("padding", x_y([window.before for window in windows], 0))


def x_y(numbers: Sequence[Dimension], absent: int) -> list[Dimension]:
    """Return (x, y) of the numbers of one or two spatial axes; a missing row axis counts as `absent`."""
    return [numbers[-1], numbers[-2] if len(numbers) > 1 else absent]


SHARED_WIDTHS = {"convolution": (3, 5, 7, 9), "depthwise": (3, 5, 7), "pool": (2, 3)}
"""Widths of windows that share the pixels they read, by template; each tap is code to compile."""

TAPS_WITHOUT_LOOP = {"convolution": 9, "depthwise": 25, "pool": 9}
"""Most taps of windows, moving by 1, whose rows are all written out: faster, but more code to compile."""


def sliding_structure(template: str, windows: Sequence[SlidingWindow]) -> Sliding:
    """Return how the windows of a template move."""
    points = all(
        proved_equal(window.kernel, 1) and window.stride == 1 and proved_equal(window.before, 0)
        for window in windows
    )
    if template == "convolution" and points:
        return "point"
    along = windows[-1]
    if along.kernel in SHARED_WIDTHS.get(template, ()) and along.stride <= 2 and along.dilation == 1:
        assert isinstance(along.kernel, int)
        return along.kernel, along.stride, _height_without_loop(template, windows)
    return "any"


def shares_rows(sliding: Sliding) -> bool:
    """Whether windows above each other share so much that a fragment should compute two rows."""
    return isinstance(sliding, tuple) and sliding[2] > 0


def _height_without_loop(template: str, windows: Sequence[SlidingWindow]) -> int:
    """Return the height of windows that are written out as a whole, 0 for those that are not."""
    if len(windows) == 1:
        return 1
    down, along = windows
    if (along.stride, down.stride, down.dilation) != (1, 1, 1) or not isinstance(down.kernel, int):
        return 0
    assert isinstance(along.kernel, int)
    return down.kernel if along.kernel * down.kernel <= TAPS_WITHOUT_LOOP[template] else 0


def spatial_image_axes(node: Node, value: Value) -> Axes:
    """Return the blocked axes of an image; raise NodeError unless it has one or two spatial axes."""
    rank = len(value.shape)
    if rank not in (3, 4):
        raise NodeError(
            node,
            f"works on 1 or 2 spatial axes in WebGL2, got {value}: split the model, or fold an axis "
            "into the batch",
        )
    return image_axes(rank)


def lower_convolution(
    group: Group, lowering: Lowering, windows: Sequence[SlidingWindow], groups: int, transposed: bool
) -> None:
    """Lower a Conv or ConvTranspose: inputs are x, weights and optionally a bias."""
    node = group.node
    x, weights, bias = node.required(0), node.required(1), node.input(2)
    axes = spatial_image_axes(node, x)
    output = group.result
    template = _template(weights, groups, transposed)
    decoded = node.attributes.get(DECODED)
    halves = 8 // decoded.bits if decoded is not None else 1
    flops = product((2, *(x if transposed else output).shape, *weights.shape[1:], halves))
    sliding = "any" if transposed else sliding_structure(template, windows)
    if template == "convolution" and not transposed and _skips_pixels(windows):
        x = _every_stride(x, output, windows, lowering)
        sliding = "point"
    thin = 0 if transposed or template != "convolution" or sliding == "point" else _thin(x)
    blocking = Blocking(
        axes,
        # Half the code to compile: a first layer takes drivers longest, and runs once.
        one_group=thin > 0 and not shares_rows(sliding),
        pair_rows=template == "depthwise" or shares_rows(sliding),
    )
    precise = bool(node.attributes.get(PRECISE))
    kernel = Kernel(template, lowering.tensor(output, blocking, precise), flops=flops)
    kernel.input("x", lowering.blocked(x, axes))
    _bind_weights(kernel, weights, groups, transposed, thin, lowering)
    kernel.structure = Convolution(sliding, bias is not None, transposed)
    if template == "convolution":
        may_end = not thin and _may_end(kernel.inputs["weights"])
        kernel.structure = replace(kernel.structure, weights_end=may_end, thin=thin)
        _bind_decoding(
            kernel, kernel.structure, node, ((), (0,), tuple(range(2, len(weights.shape))), (1,)), lowering
        )
    if bias is not None:
        kernel.input("bias", lowering.flat(bias))
    if sliding == "point" or template == "depthwise":
        kernel.any_blocking = frozenset({"x"})
    if sliding != "point":
        bind_windows(kernel, windows)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _skips_pixels(windows: Sequence[SlidingWindow]) -> bool:
    """Whether windows of one pixel, all within the image, leave pixels out."""
    return any(window.stride > 1 for window in windows) and all(
        same_shape((window.kernel, window.before, window.behind), (1, 0, 0)) for window in windows
    )


def _every_stride(x: Value, output: Value, windows: Sequence[SlidingWindow], lowering: Lowering) -> Value:
    """Return the pixels of x that windows of one pixel read: copying these few beats reading them apart."""
    taken = x.like("every_stride", (*x.shape[:2], *output.shape[2:]))
    lowering.bind_view(taken, x, lambda view: _sliced(view, taken, windows))
    return taken


def _sliced(view: View, taken: Value, windows: Sequence[SlidingWindow]) -> View | None:
    sliced: View | None = view
    for axis, window in enumerate(windows, 2):
        sliced = sliced and sliced.slice(axis, 0, window.stride, taken.shape[axis])
    return sliced


def _thin(x: Value) -> int:
    """Return how many channels an image has if it has fewer than a texel holds, else 0."""
    channels = x.shape[1]
    return channels if isinstance(channels, int) and channels < 4 else 0


def _may_end(weights: PlanTensor) -> bool:
    """Whether weights computed in a run may end amid four input channels, their pixels."""
    return not weights.constant and not proved_equal(remainder(weights.extents[3], 4), 0)


def _template(weights: Value, groups: int, transposed: bool) -> str:
    if groups == 1:
        return "convolution"
    inputs = weights.shape[1]
    if not transposed and proved_equal(inputs, 1):
        return "depthwise" if proved_equal(weights.shape[0], groups) else "multiplied_depthwise"
    if not transposed and isinstance(inputs, int) and inputs % 4 == 0:
        return "grouped_convolution"
    return "any_grouped_convolution"


def _bind_weights(
    kernel: Kernel, weights: Value, groups: int, transposed: bool, thin: int, lowering: Lowering
) -> None:
    """Give the kernel its weights in the layout that the template reads, and the sizes of a group."""
    template = kernel.template
    first, second, *_ = weights.shape
    taps = tuple(range(2, len(weights.shape)))
    if template == "any_grouped_convolution":
        kernel.input("weights", lowering.flat(weights))
        kernel.integer("group_inputs", floor_divide(first, groups) if transposed else second)
        kernel.integer("group_outputs", second if transposed else floor_divide(first, groups))
    elif template == "grouped_convolution":
        kernel.input("weights", lowering.blocked(weights, ((), (1,), taps, (0,)), one_group=True))
        kernel.integer("group_texels", floor_divide(second, 4))
        kernel.integer("group_outputs", floor_divide(first, groups))
    else:
        packed: Axes = ((), (1,), taps, (0,)) if transposed else ((), (0,), taps, (1,))
        if thin or template in ("depthwise", "multiplied_depthwise"):
            packed = ((), (0,), (), (1, *taps))
            if not same_shape(weights.shape[2:], (1,) * len(taps)):
                lowering.fill_rows(weights)
        kernel.input("weights", lowering.blocked(weights, packed, one_group=True))
        if template == "multiplied_depthwise":
            kernel.integer("multiplier", floor_divide(first, groups))


def lower_matrix_product(group: Group, lowering: Lowering) -> None:
    """Lower a MatMul of operands of rank 2 or more; a third input is a vector added to every row."""
    node, output = group.node, group.result
    a, b, bias = node.required(0), node.required(1), node.input(2)
    if not a.known_type.is_floating:
        _lower_integer_product(group, lowering)
        return
    rank = len(output.shape)
    batched = any(not proved_equal(extent, 1) for extent in b.shape[:-2])
    if not same_shape(a.shape[:-2], output.shape[:-2]):
        a = _expanded(a, (*output.shape[:-2], *a.shape[-2:]), lowering)
    if batched and not same_shape(b.shape[:-2], output.shape[:-2]):
        b = _expanded(b, (*output.shape[:-2], *b.shape[-2:]), lowering)
    shared = shared_matrices(b, lowering) if batched else None
    b = shared or b
    axes = matrix_axes(rank)
    if not batched:
        axes = next((known for known in lowering.known_axes(a) if known[1] == (rank - 1,)), axes)
    kernel = Kernel("convolution", lowering.tensor(output, axes, bool(node.attributes.get(PRECISE))))
    kernel.input("x", lowering.blocked(a, axes))
    kernel.any_blocking = frozenset({"x"})
    kernel.flops = product((2, *output.shape, a.shape[-1]))
    weights, held_transposed = _product_weights(b, lowering)
    kernel.input("weights", weights)
    kernel.structure = Convolution(
        "point",
        bias is not None,
        weights_transposed=held_transposed,
        weights_end=not held_transposed and _may_end(weights),
        shares_weights=shared is not None,
    )
    _bind_decoding(kernel, kernel.structure, node, matrix_axes(2), lowering)
    if bias is not None:
        kernel.input("bias", lowering.flat(bias))
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _bind_decoding(
    kernel: Kernel, structure: Convolution, node: Node, axes: Axes, lowering: Lowering
) -> None:
    """Give the kernel what decodes its weights; scales for blocks are blocked by `axes`, as weights are."""
    kind, scale, offset = node.attributes.get(DECODED), node.input(3), node.input(4)
    if kind is None or scale is None:
        return
    # 16 bits would not hold scales, nor be exact enough.
    if not kind.by_block:
        kernel.input("scale", lowering.flat_precise(scale))
    else:
        for name, value in (("scale", scale), ("offset", offset)):
            if value is not None:
                kernel.input(name, lowering.blocked_precise(value, axes))
        kernel.integer("block_shift", kind.shift - 2)
    kernel.inputs["weights"] = words_of(kernel.inputs["weights"], lowering)
    kernel.bits = kind.bits
    kernel.structure = replace(
        structure,
        bits=kind.bits,
        by_block=kind.by_block,
        offsets=offset is not None,
        weights_end=False,
    )


def _lower_integer_product(group: Group, lowering: Lowering) -> None:
    """Lower a product of matrices of integers: each element by itself, read where it lies."""
    a, b, output = group.node.required(0), group.node.required(1), group.result
    outer, rows, columns = output.shape[:-2], a.shape[-2], b.shape[-1]
    kernel = Kernel("integer_product", lowering.tensor(output))
    strides: list[tuple[Dimension, ...]] = []
    for name, value in (("a", a), ("b", b)):
        expanded = _expanded(value, (*outer, *value.shape[-2:]), lowering)
        tensor, view = lowering.flat_source(expanded)
        kernel.input(name, tensor)
        kernel.integer(f"{name}_offset", view.offset)
        strides.append(view.strides)
    (*a_outer, a_row, a_step), (*b_outer, b_step, b_column) = strides
    kernel.table(
        "axes",
        [*zip(outer, a_outer, b_outer, strict=True), (rows, a_row, 0), (columns, 0, b_column)],
    )
    kernel.integer("rank", len(output.shape))
    kernel.integer("inner", a.shape[-1])
    kernel.integer("a_step", a_step)
    kernel.integer("b_step", b_step)
    attach_epilogue(kernel, group, lowering)
    lowering.bind(output, lowering.emit(kernel))


def _product_weights(b: Value, lowering: Lowering) -> tuple[PlanTensor, bool]:
    """Return the right operand as weights, and whether it is held transposed."""
    rank = len(b.shape)
    natural = lowering.find_blocked(b, matrix_axes(rank))
    if natural is not None:
        return natural, False
    constant = lowering.locate(b).buffer.constant
    if not constant:
        transposed = transposed_matrix_axes(rank)
        held = lowering.find_blocked(b, transposed)
        if held is not None:
            return held, True
        if proved_equal(lowering.locate(b).view.strides[-2], 1) and is_expressible(b.shape, transposed):
            # Held so, whole texels are copied; the other way takes single lanes.
            return lowering.blocked(b, transposed), True
    return lowering.blocked(b, matrix_axes(rank), one_group=constant), False


def _expanded(value: Value, shape: tuple[Dimension, ...], lowering: Lowering) -> Value:
    expanded = value.like("expanded", shape)
    lowering.bind_view(expanded, value, lambda view: view.expand(shape))
    return expanded
