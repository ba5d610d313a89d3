"""LocallyConnected1D and 2D of Keras 2: convolutions with weights of their own at each place."""

from __future__ import annotations

import math

from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.layers.convolutions import axes_of, kernel_of
from texelflow.importers.keras.lowering import Layer, lowers, with_bias
from texelflow.importers.lowering.channels_last import convolution


@lowers("LocallyConnected1D", "LocallyConnected2D", weights=with_bias("kernel"))
def locally_connected(layer: Layer) -> None:
    """The window around each place times a matrix of that place."""
    count = axes_of(layer)
    if (
        layer.is_first
        or layer.whole("implementation", 1) != 1
        or layer.setting("padding", "valid") != "valid"
    ):
        raise layer.fail("channels last, implementation=1 and no padding are supported")
    places, taps, units = kernel_of(layer, "kernel", 3)
    size, strides = layer.sizes("kernel_size", count), layer.sizes("strides", count)
    batch, *extents, channels = layer.x.shape
    if not all(isinstance(extent, int) for extent in (*extents, channels)) or taps > 2**12:
        raise layer.fail(f"its input is {layer.x.type}; known extents are needed")
    out = [
        (int(str(extent)) - width) // stride + 1
        for extent, width, stride in zip(extents, size, strides, strict=True)
    ]
    if math.prod(out) != places or math.prod(size) * int(str(channels)) != taps:
        raise layer.fail(f"its kernel is {layer.weight('kernel').type}, which does not fit its input")
    # A convolution of ones takes the windows: channel t of its result is tap t.
    ones = [float(row == column) for row in range(taps) for column in range(taps)]
    window = layer.reshape(
        "taps", layer.constant("ones", "float32", [taps, taps], ones), [taps, *size, int(str(channels))]
    )
    filters = layer.add("Transpose", "filters", window, perm=[0, count + 1, *range(1, count + 1)])
    windows = convolution(
        layer, "windows", layer.x, filters, None, strides=strides, padding="VALID", kernel=size
    )
    flat = layer.reshape("by_place", windows, [batch, places, taps])
    turned = layer.add("Transpose", "places_first", flat, perm=[1, 0, 2])
    made = layer.add("MatMul", "products", turned, layer.weight("kernel"))
    back = layer.add("Transpose", "batch_first", made, perm=[1, 0, 2])
    image = layer.reshape("image", back, [batch, *out, units])
    if layer.setting("use_bias", True):
        image = layer.add("Add", "biased", image, layer.weight("bias"))
    activate(layer, layer.result, image, layer.setting("activation"))
