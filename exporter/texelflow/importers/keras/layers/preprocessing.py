"""Preprocessing of numbers and images."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.layers.convolutions import give_back, image_of
from texelflow.importers.keras.lowering import Layer, kept_in_keras_3, lowers
from texelflow.importers.lowering.channels_last import resize


def _constant(layer: Layer, name: str, default: float) -> Value:
    content = layer.setting(name, default)
    if isinstance(content, list):
        if not content or not all(map(is_finite, content)):
            raise layer.fail(f"its {name} is {str(content)[:80]}; numbers are needed")
        return layer.constant(name, "float32", [len(content)], [float(number) for number in content])
    return layer.scalar(name, "float32", layer.number(name, default))


@lowers("Rescaling", masks=kept_in_keras_3)
def rescaling(layer: Layer) -> None:
    """X · scale + offset, as floats."""
    x = layer.x if layer.x.dtype == "float32" else layer.cast("floats", layer.x, "float32")
    scaled = layer.add("Mul", "scaled", x, _constant(layer, "scale", 1.0))
    layer.add("Add", layer.result, scaled, _constant(layer, "offset", 0.0))


@lowers("AutoContrast")
def auto_contrast(layer: Layer) -> None:
    """Each channel of a picture from its darkest to its brightest; one that is all the same stays so."""
    layer.require_rank(4)
    axes = [2, 3] if layer.is_first else [1, 2]
    limits = layer.setting("value_range", [0, 255])
    if not isinstance(limits, list) or len(limits) != 2 or not all(map(is_finite, limits)):
        raise layer.fail(f"its value_range is {str(limits)[:80]}; two numbers are needed")
    x = layer.x if layer.x.dtype == "float32" else layer.cast("floats", layer.x, "float32")
    darkest, brightest = (layer.reduce(how, how, x, axes) for how in ("ReduceMin", "ReduceMax"))
    reach = layer.add("Sub", "reach", brightest, darkest)
    low, whole = (
        layer.scalar(name, "float32", float(number))
        for name, number in (("low", limits[0]), ("whole", limits[1] - limits[0]))
    )
    part = layer.add("Div", "part", layer.add("Sub", "above", x, darkest), reach)
    within = layer.add("Clip", "within", part, *(layer.scalar("limit", "float32", end) for end in (0.0, 1.0)))
    spread = layer.add("Add", "spread", layer.add("Mul", "scaled", within, whole), low)
    layer.add("Where", layer.result, layer.add("Equal", "is_even", brightest, darkest), x, spread)


@lowers(
    "Normalization",
    weights=lambda config: [] if config.get("mean") is not None else ["mean", "variance"],
    masks=kept_in_keras_3,
)
def normalization(layer: Layer) -> None:
    """(x - mean) / √variance, along the last axis, or with one mean for all."""
    x = layer.x if layer.x.dtype == "float32" else layer.cast("floats", layer.x, "float32")
    axis = layer.setting("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, layer.rank - 1, None) and axis != []:
        raise layer.fail(f"its axis is {axis!r}; the last one, or none, is supported")
    if layer.setting("invert", False):
        raise layer.fail("it is inverted, which is not supported")
    if layer.setting("mean") is None:
        mean, variance = layer.weight("mean"), layer.weight("variance")
    else:
        mean, variance = _constant(layer, "mean", 0.0), _constant(layer, "variance", 1.0)
    deviation = layer.add("Sqrt", "deviation", variance)
    tiny = layer.scalar("tiny", "float32", 1e-7)
    layer.add(
        "Div", layer.result, layer.add("Sub", "centred", x, mean), layer.add("Max", "least", deviation, tiny)
    )


@lowers("Resizing")
def resizing(layer: Layer) -> None:
    """Images of another height and width."""
    layer.require_rank(4)
    method = str(layer.setting("interpolation", "bilinear"))
    modes = {"bilinear": "linear", "nearest": "nearest", "bicubic": "cubic"}
    cuts = [
        name for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio", "antialias") if layer.setting(name)
    ]
    if method not in modes or cuts:
        raise layer.fail(
            f"its interpolation is {method!r}{', with ' + cuts[0] if cuts else ''}, which is not supported"
        )
    image = image_of(layer)
    if image.dtype != "float32":
        kind = image.known_type
        image = layer.cast("floats", image, "float32")
        image.type = type(kind)("float32", kind.shape)
    size = [layer.whole(name, 0) for name in ("height", "width")]
    if min(size) < 1:
        raise layer.fail(f"its size is {size}")
    give_back(layer, resize(layer, "resized_last", image, size, modes[method], half_pixel_centers=True))


@lowers("CenterCrop")
def center_crop(layer: Layer) -> None:
    """The middle of images that are at least as large."""
    layer.require_rank(4)
    size = [layer.whole(name, 0) for name in ("height", "width")]
    first = 2 if layer.is_first else 1
    extents = layer.x.shape[first : first + 2]
    if not all(
        isinstance(extent, int) and extent >= wanted for extent, wanted in zip(extents, size, strict=True)
    ):
        raise layer.fail(
            f"its images are {list(extents)}, its size {size}; known images, no smaller, are needed"
        )
    begins = [(extent - wanted) // 2 for extent, wanted in zip(extents, size, strict=True)]
    ends = [begin + wanted for begin, wanted in zip(begins, size, strict=True)]
    bounds = (("begins", begins), ("ends", ends), ("axes", [first, first + 1]))
    layer.add("Slice", layer.result, layer.x, *(layer.vector(name, list(each)) for name, each in bounds))
