"""The input that takes pictures: which one it is, its size, and the draw that fills it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from texelflow.backends.webgl2.kernels.preprocessing import (
    INTEGER_LIMITS,
    Preprocessing,
    preprocessing_draw,
    preprocessing_json,
)
from texelflow.backends.webgl2.plan.plan import Plan, Program
from texelflow.dimensions import Dimension, proved_equal, to_json
from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.options import ImageOptions
from texelflow.pictures import DEFAULT_METHOD


def picture_shape(graph: Graph, options: ImageOptions) -> dict[str, list[int | str]]:
    """Return the image input's shape by its name, if there are free axes of it that pictures fix.

    Those are width and height, where the options have them, and channels that the model leaves free.

    Raises:
        ExportError: it is not clear which input is the picture.
    """
    value = graph.inputs[_image_input(graph, options)]
    options = _with_channels(value, options)
    own: list[int | str] = [extent if isinstance(extent, int) else str(extent) for extent in value.shape]
    fixed = list(own)
    count, rank = options.channel_count, len(own)
    if rank not in (3, 4):
        return {}
    has_free_channels = count not in (own[-3], own[-1]) and "channel" in str(own[-3])
    if has_free_channels:
        fixed[-3] = count
    axes = [rank - 2, rank - 1] if has_free_channels else _image_axes(value, options)
    for axis, size in zip(axes, (options.height, options.width), strict=True):
        if size is not None and isinstance(own[axis], str):
            fixed[axis] = size
    return {value.name: fixed} if fixed != own else {}


def check_picture(graph: Graph, options: ImageOptions) -> None:
    """Raise ExportError if it is not clear which input is the picture, or it does not fit the options."""
    _preprocessing(graph.inputs[_image_input(graph, options)], options)


def add_preprocessing(
    graph: Graph,
    plan: Plan,
    inputs: list[dict[str, Any]],
    programs: dict[Program, int],
    options: ImageOptions,
) -> None:
    """Add the preprocessing of its image input to the `inputs` of graph.json, and its program to `programs`.

    Raises:
        ExportError: it is not clear which input is the picture, or it does not fit the options.
    """
    index = _image_input(graph, options)
    tensor = plan.inputs[index]
    if tensor is None:
        return
    image = _preprocessing(graph.inputs[index], options)
    draw = preprocessing_draw(image, tensor)
    program = programs.setdefault(draw.program, len(programs))
    inputs[index]["image"] = preprocessing_json(image, draw, program)


def _image_input(graph: Graph, options: ImageOptions) -> int:
    """Return the position of the input that is an image; raise ExportError if that is not clear."""
    if options.input is not None:
        names = [value.name for value in graph.inputs]
        if options.input not in names:
            raise ExportError(f"--image names input {options.input!r}; the inputs are {', '.join(names)}")
        return names.index(options.input)
    ranks = [value.known_type.rank for value in graph.inputs]
    likely = [index for index, rank in enumerate(ranks) if rank == 4]
    likely = likely or [index for index, rank in enumerate(ranks) if rank == 3]
    if len(likely) != 1:
        raise ExportError(
            f"--image: {len(likely)} inputs have three or four axes, so none is clearly the picture; "
            "add name=INPUT"
        )
    return likely[0]


def _with_channels(value: Value, options: ImageOptions) -> ImageOptions:
    """Return the options for a grey picture, where they do not say and the input has one channel."""
    numbers = [set(given or ()) for given in (options.mean, options.deviation)]
    ends = {extent for extent in (value.shape[-3:-2] + value.shape[-1:]) if isinstance(extent, int)}
    if options.channels is not None or 1 not in ends or 3 in ends or any(len(told) > 1 for told in numbers):
        return options
    mean, deviation = ((*told,) or None for told in numbers)
    return replace(options, channels="gray", mean=mean, deviation=deviation)


def _preprocessing(value: Value, options: ImageOptions) -> Preprocessing:
    options = _with_channels(value, options)
    count = options.channel_count
    shape = value.shape
    is_number = value.known_type.is_floating or value.dtype in INTEGER_LIMITS
    if len(shape) not in (3, 4) or count not in (shape[-3], shape[-1]) or not is_number:
        kinds = ", ".join(INTEGER_LIMITS)
        raise ExportError(
            f"--image: input {value.name!r} is {value.type}; [batch, {count}, height, width] or "
            f"[batch, height, width, {count}], with or without the batch, floating or of {kinds}, is needed "
            f"for channels={options.channels or 'rgb'}"
        )
    height, width = (shape[axis] for axis in _image_axes(value, options))
    return Preprocessing(
        _chosen(width, options.width, "width", value),
        _chosen(height, options.height, "height", value),
        options.fit or "stretch",
        options.resized or (),
        options.resize or DEFAULT_METHOD,
        options.channels or "rgb",
        options.mean or (0.0,) * count,
        options.deviation or (1.0,) * count,
        _channel_axis(value, options),
    )


def _channel_axis(value: Value, options: ImageOptions) -> int:
    rank = len(value.shape)
    return rank - 3 if proved_equal(value.shape[-3], options.channel_count) else rank - 1


def _image_axes(value: Value, options: ImageOptions) -> list[int]:
    """Return the axes of rows and columns."""
    rank = len(value.shape)
    return [axis for axis in range(rank - 3, rank) if axis != _channel_axis(value, options)]


def _chosen(extent: Dimension, chosen: int | None, name: str, value: Value) -> Dimension:
    """Return an extent of the picture: the input's own; a free dimension stands for the picture's size."""
    if chosen is not None and not proved_equal(chosen, extent):
        raise ExportError(f"--image: {name}={chosen}, but input {value.name!r} is {value.type}")
    if not isinstance(extent, int) and not isinstance(to_json(extent), str):
        raise ExportError(f"--image: the {name} of input {value.name!r} is {extent}; add {name}=PIXELS")
    return extent
