"""How pictures are resized: the methods by name, and where the model's pixels lie in the picture.

The numbers are those of the libraries that training code resizes with, and a page, the shader and `verify`
compute them alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, floor_divide, less, remainder, select

DEFAULT_METHOD = "tf-bilinear-antialias"


@dataclass(frozen=True, slots=True)
class ResizeMethod:
    """How each pixel of a resized line is made of those of the line.

    `kernel` weighs a pixel by its distance from the centre of the new one, up to `radius`, both in pixels of
    the line, or, with `antialias`, of the new line where that has fewer. Past the ends of the line there is
    nothing, or, with `repeats_edges`, the last pixel again. `rounding` to whole numbers of 0 to 255: of each
    "line", so that what is resized across and then down is rounded twice; of the "result"; or "none".

    Two are OpenCV's own. "linear" mixes two neighbours in fixed-point numbers. "area" weighs pixels by how
    much the new one covers of them; where a picture grows in one direction, it is "linear" with other shares.
    """

    kernel: str
    radius: float = 0.0
    antialias: bool = False
    repeats_edges: bool = False
    rounding: str = "none"
    sharpness: float = -0.5
    """The a of cubic kernels."""
    fractions: int = 0
    """Of how many parts of a pixel the centre's distance is a whole number; 0: of any."""


METHODS = {
    "pillow-nearest": ResizeMethod("nearest"),
    "pillow-box": ResizeMethod("box", 0.5, antialias=True, rounding="line"),
    "pillow-bilinear": ResizeMethod("triangle", 1.0, antialias=True, rounding="line"),
    "pillow-hamming": ResizeMethod("hamming", 1.0, antialias=True, rounding="line"),
    "pillow-bicubic": ResizeMethod("cubic", 2.0, antialias=True, rounding="line"),
    "pillow-lanczos": ResizeMethod("lanczos", 3.0, antialias=True, rounding="line"),
    "tf-nearest": ResizeMethod("nearest"),
    "tf-bilinear": ResizeMethod("triangle", 1.0),
    "tf-bicubic": ResizeMethod("cubic", 2.0, fractions=1024),
    "tf-bilinear-antialias": ResizeMethod("triangle", 1.0, antialias=True),
    "tf-bicubic-antialias": ResizeMethod("cubic", 2.0, antialias=True),
    "opencv-bilinear": ResizeMethod("linear"),
    "opencv-bicubic": ResizeMethod("cubic", 2.0, repeats_edges=True, rounding="result", sharpness=-0.75),
    "opencv-area": ResizeMethod("area", rounding="result"),
}
"""By library and method, as they resize pictures of 8 bits; torchvision resizes Pillow's as Pillow does.

Pillow resizes across before down; from version 13 on, it takes the order that is cheaper, which differs in
how it rounds. "nearest" may take the other of two pixels that are equally near, and "box" one more or less
at its edge.
"""

FITS = ("stretch", "cover", "contain", "crop", "crop-floor")


@dataclass(frozen=True, slots=True)
class Placement:
    """Where along an axis the model's pixels lie in the picture.

    The centre of the i-th is (`step` · (2i + 1) + `shift`) / (2 · `parts`) pixels from the picture's edge.
    """

    step: Dimension
    shift: Dimension
    parts: Dimension


def placements(
    fit: str, resized: Sequence[int], picture: Sequence[Dimension], target: Sequence[Dimension]
) -> tuple[Placement, Placement]:
    """Return where the pixels of an image lie in a picture, across and down.

    Args:
        fit: `stretch` to the image; `cover` or `contain` it in the same ratio both ways, about the middle;
            or `crop` it from the middle of the picture that was resized to `resized`, as torchvision rounds
            the middle (`crop`) or as transformers do (`crop-floor`).
        resized: width and height, or the shorter side alone, in pixels; empty but for the crops.
        picture: width and height of the picture in pixels.
        target: width and height of the image.
    """
    (picture_width, picture_height), (width, height) = picture, target
    if fit == "stretch":
        return Placement(picture_width, 0, width), Placement(picture_height, 0, height)
    if fit in ("cover", "contain"):
        across = less(picture_width * height, picture_height * width)
        if fit == "contain":
            across = 1 - across
        step, parts = select(across, picture_width, picture_height), select(across, width, height)
        first, second = (
            Placement(step, extent * parts - size * step, parts)
            for extent, size in zip(picture, target, strict=True)
        )
        return first, second
    scaled: Sequence[Dimension] = resized
    if len(resized) == 1:
        (side,) = resized
        is_tall = less(picture_width, picture_height)
        scaled = (
            select(is_tall, side, floor_divide(side * picture_width, picture_height)),
            select(is_tall, floor_divide(side * picture_height, picture_width), side),
        )
    first, second = (
        Placement(extent, 2 * _middle(fit, whole - size) * extent, whole)
        for extent, whole, size in zip(picture, scaled, target, strict=True)
    )
    return first, second


def _middle(fit: str, surplus: Dimension) -> Dimension:
    """Return how many pixels are left out before the middle; fewer than none where it is filled up."""
    half = floor_divide(surplus, 2)
    if fit == "crop-floor":
        return half
    to_even = floor_divide(surplus + remainder(half, 2), 2)
    return select(less(surplus, 0), 0 - floor_divide(0 - surplus, 2), to_even)
