"""Convolutions, poolings and images of other sizes as functions, and what normalises."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.channels_last import (
    convolution,
    depthwise_filters,
    filters_of_hwio,
    pool,
    resize,
)
from texelflow.importers.keras.functions.function import Function, computes
from texelflow.importers.keras.layers.convolutions import give_back, image_of, padding_of
from texelflow.operators.shapes import known_shape


def _spatial(steps: Function) -> int:
    """Return how many axes windows slide along; raise NodeError unless there are one to three."""
    if not 3 <= steps.rank <= 5:
        raise steps.fail(f"its input is {steps.x.type}; 3 to 5 axes are needed")
    return steps.rank - 2


@computes("MaxPool", "AveragePool")
def pooling(steps: Function) -> None:
    """The largest number, or the mean, of each window; borders do not count."""
    count = _spatial(steps)
    kernel = steps.sizes("pool_size", count, 2)
    strides = steps.sizes("strides", count) if steps.setting("strides") is not None else kernel
    padding = padding_of(steps, [0, *kernel], [])
    made = pool(
        steps, "pooled_last", steps.function, image_of(steps), kernel=kernel, strides=strides, padding=padding
    )
    give_back(steps, made)


def _filters(steps: Function, index: int, name: str, count: int) -> tuple[Value, list[int]]:
    """Return a kernel [*kernel, inputs, outputs] and its shape; raise NodeError if that is not known."""
    _, kernel = steps.together([steps.x, steps.given(index, name)])
    shape = known_shape(kernel.known_type.shape)
    if shape is None or len(shape) != count + 2 or 0 in shape:
        raise steps.fail(f"its {name} is {kernel.type}; {count + 2} axes are needed")
    return kernel, list(shape)


@computes("Conv")
def conv(steps: Function) -> None:
    """A convolution."""
    count, image = _spatial(steps), image_of(steps)
    weights, [*kernel, inputs, _] = _filters(steps, 1, "kernel", count)
    channels = image.shape[-1]
    if not isinstance(channels, int) or channels % inputs:
        raise steps.fail(f"its image has {channels} channels, its kernel {inputs}")
    dilations = steps.sizes("dilation_rate", count)
    made = convolution(
        steps,
        "convolved_last",
        image,
        filters_of_hwio(steps, weights, count + 2),
        None,
        strides=steps.sizes("strides", count),
        padding=padding_of(steps, kernel, dilations),
        dilations=dilations,
        group=channels // inputs,
        kernel=kernel,
    )
    give_back(steps, made)


@computes("DepthwiseConv", "SeparableConv")
def depthwise(steps: Function) -> None:
    """A convolution of each channel by itself, then, of a separable one, of each pixel."""
    count, separable = _spatial(steps), steps.function == "SeparableConv"
    name = "depthwise_kernel" if separable else "kernel"
    weights, [*kernel, channels, multiplier] = _filters(steps, 1, name, count)
    dilations = steps.sizes("dilation_rate", count)
    made = convolution(
        steps,
        "each",
        image_of(steps),
        depthwise_filters(steps, weights, kernel, channels, multiplier),
        None,
        strides=steps.sizes("strides", count),
        padding=padding_of(steps, kernel, dilations),
        dilations=dilations,
        group=channels,
        kernel=kernel,
    )
    if separable:
        points, _ = _filters(steps, 2, "pointwise_kernel", count)
        mixing = filters_of_hwio(steps, points, count + 2)
        made = convolution(steps, "mixed", made, mixing, None, strides=[1] * count, padding="VALID")
    give_back(steps, made)


@computes("Resize")
def resized(steps: Function) -> None:
    """Images of another height and width."""
    modes = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}
    method = str(steps.setting("interpolation", "bilinear"))
    size = steps.wholes_given(1, "size")
    cuts = [n for n in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias") if steps.setting(n)]
    if method not in modes or cuts or steps.rank != 4 or len(size) != 2 or min(size) < 1:
        raise steps.fail(
            f"its interpolation is {method!r}, its size {size}{', with ' + cuts[0] if cuts else ''}"
        )
    if steps.x.dtype != "float32":
        raise steps.fail(f"its images are of {steps.x.dtype}; float32 is supported")
    image = image_of(steps)
    give_back(steps, resize(steps, "resized_last", image, size, modes[method], half_pixel_centers=True))


@computes("BatchNorm")
def batch_norm(steps: Function) -> None:
    """(x - mean) / √(variance + epsilon) · scale + offset, along an axis."""
    [axis] = steps.axes_given(6)
    shape: list[int] = [1] * steps.rank
    shape[axis] = -1

    def along(index: int, name: str) -> Value | None:
        given = steps.given(index, name)
        if given is None:
            return None
        return steps.reshape(name, steps.together([steps.x, given])[1], list(shape))

    mean, variance, offset, scale = map(along, range(1, 5), ("mean", "variance", "offset", "scale"))
    if mean is None or variance is None:
        raise steps.fail("it has no mean, or no variance")
    tiny = steps.scalar("tiny", steps.x.dtype, steps.number("epsilon", 1e-3))
    deviation = steps.add("Sqrt", "deviation", steps.add("Add", "some", variance, tiny))
    made = steps.add("Div", "normal", steps.add("Sub", "centred", steps.x, mean), deviation)
    made = made if scale is None else steps.add("Mul", "scaled", made, scale)
    steps.add("Identity", steps.result, made if offset is None else steps.add("Add", "moved", made, offset))


@computes("LayerNorm", "RMSNorm")
def layer_norm(steps: Function) -> None:
    """X by its deviation, or by the root of its mean square, along axes; times gamma, plus beta."""
    x, axes = (
        steps.floats(steps.x),
        steps.axes_given(9) if steps.setting("axis") is not None else [steps.rank - 1],
    )
    if steps.setting("rms_scaling") or axes != list(range(axes[0], steps.rank)):
        raise steps.fail(f"its axes are {axes}; the last ones, and no rms_scaling, are supported")
    is_layer = steps.function == "LayerNorm"
    names = ("gamma", "beta") if is_layer else ("scale",)
    factor, *moved = (steps.given(index, name) for index, name in enumerate(names, 1))
    if is_layer:
        x = steps.add("Sub", "centred", x, steps.reduce("ReduceMean", "mean", x, axes))
    squares = steps.reduce("ReduceMean", "variance", steps.add("Mul", "squares", x, x), axes)
    tiny = steps.scalar("tiny", "float32", steps.number("epsilon", 1e-7))
    made = steps.add(
        "Div", "normal", x, steps.add("Sqrt", "deviation", steps.add("Add", "some", squares, tiny))
    )
    for operator, given in (("Mul", factor), ("Add", moved[0] if moved else None)):
        if given is not None:
            made = steps.add(operator, "made", made, steps.together([steps.x, given])[1])
    steps.add("Identity", steps.result, made)


@computes("DotProductAttention")
def attention(steps: Function) -> None:
    """Attention of queries [batch, steps, heads, size] to keys, a mean of values."""
    query, key, value = (steps.given(index, name) for index, name in enumerate(("query", "key", "value")))
    if not all(isinstance(given, Value) and len(given.shape) == 4 for given in (query, key, value)):
        raise steps.fail("queries, keys and values of four axes are needed")
    if steps.setting("is_causal") or steps.setting("attn_logits_soft_cap") is not None:
        raise steps.fail("it is causal, or has a soft cap, which is not supported: give it a mask")
    size = steps.x.shape[3]
    scale = steps.given(5, "scale")
    if scale is None and not isinstance(size, int):
        raise steps.fail(f"the size {size} of its heads is not known")
    factor = size**-0.5 if scale is None and isinstance(size, int) else scale
    scores = steps.add("Einsum", "scores", query, key, equation="btnh,bsnh->bnts")
    scores = steps.add("Mul", "scaled", scores, steps.together([steps.x, factor])[1])
    bias, mask = steps.given(3, "bias"), steps.given(4, "mask")
    if bias is not None:
        scores = steps.add("Add", "biased", scores, bias)
    if mask is not None:
        never = steps.scalar("never", steps.x.dtype, -3.4028234663852886e38 * 0.7)
        scores = steps.add("Where", "seen", steps.flag(mask), scores, never)
    shares = steps.add("Softmax", "shares", scores, axis=-1)
    steps.add("Einsum", steps.result, shares, value, equation="bnts,bsnh->btnh")
