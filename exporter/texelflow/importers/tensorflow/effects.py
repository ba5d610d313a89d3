"""What nodes do besides giving results: changing variables, which matters where a run reads them, too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from texelflow.graph import Value
from texelflow.importers.tensorflow.definitions import (
    Call,
    Definition,
    Function,
    LimitError,
)
from texelflow.importers.tensorflow.references import Level, Place
from texelflow.importers.tensorflow.scope import Scope

VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable", "AutoReloadVariable"})
ASSIGNING = ("Assign", "ResourceApply", "ResourceScatter", "ResourceSparseApply", "ScatterUpdate")
"""How operators that change variables begin."""

DEEPEST = 40
"""How deep functions may call each other."""

REASON = (
    "changes a variable at each run, and runs read it, which is not supported: export a signature that keeps"
    " its state in inputs and outputs"
)


class Effects:
    """The variables that runs change and read; what nothing reads, such as a seed, does not matter."""

    def __init__(self, functions: Mapping[str, Function]) -> None:
        self._functions = functions
        self._changes: list[tuple[str, Scope, Place]] = []
        self._variables: dict[str, Value] = {}
        self._read: set[Value] = set()
        self._origins: dict[Value, Value] = {}
        self._assigned: dict[str, set[int]] = {}

    def add_variable(self, node: Definition, value: Value) -> None:
        """Remember the value of a variable; one by reference is read wherever it is used."""
        self._variables[node.name] = value
        if node.operator != "VarHandleOp":
            self._read.add(value)

    def add_read(self, value: Value) -> None:
        """Remember that a run reads a variable."""
        self._read.add(self._origin(value))

    def add_same(self, values: Iterable[Value], origins: Iterable[Value]) -> None:
        """Remember that values, of a loop's body, are others, of the graph around it."""
        self._origins.update(zip(values, origins, strict=True))

    def follow(self, scope: Scope, name: str) -> None:
        """Remember what a node, and those behind it, change when something waits for it."""
        level = scope.level
        for node in level.closure((name, 0), scope.followed):
            reads = level.data(node)
            for index in self._targets(node):
                if index < len(reads):
                    self._changes.append(
                        (f"{node.operator} {node.name!r}", scope, level.behind(reads[index]))
                    )

    def problems(self) -> Iterator[str]:
        """Yield what is changed and read."""
        for title, scope, place in self._changes:
            node = scope.level.nodes.get(place[0])
            if node is not None and node.operator in VARIABLES:
                value = self._variables.get(node.name)
            else:
                value = scope.values.get(place)
                if value is None:  # it cannot be told which variable it is
                    yield f"{title} {REASON}"
                    continue
            if value is not None and self._origin(value) in self._read:
                yield f"{title} {REASON}"

    def _origin(self, value: Value) -> Value:
        seen = set()
        while value in self._origins and value not in seen:
            seen.add(value)
            value = self._origins[value]
        return value

    def _targets(self, node: Definition, depth: int = 0) -> set[int]:
        """Return which inputs of a node are variables that it changes."""
        if node.operator.startswith(ASSIGNING):
            return {0}
        call = node.attributes.get("f")
        name = call.function if isinstance(call, Call) else node.operator
        return self._assigned_by(name, depth + 1) if name in self._functions else set()

    def _assigned_by(self, name: str, depth: int) -> set[int]:
        """Return which arguments of a function are variables that it changes."""
        if name in self._assigned:
            return self._assigned[name]
        if depth > DEEPEST:
            raise LimitError(f"functions call each other more than {DEEPEST} deep")
        found = self._assigned[name] = set()  # also while a function that calls itself is looked at
        function = self._functions[name]
        level = Level(function.nodes, function.inputs)
        for node in function.nodes:
            reads = level.data(node)
            for index in self._targets(node, depth):
                source = level.behind(reads[index])[0] if index < len(reads) else ""
                if source in function.inputs:
                    found.add(function.inputs.index(source))
        return found
