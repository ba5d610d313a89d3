"""Builds a bundle: reads a model, rewrites, lowers and describes it, once for each of its cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from texelflow.backends.webgl2.lower_graph import lower_graph
from texelflow.backends.webgl2.plan import liveness
from texelflow.backends.webgl2.plan.order import order_steps
from texelflow.backends.webgl2.plan.share_pixels import share_pixels
from texelflow.dimensions import assuming
from texelflow.errors import ExportError
from texelflow.huggingface_files.beside import tokenizer_files
from texelflow.options import Options
from texelflow.passes.pair_states import UnboundSizeError
from texelflow.pipeline import branching
from texelflow.pipeline.branching import Case, Decision
from texelflow.pipeline.bundle import Bundle, Progress
from texelflow.pipeline.graph_file import graph_file
from texelflow.pipeline.meanings import meanings
from texelflow.pipeline.read_source import label_warnings, read_labels, read_source
from texelflow.pipeline.stages import stage
from texelflow.pipeline.summary import example_sizes, summarize

QUANTIZED = {"int8": 8, "int4": 4}
"""The bits of weights that are rounded."""


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
        """Return a model with states as one plan with branches in it, so that the states stay in one place.

        None if a run of that plan would have to learn more sizes than one of the case alone.
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
    """Return how many sizes, and numbers that decide sizes, a run learns while it computes."""
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
    def reported(doing: str, fraction: float) -> Iterator[None]:
        report(doing, fraction)
        with stage(doing, str(source)):
            yield

    with reported("reading the model", 0.0):
        labels = read_labels(options.labels)
        graph, options = read_source(source, options)
        fixed = fix_inputs.run(graph, options.constants)
        operators = Counter(node.operator for node in graph.nodes)
        reduce_outputs.run(graph, options.last, options.top_k)
    branching.assume(graph.facts, decisions)
    with assuming(graph.facts), reported("rewriting the graph", 0.3):
        simplify(graph)
        quantized, parameters = [], count_parameters.run(graph)
        if options.weights in QUANTIZED:
            quantized = quantize_weights.run(graph, QUANTIZED[options.weights])
        remembered = {after.name: before.name for after, before in graph.states.items()}
        states = pair_states.run(graph, {**remembered, **options.states}, bool(decisions))
        groups = prepare(graph)
        if labels is not None and not (graph.roles or options.meanings):
            graph.warnings += label_warnings(graph, labels)
    with assuming(graph.facts), reported("lowering to draws", 0.5):
        plan = lower_graph(graph, groups, states)
        kept = {value for state in states for value in (state.before, state.after)}
        graph.inputs = [value for value in graph.inputs if value not in kept]
        graph.outputs = [value for value in graph.outputs if value not in kept]
        order_steps(plan)
        share_pixels(plan, example_sizes(graph, plan))
        liveness.assign_lifetimes(plan)
    with assuming(graph.facts), reported("describing the bundle", 0.9):
        name = options.name or graph.name or source.stem
        said = meanings(source, graph, options, labels)
        content, weights = graph_file(source, graph, plan, name, said, options, fixed, states, origin)
        tokenizer = tokenizer_files(source, [value.name for value in graph.inputs])
        summary = summarize(
            graph, plan, operators, content, weights, parameters, options, quantized, tokenizer
        )
    report("built", 1.0)
    return Bundle(content, weights, options.weights, summary, tokenizer=tokenizer)
