"""Resizing images whose channels are last, by TensorFlow's conventions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from texelflow.dimensions import Dimension
from texelflow.graph import Value
from texelflow.importers.lowering.channels_last.layout import channels_first, channels_last
from texelflow.operators.builder import GraphBuilder

CUBIC = {"cubic_coeff_a": -0.5, "exclude_outside": 1}
"""Of half-pixel bicubic sampling: Keys' kernel; weights of what lies outside are shared out."""


def resize(
    builder: GraphBuilder,
    result: str | Value,
    x: Value,
    size: Sequence[Dimension],
    mode: str,
    *,
    align_corners: bool = False,
    half_pixel_centers: bool = False,
) -> Value:
    """Return x [batch, height, width, channels] with other heights and widths, `size`.

    `mode` is `nearest`, `linear` or `cubic`. Where neither option is set, x is sampled at index · scale.

    Raises:
        ValueError: both options are set, or cubic sampling without half pixels.
    """
    if align_corners and half_pixel_centers:
        raise ValueError("align_corners and half_pixel_centers are both set; TensorFlow refuses that, too")
    coordinates = "align_corners" if align_corners else "half_pixel" if half_pixel_centers else "asymmetric"
    attributes: dict[str, Any] = {"mode": mode, "coordinate_transformation_mode": coordinates, "axes": [2, 3]}
    if mode == "nearest":
        # round(index · scale), floor((index + 0.5) · scale), floor(index · scale): halves go up.
        rounds = align_corners or half_pixel_centers
        attributes["nearest_mode"] = "round_prefer_ceil" if rounds else "floor"
    elif mode == "cubic":
        if not half_pixel_centers:
            raise ValueError("cubic sampling is known with half_pixel_centers only")
        attributes |= CUBIC
    image = channels_first(builder, "image", x, 4)
    sizes = builder.vector("size", size)
    return channels_last(
        builder, result, builder.add("Resize", "resized", image, None, None, sizes, **attributes), 4
    )
