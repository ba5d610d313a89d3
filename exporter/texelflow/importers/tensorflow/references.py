"""References between nodes, `name`, `name:1` or (in functions) `name:output:0`, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from texelflow.importers.tensorflow.definitions import Definition, DefinitionError
from texelflow.importers.tensorflow.lowering import OUTPUT_NAMES

Place: TypeAlias = tuple[str, int]
"""An output of a node: its name, and which one it is."""

SWITCHES = frozenset({"Switch", "RefSwitch", "_SwitchN"})
MERGES = frozenset({"Merge", "RefMerge"})
ENTERS = frozenset({"Enter", "RefEnter"})
NEXTS = frozenset({"NextIteration", "RefNextIteration"})
EXITS = frozenset({"Exit", "RefExit"})

FORWARDING = frozenset(
    {
        *SWITCHES,
        *ENTERS,
        *NEXTS,
        "Identity",
        "LoopCond",
        "RefIdentity",
        "ReadVariableOp",
        "StopGradient",
        "PreventGradient",
        "Snapshot",
        "CheckNumerics",
        "CheckNumericsV2",
        "EnsureShape",
        "Print",
        "DebugIdentity",
        "PlaceholderWithDefault",
        "OptionalGetValue",
    }
)
"""Operators whose outputs are their first input."""


class Level:
    """The nodes of one graph or function, by name."""

    def __init__(self, nodes: Iterable[Definition], arguments: Iterable[str] = ()) -> None:
        self.nodes: dict[str, Definition] = {}
        self.arguments = set(arguments)
        for node in nodes:
            if node.name in self.nodes:
                raise DefinitionError(f"there are two nodes called {node.name!r}")
            self.nodes[node.name] = node
        self._outputs: dict[str, int] = {}
        for node in self.nodes.values():
            self.note_reads(self.data(node))

    def note_reads(self, places: Iterable[Place]) -> None:
        """Remember which outputs of nodes are read."""
        for name, index in places:
            self._outputs[name] = max(self._outputs.get(name, 1), index + 1)

    def outputs_read(self, name: str) -> int:
        """Return how many outputs a node has at least, since they are read."""
        return self._outputs.get(name, 1)

    def place(self, reference: str) -> Place:
        """Return what a reference names; raise DefinitionError if it is none."""
        name, *rest = reference.removeprefix("^").split(":")
        if name in self.arguments and rest in ([], ["0"]):
            return name, 0
        node = self.nodes.get(name)
        if node is None:
            raise DefinitionError(f"{reference!r} is read, but there is no node {name!r}")
        if not rest:
            return name, 0
        if not rest[-1].isdecimal() or len(rest) > 2 or len(rest[-1]) > 4:
            raise DefinitionError(f"{reference!r} names no output of a node")
        index = int(rest[-1])
        if len(rest) == 2:
            names = OUTPUT_NAMES.get(node.operator, ())
            index += names.index(rest[0]) if rest[0] in names else 0
        return name, index

    def data(self, node: Definition) -> list[Place]:
        """Return what a node reads."""
        return [self.place(reference) for reference in node.inputs if not reference.startswith("^")]

    def waits(self, node: Definition) -> list[str]:
        """Return the names of the nodes that a node waits for without reading them."""
        return [self.place(reference)[0] for reference in node.inputs if reference.startswith("^")]

    def behind(self, place: Place) -> Place:
        """Return what a value is, behind the Identity nodes that forward it."""
        seen = set()
        while place not in seen:
            seen.add(place)
            node = self.nodes.get(place[0])
            if node is None or node.operator not in ("Identity", "StopGradient", "RefIdentity", "Snapshot"):
                break
            reads = self.data(node)
            if not reads:
                break
            place = reads[0]
        return place

    def closure(self, place: Place, seen: set[str] | None = None) -> Iterator[Definition]:
        """Yield the nodes that a value depends on, also those waited for, each once; none of `seen`."""
        pending, seen = [place[0]], set() if seen is None else seen
        while pending:
            name = pending.pop()
            if name in seen or name not in self.nodes:
                continue
            seen.add(name)
            node = self.nodes[name]
            yield node
            pending += [source for source, _ in self.data(node)] + self.waits(node)
