"""Operators of torchvision for detectors."""

from __future__ import annotations

import struct

from texelflow.dimensions import proved_equal
from texelflow.importers.pytorch.lowering import Step, lowers


@lowers("nms", domain="torchvision")
def nms(step: Step) -> None:
    """The places of the boxes that no better one covers, the best first."""
    boxes, scores = step.tensor("dets"), step.tensor("scores")
    count = boxes.shape[0]
    most = step.index("most", count)
    threshold = step.scalar("threshold", "float32", _rounded_down(step.number("iou_threshold")))
    found = step.add(
        "NonMaxSuppression",
        "found",
        step.reshape("boxes", boxes, [1, count, 4]),
        step.reshape("scores", scores, [1, 1, count]),
        step.add("Unsqueeze", "most_boxes", most, step.vector("axis", [0])),
        threshold,
    )
    step.add("Gather", step.result, found, step.scalar("box", "int64", 2), axis=1)


def _rounded_down(number: float) -> float:
    """Return the largest float32 up to a positive number: what is above this is above that, too.

    torchvision compares with 64 bits, so that an overlap of 0.6 in 32 bits is more than 0.6.
    """
    number = min(number, 2.0)  # no overlap is above 1
    packed = struct.pack("<f", number)
    (rounded,) = struct.unpack("<f", packed)
    if rounded > number > 0:
        (bits,) = struct.unpack("<I", packed)
        (rounded,) = struct.unpack("<f", struct.pack("<I", bits - 1))
    return float(rounded)


@lowers("roi_align", domain="torchvision")
def roi_align(step: Step) -> None:
    """Regions of images, averaged over a grid each."""
    x, regions = step.tensor("input"), step.tensor("rois")
    if not proved_equal(regions.shape[-1], 5):
        raise step.fail(f"its regions are {regions.type}; the image and four coordinates are needed")
    images = step.cast(
        "images", step.add("Gather", "numbers", regions, step.scalar("first", "int64", 0), axis=1), "int64"
    )
    step.add(
        "RoiAlign",
        step.result,
        x,
        step.slice("boxes", regions, 1, 1, 5),
        images,
        output_height=step.integer("pooled_height"),
        output_width=step.integer("pooled_width"),
        sampling_ratio=max(0, step.integer("sampling_ratio")),
        spatial_scale=float(step.number("spatial_scale")),
        mode="avg",
        coordinate_transformation_mode="half_pixel" if step.flag("aligned") else "output_half_pixel",
    )
