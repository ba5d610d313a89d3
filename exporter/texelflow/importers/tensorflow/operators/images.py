"""Images: resizing, cropping, windows, colours."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last import convolution, resize
from texelflow.importers.tensorflow.lowering import Lowering, lowers

MODES = {
    "ResizeBilinear": "linear",
    "ResizeNearestNeighbor": "nearest",
    "ResizeBicubic": "cubic",
}


@lowers(*MODES, inputs=2)
def resized(steps: Lowering) -> None:
    """Images [batch, height, width, channels] of another height and width; floats but for the nearest."""
    x = steps.input(0)
    if len(x.shape) != 4:
        raise steps.fail(f"its input is {x.type}; 4 axes are needed")
    size = steps.known_dimensions(1, "size")
    if len(size) != 2:
        raise steps.fail(f"its size has {len(size)} numbers; height and width are needed")
    mode = MODES[steps.node.operator]
    if mode != "nearest" and x.dtype != "float32":
        kind = x.known_type
        x = steps.cast("floats", x, "float32")
        x.type = type(kind)("float32", kind.shape)
    flags = {name: bool(steps.attribute(name)) for name in ("align_corners", "half_pixel_centers")}
    resize(steps, steps.result, x, size, mode, **flags)


@lowers("CropAndResize", inputs=4)
def crop_and_resize(steps: Lowering) -> None:
    """Boxes (y, x of two corners, 0 to 1) of images, each resized; needs boxes known at export.

    Raises NodeError for boxes that are computed, which ONNX's Resize does not take.
    """
    x = steps.input(0)
    boxes = [float(number) for number in steps.node.known(1, "boxes") if isinstance(number, int | float)]
    numbers, size = steps.known_integers(2, "numbers of images"), steps.known_dimensions(3, "size")
    method = str(steps.attribute("method", "bilinear"))
    if len(boxes) != 4 * len(numbers) or len(size) != 2 or not numbers:
        raise steps.fail(f"its {len(boxes)} numbers of boxes do not fit {len(numbers)} images")
    if method != "bilinear":
        raise steps.fail(f"its method is {method}; bilinear is supported")
    if x.dtype != "float32":
        x = steps.cast("floats", x, "float32")
    outside = steps.number("extrapolation_value", 0.0)
    image = steps.add("Transpose", "image", x, perm=[0, 3, 1, 2])
    parts = []
    for index, number in enumerate(numbers):
        one = steps.slice("one", image, 0, number, number + 1)
        roi = steps.constant("roi", "float32", [4], boxes[4 * index : 4 * index + 4])
        parts.append(
            steps.add(
                "Resize",
                "crop",
                one,
                roi,
                None,
                steps.vector("size", size),
                mode="linear",
                coordinate_transformation_mode="tf_crop_and_resize",
                extrapolation_value=outside,
                axes=[2, 3],
            )
        )
    crops = parts[0] if len(parts) == 1 else steps.add("Concat", "crops", *parts, axis=0)
    steps.add("Transpose", steps.result, crops, perm=[0, 2, 3, 1])


MOST_TAPS = 2**12
"""Numbers of a window, each of which is a channel of the result."""


@lowers("ExtractImagePatches")
def patches(steps: Lowering) -> None:
    """The windows of images [batch, height, width, channels], each as the channels of a pixel."""
    x = steps.input(0)
    settings = [steps.wholes(name) for name in ("ksizes", "strides", "rates")]
    if len(x.shape) != 4 or any(len(each) != 4 or min(each) < 1 or each[::3] != [1, 1] for each in settings):
        raise steps.fail(f"its input is {x.type}, its ksizes, strides and rates {settings}")
    (rows, columns), strides, rates = (each[1:3] for each in settings)
    channels = x.shape[3]
    if not isinstance(channels, int) or rows * columns * channels > MOST_TAPS:
        raise steps.fail(f"its windows have {rows} · {columns} · {channels} numbers; {MOST_TAPS} is the most")
    count = rows * columns * channels
    # A convolution of ones takes the windows: channel t of its result is tap t, channels moving fastest.
    ones = [float(row == column) for row in range(count) for column in range(count)]
    taps = steps.reshape(
        "taps", steps.constant("ones", "float32", [count, count], ones), [count, rows, columns, channels]
    )
    filters = steps.add("Transpose", "filters", taps, perm=[0, 3, 1, 2])
    if x.dtype != "float32":
        raise steps.fail(f"its images are of {x.dtype}; float32 is supported")
    padding = str(steps.attribute("padding", "VALID"))
    if padding not in ("SAME", "VALID"):
        raise steps.fail(f"its padding is {padding!r}; SAME or VALID is expected")
    convolution(
        steps,
        steps.result,
        x,
        filters,
        None,
        strides=strides,
        padding=padding,
        dilations=rates,
        kernel=[rows, columns],
    )


@lowers("AdjustContrastv2", inputs=2)
def contrast(steps: Lowering) -> None:
    """Scales the distance of each channel's pixels from the channel's mean."""
    x = steps.input(0)
    rank = len(x.shape)
    if rank < 3:
        raise steps.fail(f"its images are {x.type}; height, width and channels are needed")
    mean = steps.reduce("ReduceMean", "mean", x, [rank - 3, rank - 2])
    apart = steps.add("Mul", "apart", steps.add("Sub", "centred", x, mean), steps.input(1))
    steps.add("Add", steps.result, apart, mean)


def _channels(steps: Lowering, names: list[str]) -> list[Value]:
    """Return the three channels, the last axis, which they keep."""
    x = steps.input(0)
    rank = len(x.shape)
    if rank < 1 or not proved_equal(x.shape[-1], 3):
        raise steps.fail(f"its images are {x.type}; three channels are needed")
    parts: list[str | Value] = [*names]
    return steps.add_all("Split", parts, x, steps.vector("sizes", [1, 1, 1]), axis=rank - 1)


@lowers("RGBToHSV")
def hue(steps: Lowering) -> None:
    """Red, green and blue, 0 to 1, as hue, saturation and value."""
    red, green, blue = _channels(steps, ["red", "green", "blue"])
    dtype = steps.input(0).dtype

    def number(content: float) -> Value:
        return steps.scalar("number", dtype, content)

    value = steps.add("Max", "value", red, green, blue)
    reach = steps.add("Sub", "reach", value, steps.add("Min", "least", red, green, blue))
    is_black = steps.add("LessOrEqual", "is_black", value, number(0))
    is_gray = steps.add("LessOrEqual", "is_gray", reach, number(0))
    ratio = steps.add("Div", "ratio", reach, steps.add("Where", "safe_value", is_black, number(1), value))
    saturation = steps.add("Where", "saturation", is_black, number(0), ratio)
    sixth = steps.add("Div", "sixth", number(1 / 6), steps.add("Where", "safe", is_gray, number(1), reach))

    def turned(first: Value, second: Value, angle: float) -> Value:
        apart = steps.add("Mul", "turn", sixth, steps.add("Sub", "colours", first, second))
        return steps.add("Add", "angle", apart, number(angle)) if angle else apart

    other = steps.add(
        "Where",
        "not_red",
        steps.add("Equal", "is_green", green, value),
        turned(blue, red, 2 / 6),
        turned(red, green, 4 / 6),
    )
    angle = steps.add("Where", "any", steps.add("Equal", "is_red", red, value), turned(green, blue, 0), other)
    angle = steps.add("Where", "known", is_gray, number(0), angle)
    whole = steps.add("Add", "more", angle, number(1))
    angle = steps.add("Where", "hue", steps.add("Less", "is_negative", angle, number(0)), whole, angle)
    steps.add("Concat", steps.result, angle, saturation, value, axis=len(steps.input(0).shape) - 1)


@lowers("HSVToRGB")
def colours(steps: Lowering) -> None:
    """Hue, saturation and value, 0 to 1, as red, green and blue."""
    angle, saturation, value = _channels(steps, ["hue", "saturation", "value"])
    dtype = steps.input(0).dtype

    def number(content: float) -> Value:
        return steps.scalar("number", dtype, content)

    six = steps.add("Mul", "six", angle, number(6))

    def part(shift: float, factor: float, first: float) -> Value:
        """Return |6 h - shift| · factor + first between 0 and 1: how much of a colour a hue has."""
        far = steps.add("Abs", "far", steps.add("Sub", "apart", six, number(shift)))
        line = steps.add("Add", "line", steps.add("Mul", "way", far, number(factor)), number(first))
        return steps.add("Clip", "part", line, number(0), number(1))

    shares = [part(3, 1, -1), part(2, -1, 2), part(4, -1, 2)]
    white = steps.add("Sub", "white", number(1), saturation)
    made = [
        steps.add(
            "Mul",
            "colour",
            steps.add("Add", "mixed", steps.add("Mul", "pure", share, saturation), white),
            value,
        )
        for share in shares
    ]
    steps.add("Concat", steps.result, *made, axis=len(steps.input(0).shape) - 1)
