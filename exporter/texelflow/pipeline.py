"""The way of a model through the exporter: import, passes, lowering, and the content of the bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from texelflow.backends.webgl2.lower_graph import lower_graph
from texelflow.backends.webgl2.picture_input import add_preprocessing, check_picture, picture_shape
from texelflow.backends.webgl2.plan import liveness
from texelflow.backends.webgl2.plan.order import order_steps
from texelflow.backends.webgl2.plan.plan import Draw, HostStep, Plan, PlanTensor, Program
from texelflow.backends.webgl2.plan.share_pixels import share_pixels
from texelflow.bundle.derived import name_derived
from texelflow.bundle.provenance import provenance
from texelflow.dimensions import SizeError, assuming, symbols_of
from texelflow.dimensions.text import to_json
from texelflow.errors import DefectError, ExportError
from texelflow.graph import Graph, NodeError, Value
from texelflow.options import ImageOptions, Options
from texelflow.passes.pair_states import State
from texelflow.preprocessor_config import FILE_NAME, read_preprocessor_config
from texelflow.summary import DeviceNeeds, Signature, Summary, example_sizes, summarize

__all__ = [
    "Bundle",
    "DeviceNeeds",
    "ImageOptions",
    "Options",
    "Progress",
    "Signature",
    "Summary",
    "build",
    "write",
]

Progress = Callable[[str, float], None]

QUANTIZED = {"int8": 8, "int4": 4}
"""The bits of weights that are rounded."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle before it is written: graph.json without `files`, the constants behind it, and the summary."""

    graph_file: dict[str, Any]
    weights: list[Value]
    weights_dtype: str
    summary: Summary


def build(
    source: Path, options: Options, progress: Progress | None = None, origin: str | None = None
) -> Bundle:
    """Import, rewrite and lower a model.

    Args:
        source: the model's file or folder.
        options: what the export was asked for.
        progress: called with what is being done and the fraction done, from 0 to 1.
        origin: what the bundle says that it was made from, instead of the file's name.

    Raises:
        ExportError: the model cannot be read or exported; `problems` has every reason.
        DefectError: Texelflow is at fault.
    """
    # Imported here so that the pipeline's data classes can be had without the importers.
    from texelflow.backends.webgl2.passes import prepare
    from texelflow.passes import fix_inputs, pair_states, quantize_weights, simplify

    report = progress or (lambda _text, _fraction: None)

    @contextmanager
    def stage(doing: str, fraction: float) -> Iterator[None]:
        report(doing, fraction)
        with _stage(doing, str(source)):
            yield

    with stage("reading the model", 0.0):
        labels = _read_labels(options.labels)
        image, warnings = _image_options(source, options.image)
        try:
            graph, image = _read_for_pictures(source, options, image)
        except ExportError as error:
            if options.image is not None or image is None:
                raise
            # What nobody asked for is no reason to fail.
            warnings = [f"{FILE_NAME} is not used: {error}"]
            graph, image = _read_for_pictures(source, options, None)
        options = replace(options, image=image)
        graph.warnings += warnings
        fixed = fix_inputs.run(graph, options.constants)
        operators = Counter(node.operator for node in graph.nodes)
    with assuming(graph.facts), stage("rewriting the graph", 0.3):
        simplify(graph)
        quantized = []
        if options.weights in QUANTIZED:
            quantized = quantize_weights.run(graph, QUANTIZED[options.weights])
        remembered = {after.name: before.name for after, before in graph.states.items()}
        states = pair_states.run(graph, {**remembered, **options.states})
        groups = prepare(graph)
        if labels is not None:
            graph.warnings += _label_warnings(graph, labels)
    with assuming(graph.facts), stage("lowering to draws", 0.5):
        plan = lower_graph(graph, groups, states)
        kept = {value for state in states for value in (state.before, state.after)}
        graph.inputs = [value for value in graph.inputs if value not in kept]
        graph.outputs = [value for value in graph.outputs if value not in kept]
        order_steps(plan)
        share_pixels(plan, example_sizes(graph, plan))
        liveness.assign_lifetimes(plan)
    with assuming(graph.facts), stage("describing the bundle", 0.9):
        name = options.name or graph.name or source.stem
        content, weights = _graph_file(source, graph, plan, name, labels, options, fixed, states, origin)
        summary = summarize(graph, plan, operators, content, weights, options, quantized)
    report("built", 1.0)
    return Bundle(content, weights, options.weights, summary)


def write(bundle: Bundle, directory: Path, force: bool = False) -> list[str]:
    """Write a bundle to a new folder, see `bundle.writer.write_bundle`; return warnings.

    Raises:
        ExportError: the folder exists, or cannot be written.
        DefectError: Texelflow is at fault.
    """
    with _stage("writing the bundle", str(directory)):
        return _write(bundle, directory, force)


@contextmanager
def _stage(doing: str, subject: str) -> Iterator[None]:
    """Tell whose fault it is what the block raises: the model's or the data's, or else Texelflow's."""
    try:
        yield
    except (NodeError, SizeError) as error:
        raise ExportError(f"{subject} cannot be exported: {error}", [str(error)]) from error
    except (ExportError, OSError):
        raise
    except Exception as error:
        raise DefectError(error, doing) from error


def _write(bundle: Bundle, directory: Path, force: bool) -> list[str]:
    from texelflow.bundle.float16 import to_float16
    from texelflow.bundle.safetensors import WeightEntry
    from texelflow.bundle.writer import write_bundle

    entries, warnings = [], [*bundle.summary.warnings]
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


def _image_options(source: Path, given: ImageOptions | None) -> tuple[ImageOptions | None, list[str]]:
    """Return how pictures become an input, as given and as the file beside the model says, and warnings."""
    config = read_preprocessor_config(source)
    if config is None:
        return given, []
    if config.problems:
        return given, [f"{FILE_NAME} is not used: {'; '.join(config.problems)}; say all with --image"]
    return (given or ImageOptions()).over(config.options), []


def _read_for_pictures(
    source: Path, options: Options, image: ImageOptions | None
) -> tuple[Graph, ImageOptions | None]:
    """Read a model, with free axes fixed that its pictures fix; return it, and how pictures become an input.

    What the model itself says of that counts where nothing else does.
    """
    from texelflow.importers import read_model

    graph = read_model(source, options.input_shapes, signature=options.signature)
    asked = image is not None
    if graph.image is not None:
        image = (image or ImageOptions()).over(graph.image)
    if image is None:
        return graph, None
    try:
        if shape := picture_shape(graph, image):
            shapes = {**options.input_shapes, **shape}
            graph = read_model(source, shapes, signature=options.signature)
        check_picture(graph, image)
    except ExportError as error:
        if asked:
            raise
        graph.warnings.append(f"what the model says of its pictures is not used: {error}")
        return graph, None
    return graph, image


def _read_labels(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExportError(f"the labels {path} cannot be read: {error}") from error


def _label_warnings(graph: Graph, labels: list[str]) -> list[str]:
    """Return a warning if outputs that look like scores of classes have more or fewer than labels."""
    classes = [
        extent
        for value in graph.outputs
        if len(value.shape) <= 2
        for extent in value.shape[-1:]
        if isinstance(extent, int) and extent > 1
    ]
    if not classes or len(labels) in classes:
        return []
    counts = " and ".join(map(str, dict.fromkeys(classes)))
    return [f"there are {len(labels)} labels for outputs of {counts} classes: is it the file of this model?"]


def _graph_file(
    source: Path,
    graph: Graph,
    plan: Plan,
    name: str,
    labels: list[str] | None,
    options: Options,
    fixed: list[Value],
    states: list[State],
    origin: str | None,
) -> tuple[dict[str, Any], list[Value]]:
    from texelflow import __version__

    programs = {program: index for index, program in enumerate(plan.programs())}
    inputs = [
        _input_json(value, tensor, graph.steering.get(value))
        for value, tensor in zip(graph.inputs, plan.inputs, strict=True)
    ]
    if options.image is not None:
        add_preprocessing(graph, plan, inputs, programs, options.image)
    weights = [tensor for tensor in plan.tensors() if tensor.weight is not None]
    labelled = _labelled(graph, labels or [])
    content: dict[str, Any] = {
        "formatVersion": 2,
        "generator": f"texelflow {__version__}",
        "provenance": provenance(source, options.told(), fixed, origin),
        "name": name,
        "symbols": _symbols(graph, plan, states),
        "constraints": [constraint.to_json() for constraint in graph.facts.simplified()],
        "derived": [],
        "inputs": inputs,
        "outputs": [
            {
                **_signature_json(value),
                "tensor": tensor.index,
                **_meaning_json(graph, value, labelled, labels),
            }
            for value, tensor in zip(graph.outputs, plan.outputs, strict=True)
        ],
        "states": [_state_json(state, *tensors) for state, tensors in zip(states, plan.states, strict=True)],
        "weights": [_weight_json(tensor) for tensor in weights],
        "plans": {
            "webgl2": {
                "requirements": {
                    "textureUnits": max((len(program.samplers) for program in programs), default=0)
                },
                "tensors": [tensor.to_json() for tensor in plan.tensors()],
                "programs": [_program_json(program) for program in programs],
                "load": [draw.to_json(programs) for draw in plan.load],
                "entries": {"predict": [_step_json(step, programs) for step in plan.run]},
            }
        },
    }
    content["derived"] = name_derived(content["plans"], content["symbols"])
    return content, [tensor.weight for tensor in weights if tensor.weight is not None]


def _labelled(graph: Graph, labels: list[str]) -> list[Value]:
    """Return the outputs that labels name the classes of; the first where no shape tells."""
    # Some models have a class more, which is no label: the background.
    for count in (len(labels), len(labels) + 1):
        if found := [value for value in graph.outputs if count in value.shape]:
            return found
    return graph.outputs[:1]


def _meaning_json(
    graph: Graph, value: Value, labelled: list[Value], labels: list[str] | None
) -> dict[str, Any]:
    """Return what an output means: its labels as the user gave them, or else as the model has them."""
    found = graph.labels.get(value) if labels is None else labels if value in labelled else None
    return {} if found is None else {"meaning": {"labels": found}}


def _state_json(state: State, tensor: PlanTensor, following: PlanTensor) -> dict[str, Any]:
    return {
        **_signature_json(state.before),
        "output": state.after.name,
        "tensor": tensor.index,
        "next": following.index,
        "init": "zeros",
        "scope": "session",
        **({} if state.grows is None else {"grows": state.grows}),
    }


def _weight_json(tensor: PlanTensor) -> dict[str, Any]:
    row = {} if tensor.row is None else {"row": tensor.row}
    return {"tensor": tensor.index, **row, "parts": []}


def _signature_json(value: Value) -> dict[str, Any]:
    return {"name": value.name, "dtype": value.dtype, "shape": [to_json(extent) for extent in value.shape]}


def _input_json(value: Value, tensor: PlanTensor | None, symbols: list[str] | None) -> dict[str, Any]:
    steering = {} if symbols is None else {"elements": symbols}
    return {**_signature_json(value), "tensor": -1 if tensor is None else tensor.index, **steering}


def _program_json(program: Program) -> dict[str, Any]:
    return {"name": program.name, "source": program.source, "samplers": list(program.samplers)}


def _step_json(step: Draw | HostStep, programs: dict[Program, int]) -> dict[str, Any]:
    return step.to_json(programs) if isinstance(step, Draw) else step.to_json()


def _symbols(graph: Graph, plan: Plan, states: Sequence[State]) -> list[str]:
    names = {name for value in graph.inputs for extent in value.shape for name in symbols_of(extent)}
    grown = {state.grows for state in states if state.grows is not None}
    symbols = sorted(names.union(grown, *graph.steering.values()))
    for name in (name for step in plan.host_steps for name in step.binds):
        if name in symbols:
            raise ExportError(
                f"a free dimension is called {name!r}, as what runs learn is: rename it by --input"
            )
    return symbols
