"""Windows that slide over spatial axes: what convolutions and poolings share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, floor_divide, less, maximum, proved_equal
from texelflow.graph import Node, NodeError, Shape
from texelflow.operators.shapes import at_least

AUTO_PADS = ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER")


@dataclass(frozen=True, slots=True)
class Window:
    """How a window of `kernel` taps, `dilation` apart, slides along one axis.

    Output position o reads input positions o·stride - before + i·dilation. `behind` is the padding at the
    other end, and `output` the number of positions.
    """

    kernel: Dimension
    stride: int
    dilation: int
    before: Dimension
    behind: Dimension
    output: Dimension


def per_axis(node: Node, name: str, count: int, default: int) -> list[int]:
    """Return an attribute that lists one number for each spatial axis; raise NodeError if it does not."""
    listed = node.attributes.get(name)
    numbers = [default] * count if listed is None or len(listed) == 0 else [int(number) for number in listed]
    if len(numbers) != count:
        raise NodeError(node, f"{name} {numbers} does not have one number for each of {count} spatial axes")
    return numbers


def auto_pad(node: Node) -> str:
    """Return the attribute auto_pad; raise NodeError if it has no known value."""
    mode: str = node.attributes.get("auto_pad", "NOTSET")
    if mode not in AUTO_PADS:
        raise NodeError(node, f"auto_pad is {mode!r}; one of {', '.join(AUTO_PADS)} is expected")
    return mode


def windows(node: Node, spatial: Shape, kernel: Sequence[Dimension]) -> list[Window]:
    """Return the window of each spatial axis of a convolution or pooling.

    Reads strides, dilations, pads, auto_pad and ceil_mode; raises NodeError if a window does not fit.
    """
    count = len(spatial)
    strides, dilations = per_axis(node, "strides", count, 1), per_axis(node, "dilations", count, 1)
    if len(kernel) != count or min([*strides, *dilations], default=1) < 1:
        raise NodeError(node, f"a window of shape {list(kernel)} cannot slide over {list(spatial)}")
    mode = auto_pad(node)
    # auto_pad wins over pads, which some exporters write beside it.
    pads = per_axis(node, "pads", 2 * count, 0) if mode == "NOTSET" else [0] * (2 * count)
    result: list[Window] = []
    for axis, size in enumerate(spatial):
        stride, dilation = strides[axis], dilations[axis]
        reach = (kernel[axis] - 1) * dilation + 1
        before: Dimension = pads[axis]
        behind: Dimension = pads[axis + count]
        if mode.startswith("SAME"):
            output = floor_divide(size + (stride - 1), stride)
            total = maximum((output - 1) * stride + reach - size, 0)
            smaller = floor_divide(total, 2)
            before, behind = smaller, total - smaller
            if mode != "SAME_UPPER":
                before, behind = behind, before
        else:
            output = floor_divide(size + before + behind - reach, stride) + 1
            if node.attributes.get("ceil_mode", 0):
                output = _rounded_up(size + before, behind, reach, stride)
        if isinstance(output, int) and output < 1 and not proved_equal(size, 0):
            raise NodeError(node, f"a window of {reach} does not fit into axis {axis + 2}, {size} long")
        if not isinstance(output, int) and not proved_equal(output, size):
            at_least(node, output, 1, f"the extent of axis {axis + 2} of its output")
        result.append(Window(kernel[axis], stride, dilation, before, behind, output))
    return result


def say_pads(node: Node, found: Sequence[Window]) -> None:
    """Say `auto_pad` of dilated windows in numbers, where they are known: ONNX Runtime does not take it."""
    pads = [window.before for window in found] + [window.behind for window in found]
    known = [pad for pad in pads if isinstance(pad, int)]
    dilated = any(window.dilation != 1 for window in found)
    if auto_pad(node).startswith("SAME") and dilated and len(known) == len(pads):
        node.attributes = {**node.attributes, "auto_pad": "NOTSET", "pads": known}


def _rounded_up(size: Dimension, behind: Dimension, reach: Dimension, stride: int) -> Dimension:
    """Return the number of positions if the last window may hang over; `size` has the padding before."""
    count = floor_divide(size + behind - reach + (stride - 1), stride) + 1
    overlap = reach - stride - behind
    if isinstance(overlap, int) and overlap >= 0:
        return count
    # A last window that would start behind the input, in the padding, is left out.
    return count - 1 + less((count - 1) * stride, size)
