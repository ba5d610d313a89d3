"""The moves by which random models grow: what each operator does to extents."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from free_sizes.random_graphs import (
    CASES,
    DeadEndError,
    Extent,
    Growing,
    Value,
    combine,
    constantly,
    known,
    move,
    moves_for,
)


def broadcast(growing: Growing, *shapes: Sequence[Extent]) -> list[Extent]:
    """Return the shape that shapes broadcast to; assignments where they do not are given up."""
    rank = max(map(len, shapes))
    result = [constantly(1)] * rank
    for shape in shapes:
        for axis, extent in enumerate(shape, rank - len(shape)):
            before = result[axis]
            growing.demand([a == b or a == 1 or b == 1 for a, b in zip(before, extent, strict=True)])
            result[axis] = combine(lambda a, b: b if a == 1 else a, before, extent)
    return result


def operand(growing: Growing, shape: Sequence[Extent], only_into: bool = False) -> Value:
    """Return another value that broadcasts with a shape: one that is there, a new input, or a constant."""
    kind = growing.random.random()
    if kind < 0.35:
        candidates = []
        for value in growing.values:
            if value.dtype != "float32" or (only_into and value.rank > len(shape)):
                continue
            trial = growing.copy()
            try:
                merged = broadcast(trial, shape, value.shape)
            except DeadEndError:
                continue
            if not only_into or list(merged) == list(shape):
                candidates.append(value)
        if candidates:
            value: Value = growing.one_of(candidates)
            return value
    if kind < 0.8:
        axes = list(
            shape[int(growing.random.integers(len(shape))) :] if shape and growing.chance(0.3) else shape
        )
        dimensions: list[str | int] = []
        for extent in axes:
            number, roll = known(extent), growing.random.random()
            if roll < 0.2 or (number is not None and roll < 0.4):
                dimensions.append(1)
            elif number is not None and roll < 0.8:
                dimensions.append(number)
            elif roll < 0.6 and (name := named(growing, extent)) is not None:
                dimensions.append(name)
            else:
                dimensions.append(growing.partner(extent, may_be_one=True))
        result = growing.input(dimensions)
        if only_into:
            for a, b in zip(reversed(result.shape), reversed(shape), strict=False):
                growing.demand([x in (y, 1) for x, y in zip(a, b, strict=True)])
        return result
    return growing.weights(*(known(extent) or 1 for extent in shape[-1:]))


def named(growing: Growing, extent: Extent) -> str | None:
    """Return the symbol of an extent, if it has one."""
    return next((name for name, sizes in growing.symbols.items() if sizes == extent), None)


def image(growing: Growing, rank: int | None = None) -> Value:
    """Return a value with a fixed number of channels and one or two axes behind them."""
    ranks = (3, 4) if rank is None else (rank,)
    return pick_or_add(
        growing,
        lambda value: (
            value.rank in ranks and bool(known(value.shape[1])) and (known(value.shape[1]) or 9) <= 8
        ),
        lambda: [
            growing.free_extent(),
            int(growing.one_of((1, 3, 4, 8))),
            growing.new_symbol(True),
            growing.new_symbol(True),
        ],
    )


def pick_or_add(
    growing: Growing, fits: Callable[[Value], bool], dimensions: Callable[[], Sequence[str | int]]
) -> Value:
    """Return a value that fits, or, sometimes, a new input where there is none."""
    try:
        return growing.pick(fits)
    except DeadEndError:
        if growing.chance(0.5) or len(growing.inputs) > 4:
            raise
        return growing.input(dimensions())


def any_float(growing: Growing, least: int = 1, most: int = 4) -> Value:
    """Return a float value of a rank between two."""
    return growing.pick(lambda value: least <= value.rank <= most)


# Elementwise


@moves_for(
    *"Abs Elu Erf Gelu HardSigmoid HardSwish Identity LeakyRelu Neg Relu Sigmoid Sin Softplus Tanh".split()
)
def unary(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    growing.node(operator, [source], source.shape)


@move("Clip", cost=1)
def clip(growing: Growing) -> None:
    source = any_float(growing)
    low, high = growing.constant(-0.5, "float32"), growing.constant(0.75, "float32")
    growing.node("Clip", [source, *growing.one_of(([low, high], [None, high], [low]))], source.shape)


@move("Exp", "Tanh", cost=2)
def exponential(growing: Growing) -> None:
    source = any_float(growing)
    small = growing.node("Tanh", [source], source.shape)
    growing.node("Exp", [small], small.shape)


@move("Sqrt", "Abs", cost=2)
def root(growing: Growing) -> None:
    source = any_float(growing)
    positive = growing.node("Abs", [source], source.shape)
    growing.node("Sqrt", [positive], source.shape)


@move("Pow", cost=1)
def power(growing: Growing) -> None:
    source = any_float(growing)
    growing.node("Pow", [source, growing.constant(2, "float32")], source.shape)


@moves_for("Add", "Sub", "Mul", "Max", "Min")
def binary(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    pair = [source, other] if growing.chance(0.5) else [other, source]
    growing.node(operator, pair, broadcast(growing, *(value.shape for value in pair)))


@moves_for("Sum", "Mean", "Max", "Min")
def of_three(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    values = [source, operand(growing, source.shape), operand(growing, source.shape)]
    growing.node(operator, values, broadcast(growing, *(value.shape for value in values)))


@move("Div", "Exp", cost=3)
def division(growing: Growing) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    small = growing.node("Tanh", [other], other.shape)
    positive = growing.node("Exp", [small], other.shape)
    growing.node("Div", [source, positive], broadcast(growing, source.shape, other.shape))


@move("PRelu", cost=1)
def prelu(growing: Growing) -> None:
    source = any_float(growing)
    growing.node("PRelu", [source, operand(growing, source.shape, only_into=True)], source.shape)


@moves_for("Greater", "Less", "GreaterOrEqual", "LessOrEqual", cost=2)
def comparison(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    shape = broadcast(growing, source.shape, other.shape)
    condition = growing.node(operator, [source, other], shape, "bool")
    if growing.chance(0.6):
        third = operand(growing, shape)
        merged = broadcast(growing, shape, source.shape, third.shape)
        growing.node("Where", [condition, source, third], merged)
    else:
        growing.node("Cast", [condition], shape, to=1)


@move("Where", cost=1)
def where(growing: Growing) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    dimensions: list[str | int] = [
        known(extent) or (named(growing, extent) if growing.chance(0.5) else None) or 1
        for extent in source.shape
    ]
    condition = growing.input(dimensions, "bool")
    pair = [source, other] if growing.chance(0.5) else [other, source]
    growing.node("Where", [condition, *pair], broadcast(growing, condition.shape, source.shape, other.shape))


@moves_for("And", "Or", "Xor", cost=4)
def logic(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    other = operand(growing, source.shape)
    zero = growing.constant(0, "float32")
    a = growing.node("Greater", [source, zero], source.shape, "bool")
    b = growing.node("Less", [other, zero], other.shape, "bool")
    both = growing.node(operator, [a, b], broadcast(growing, a.shape, b.shape), "bool")
    if growing.chance(0.5):
        growing.node("Not", [both], both.shape, "bool")
    else:
        growing.node("Cast", [both], both.shape, to=1)


@move("Not", "Equal", cost=4)
def integer_masks(growing: Growing) -> None:
    ids = integer_input(growing)
    source = any_float(growing)
    is_zero = growing.node("Equal", [ids, growing.constant(0, "int64")], ids.shape, "bool")
    negated = growing.node("Not", [is_zero], ids.shape, "bool")
    column = growing.node("Unsqueeze", [negated, growing.integers(-1)], (*ids.shape, constantly(1)), "bool")
    merged = broadcast(growing, column.shape, source.shape)
    growing.node("Where", [column, source, growing.constant(-3, "float32")], merged)


def integer_input(growing: Growing) -> Value:
    """Return an input of int64 whose axes are those of a value, or free."""
    source = any_float(growing)
    extents = [named(growing, extent) or known(extent) or growing.free_extent() for extent in source.shape]
    return growing.input(extents[: int(growing.random.integers(1, 3))], "int64")


# Windows


def window(
    growing: Growing, extent: Extent, size: int, stride: int, before: int, after: int, step: int
) -> Extent:
    reach = step * (size - 1) + 1
    growing.demand([number + before + after >= reach for number in extent])
    return combine(lambda number: max((number + before + after - reach) // stride + 1, 0), extent)


def window_attributes(growing: Growing, source: Value, dilated: bool) -> tuple[list[Extent], dict[str, Any]]:
    """Return the extents behind the channels and the attributes of a window."""
    spatial = source.shape[2:]
    size, stride = int(growing.one_of((1, 2, 3))), int(growing.one_of((1, 1, 2)))
    attributes: dict[str, Any] = {"kernel_shape": [size] * len(spatial), "strides": [stride] * len(spatial)}
    if growing.chance(0.25):
        attributes["auto_pad"] = growing.one_of(("SAME_UPPER", "SAME_LOWER"))
        return [combine(lambda number: -(-number // stride), extent) for extent in spatial], attributes
    step = int(growing.one_of((1, 1, 2))) if dilated else 1
    before, after = (0, 0) if size == 1 else growing.one_of(((0, 0), (size // 2, size // 2), (0, 1), (1, 1)))
    attributes |= {"pads": [before] * len(spatial) + [after] * len(spatial)}
    if dilated:
        attributes["dilations"] = [step] * len(spatial)
    return [window(growing, extent, size, stride, before, after, step) for extent in spatial], attributes


@move("Conv", cost=1)
def convolution(growing: Growing) -> None:
    source = image(growing)
    channels = known(source.shape[1]) or 1
    extents, attributes = window_attributes(growing, source, dilated=True)
    group = channels if growing.chance(0.3) else 1
    filters = (
        channels * int(growing.one_of((1, 2))) if group > 1 else int(growing.one_of((1, 3, 4, channels)))
    )
    weights = growing.weights(filters, channels // group, *attributes["kernel_shape"])
    bias = [growing.weights(filters)] if growing.chance(0.5) else []
    shape = (source.shape[0], constantly(filters), *extents)
    growing.node("Conv", [source, weights, *bias], shape, group=group, **attributes)


@move("ConvTranspose", cost=1)
def transposed_convolution(growing: Growing) -> None:
    source = image(growing)
    channels = known(source.shape[1]) or 1
    rank = source.rank - 2
    size, stride = growing.one_of(((2, 2), (3, 1), (3, 2), (1, 1), (1, 2)))
    pad = int(growing.one_of((0, 1))) if size == 3 else 0
    more = int(growing.one_of((0, 1))) if stride == 2 else 0
    extents = [
        combine(lambda number: (number - 1) * stride + size + more - 2 * pad, extent)
        for extent in source.shape[2:]
    ]
    growing.demand_elements(source)
    filters = int(growing.one_of((1, 3, channels)))
    shape = (source.shape[0], constantly(filters), *extents)
    growing.node(
        "ConvTranspose",
        [source, growing.weights(channels, filters, *[size] * rank)],
        shape,
        strides=[stride] * rank,
        pads=[pad] * 2 * rank,
        output_padding=[more] * rank,
    )


@moves_for("MaxPool", "AveragePool", "LpPool")
def pooling(growing: Growing, operator: str) -> None:
    source = image(growing)
    extents, attributes = window_attributes(growing, source, dilated=False)
    if max(attributes.get("pads", [0])) >= attributes["kernel_shape"][0]:
        raise DeadEndError
    if operator == "AveragePool" and growing.chance(0.5):
        attributes["count_include_pad"] = 1
    growing.node(operator, [source], (*source.shape[:2], *extents), **attributes)


@moves_for("MaxPool", "AveragePool")
def pooling_rounded_up(growing: Growing, operator: str) -> None:
    source = image(growing)
    extents = []
    for extent in source.shape[2:]:
        growing.demand([number >= 2 for number in extent])
        extents.append(
            combine(lambda number: (number - 1) // 2 + (number - 2) % 2 + 1 - (number % 2), extent)
        )
    extents = [combine(lambda number: -(-(number - 2) // 2) + 1, extent) for extent in source.shape[2:]]
    size = [2] * len(extents)
    growing.node(
        operator, [source], (*source.shape[:2], *extents), kernel_shape=size, strides=size, ceil_mode=1
    )


@moves_for("GlobalAveragePool", "GlobalMaxPool")
def global_pooling(growing: Growing, operator: str) -> None:
    source = image(growing)
    growing.node(operator, [source], (*source.shape[:2], *[constantly(1)] * (source.rank - 2)))


@moves_for("InstanceNormalization", "BatchNormalization", "LRN", "GroupNormalization")
def channel_normalization(growing: Growing, operator: str) -> None:
    source = image(growing, 4)
    growing.demand_elements(source)
    if operator == "InstanceNormalization":  # ONNX Runtime's rounding of one pixel is not ours
        single = {case for case, (h, w) in enumerate(zip(*source.shape[2:], strict=True)) if h * w == 1}
        growing.unasked |= single
        growing.demand([case not in single for case in range(CASES)])
    channels = known(source.shape[1]) or 1
    scale, bias = growing.weights(channels), growing.weights(channels)
    if operator == "LRN":
        growing.node(operator, [source], source.shape, size=3)
    elif operator == "BatchNormalization":
        variance = growing.constant(1 + growing.random.random(channels), "float32")
        growing.node(operator, [source, scale, bias, bias, variance], source.shape)
    elif operator == "GroupNormalization":
        groups = 2 if channels % 2 == 0 else 1
        growing.node(operator, [source, scale, bias], source.shape, num_groups=groups)
    else:
        growing.node(operator, [source, scale, bias], source.shape, epsilon=0.01)


@move("DepthToSpace", cost=1)
def depth_to_space(growing: Growing) -> None:
    source = pick_or_add(
        growing,
        lambda value: value.rank == 4 and known(value.shape[1]) in (4, 8),
        lambda: [growing.free_extent(), 8, growing.free_extent(), growing.free_extent()],
    )
    n, c, h, w = source.shape
    shape = (n, constantly((known(c) or 4) // 4), combine(lambda e: 2 * e, h), combine(lambda e: 2 * e, w))
    growing.node("DepthToSpace", [source], shape, blocksize=2, mode=growing.one_of(("DCR", "CRD")))


@move("SpaceToDepth", cost=1)
def space_to_depth(growing: Growing) -> None:
    even = [growing.new_symbol(True) for _ in range(2)]
    for name in even:
        growing.symbols[name] = tuple(size // 2 * 2 for size in growing.symbols[name])
    source = growing.input([growing.free_extent(), int(growing.one_of((1, 2, 4))), *even])
    n, c, h, w = source.shape
    growing.demand([a % 2 == 0 and b % 2 == 0 for a, b in zip(h, w, strict=True)])
    shape = (n, constantly(4 * (known(c) or 1)), combine(lambda e: e // 2, h), combine(lambda e: e // 2, w))
    growing.node("SpaceToDepth", [source], shape, blocksize=2)


# Resizing


RESIZE_MODES: tuple[dict[str, Any], ...] = (
    {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"},
    {"mode": "nearest"},
    {"mode": "linear"},
    {"mode": "linear", "coordinate_transformation_mode": "align_corners"},
    {"mode": "linear", "coordinate_transformation_mode": "pytorch_half_pixel"},
    {"mode": "cubic"},
)


def resized(growing: Growing, extent: Extent, scale: float) -> Extent:
    growing.demand(
        [np.floor(np.float32(scale) * np.float32(number)) >= 1 or number == 0 for number in extent]
    )
    return combine(lambda number: int(np.floor(np.float32(scale) * np.float32(number))), extent)


@move("Resize", cost=1)
def resize_by_scales(growing: Growing) -> None:
    source = image(growing)
    growing.demand_elements(source)
    scale = float(growing.one_of((2, 2, 0.5, 1.3, 1.5, 3, 0.75)))
    attributes = dict(growing.one_of(RESIZE_MODES[: 5 if source.rank == 3 else 6]))
    if attributes.get("coordinate_transformation_mode") == "align_corners":
        scale = 2.0
    scales = growing.constant([1, 1, *[scale] * (source.rank - 2)], "float32")
    extents = [resized(growing, extent, scale) for extent in source.shape[2:]]
    growing.node("Resize", [source, None, scales], (*source.shape[:2], *extents), **attributes)


@move("Resize", "Shape", cost=2)
def resize_to_another(growing: Growing) -> None:
    source = image(growing, 4)
    other = growing.pick(lambda value: value.rank == 4 and value.shape[:2] == source.shape[:2])
    growing.demand_elements(source)
    sizes = shape_of(growing, other)
    attributes = dict(growing.one_of(RESIZE_MODES[:3]))
    growing.demand([a != 0 and b != 0 for a, b in zip(*other.shape[2:], strict=True)])
    growing.node("Resize", [source, None, None, sizes], other.shape, **attributes)


@move("Resize", "Shape", "Concat", cost=8)
def resize_to_computed(growing: Growing) -> None:
    source = image(growing, 4)
    growing.demand_elements(source)
    front = extents_of(growing, source, 0, 2)
    tail = computed(growing, extents_of(growing, source, 2, 4))
    sizes = concatenated(growing, front, tail)
    assert sizes.elements is not None
    growing.demand([min(extent[case] for extent in sizes.elements) > 0 for case in range(len(growing.alive))])
    growing.node(
        "Resize", [source, None, None, sizes], sizes.elements, **dict(growing.one_of(RESIZE_MODES[:3]))
    )


@move("Resize", "Conv", "Add", cost=4)
def pyramid(growing: Growing) -> None:
    """What is pooled comes back to the size it had."""
    source = image(growing, 4)
    channels = known(source.shape[1]) or 1
    growing.demand_elements(source)
    operator = growing.one_of(("MaxPool", "AveragePool"))
    half = [window(growing, extent, 2, 2, 0, 0, 1) for extent in source.shape[2:]]
    pooled = growing.node(operator, [source], (*source.shape[:2], *half), kernel_shape=[2, 2], strides=[2, 2])
    mixed = growing.node("Conv", [pooled, growing.weights(channels, channels, 1, 1)], pooled.shape)
    doubled = (*source.shape[:2], *(combine(lambda number: 2 * number, extent) for extent in half))
    scales = growing.constant([1, 1, 2, 2], "float32")
    up = growing.node("Resize", [mixed, None, scales], doubled, **dict(growing.one_of(RESIZE_MODES[:3])))
    if growing.chance(0.7):
        growing.node("Add", [up, source], broadcast(growing, doubled, source.shape))
    else:
        growing.demand([a[c] == b[c] for c in range(CASES) for a, b in [(doubled[2], source.shape[2])]])
        growing.demand([a[c] == b[c] for c in range(CASES) for a, b in [(doubled[3], source.shape[3])]])
        joined = (doubled[0], constantly(2 * channels), *doubled[2:])
        growing.node("Concat", [up, source], joined, axis=1)


# Products


@move("MatMul", cost=1)
def matrix_by_constant(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank >= 2 and bool(known(value.shape[-1])))
    columns = int(growing.one_of((1, 3, 4, 6)))
    weights = growing.weights(columns, known(source.shape[-1]) or 1)
    turned = growing.constant(np.ascontiguousarray(onnx_array(growing, weights).T))
    growing.node("MatMul", [source, turned], (*source.shape[:-1], constantly(columns)))


def onnx_array(growing: Growing, value: Value) -> np.ndarray:
    from onnx import numpy_helper

    return next(numpy_helper.to_array(one) for one in growing.constants if one.name == value.name)


@move("MatMul", cost=1)
def matrix_by_input(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank >= 2)
    inner = source.shape[-1]
    rows: str | int = (
        growing.partner(inner, may_be_one=False)
        if growing.chance(0.5)
        else known(inner) or named(growing, inner) or growing.partner(inner, may_be_one=False)
    )
    dimensions: list[str | int] = [rows, int(growing.one_of((1, 3, 4)))]
    if source.rank > 2 and growing.chance(0.6):
        dimensions.insert(0, growing.partner(source.shape[-3], may_be_one=True))
    other = growing.input(dimensions)
    growing.demand([a == b for a, b in zip(inner, other.shape[-2], strict=True)])
    front = broadcast(growing, source.shape[:-2], other.shape[:-2]) if source.rank > 2 else []
    growing.node("MatMul", [source, other], (*front, source.shape[-2], other.shape[-1]))


@move("MatMul", "Transpose", "Softmax", cost=4)
def attention(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank in (3, 4))
    order = [*range(source.rank - 2), source.rank - 1, source.rank - 2]
    keys = growing.node("Transpose", [source], [source.shape[axis] for axis in order], perm=order)
    scores = growing.node("MatMul", [source, keys], (*source.shape[:-1], source.shape[-2]))
    weights = growing.node("Softmax", [scores], scores.shape, axis=-1)
    growing.node("MatMul", [weights, source], source.shape)


@move("Gemm", cost=1)
def gemm(growing: Growing) -> None:
    source = pick_or_add(
        growing, lambda value: value.rank == 2, lambda: [growing.free_extent(), int(growing.one_of((3, 5)))]
    )
    turned = growing.chance(0.4)
    rows, inner = reversed(source.shape) if turned else source.shape
    columns = int(growing.one_of((1, 3, 4, 5)))
    if (number := known(inner)) and growing.chance(0.6):
        other, transposed = growing.weights(columns, number), 1
    else:
        name = growing.partner(inner, may_be_one=False)
        transposed = int(growing.chance(0.5))
        other = growing.input([columns, name] if transposed else [name, columns])
        growing.demand([a == b for a, b in zip(inner, growing.symbols[name], strict=True)])
    inputs = [source, other]
    if growing.chance(0.5):
        bias = growing.weights(columns)
        if growing.chance(0.5):
            bias = growing.input([growing.partner(rows, may_be_one=True), columns])
            growing.demand([a in (b, 1) for a, b in zip(bias.shape[0], rows, strict=True)])
        inputs.append(bias)
    growing.node(
        "Gemm", inputs, (rows, constantly(columns)), transA=int(turned), transB=transposed, alpha=0.5
    )


# Moving


@move("Transpose", cost=1)
def transpose(growing: Growing) -> None:
    source = any_float(growing, 2)
    order = [int(axis) for axis in growing.random.permutation(source.rank)]
    growing.node("Transpose", [source], [source.shape[axis] for axis in order], perm=order)


@move("Flatten", cost=1)
def flatten(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank + 1))
    product = lambda *extents: int(np.prod(extents))  # noqa: E731
    shape = (
        combine(product, *source.shape[:axis]) if axis else constantly(1),
        combine(product, *source.shape[axis:]) if axis < source.rank else constantly(1),
    )
    growing.node("Flatten", [source], shape, axis=axis)


@move("Unsqueeze", cost=1)
def unsqueeze(growing: Growing) -> None:
    source = any_float(growing, 0, 3)
    axis = int(growing.random.integers(source.rank + 1))
    shape = (*source.shape[:axis], constantly(1), *source.shape[axis:])
    growing.node("Unsqueeze", [source, growing.integers(axis)], shape)


@move("Squeeze", cost=1)
def squeeze(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank > 1 and constantly(1) in value.shape)
    axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if extent == constantly(1)])
    growing.node(
        "Squeeze", [source, growing.integers(axis)], (*source.shape[:axis], *source.shape[axis + 1 :])
    )


@move("Squeeze", cost=1)
def squeeze_of_a_free_axis(growing: Growing) -> None:
    source = growing.input([1, growing.partner(constantly(1), may_be_one=False), growing.free_extent()])
    growing.demand([number == 1 for number in source.shape[1]])
    growing.node("Squeeze", [source, growing.integers(1)], (source.shape[0], source.shape[2]))


@move("Reshape", cost=1)
def reshape_by_constant(growing: Growing) -> None:
    source = any_float(growing, 2)
    product = lambda *extents: int(np.prod(extents))  # noqa: E731
    if growing.chance(0.3):
        number = int(growing.one_of((2, 3, 4)))
        total = combine(product, *source.shape)
        growing.demand([one % number == 0 for one in total])
        shape, target = (combine(lambda one: one // number, total), constantly(number)), [-1, number]
        if growing.chance(0.5):
            shape, target = (shape[1], shape[0]), [number, -1]
    elif growing.chance(0.5):
        kept = int(growing.random.integers(1, source.rank))
        shape = (*source.shape[:kept], combine(product, *source.shape[kept:]))
        target = [0] * kept + [-1]
        growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    else:
        shape, target = (combine(product, *source.shape),), [-1]
    growing.node("Reshape", [source, growing.integers(*target)], shape)


@move("Reshape", "Shape", "Concat", cost=7)
def reshape_by_shape(growing: Growing) -> None:
    source = any_float(growing, 3)
    count = int(growing.random.integers(1, source.rank - 1))
    front = extents_of(growing, source, 0, count)
    product = lambda *extents: int(np.prod(extents))  # noqa: E731
    rest = combine(product, *source.shape[count:])
    growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    last = known(source.shape[-1])
    if last and growing.chance(0.5):
        target = concatenated(growing, front, growing.integers(-1, last))
        shape: tuple[Extent, ...] = (
            *source.shape[:count],
            combine(lambda n: n // last, rest),
            constantly(last),
        )
    else:
        target = concatenated(growing, front, growing.integers(-1))
        shape = (*source.shape[:count], rest)
    growing.node("Reshape", [source, target], shape)


@move("Reshape", "Shape", cost=2)
def reshape_like_another(growing: Growing) -> None:
    source = any_float(growing, 2)
    other = any_float(growing, 1)
    product = lambda *extents: int(np.prod(extents))  # noqa: E731
    sizes = zip(combine(product, *source.shape), combine(product, *other.shape), strict=True)
    growing.demand([a == b for a, b in sizes])
    if source.shape == other.shape:
        raise DeadEndError
    growing.node("Reshape", [source, shape_of(growing, other)], other.shape)


@move("Reshape", "Mul", cost=6)
def merge_axes(growing: Growing) -> None:
    source = growing.pick(lambda value: value.rank in (3, 4))
    first, second = extents_of(growing, source, 0, 1), extents_of(growing, source, 1, 2)
    merged = arithmetic(growing, "Mul", first, second)
    assert merged.elements is not None
    target = concatenated(growing, merged, growing.integers(*[-1] if source.rank == 3 else [0, 0]))
    if source.rank == 4:
        raise DeadEndError
    growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    growing.node("Reshape", [source, target], (merged.elements[0], source.shape[2]))


@move("Concat", cost=1)
def concat(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    if growing.chance(0.4):
        sides = [extent for k, extent in enumerate(source.shape) if k != axis]
        other = growing.pick(
            lambda value: (
                value.rank == source.rank
                and [extent for k, extent in enumerate(value.shape) if k != axis] == sides
            )
        )
    else:
        dimensions: list[str | int] = []
        for k, extent in enumerate(source.shape):
            if k == axis:
                dimensions.append(
                    growing.free_extent() if growing.chance(0.5) else int(growing.one_of((1, 2, 5)))
                )
            elif (number := known(extent)) is not None and growing.chance(0.8):
                dimensions.append(number)
            elif (name := named(growing, extent)) is not None and growing.chance(0.6):
                dimensions.append(name)
            else:
                dimensions.append(growing.partner(extent, may_be_one=False))
        other = growing.input(dimensions)
    for k, (a, b) in enumerate(zip(source.shape, other.shape, strict=True)):
        if k != axis:
            growing.demand([x == y for x, y in zip(a, b, strict=True)])
    pair = [source, other] if growing.chance(0.5) else [other, source]
    joined = combine(lambda a, b: a + b, source.shape[axis], other.shape[axis])
    # ONNX Runtime passes over inputs without elements, whatever their shapes: a mistake is none to it there.
    growing.demand(
        [all(e[case] for e in (*source.shape, *other.shape)) or growing.alive[case] for case in range(CASES)]
    )
    growing.node("Concat", pair, (*source.shape[:axis], joined, *source.shape[axis + 1 :]), axis=axis)


@move("Split", cost=1)
def split_in_parts(growing: Growing) -> None:
    source = any_float(growing)
    fixed = [axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 2]
    axis = growing.one_of(fixed)
    extent = known(source.shape[axis]) or 2
    first = int(growing.random.integers(1, extent))
    shapes = [
        (*source.shape[:axis], constantly(part), *source.shape[axis + 1 :])
        for part in (first, extent - first)
    ]
    growing.several("Split", [source, growing.integers(first, extent - first)], shapes, axis=axis)


@move("Split", cost=1)
def split_of_a_free_axis(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    extent = source.shape[axis]
    growing.demand([number >= 2 for number in extent])
    parts = (combine(lambda number: -(-number // 2), extent), combine(lambda number: number // 2, extent))
    shapes = [(*source.shape[:axis], part, *source.shape[axis + 1 :]) for part in parts]
    growing.several("Split", [source], shapes, axis=axis, num_outputs=2)


def sliced(extent: int, start: int, end: int, step: int) -> int:
    return len(range(extent)[slice(start, None if end < -99 else end, step)])


@move("Slice", cost=1)
def slice_by_numbers(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    start, end, step = growing.one_of(
        (
            (1, 100, 1),
            (0, -1, 1),
            (0, 3, 1),
            (-2, 100, 1),
            (0, 100, 2),
            (1, -1, 1),
            (-1, -100, -1),
            (-1, -100, -2),
        )
    )
    extent = combine(lambda number: sliced(number, start, end, step), source.shape[axis])
    bounds = [growing.integers(number) for number in (start, end, axis, step)]
    shape = (*source.shape[:axis], extent, *source.shape[axis + 1 :])
    growing.node("Slice", [source, *bounds[: 3 if step == 1 else 4]], shape)


@move("Slice", "Shape", cost=6)
def slice_to_a_length(growing: Growing) -> None:
    """The part of one value, or of a table, that is as long as another."""
    other = any_float(growing)
    axis = int(growing.random.integers(other.rank))
    end = extents_of(growing, other, axis, axis + 1)
    if growing.chance(0.4):
        end = computed(growing, end)
    assert end.elements is not None
    if growing.chance(0.6):
        width = known(other.shape[-1]) if axis != other.rank - 1 else None
        table = growing.weights(*((24,) if axis == other.rank - 1 else (24, width or 3)))
        part = combine(lambda number: min(max(number, 0), 24), end.elements[0])
        growing.demand([number >= 0 for number in end.elements[0]])
        cut = growing.node("Slice", [table, growing.integers(0), end], (part, *table.shape[1:]))
        if axis == other.rank - 1 or (axis == other.rank - 2 and width):
            growing.node("Add", [other, cut], broadcast(growing, other.shape, cut.shape))
        return
    source = any_float(growing)
    place = int(growing.random.integers(source.rank))
    growing.demand([number >= 0 for number in end.elements[0]])
    if growing.chance(0.5):
        extent = combine(lambda number, limit: min(number, limit), source.shape[place], end.elements[0])
        bounds = [growing.integers(0), end]
    else:
        extent = combine(lambda number, limit: max(number - limit, 0), source.shape[place], end.elements[0])
        bounds = [end, growing.integers(2**63 - 1)]
    shape = (*source.shape[:place], extent, *source.shape[place + 1 :])
    growing.node("Slice", [source, *bounds, growing.integers(place)], shape)


@move("Pad", cost=1)
def pad(growing: Growing) -> None:
    source = any_float(growing)
    before = [int(number) for number in growing.random.integers(0, 3, source.rank)]
    after = [int(number) for number in growing.random.integers(-1, 3, source.rank)]
    mode = growing.one_of(("constant", "constant", "edge", "reflect"))
    if mode == "reflect":
        before, after = ([max(min(number, 1), 0) for number in side] for side in (before, after))
        for low, high, extent in zip(before, after, source.shape, strict=True):
            growing.demand([not (low or high) or number >= 2 for number in extent])
    if mode == "edge":
        growing.demand([all(extent[case] for extent in source.shape) for case in range(len(growing.alive))])
    if mode != "constant":
        after = [max(number, 0) for number in after]
    shape = [
        combine(lambda number, low=low, high=high: number + low + high, extent)
        for low, high, extent in zip(before, after, source.shape, strict=True)
    ]
    growing.node("Pad", [source, growing.integers(*before, *after)], shape, mode=mode)


@move("Pad", "Mod", "Shape", cost=8)
def pad_to_a_multiple(growing: Growing) -> None:
    source = image(growing, 4)
    tail = extents_of(growing, source, 2, 4)
    unit = int(growing.one_of((4, 8, 3)))
    turned = growing.node(
        "Neg", [tail], tail.shape, "int64", [combine(lambda n: -n, e) for e in tail.elements or ()]
    )
    missing = arithmetic(growing, "Mod", turned, growing.constant(unit, "int64"))
    pads = concatenated(growing, growing.integers(0, 0, 0, 0, 0, 0), missing)
    shape = (
        *source.shape[:2],
        *(combine(lambda n: -(-n // unit) * unit, extent) for extent in source.shape[2:]),
    )
    growing.node("Pad", [source, pads], shape)


@move("Tile", cost=1)
def tile(growing: Growing) -> None:
    source = any_float(growing)
    repeats = [int(growing.one_of((1, 1, 2, 3))) for _ in source.shape]
    shape = [
        combine(lambda n, times=times: n * times, e) for times, e in zip(repeats, source.shape, strict=True)
    ]
    growing.node("Tile", [source, growing.integers(*repeats)], shape)


@move("Tile", "Shape", "Concat", cost=7)
def tile_by_a_length(growing: Growing) -> None:
    source, other = any_float(growing, 1, 3), any_float(growing)
    axis = int(growing.random.integers(other.rank))
    times = extents_of(growing, other, axis, axis + 1)
    assert times.elements is not None
    ones = growing.integers(*[1] * (source.rank - 1))
    repeats = concatenated(growing, times, ones) if source.rank > 1 else times
    shape = (combine(lambda a, b: a * b, source.shape[0], times.elements[0]), *source.shape[1:])
    growing.node("Tile", [source, repeats], shape)


@move("Expand", cost=1)
def expand_by_numbers(growing: Growing) -> None:
    source = any_float(growing, 1, 3)
    target = [
        int(growing.one_of((1, 2)))
        if known(e) != 1 and growing.chance(0.1)
        else int(growing.one_of((1, 3)))
        if known(e) == 1
        else 1
        for e in source.shape
    ]
    if growing.chance(0.4):
        target.insert(0, 2)
    shape = broadcast(growing, source.shape, [constantly(number) for number in target])
    growing.node("Expand", [source, growing.integers(*target)], shape)


@move("Expand", "Shape", cost=2)
def expand_to_another(growing: Growing) -> None:
    other = any_float(growing)
    source = operand(growing, other.shape)
    growing.node("Expand", [source, shape_of(growing, other)], broadcast(growing, source.shape, other.shape))


@move("Expand", "Where", "Equal", "ConstantOfShape", cost=7)
def expand_by_where(growing: Growing) -> None:
    """The way PyTorch writes an expand with -1: those extents are replaced by ones."""
    other = any_float(growing, 2, 3)
    source = operand(growing, other.shape)
    wanted = [-1 if growing.chance(0.5) else 1 for _ in other.shape]
    target = growing.integers(*wanted)
    ones = growing.node(
        "ConstantOfShape",
        [growing.integers(other.rank)],
        [constantly(other.rank)],
        "int64",
        [constantly(1)] * other.rank,
        value=int_tensor(1),
    )
    free = growing.node("Equal", [target, growing.constant(-1, "int64")], target.shape, "bool")
    shape = shape_of(growing, other)
    assert shape.elements is not None
    chosen = growing.node(
        "Where",
        [free, shape, ones],
        shape.shape,
        "int64",
        [
            extent if number < 0 else constantly(1)
            for number, extent in zip(wanted, shape.elements, strict=True)
        ],
    )
    assert chosen.elements is not None
    growing.node("Expand", [source, chosen], broadcast(growing, source.shape, chosen.elements))


def int_tensor(number: int) -> Any:
    from onnx import numpy_helper

    return numpy_helper.from_array(np.array([number], np.int64))


@move("Gather", cost=1)
def gather_one(growing: Growing) -> None:
    source = any_float(growing, 2)
    axis = int(growing.random.integers(source.rank))
    index = int(growing.one_of((0, -1, 1)))
    growing.demand([-number <= index < number for number in source.shape[axis]])
    shape = (*source.shape[:axis], *source.shape[axis + 1 :])
    growing.node("Gather", [source, growing.constant(index, "int64")], shape, axis=axis)


@move("Gather", cost=1)
def gather_rows(growing: Growing) -> None:
    ids = integer_input(growing)
    if growing.chance(0.6):
        source, axis = growing.weights(5, 4), 0
    else:
        source = growing.pick(lambda value: any((known(extent) or 0) >= 3 for extent in value.shape))
        axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 3])
    shape = (*source.shape[:axis], *ids.shape, *source.shape[axis + 1 :])
    if len(shape) > 4:
        raise DeadEndError
    growing.node("Gather", [source, ids], shape, axis=axis)


@move("GatherElements", cost=1)
def gather_elements(growing: Growing) -> None:
    source = growing.pick(lambda value: any((known(extent) or 0) >= 3 for extent in value.shape))
    axis = growing.one_of([axis for axis, extent in enumerate(source.shape) if (known(extent) or 0) >= 3])
    dimensions = [2 if k == axis else known(e) or named(growing, e) for k, e in enumerate(source.shape)]
    if None in dimensions:
        raise DeadEndError
    ids = growing.input(dimensions, "int64")
    growing.node("GatherElements", [source, ids], ids.shape, axis=axis)


@move("OneHot", cost=2)
def one_hot(growing: Growing) -> None:
    ids = integer_input(growing)
    values = growing.constant([0, 1], "float32")
    shape = (*ids.shape, constantly(4))
    growing.node("OneHot", [ids, growing.constant(4, "int64"), values], shape)


@move("Trilu", cost=1)
def trilu(growing: Growing) -> None:
    source = any_float(growing, 2)
    growing.node("Trilu", [source], source.shape, upper=int(growing.chance(0.5)))


# Reductions


@moves_for(
    *"ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2".split(),
    *"ReduceSumSquare ReduceLogSumExp ReduceProd".split(),
)
def reduction(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    count = int(growing.random.integers(1, source.rank + 1))
    axes = sorted(int(axis) for axis in growing.random.choice(source.rank, count, replace=False))
    keep = int(growing.chance(0.6))
    if (
        operator == "ReduceMean"
    ):  # ONNX leaves the mean of nothing open: 0 in ONNX Runtime, no number elsewhere
        growing.demand_elements(source)
    if operator in ("ReduceMax", "ReduceMin", "ReduceLogSumExp"):
        for axis in axes:
            growing.demand([number > 0 for number in source.shape[axis]])
    shape = [
        constantly(1) if axis in axes else extent
        for axis, extent in enumerate(source.shape)
        if keep or axis not in axes
    ]
    if not shape:
        raise DeadEndError
    growing.node(operator, [source, growing.integers(*axes)], shape, keepdims=keep)


@moves_for("ArgMax", "ArgMin", cost=2)
def arg(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    growing.demand([number > 0 for number in source.shape[axis]])
    keep = int(growing.chance(0.5)) if source.rank > 1 else 1
    shape = [
        constantly(1) if k == axis else extent for k, extent in enumerate(source.shape) if keep or k != axis
    ]
    index = growing.node(operator, [source], shape, "int64", axis=axis, keepdims=keep)
    growing.node("Cast", [index], shape, to=1)


@moves_for("Softmax", "LogSoftmax", "Hardmax")
def softmax(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    growing.node(operator, [source], source.shape, axis=int(growing.random.integers(source.rank)))


@move("CumSum", cost=1)
def cumulative_sum(growing: Growing) -> None:
    source = any_float(growing)
    axis = growing.constant(int(growing.random.integers(source.rank)), "int64")
    attributes = {"exclusive": int(growing.chance(0.3)), "reverse": int(growing.chance(0.3))}
    growing.node("CumSum", [source, axis], source.shape, **attributes)


@move("LayerNormalization", cost=1)
def layer_normalization(growing: Growing) -> None:
    source = pick_or_add(
        growing,
        lambda value: value.rank >= 2 and (known(value.shape[-1]) or 0) >= 2,
        lambda: [growing.free_extent(), growing.free_extent(), 5],
    )
    width = known(source.shape[-1]) or 2
    inputs = [source, growing.weights(width), growing.weights(width)]
    growing.node("LayerNormalization", inputs, source.shape, epsilon=0.01)


@move("LpNormalization", cost=1)
def lp_normalization(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    growing.node("LpNormalization", [source], source.shape, axis=axis, p=2)


@move("MeanVarianceNormalization", cost=1)
def mean_variance_normalization(growing: Growing) -> None:
    """Normalise an input, as ONNX Runtime's difference of two means is void where values vary little."""
    source = growing.pick(
        lambda value: value.rank == 4 and value.name in growing.inputs and known(value.shape[1]) is not None
    )
    growing.demand_elements(source)
    several = [a * b * c > 1 for a, b, c in zip(source.shape[0], *source.shape[2:], strict=True)]
    growing.unasked |= {case for case, holds in enumerate(several) if not holds}
    growing.demand(several)
    growing.node("MeanVarianceNormalization", [source], source.shape)


# Shape arithmetic


def shape_of(growing: Growing, value: Value) -> Value:
    """Return the whole shape of a value as int64."""
    return growing.node("Shape", [value], [constantly(value.rank)], "int64", value.shape)


def extents_of(growing: Growing, value: Value, start: int, end: int) -> Value:
    """Return some extents of a value as a list of int64, by one of the ways in which exporters write that."""
    extents = value.shape[start:end]
    length = [constantly(end - start)]
    way = growing.random.random()
    if way < 0.3:
        return growing.node("Shape", [value], length, "int64", extents, start=start, end=end)
    shape = shape_of(growing, value)
    if way < 0.6 or end - start > 1:
        bounds = [growing.integers(start), growing.integers(end)]
        return growing.node("Slice", [shape, *bounds], length, "int64", extents)
    if way < 0.8:
        return growing.node("Gather", [shape, growing.integers(start)], length, "int64", extents)
    scalar = growing.node("Gather", [shape, growing.constant(start, "int64")], [], "int64", extents)
    return growing.node("Unsqueeze", [scalar, growing.integers(0)], length, "int64", extents)


def concatenated(growing: Growing, *parts: Value) -> Value:
    """Return lists of extents joined."""
    elements = [extent for part in parts for extent in part.elements or ()]
    return growing.node("Concat", list(parts), [constantly(len(elements))], "int64", elements, axis=0)


def arithmetic(growing: Growing, operator: str, a: Value, b: Value) -> Value:
    """Return integers computed from lists of extents; one list may be a single number."""
    functions = {
        "Add": lambda x, y: x + y,
        "Sub": lambda x, y: x - y,
        "Mul": lambda x, y: x * y,
        "Div": lambda x, y: int(x / y) if y else 0,
        "Mod": lambda x, y: x % y if y else 0,
        "Max": max,
        "Min": min,
    }
    left, right = list(a.elements or ()), list(b.elements or ())
    length = max(len(left), len(right))
    left, right = left * (length // len(left)), right * (length // len(right))
    elements = [combine(functions[operator], x, y) for x, y in zip(left, right, strict=True)]
    return growing.node(operator, [a, b], a.shape if a.rank else b.shape, "int64", elements)


def computed(growing: Growing, extents: Value, way: int | None = None) -> Value:
    """Return extents after a little arithmetic, in whole numbers or in floats, that keeps them small."""
    way = int(growing.random.integers(9)) if way is None else way
    number = lambda value: growing.constant(value, "int64")  # noqa: E731
    if way == 0:
        return arithmetic(growing, "Div", extents, number(2))
    if way == 1:
        return arithmetic(growing, "Add", extents, number(3))
    if way == 2:
        return arithmetic(growing, "Max", extents, growing.integers(*[1] * len(extents.elements or ())))
    if way == 3:
        return arithmetic(growing, "Min", extents, number(4))
    if way == 4:
        return arithmetic(growing, "Mul", arithmetic(growing, "Div", extents, number(4)), number(4))
    if way == 5:
        return arithmetic(growing, "Mul", extents, number(2))
    elements = extents.elements or ()
    floats = growing.node("Cast", [extents], extents.shape, "float32", elements, to=1)
    if way == 6:
        scale = float(growing.one_of((0.5, 1.5, 0.7)))
        scaled = growing.node("Mul", [floats, growing.constant(scale, "float32")], floats.shape)
        whole = growing.node("Floor", [scaled], floats.shape)
        result = [combine(lambda n: int(np.floor(np.float32(n) * np.float32(scale))), e) for e in elements]
    elif way == 7:
        scaled = growing.node("Div", [floats, growing.constant(4, "float32")], floats.shape)
        up = growing.node("Ceil", [scaled], floats.shape)
        whole = growing.node("Mul", [up, growing.constant(4, "float32")], floats.shape)
        result = [combine(lambda n: -(-n // 4) * 4, e) for e in elements]
    else:
        whole = growing.node("Sqrt", [floats], floats.shape)
        result = [combine(lambda n: int(np.sqrt(np.float32(max(n, 0)))), e) for e in elements]
    return growing.node("Cast", [whole], whole.shape, "int64", result, to=7)


@moves_for("Floor", "Ceil", "Div", cost=9)
def part_of_a_computed_length(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    way = {"Floor": 6, "Ceil": 7, "Div": 0}[operator]
    end = computed(growing, extents_of(growing, source, axis, axis + 1), way)
    assert end.elements is not None
    extent = combine(lambda number, limit: min(number, limit), source.shape[axis], end.elements[0])
    shape = (*source.shape[:axis], extent, *source.shape[axis + 1 :])
    growing.node("Slice", [source, growing.integers(0), end, growing.integers(axis)], shape)


@move("Range", "Cast", cost=6)
def range_to_a_length(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    shape = shape_of(growing, source)
    length = growing.node(
        "Gather", [shape, growing.constant(axis, "int64")], [], "int64", [source.shape[axis]]
    )
    one, zero = growing.constant(1, "int64"), growing.constant(0, "int64")
    places = growing.node("Range", [zero, length, one], [source.shape[axis]], "int64")
    floats = growing.node("Cast", [places], places.shape, to=1)
    if axis == source.rank - 1:
        growing.node("Add", [source, floats], source.shape)


@move("ConstantOfShape", "Shape", cost=6)
def constant_of_shape(growing: Growing) -> None:
    source = any_float(growing, 1, 3)
    axis = int(growing.random.integers(source.rank))
    extents = extents_of(growing, source, axis, source.rank)
    if growing.chance(0.3):
        extents = computed(growing, extents)
        growing.demand([min(e[c] for e in extents.elements or ()) >= 0 for c in range(len(growing.alive))])
    from onnx import numpy_helper

    filled = growing.node(
        "ConstantOfShape",
        [extents],
        extents.elements or (),
        value=numpy_helper.from_array(np.array([0.5], np.float32)),
    )
    if growing.chance(0.5):
        growing.node("Add", [source, filled], broadcast(growing, source.shape, filled.shape))


@move("Cast", "Shape", "Mul", cost=5)
def scaled_by_a_length(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    extent = extents_of(growing, source, axis, axis + 1)
    floats = growing.node("Cast", [extent], extent.shape, to=1)
    growing.node("Mul", [source, floats], source.shape)


@move("Size", "Cast", cost=3)
def scaled_by_a_size(growing: Growing) -> None:
    source = any_float(growing)
    size = growing.node("Size", [source], [], "int64")
    floats = growing.node("Cast", [size], [], to=1)
    growing.node("Max", [source, floats], source.shape)
