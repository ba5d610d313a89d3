"""ConvLSTM1D, 2D and 3D: an LSTM whose states are images, and whose products are convolutions."""

from __future__ import annotations

from texelflow.graph import TensorType, Value
from texelflow.importers.keras.activations import activate
from texelflow.importers.keras.layers.convolutions import kernel_of, padding_of
from texelflow.importers.keras.layers.recurrent import LSTM_RESULTS, backwards, sequence_mask
from texelflow.importers.keras.lowering import Layer, lowers, with_bias
from texelflow.importers.lowering.channels_last import convolution, filters_of_hwio
from texelflow.operators.onnx.recurrent import MOST_STEPS


@lowers(
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    weights=with_bias("kernel", "recurrent_kernel"),
    masks=sequence_mask,
    results=LSTM_RESULTS,
)
def conv_lstm(layer: Layer) -> None:
    """Images [batch, length, …, channels], step by step; all steps are written out."""
    count = int(layer.node.operator[-2])
    layer.require_rank(count + 3)
    if layer.setting("stateful", False) or layer.is_first:
        raise layer.fail("it is stateful, or has channels first, which is not supported")
    x, mask = layer.x, layer.mask()
    batch, *known = x.shape
    numbers = [extent for extent in known if isinstance(extent, int)]
    if len(numbers) < len(known) or not 1 <= numbers[0] <= MOST_STEPS:
        raise layer.fail(f"its input is {x.type}; known extents, and up to {MOST_STEPS} steps, are needed")
    length, *_, channels = numbers
    if layer.setting("go_backwards", False):
        x, mask = backwards(layer, x), None if mask is None else backwards(layer, mask, "mask_backwards")
    *kernel, inputs, gates = kernel_of(layer, "kernel", count + 2)
    units = kernel_of(layer, "recurrent_kernel", count + 2)[-2]
    if gates != 4 * units or channels != inputs:
        raise layer.fail(f"its kernel is {layer.weight('kernel').type}, its input {layer.x.type}")
    every = _from_inputs(layer, x, numbers, kernel, gates)
    state = TensorType(x.dtype, (batch, *every.shape[2:-1], units))
    recurrent = filters_of_hwio(layer, layer.weight("recurrent_kernel"), count + 2)
    states: list[Value | None] = [*layer.data[1:]] or [None, None]
    if len(states) != 2:
        raise layer.fail(f"it is called with {len(states)} states; 2 are needed")
    outputs: list[Value] = []
    nothing = layer.scalar("nothing", x.dtype, 0)
    for step in range(length):
        gated = layer.add(
            "Squeeze", "gates", layer.slice("step", every, 1, step, step + 1), layer.vector("axis", [1])
        )
        after = _step(layer, gated, states, state, recurrent, [*kernel], units)
        output = after[0]
        if mask is not None:
            counts = layer.slice("counts", mask, 1, step, step + 1)
            axes = layer.vector("image_axes", list(range(2, count + 2)))
            wide = layer.add("Unsqueeze", "counts_wide", counts, axes)
            before = outputs[-1] if outputs else nothing
            output = layer.add("Where", "output", wide, output, before)
            after = [
                layer.add("Where", "kept", wide, new, nothing if old is None else old)
                for new, old in zip(after, states, strict=True)
            ]
        outputs.append(output)
        for value in after:
            value.type = state
        states = [*after]
    if layer.setting("return_sequences", False):
        axis = layer.vector("step_axis", [1])
        steps = [layer.add("Unsqueeze", "upright", output, axis) for output in outputs]
        layer.add("Concat", layer.result, *steps, axis=1)
    else:
        layer.add("Identity", layer.result, outputs[-1])
    for result, end in zip(layer.results[1:], states, strict=False):
        layer.add("Identity", result, end)


def _from_inputs(layer: Layer, x: Value, extents: list[int], kernel: list[int], gates: int) -> Value:
    """Return what the inputs [batch, *extents] give the gates of all steps: [batch, length, …, gates]."""
    count, (length, *sides, channels) = len(kernel), extents
    images = TensorType(x.dtype, (x.shape[0] * length, *sides, channels))
    flat = layer.reshape("images", x, images.shape)
    flat.type = images
    strides, dilations = layer.sizes("strides", count), layer.sizes("dilation_rate", count)
    padding = padding_of(layer, [*kernel, 0], dilations)
    made = convolution(
        layer,
        "from_inputs",
        flat,
        filters_of_hwio(layer, layer.weight("kernel"), count + 2),
        layer.weight("bias") if layer.setting("use_bias", True) else None,
        strides=strides,
        padding=padding,
        dilations=dilations,
        kernel=kernel,
    )
    size = [
        _extent(extent, (width - 1) * dilation + 1, stride, padding == "SAME")
        for extent, width, dilation, stride in zip(sides, kernel, dilations, strides, strict=True)
    ]
    by_step = layer.reshape("by_step", made, [x.shape[0], length, *size, gates])
    by_step.type = TensorType(x.dtype, (x.shape[0], length, *size, gates))
    return by_step


def _extent(extent: int, reach: int, stride: int, is_same: bool) -> int:
    """Return the extent of a convolution's result."""
    return -(-extent // stride) if is_same else max(0, (extent - reach) // stride + 1)


def _step(
    layer: Layer,
    gates: Value,
    states: list[Value | None],
    kind: TensorType,
    recurrent: Value,
    kernel: list[int],
    units: int,
) -> list[Value]:
    """Return output and memory after a step; `gates` [batch, …, 4 · units] are what the inputs give."""
    before, memory = states
    if before is not None:
        count = len(kernel)
        recalled = convolution(
            layer, "recalled", before, recurrent, None, strides=[1] * count, padding="SAME", kernel=kernel
        )
        gates = layer.add("Add", "both", gates, recalled)
    sizes = layer.vector("sizes", [units] * 4)
    names: list[str | Value] = ["input", "forget", "new", "output"]
    taken, forget, new, output = layer.add_all("Split", names, gates, sizes, axis=len(kind.shape) - 1)
    inner = layer.setting("recurrent_activation", "sigmoid")
    outer = layer.setting("activation", "tanh")
    fresh = layer.add(
        "Mul", "fresh", activate(layer, "taken", taken, inner), activate(layer, "bent", new, outer)
    )
    if memory is not None:
        kept = layer.add("Mul", "left", activate(layer, "forgotten", forget, inner), memory)
        fresh = layer.add("Add", "memory", kept, fresh)
    shown = activate(layer, "shown", fresh, outer)
    return [layer.add("Mul", "state", activate(layer, "given", output, inner), shown), fresh]
