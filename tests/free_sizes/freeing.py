"""Makes extents of a model's inputs symbols, as if its exporter had left them free."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Mapping

import onnx

Rename = Callable[[str, int, int | str], int | str]
"""From an input, an axis and its extent: what the extent becomes."""


def free_extents(model: onnx.ModelProto, rename: Rename) -> onnx.ModelProto:
    """Return a copy in which `rename` has changed the extents of the inputs.

    What the file says of other shapes, which was true of the old extents only, is dropped.
    """
    freed = copy.deepcopy(model)
    graph = freed.graph
    constants = {tensor.name for tensor in graph.initializer}
    for value in graph.input:
        if value.name in constants or not value.type.tensor_type.HasField("shape"):
            continue
        for axis, dimension in enumerate(value.type.tensor_type.shape.dim):
            before: int | str = dimension.dim_param or dimension.dim_value
            after = rename(value.name, axis, before)
            if after == before:
                continue
            dimension.Clear()
            if isinstance(after, int):
                dimension.dim_value = after
            else:
                dimension.dim_param = after
    forget_shapes(graph)
    return freed


def forget_shapes(graph: onnx.GraphProto) -> None:
    """Drop the shapes of intermediate values and outputs, but for their ranks being unknown then."""
    del graph.value_info[:]
    for output in graph.output:
        output.type.tensor_type.ClearField("shape")


def every_axis(model: onnx.ModelProto, kept: Mapping[str, Collection[int]] | None = None) -> onnx.ModelProto:
    """Free every axis of every input, each under a name of its own, but those that are `kept`."""

    def rename(name: str, axis: int, extent: int | str) -> int | str:
        return extent if axis in (kept or {}).get(name, ()) else f"{_letters(name)}_{axis}"

    return free_extents(model, rename)


def axes_with_meaning(model: onnx.ModelProto) -> dict[str, set[int]]:
    """Return, by input, the axes whose extents say what a node does: no exporter leaves them free.

    How many numbers address an element; how many steps and states a
    recurrent layer has; how many numbers of a head are turned; how deep the weight of a volume is.
    """
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in model.graph.input}
    kept: dict[str, set[int]] = {}
    for node in model.graph.node:
        for index, axes in _meant_axes(node, ranks).items():
            name = node.input[index] if index < len(node.input) else ""
            if ranks.get(name):
                kept.setdefault(name, set()).update(axis % ranks[name] for axis in axes)
    return kept


MEANT_BY_OPERATOR: dict[str, dict[int, set[int]]] = {
    "Det": {0: {-1, -2}},  # as many steps of elimination
    "DeformConv": {1: {-1, -2}},  # as many taps, each of which reads elsewhere
    "LinearAttention": {index: {1, 2} for index in range(6)},  # written out token by token; numbers of a head
    "CausalConvWithState": {0: {1}, 1: {0}, 2: {0}, 3: {1}},  # as many groups of channels
}
"""By operator and input, the axes whose extents say what it does."""


def _meant_axes(node: onnx.NodeProto, ranks: Mapping[str, int]) -> dict[int, set[int]]:
    if node.op_type in ("Conv", "ConvTranspose") and ranks.get(node.input[1], 0) > 4:
        return {1: {2}}
    if node.op_type in ("GatherND", "ScatterND"):
        return {1: {-1}}
    if node.op_type in ("LSTM", "GRU", "RNN"):
        batch_first = any(attribute.name == "layout" and attribute.i for attribute in node.attribute)
        states = {1, 2} if batch_first else {0, 2}
        return {
            0: {1 if batch_first else 0},
            1: {0, 1},
            2: {0, 1, 2},
            3: {0, 1},
            5: states,
            6: states,
            7: {0, 1},
        }
    if node.op_type == "RotaryEmbedding":
        return {0: {-1}, 1: {-1}, 2: {-1}}
    if node.op_type == "Scan":  # written out turn by turn, and its body declares the sizes of its results
        return {index: {0, 1} for index in range(len(node.input))}
    if node.op_type in MEANT_BY_OPERATOR:
        return MEANT_BY_OPERATOR[node.op_type]
    if node.op_type in ("DFT", "STFT"):  # real, or with imaginary parts
        return {0: {-1}}
    return {}


def chosen_axes(model: onnx.ModelProto, names: Mapping[str, Mapping[int, str]]) -> onnx.ModelProto:
    """Free the axes named for each input: {input: {axis: name}}."""
    return free_extents(model, lambda name, axis, extent: names.get(name, {}).get(axis, extent))


def _letters(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
