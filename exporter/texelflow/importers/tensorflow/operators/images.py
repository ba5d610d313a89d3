"""Images: resizing, cropping."""

from __future__ import annotations

from texelflow.importers.channels_last import resize
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
