"""How Col2Im becomes draws."""

from __future__ import annotations

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.reduction import elements_kernel
from texelflow.backends.webgl2.lower import lowers
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.dimensions import product
from texelflow.operators.onnx.col2im import block_windows


@lowers("Col2Im")
def lower(group: Group, lowering: Lowering) -> None:
    """Sum, for each pixel, the elements of blocks that lie on it."""
    node = group.node
    output, windows = node.outputs[0], block_windows(node)
    image = output.shape[2:]
    kernel = elements_kernel("columns_to_image", lowering.tensor(output, precise=True))
    kernel.input("x", lowering.flat(node.required(0)))
    kernel.table(
        "windows", [[window.kernel, window.stride, window.dilation, window.before] for window in windows]
    )
    kernel.table("extents", [[extent, window.output] for extent, window in zip(image, windows, strict=True)])
    kernel.integer("axes", len(image))
    kernel.integer("pixels", product(image))
    kernel.integer("taps", product([window.kernel for window in windows]))
    kernel.integer("blocks", product([window.output for window in windows]))
    lowering.bind(output, lowering.emit(kernel))
