"""The way of a model through the exporter: import, passes, lowering, and the content of the bundle."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.ir import DTYPES, Graph, Value
from texelflow.lowering import liveness
from texelflow.lowering.lowering import Lowering
from texelflow.lowering.plan import Plan, PlanTensor, Program
from texelflow.lowering.preprocessing import Preprocessing, preprocessing_draw, preprocessing_json
from texelflow.operators import operator_of
from texelflow.symbolic import Dimension, product, symbols_of, to_json

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """How pictures become an image input; see `texelflow.arguments.parse_image`.

    A pixel's value v in 0..255 becomes (v / 255 - mean) / deviation, channel by channel in the model's order.
    `input` is its name, needed where several inputs could be images. `width` and `height`, in pixels, fix
    axes that the model leaves free; left free, they follow each picture's own size.
    """

    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    deviation: tuple[float, ...] = (1.0, 1.0, 1.0)
    channels: str = "rgb"
    fit: str = "stretch"
    input: str | None = None
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Options:
    """What an export can be asked for; see `texelflow.export`."""

    weights: str = "float32"
    input_shapes: Mapping[str, list[int | str]] = field(default_factory=dict)
    image: ImageOptions | None = None
    labels: Path | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Name, element type and shape of an input or output."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]

    def __str__(self) -> str:
        return f"{self.name}  {self.dtype}[{', '.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class DeviceProfile(liveness.DeviceProfile):
    """A kind of device, and what the model needs of it for its example shapes.

    `peak_bytes` are the textures that a run shares, `weight_texture_bytes` those of the weights beside them.
    """

    peak_bytes: int
    weight_texture_bytes: int
    fits: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What a model is, and what it needs of a device."""

    name: str
    source_format: str
    opset: int
    operators: Counter[str]
    inputs: list[Signature]
    outputs: list[Signature]
    symbols: list[str]
    parameters: int
    weight_bytes: int
    download_bytes: int
    programs: int
    draws_load: int
    draws_run: int
    profiles: list[DeviceProfile]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle before it is written: graph.json without `files`, the constants behind it, and the summary."""

    graph_file: dict[str, Any]
    weights: list[Value]
    weights_dtype: str
    summary: Summary


def build(source: Path, options: Options, progress: Progress | None = None) -> Bundle:
    """Import, rewrite and lower a model.

    Raises:
        ExportError: the model cannot be read or exported; `problems` has every reason.
    """
    # Imported here so that the pipeline's data classes can be had without the importers.
    from texelflow.importers import read_model
    from texelflow.passes import run_passes

    report = progress or (lambda _text, _fraction: None)
    report("reading the model", 0.0)
    labels = _read_labels(options.labels)
    graph = read_model(source, options.input_shapes)
    if options.image is not None and (shape := _picture_shape(graph, options.image)):
        graph = read_model(source, {**options.input_shapes, **shape})
    operators = Counter(node.operator for node in graph.nodes)
    report("rewriting the graph", 0.3)
    run_passes(graph)
    report("lowering to draws", 0.5)
    plan = Lowering(operator_of).lower(graph)
    liveness.assign_lifetimes(plan)
    report("describing the bundle", 0.9)
    name = options.name or graph.name or source.stem
    content, weights = _graph_file(graph, plan, name, labels, options)
    summary = _summary(graph, plan, operators, content, weights, options)
    report("built", 1.0)
    return Bundle(content, weights, options.weights, summary)


def write(bundle: Bundle, directory: Path, force: bool = False) -> list[str]:
    """Write a bundle to a new folder, see `format.writer.write_bundle`; return warnings."""
    from texelflow.format.float16 import to_float16
    from texelflow.format.safetensors import WeightEntry
    from texelflow.format.writer import write_bundle

    entries, warnings = [], []
    for value in bundle.weights:
        assert value.constant is not None
        dtype, data = value.dtype, value.constant
        if bundle.weights_dtype == "float16" and dtype == "float32":
            dtype, (data, clamped) = "float16", to_float16(data)
            if clamped:
                warnings.append(
                    f"{clamped} of the numbers in weight {value.name!r} exceed 65504, the largest of 16 "
                    "bits, and became it; export with 32-bit weights to keep them"
                )
        shape = tuple(extent for extent in value.shape if isinstance(extent, int))
        entries.append(WeightEntry(value.name, dtype, shape, data))
    write_bundle(bundle.graph_file, entries, directory, force)
    return warnings


def _read_labels(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"the labels {path} cannot be read: {error}") from error


def _graph_file(
    graph: Graph, plan: Plan, name: str, labels: list[str] | None, options: Options
) -> tuple[dict[str, Any], list[Value]]:
    from texelflow import __version__

    programs = {program: index for index, program in enumerate(plan.programs())}
    inputs = [_input_json(value, tensor) for value, tensor in zip(graph.inputs, plan.inputs, strict=True)]
    if options.image is not None:
        _add_preprocessing(graph, plan, inputs, programs, options.image)
    weights = [tensor for tensor in plan.tensors() if tensor.weight is not None]
    content: dict[str, Any] = {
        "formatVersion": 1,
        "generator": f"texelflow {__version__}",
        "name": name,
        "symbols": _symbols(graph),
        "inputs": inputs,
        "outputs": [
            {**_signature_json(value), "tensor": tensor.index}
            for value, tensor in zip(graph.outputs, plan.outputs, strict=True)
        ],
        "weights": [{"tensor": tensor.index, "parts": []} for tensor in weights],
        "plans": {
            "webgl2": {
                "requirements": {
                    "textureUnits": max((len(program.samplers) for program in programs), default=0)
                },
                "tensors": [tensor.to_json() for tensor in plan.tensors()],
                "programs": [_program_json(program) for program in programs],
                "load": [draw.to_json(programs) for draw in plan.load],
                "run": [draw.to_json(programs) for draw in plan.run],
            }
        },
    }
    if labels is not None:
        content["labels"] = labels
    return content, [tensor.weight for tensor in weights if tensor.weight is not None]


def _signature_json(value: Value) -> dict[str, Any]:
    return {"name": value.name, "dtype": value.dtype, "shape": [to_json(extent) for extent in value.shape]}


def _input_json(value: Value, tensor: PlanTensor | None) -> dict[str, Any]:
    return {**_signature_json(value), "tensor": -1 if tensor is None else tensor.index}


def _program_json(program: Program) -> dict[str, Any]:
    return {"name": program.name, "source": program.source, "samplers": list(program.samplers)}


def _symbols(graph: Graph) -> list[str]:
    names = {name for value in graph.inputs for extent in value.shape for name in symbols_of(extent)}
    return sorted(names)


def _add_preprocessing(
    graph: Graph,
    plan: Plan,
    inputs: list[dict[str, Any]],
    programs: dict[Program, int],
    options: ImageOptions,
) -> None:
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
    likely = [index for index, value in enumerate(graph.inputs) if value.known_type.rank == 4]
    if len(likely) != 1:
        raise ExportError(
            f"--image: {len(likely)} inputs have four axes, so none is clearly the picture; add name=INPUT"
        )
    return likely[0]


def _preprocessing(value: Value, options: ImageOptions) -> Preprocessing:
    count = 1 if options.channels == "gray" else 3
    shape = value.shape
    if len(shape) != 4 or count not in (shape[1], shape[3]) or not value.known_type.is_floating:
        raise ExportError(
            f"--image: input {value.name!r} is {value.type}; a floating [batch, {count}, height, width] or "
            f"[batch, height, width, {count}] is needed for channels={options.channels}"
        )
    channel_axis = _channel_axis(value, options)
    height, width = (shape[axis] for axis in range(1, 4) if axis != channel_axis)
    return Preprocessing(
        _chosen(width, options.width, "width", value),
        _chosen(height, options.height, "height", value),
        options.fit,
        options.channels,
        options.mean,
        options.deviation,
        channel_axis,
    )


def _channel_axis(value: Value, options: ImageOptions) -> int:
    return 1 if value.shape[1] == (1 if options.channels == "gray" else 3) else 3


def _chosen(extent: Dimension, chosen: int | None, name: str, value: Value) -> Dimension:
    """Return an extent of the picture: the input's own; a free dimension stands for the picture's size."""
    if chosen is not None and chosen != extent:
        raise ExportError(f"--image: {name}={chosen}, but input {value.name!r} is {value.type}")
    if not isinstance(extent, int) and not isinstance(to_json(extent), str):
        raise ExportError(f"--image: the {name} of input {value.name!r} is {extent}; add {name}=PIXELS")
    return extent


def _picture_shape(graph: Graph, options: ImageOptions) -> dict[str, list[int | str]]:
    """Return the shape of the image input with the options' width and height, if they fix a free axis."""
    if options.width is None and options.height is None:
        return {}
    value = graph.inputs[_image_input(graph, options)]
    if len(value.shape) != 4:
        return {}
    channel_axis = _channel_axis(value, options)
    rows, columns = (axis for axis in range(1, 4) if axis != channel_axis)
    chosen = {rows: options.height, columns: options.width}
    shape: list[int | str] = [extent if isinstance(extent, int) else str(extent) for extent in value.shape]
    free = {axis: size for axis, size in chosen.items() if size is not None and isinstance(shape[axis], str)}
    for axis, size in free.items():
        shape[axis] = size
    return {value.name: shape} if free else {}


def _summary(
    graph: Graph,
    plan: Plan,
    operators: Counter[str],
    content: dict[str, Any],
    weights: list[Value],
    options: Options,
) -> Summary:
    element_counts = [(value.dtype, product(value.shape)) for value in weights]
    counts = [(dtype, size) for dtype, size in element_counts if isinstance(size, int)]
    narrowed = {"float32": 2} if options.weights == "float16" else {}
    weight_bytes = sum(size * narrowed.get(dtype, DTYPES[dtype]) for dtype, size in counts)
    graph_bytes = len(json.dumps(content, separators=(",", ":")).encode())
    return Summary(
        name=content["name"],
        source_format="ONNX",
        opset=graph.opset,
        operators=operators,
        inputs=[_signature(value) for value in graph.inputs],
        outputs=[_signature(value) for value in graph.outputs],
        symbols=content["symbols"],
        parameters=sum(size for _, size in counts),
        weight_bytes=weight_bytes,
        download_bytes=weight_bytes + graph_bytes,
        programs=len(content["plans"]["webgl2"]["programs"]),
        draws_load=len(plan.load),
        draws_run=len(plan.run),
        profiles=[_profile(plan, profile, _example_sizes(graph)) for profile in liveness.PROFILES],
    )


def _signature(value: Value) -> Signature:
    shape = tuple(extent if isinstance(extent, int) else str(extent) for extent in value.shape)
    return Signature(value.name, value.dtype, shape)


def _example_sizes(graph: Graph) -> dict[str, Dimension]:
    """Return a size for each symbol: 1 for a batch, 224 for a side of an image, else 16."""
    sizes: dict[str, Dimension] = {}
    for value in graph.inputs:
        for axis, extent in enumerate(value.shape):
            for name in symbols_of(extent):
                sizes.setdefault(name, 1 if axis == 0 else 224 if len(value.shape) == 4 else 16)
    return sizes


def _profile(plan: Plan, profile: liveness.DeviceProfile, sizes: dict[str, Dimension]) -> DeviceProfile:
    side, tensor = liveness.largest_side(plan, profile, sizes)
    fits = side <= profile.max_texture_size
    too_long = "" if tensor is None else f"{tensor.value or 'a tensor'} needs a texture of {side} texels"
    return DeviceProfile(
        **asdict(profile),
        peak_bytes=liveness.peak_bytes(plan, profile, sizes),
        weight_texture_bytes=liveness.resident_bytes(plan, profile, sizes),
        fits=fits,
        reason="" if fits else too_long,
    )
