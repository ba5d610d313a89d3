"""An exported program to the Graph: its signature, the sizes that are free, its nodes, what it remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from texelflow.dimensions import Dimension, Expression, assuming
from texelflow.graph import DTYPES, Body, Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, resolve_input_types
from texelflow.importers.pytorch.assumptions import Assumptions
from texelflow.importers.pytorch.complex_parts import ARGUMENTS
from texelflow.importers.pytorch.lowering import WANTED
from texelflow.importers.pytorch.mutation import ADVICE
from texelflow.importers.pytorch.operators import load
from texelflow.importers.pytorch.records import record
from texelflow.importers.pytorch.signature import Signature, read_signature
from texelflow.importers.pytorch.sizes import read_size
from texelflow.importers.pytorch.walk import Level, Walk
from texelflow.importers.pytorch.weights import Weights


def build_program(program: Mapping[str, Any], weights: Weights, path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a program: inputs and outputs have its names.

    Raises:
        ExportError: with every problem.
        ProgramError: it is damaged.
    """
    load()
    problems = Problems()
    module = record(program.get("graph_module"), "graph_module")
    signature = read_signature(module)
    graph = Graph(path.stem, [], [], [], str(path))
    graph.format = f"PyTorch {program.get('torch_version') or ''}".strip()
    values = _input_values(signature, program, graph, problems, options)
    for name, weight in signature.weights.items():
        values[name] = weights.find(weight)
    initial = {name: values[name] for name in signature.buffers}
    problems.raise_for(str(path))
    walk = Walk(problems)
    level = Level(walk, record(module.get("graph"), "the graph"), values)
    level.run()
    problems.raise_for(str(path))
    graph.nodes = walk.nodes
    taken = {value.name for value in graph.inputs}
    for name, entry in signature.outputs:
        unique, count = name, 1
        while unique in taken:
            unique, count = f"{name}_{count}", count + 1
        taken.add(unique)
        result = Value(unique)
        graph.nodes.append(Node("Identity", [level.result(entry)], [result], name=f"Identity_of_{unique}"))
        graph.outputs.append(result)
    if not graph.outputs:
        problems.add("it returns no tensor")
    _add_states(graph, signature, level, values, initial, problems)
    _mark_wanted(graph.nodes, graph.outputs)
    problems.raise_for(str(path))
    _free_names(graph)
    return graph


def _mark_wanted(nodes: Sequence[Node], results: Sequence[Value]) -> None:
    """Let nodes of several results know which are read."""
    bodies = [body for node in nodes for body in _bodies(node)]
    for body in bodies:
        _mark_wanted(body.nodes, body.outputs)
    read = {*results, *(value for node in nodes for value in node.reads)}
    read.update(value for body in bodies for value in body.captured())
    for node in nodes:
        if len(node.outputs) > 1 and ARGUMENTS in node.attributes:
            node.attributes[WANTED] = [index for index, value in enumerate(node.outputs) if value in read]


def _free_names(graph: Graph) -> None:
    """Give nodes' values other names where an input or output is called so."""
    ports = {*graph.inputs, *graph.outputs}
    names = {value.name for value in ports}
    for value in graph.values():
        if value not in ports and value.name in names:
            value.name = f"{value.name}/value"


def _input_values(
    signature: Signature, program: Mapping[str, Any], graph: Graph, problems: Problems, options: ImportOptions
) -> dict[str, Value]:
    """Return the inputs by name, and let the graph know what holds of their sizes."""
    declared, expressions = {}, {}
    for name, type_ in signature.inputs.items():
        if type_.dtype not in DTYPES:
            problems.add(f"input {name!r} has elements of type {type_.dtype}, which is not supported")
            continue
        sizes = [size if isinstance(size, int) else read_size(size or "") for size in type_.shape or ()]
        expressions[name] = sizes
        declared[name] = DeclaredType(type_.dtype, [_label(size) for size in sizes])
    types = resolve_input_types(declared, options.input_shapes, problems)
    values = {name: Value(name, types.get(name)) for name in signature.inputs}
    graph.inputs = list(values.values())
    problems.raise_for(graph.source)
    bound: dict[str, Dimension] = {}
    for name, sizes in expressions.items():
        for size, given in zip(sizes, types[name].shape, strict=True):
            if isinstance(size, Expression) and _is_symbol(size):
                bound.setdefault(str(size), given)
    with assuming(graph.facts):
        assumptions = Assumptions(bound, problems)
        for name, sizes in expressions.items():
            for axis, (size, given) in enumerate(zip(sizes, types[name].shape, strict=True)):
                assumptions.size(name, axis, size, given)
        assumptions.ranges(program)
        assumptions.guards(program, {name: type_.shape for name, type_ in types.items()})
    problems.raise_for(graph.source)
    return values


def _is_symbol(size: Expression) -> bool:
    atom = size.only_atom
    return atom is not None and atom.operation == "symbol"


def _label(size: Dimension) -> int | str | None:
    """Return what an input declares: a number, the name of a symbol, None for another expression."""
    if isinstance(size, int):
        return size
    return str(size) if _is_symbol(size) else None


def _add_states(
    graph: Graph,
    signature: Signature,
    level: Level,
    values: Mapping[str, Value],
    initial: Mapping[str, Value],
    problems: Problems,
) -> None:
    """Let buffers that runs change, and read, be the bundle's own memory, which begins with zeros."""
    by_weight = {signature.weights[name]: name for name in initial}
    after = {
        by_weight[weight]: values[name]
        for weight, name in signature.mutations
        if weight in by_weight and name in values
    }
    after.update({name: values[name] for name in level.changed if name in initial})
    for name, changer in level.through_views.items():
        if name in initial and name not in level.changed:
            problems.add(
                f"buffer {signature.weights[name]!r} is changed through a view, by {changer!r}: {ADVICE}"
            )
    needed: set[str] = set()
    reads = _reads_of(graph.outputs)
    while more := [name for name in after if name not in needed and initial[name] in reads]:
        for name in more:
            needed.add(name)
            reads |= _reads_of([after[name]])
    for name in after:
        if name not in needed:
            continue
        before, weight = initial[name], signature.weights[name]
        if before.constant is None or any(any(part) for part in before.constant.parts):
            problems.add(
                f"buffer {weight!r} is changed by each run, and does not begin with zeros, which is not"
                " supported: make it an input and an output"
            )
            continue
        state, result = Value(weight, before.type), Value(f"{weight}/next")
        _replace(graph.nodes, before, state)
        source = state if after[name] is before else after[name]
        graph.nodes.append(Node("Identity", [source], [result], name=f"Identity_of_{result.name}"))
        graph.inputs.append(state)
        graph.outputs.append(result)
        graph.states[result] = state


def _replace(nodes: Sequence[Node], before: Value, after: Value) -> bool:
    """Let nodes, and graphs inside of them, read a value in place of a constant; return whether one does."""
    found = False
    for node in nodes:
        inside = [_replace_in(body, before, after) for body in _bodies(node)]
        if any(inside) and before not in node.inputs:
            node.inputs.append(after)
        found = found or before in node.inputs or any(inside)
        node.inputs = [after if value is before else value for value in node.inputs]
    return found


def _replace_in(body: Body, before: Value, after: Value) -> bool:
    found = _replace(body.nodes, before, after) or before in body.outputs
    body.outputs = [after if value is before else value for value in body.outputs]
    return found


def _bodies(node: Node) -> list[Body]:
    return [content for content in node.attributes.values() if isinstance(content, Body)]


def _reads_of(results: Sequence[Value]) -> set[Value]:
    """Return all values that results are computed from, and themselves."""
    seen: set[Value] = set()
    pending = list(results)
    while pending:
        value = pending.pop()
        if value not in seen:
            seen.add(value)
            if value.producer is not None:
                pending += value.producer.reads
                for body in _bodies(value.producer):
                    pending += [*body.outputs, *(read for node in body.nodes for read in node.reads)]
    return seen
