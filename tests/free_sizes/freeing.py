"""Makes extents of a model's inputs symbols, as if its exporter had left them free."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

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


def every_axis(model: onnx.ModelProto) -> onnx.ModelProto:
    """Free every axis of every input, each under a name of its own."""
    return free_extents(model, lambda name, axis, _: f"{_letters(name)}_{axis}")


def chosen_axes(model: onnx.ModelProto, names: Mapping[str, Mapping[int, str]]) -> onnx.ModelProto:
    """Free the axes named for each input: {input: {axis: name}}."""
    return free_extents(model, lambda name, axis, extent: names.get(name, {}).get(axis, extent))


def _letters(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
