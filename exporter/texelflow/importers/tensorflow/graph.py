"""A Graph of definitions, given what its inputs and outputs are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from texelflow.errors import Choice, ExportError
from texelflow.graph import DTYPES, Graph, Node, Value
from texelflow.graph.problems import Problems
from texelflow.importers.format import ImportOptions
from texelflow.importers.input_types import DeclaredType, resolve_input_types
from texelflow.importers.tensorflow.definitions import Definition, DefinitionError, Definitions
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.references import ENTERS, EXITS, Level
from texelflow.importers.tensorflow.scope import Scope
from texelflow.importers.tensorflow.walk import ReadConstant, Walk


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: its name for callers, the reference that it stands for, and an input's type."""

    name: str
    reference: str
    type: DeclaredType | None = None


PLACEHOLDERS = frozenset({"Placeholder", "PlaceholderV2"})
_NO_RESULTS = frozenset(
    {
        "Const",
        "NoOp",
        "Assert",
        "Placeholder",
        "PlaceholderV2",
        "PlaceholderWithDefault",
        "VarHandleOp",
        "SaveV2",
    }
    | {"VariableV2", "Variable", "Print", "PrintV2", "Restore", "RestoreV2", "MergeV2Checkpoints"}
)
"""What is no output of a graph, though nothing reads it."""


def build_graph(
    definitions: Definitions,
    inputs: Sequence[Port],
    outputs: Sequence[Port],
    read: ReadConstant,
    path: Path,
    kind: str,
    options: ImportOptions,
) -> Graph:
    """Return the Graph that computes the outputs of the inputs.

    Raises:
        ExportError: with every problem.
    """
    problems = Problems()
    load()
    try:
        scope = Scope(Level(definitions.nodes), "")
        walk = Walk(definitions, read, problems)
        walk.reserve([*(port.name for port in inputs), *(port.name for port in outputs)])
        values = _input_values(scope, inputs, problems, options)
        made = [] if problems else walk.build(scope, [scope.level.place(port.reference) for port in outputs])
        for problem in walk.effects.problems():
            problems.add(problem)
    except DefinitionError as error:
        problems.add(str(error))
    except RecursionError:
        problems.add("its functions, branches and loops are nested too deeply in each other")
    if not outputs:
        problems.add("it has no outputs")
    problems.raise_for(str(path))
    results: list[Value] = []
    for port, value in zip(outputs, made, strict=True):
        if value.producer is None or value in results or value.producer in walk.constants:
            result = Value(port.name)
            walk.nodes.append(Node("Identity", [value], [result], name=f"Identity_of_{port.name}"))
        else:
            value.name = port.name
            result = value
        results.append(result)
    graph = Graph(path.stem, values, results, [*walk.constants, *walk.nodes], str(path))
    graph.format = kind
    graph.warnings += walk.warnings
    return graph


def _input_values(
    scope: Scope, inputs: Sequence[Port], problems: Problems, options: ImportOptions
) -> list[Value]:
    declared = {}
    for port in inputs:
        assert port.type is not None
        if port.name in declared:
            problems.add(f"there are two inputs called {port.name!r}")
        if port.type.dtype in DTYPES:
            declared[port.name] = port.type
        else:
            problems.add(
                f"input {port.name!r} has elements of type {port.type.dtype}, which is not supported:"
                " numbers are"
            )
    types = resolve_input_types(declared, options.input_shapes, problems)
    values = []
    for port in inputs:
        value = Value(port.name, types.get(port.name))
        scope.values[scope.level.place(port.reference)] = value
        values.append(value)
    return values


def placeholders(definitions: Definitions, outputs: Sequence[str]) -> list[Port]:
    """Return the inputs that outputs, by their references, depend on, in the order of the file."""
    level = Level(definitions.nodes)
    reached: set[str] = set()
    for reference in outputs:
        for _ in level.closure(level.place(reference), reached):
            pass
    return [
        Port(node.name, node.name, declared_type(node))
        for node in definitions.nodes
        if node.name in reached and node.operator in PLACEHOLDERS
    ]


def declared_type(node: Definition) -> DeclaredType:
    """Return the type of a Placeholder; an empty shape may be one that is not known."""
    shape = node.attributes.get("shape")
    extents = list(shape) if isinstance(shape, tuple) else None
    return DeclaredType(str(node.attributes.get("dtype")), extents)


def last_nodes(definitions: Definitions) -> list[str]:
    """Return the names of the nodes that nothing reads: what a graph computes where no signature says it.

    Nodes of a loop, which has more values than are read behind it, are none.
    """
    level = Level(definitions.nodes)
    read = {name for node in definitions.nodes for name, _ in level.data(node)}
    looping = _of_loops(level)
    return [
        node.name
        for node in definitions.nodes
        if node.name not in read and node.operator not in _NO_RESULTS and node.name not in looping
    ]


def _of_loops(level: Level) -> set[str]:
    """Return the nodes that are a loop's own, or leave one."""
    found = {node.name for node in level.nodes.values() if node.operator in EXITS}
    pending = [node.name for node in level.nodes.values() if node.operator in ENTERS]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [node.name for node in level.readers([name]) if node.operator not in EXITS]
    return found


def chosen_signature(names: Sequence[str], wanted: str | None, path: Path, default: str) -> str:
    """Return the signature to export; raise ExportError if there is no such signature, or no default."""
    listed = ", ".join(names)
    if wanted is not None:
        if wanted not in names:
            raise ExportError(f"{path} has no signature {wanted!r}; it has {listed or 'none'}")
        return wanted
    if default in names:
        return default
    if len(names) == 1:
        return names[0]
    if not names:
        raise ExportError(
            f"{path} has no signature: save it with signatures=model.call.get_concrete_function(…)"
        )
    raise ExportError(
        f"{path} has several signatures: choose one by --signature, {listed}",
        choice=Choice("signature", tuple(names)),
    )
