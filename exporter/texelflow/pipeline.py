"""The way of a model through the exporter: import, passes, lowering, and the content of the bundle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from texelflow import branching
from texelflow.backends.webgl2.lower_graph import lower_graph
from texelflow.backends.webgl2.picture_input import check_picture, picture_shape
from texelflow.backends.webgl2.plan import liveness
from texelflow.backends.webgl2.plan.order import order_steps
from texelflow.backends.webgl2.plan.share_pixels import share_pixels
from texelflow.beside import tokenizer_files
from texelflow.branching import Case, Decision
from texelflow.dimensions import SizeError, assuming
from texelflow.errors import DefectError, ExportError
from texelflow.graph import Graph, NodeError, UndecidedError, Value
from texelflow.graph_file import graph_file
from texelflow.meanings import meanings
from texelflow.options import ImageOptions, Options
from texelflow.passes.pair_states import UnboundSizeError
from texelflow.preprocessor_config import FILE_NAME, read_preprocessor_config
from texelflow.summary import DeviceNeeds, Signature, Summary, example_sizes, summarize

if TYPE_CHECKING:
    from texelflow.bundle.safetensors import WeightEntry

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
    others: Sequence[Bundle] = ()
    """What the model is in other cases, if it branches (branching.py)."""
    tokenizer: Sequence[Path] = ()
    """Files that are copied into the bundle."""


def build(
    source: Path, options: Options, progress: Progress | None = None, origin: str | None = None
) -> Bundle:
    """Import, rewrite and lower a model, for each case that it has if it branches.

    Args:
        source: the model's file or folder.
        options: what the export was asked for.
        progress: called with what is being done and the fraction done, from 0 to 1.
        origin: what the bundle says that it was made from, instead of the file's name.

    Raises:
        ExportError: the model cannot be read or exported; `problems` has every reason.
        DefectError: Texelflow is at fault.
    """

    def make(decisions: tuple[Decision, ...] | None) -> Bundle:
        try:
            return _build_case(source, options, progress, origin, decisions)
        except UnboundSizeError as error:
            if error.shapes is None:
                raise
            bound = replace(options, input_shapes={**options.input_shapes, **error.shapes})
            return _build_case(source, bound, progress, origin, decisions)

    def in_one(case: Bundle) -> Bundle | None:
        """Return a model that remembers as one plan, in whose midst runs branch: states stay where they are.

        But not where runs would have to learn sizes there, of a cache that a branch makes anew, say.
        """
        if not case.graph_file["states"]:
            return None
        try:
            whole = make(None)
        except ExportError:
            return None
        return whole if _learned_sizes(whole) <= _learned_sizes(case) else None

    cases, missing = branching.explore(make, in_one)
    return _joined(cases, missing)


def _learned_sizes(bundle: Bundle) -> int:
    """Return how many sizes, and numbers that decide sizes, a run learns in its midst."""
    steps = bundle.graph_file["plans"]["webgl2"]["entries"]["predict"]
    return sum(len(step.get("binds", ())) for step in steps)


def _joined(cases: Sequence[Case[Bundle]], missing: Sequence[str]) -> Bundle:
    """Return the first case, which says when it and the others apply."""
    first, *others = (case.made for case in cases)
    summary = replace(first.summary, warnings=[*first.summary.warnings, *missing])
    if not others:
        return replace(first, summary=summary)
    names = branching.graph_names(len(cases))
    content = first.graph_file
    content["branches"] = [
        {"when": [constraint.to_json() for constraint in case.constraints()], "file": name}
        for case, name in zip(cases, names, strict=True)
    ]
    branching.bind_all(content, [other.graph_file for other in others])
    branches = [" and ".join(map(str, case.decisions)) for case in cases]
    return replace(first, others=others, summary=replace(summary, branches=branches))


def _build_case(
    source: Path,
    options: Options,
    progress: Progress | None,
    origin: str | None,
    decisions: tuple[Decision, ...] | None,
) -> Bundle:
    # Imported here so that the pipeline's data classes can be had without the importers.
    from texelflow.backends.webgl2.passes import prepare
    from texelflow.passes import (
        count_parameters,
        fix_inputs,
        pair_states,
        quantize_weights,
        reduce_outputs,
        simplify,
    )

    report = progress or (lambda _text, _fraction: None)

    @contextmanager
    def stage(doing: str, fraction: float) -> Iterator[None]:
        report(doing, fraction)
        with _stage(doing, str(source)):
            yield

    with stage("reading the model", 0.0):
        labels = _read_labels(options.labels)
        graph, options = _read(source, options)
        fixed = fix_inputs.run(graph, options.constants)
        operators = Counter(node.operator for node in graph.nodes)
        reduce_outputs.run(graph, options.last, options.top_k)
    branching.assume(graph.facts, decisions)
    with assuming(graph.facts), stage("rewriting the graph", 0.3):
        simplify(graph)
        quantized, parameters = [], count_parameters.run(graph)
        if options.weights in QUANTIZED:
            quantized = quantize_weights.run(graph, QUANTIZED[options.weights])
        remembered = {after.name: before.name for after, before in graph.states.items()}
        states = pair_states.run(graph, {**remembered, **options.states}, bool(decisions))
        groups = prepare(graph)
        if labels is not None and not (graph.roles or options.meanings):
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
        said = meanings(source, graph, options, labels)
        content, weights = graph_file(source, graph, plan, name, said, options, fixed, states, origin)
        tokenizer = tokenizer_files(source, [value.name for value in graph.inputs])
        summary = summarize(
            graph, plan, operators, content, weights, parameters, options, quantized, tokenizer
        )
    report("built", 1.0)
    return Bundle(content, weights, options.weights, summary, tokenizer=tokenizer)


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
    except UndecidedError:
        raise
    except (NodeError, SizeError) as error:
        raise ExportError(f"{subject} cannot be exported: {error}", [str(error)]) from error
    except (ExportError, OSError):
        raise
    except Exception as error:
        raise DefectError(error, doing) from error


def _write(bundle: Bundle, directory: Path, force: bool) -> list[str]:
    from texelflow.bundle.writer import write_bundle

    warnings = [*bundle.summary.warnings]
    entries = _weight_entries(bundle, warnings)
    others = [(other.graph_file, _weight_entries(other, warnings)) for other in bundle.others]
    write_bundle(bundle.graph_file, entries, directory, force, others, bundle.tokenizer)
    return list(dict.fromkeys(warnings))


def _weight_entries(bundle: Bundle, warnings: list[str]) -> list[WeightEntry]:
    """Return the weights as they are stored; what is cut off is added to `warnings`."""
    from texelflow.bundle.float16 import to_float16
    from texelflow.bundle.safetensors import WeightEntry

    entries: list[WeightEntry] = []
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
    return entries


def _image_options(source: Path, given: ImageOptions | None) -> tuple[ImageOptions | None, list[str]]:
    """Return how pictures become an input, as given and as the file beside the model says, and warnings."""
    config = read_preprocessor_config(source)
    if config is None:
        return given, []
    if config.problems:
        return given, [f"{FILE_NAME} is not used: {'; '.join(config.problems)}; say all with --image"]
    return (given or ImageOptions()).over(config.options), []


def _read(source: Path, options: Options) -> tuple[Graph, Options]:
    """Read a model; return it, and the options with how pictures become an input, as far as that is told."""
    image, warnings = _image_options(source, options.image)
    try:
        graph, image = _read_for_pictures(source, options, image)
    except ExportError as error:
        if options.image is not None or image is None:
            raise
        # What nobody asked for is no reason to fail.
        warnings = [f"{FILE_NAME} is not used: {error}"]
        graph, image = _read_for_pictures(source, options, None)
    graph.warnings += warnings
    return graph, replace(options, image=image)


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
