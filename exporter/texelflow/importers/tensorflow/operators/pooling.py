"""Poolings of images and volumes."""

from __future__ import annotations

from texelflow.importers.lowering.channels_last import pool
from texelflow.importers.tensorflow.lowering import Lowering, lowers
from texelflow.importers.tensorflow.operators.convolutions import images_of

OPERATORS = {
    "MaxPool": "MaxPool",
    "MaxPoolV2": "MaxPool",
    "AvgPool": "AveragePool",
    "MaxPool3D": "MaxPool",
    "AvgPool3D": "AveragePool",
}


@lowers(*OPERATORS, inputs=(1, 3))
def pooling(steps: Lowering) -> None:
    """The largest number, or the mean, of each window; borders do not count."""
    name = steps.node.operator
    rank = 5 if name.endswith("3D") else 4
    x = steps.input(0)
    if len(x.shape) != rank:
        raise steps.fail(f"its input is {x.type}; {rank} axes are needed")
    if name == "MaxPoolV2":
        if steps.count != 3:
            raise steps.fail(f"it has {steps.count} inputs; 3 are needed")
        steps.node.attributes["ksize"] = steps.known_integers(1, "window")
        steps.node.attributes["strides"] = steps.known_integers(2, "strides")
    images = images_of(steps, rank)
    sizes = steps.wholes("ksize")
    if len(sizes) == rank - 2:
        sizes = [1, 1, *sizes] if images.is_first else [1, *sizes, 1]
    if len(sizes) != rank or min(sizes) < 1:
        raise steps.fail(f"its ksize is {sizes}; a number for each of {rank} axes is needed")
    outer = sizes[:2] if images.is_first else [sizes[0], sizes[-1]]
    if set(outer) != {1}:
        raise steps.fail(f"its windows {sizes} are of batch or channels, too, which is not supported")
    made = pool(
        steps,
        "result",
        OPERATORS[name],
        images.last(steps, x),
        kernel=images.axes(sizes),
        strides=images.strides,
        padding=images.padding,
    )
    images.back(steps, steps.result, made)
