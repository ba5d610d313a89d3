"""Poolings, borders and repeated pixels, along one, two or three axes."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.keras.layers.convolutions import axes_of, give_back, image_of
from texelflow.importers.keras.lowering import TFJS, Layer, lowers
from texelflow.importers.lowering.adaptive_pooling import adaptive_pool
from texelflow.importers.lowering.channels_last import channels_first, channels_last, pad, pool, resize
from texelflow.operators.onnx.slice import UNLIMITED


def _each(*stems: str) -> list[str]:
    return [f"{stem}{count}D" for stem in stems for count in (1, 2, 3)]


@lowers(*_each("MaxPooling", "AveragePooling", "MaxPool", "AvgPool"))
def pooling(layer: Layer) -> None:
    """The largest number, or the mean, of each window; borders do not count."""
    count = axes_of(layer)
    kernel = layer.sizes("pool_size", count, 2)
    strides = layer.sizes("strides", count) if layer.setting("strides") is not None else kernel
    padding = str(layer.setting("padding", "valid")).upper()
    operator = "MaxPool" if layer.node.operator.startswith("Max") else "AveragePool"
    made = pool(
        layer, "pooled_last", operator, image_of(layer), kernel=kernel, strides=strides, padding=padding
    )
    give_back(layer, made)


@lowers(*_each("AdaptiveAveragePooling", "AdaptiveMaxPooling"))
def adaptive_pooling(layer: Layer) -> None:
    """As many windows along each axis as asked for."""
    count = axes_of(layer)
    axes = list(range(2, count + 2)) if layer.is_first else list(range(1, count + 1))
    image = layer.x if layer.is_first else channels_first(layer, "image", layer.x, layer.rank)
    extents, wanted = [layer.x.shape[axis] for axis in axes], layer.sizes("output_size", count)
    made = adaptive_pool(layer, image, extents, wanted, "Max" in layer.node.operator)
    if layer.is_first:
        layer.add("Identity", layer.result, made)
    else:
        channels_last(layer, layer.result, made, layer.rank)


@lowers(*_each("GlobalMaxPooling", "GlobalAveragePooling", "GlobalMaxPool", "GlobalAvgPool"))
def global_pooling(layer: Layer) -> None:
    """The largest number, or the mean, of each channel."""
    count = axes_of(layer)
    axes = list(range(2, count + 2)) if layer.is_first else list(range(1, count + 1))
    operator = "ReduceMax" if "Max" in layer.node.operator else "ReduceMean"
    keeps = int(bool(layer.setting("keepdims", False)))
    mask = layer.mask() if operator == "ReduceMean" and count == 1 else None
    if mask is None:
        layer.add(operator, layer.result, layer.x, layer.vector("axes", axes), keepdims=keeps)
        return
    upright = layer.add(
        "Unsqueeze", "upright", mask, layer.vector("channel_axis", [1 if layer.is_first else 2])
    )
    counting = layer.add("Where", "counting", upright, layer.x, layer.scalar("nothing", layer.x.dtype, 0))
    flags = layer.cast("flags", upright, layer.x.dtype)
    total, number = (
        layer.add("ReduceSum", step, x, layer.vector("axes", axes), keepdims=keeps)
        for step, x in (("total", counting), ("number", flags))
    )
    layer.add("Div", layer.result, total, number)


def _borders(layer: Layer, name: str, count: int) -> list[tuple[int, int]]:
    """Return an entry as what is before and behind each axis: a number, one for each axis, or two."""
    content = layer.setting(name, 1)
    listed = [content] * count if isinstance(content, int) else content
    if count == 1 and isinstance(content, list) and len(content) == 2 and isinstance(content[0], int):
        listed = [content]
    pairs = [
        (item, item) if isinstance(item, int) else tuple(item) if isinstance(item, list) else ()
        for item in (listed if isinstance(listed, list) else [])
    ]
    if len(pairs) != count or not all(
        len(pair) == 2 and all(isinstance(size, int) and 0 <= size < 2**31 for size in pair) for pair in pairs
    ):
        raise layer.fail(f"its {name} is {content!r}; two whole numbers for each of {count} axes are needed")
    return [(pair[0], pair[1]) for pair in pairs]


@lowers(*_each("ZeroPadding"))
def zero_padding(layer: Layer) -> None:
    """Borders of zeros."""
    count = axes_of(layer)
    none: tuple[Dimension, Dimension] = (0, 0)
    borders: list[tuple[Dimension, Dimension]] = [*_borders(layer, "padding", count)]
    around = [none, none, *borders] if layer.is_first else [none, *borders, none]
    pad(layer, layer.result, layer.x, around)


@lowers(*_each("Cropping"))
def cropping(layer: Layer) -> None:
    """What is left without borders."""
    count = axes_of(layer)
    borders = _borders(layer, "cropping", count)
    first = 2 if layer.is_first else 1
    ends: list[Dimension] = [-end if end else UNLIMITED for _, end in borders]
    axes: list[Dimension] = list(range(first, first + count))
    begins: list[Dimension] = [begin for begin, _ in borders]
    bounds = (("begins", begins), ("ends", ends), ("axes", axes))
    layer.add("Slice", layer.result, layer.x, *(layer.vector(name, numbers) for name, numbers in bounds))


@lowers(*_each("UpSampling"))
def up_sampling(layer: Layer) -> None:
    """Each pixel several times, or what lies between pixels."""
    count = axes_of(layer)
    sizes = layer.sizes("size", count, 2)
    method = str(layer.setting("interpolation", "nearest"))
    if method == "nearest":
        give_back(layer, _repeated(layer, image_of(layer), sizes))
        return
    if count != 2 or method not in ("bilinear", "bicubic"):
        raise layer.fail(f"its interpolation is {method!r}; nearest, bilinear and bicubic are supported")
    image = image_of(layer)
    size = [image.shape[1] * sizes[0], image.shape[2] * sizes[1]]
    mode = "linear" if method == "bilinear" else "cubic"
    # TF.js samples at index · scale, Keras at the centres of pixels.
    made = resize(layer, "larger", image, size, mode, half_pixel_centers=layer.dialect != TFJS)
    give_back(layer, made)


def _repeated(layer: Layer, image: Value, sizes: list[int]) -> Value:
    """Return an image, channels last, with each element repeated along each axis."""
    shape = image.shape
    apart: list[Dimension] = [shape[0]]
    wide: list[Dimension] = [shape[0]]
    joined: list[Dimension] = [shape[0]]
    for extent, size in zip(shape[1:-1], sizes, strict=True):
        apart += [extent, 1]
        wide += [extent, size]
        joined.append(extent * size)
    split = layer.reshape("apart", image, [*apart, shape[-1]])
    copies = layer.add("Expand", "copies", split, layer.vector("wide", [*wide, shape[-1]]))
    return layer.reshape("joined", copies, [*joined, shape[-1]])
