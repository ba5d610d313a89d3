"""One number for each window of an image."""

from __future__ import annotations

from typing import Any

from texelflow.dimensions import Dimension, proved_equal
from texelflow.graph import Value
from texelflow.importers.lowering.adaptive_pooling import adaptive_pool
from texelflow.importers.pytorch.lowering import Step, lowers

AXES = (1, 2, 3)


def _windows(step: Step, count: int) -> dict[str, Any]:
    kernel = step.sizes("kernel_size", count, 1)
    return {
        "kernel_shape": kernel,
        "strides": step.sizes("stride", count, 0) if step.dimensions("stride") else kernel,
        "pads": step.sizes("padding", count, 0) * 2,
        "ceil_mode": int(step.flag("ceil_mode")),
    }


def _batched(step: Step, count: int) -> Value:
    """Return images with a batch axis."""
    x = step.x
    if len(x.shape) not in (count + 1, count + 2):
        raise step.fail(f"its input is {x.type}; {count + 1} or {count + 2} axes are needed")
    return x if len(x.shape) == count + 2 else step.reshape("batch", x, [1, *x.shape])


def _finish(step: Step, count: int, value: Value, index: int = 0) -> None:
    """Give a result its value, without the batch axis that the input does not have."""
    if len(step.x.shape) == count + 2:
        step.add("Identity", step.node.outputs[index], value)
    else:
        step.add("Squeeze", step.node.outputs[index], value, step.vector("axis", [0]))


@lowers(*(f"max_pool{count}d" for count in AXES), *(f"max_pool{count}d_with_indices" for count in AXES))
def max_pool(step: Step) -> None:
    """The largest number in each window, and perhaps its place in the image."""
    count = int(step.base[8])
    windows = {**_windows(step, count), "dilations": step.sizes("dilation", count, 1)}
    x = _batched(step, count)
    if not step.wants(1):
        _finish(step, count, step.add("MaxPool", "pooled", x, **windows))
        return
    values, places = step.add_all("MaxPool", ["pooled", "places"], x, **windows)
    _finish(step, count, values)
    # ONNX counts places through all images, PyTorch within each.
    area: Dimension = 1
    for extent in x.shape[2:]:
        area = area * extent
    _finish(step, count, step.add("Mod", "places_within", places, step.index("area", area)), 1)


@lowers(*(f"avg_pool{count}d" for count in AXES))
def avg_pool(step: Step) -> None:
    """The mean of each window, of its elements in the image or of those in the padding, too."""
    count = int(step.base[8])
    windows = _windows(step, count)
    included = step.flag("count_include_pad", True)
    divisor = step.arguments.get("divisor_override")
    if divisor is not None and windows["ceil_mode"]:
        raise step.fail("it has a divisor of its own and windows that are cut off, which is not supported")
    made = step.add(
        "AveragePool",
        "pooled",
        _batched(step, count),
        count_include_pad=int(included or divisor is not None),
        **windows,
    )
    if divisor is not None:
        area = 1
        for size in windows["kernel_shape"]:
            area *= size
        made = step.add(
            "Mul", "scaled", made, step.scalar("factor", step.dtype, area / step.integer("divisor_override"))
        )
    _finish(step, count, made)


@lowers(
    *(f"adaptive_avg_pool{count}d" for count in AXES),
    *(f"_adaptive_avg_pool{count}d" for count in AXES[1:]),
    *(f"adaptive_max_pool{count}d" for count in AXES),
)
def adaptive(step: Step) -> None:
    """Means, or largest numbers, of as many windows along each axis as asked for."""
    count = int(step.base[-2])
    x, largest = _batched(step, count), "max" in step.base
    wanted = step.dimensions("output_size", count)
    _finish(step, count, adaptive_pool(step, x, x.shape[2:], wanted, largest))
    if step.wants(1):
        if not all(proved_equal(size, 1) for size in wanted):
            raise step.fail(
                "the places of the largest numbers of several windows are read, which is not supported"
            )
        flat = step.reshape("flat", x, [*x.shape[:2], -1])
        place = step.add("ArgMax", "place", flat, axis=-1, keepdims=1)
        _finish(step, count, step.reshape("places", place, [*x.shape[:2], *[1] * count]), 1)
