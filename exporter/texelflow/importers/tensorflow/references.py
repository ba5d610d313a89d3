"""References between nodes, `name`, `name:1` or (in functions) `name:output:0`, and what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from texelflow.importers.tensorflow.definitions import Definition, DefinitionError, LimitError
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


MOST_STEPS = 6_000_000
"""Through the nodes of one graph or function, to tell what depends on what: a small file may ask for many."""


class Level:
    """The nodes of one graph or function, by name."""

    def __init__(self, nodes: Iterable[Definition], arguments: Iterable[str] = ()) -> None:
        self.nodes: dict[str, Definition] = {}
        self.arguments = set(arguments)
        for node in nodes:
            if node.name in self.nodes:
                raise DefinitionError(f"there are two nodes called {node.name!r}")
            self.nodes[node.name] = node
        self._order = {name: index for index, name in enumerate(self.nodes)}
        self._outputs: dict[str, int] = {}
        self._reads: dict[str, list[Place]] = {}
        self._waits: dict[str, list[str]] = {}
        self._readers: dict[str, list[Definition]] = {}
        self._enters: dict[str, list[Definition]] | None = None
        self._steps = 0
        for node in self.nodes.values():
            places = [(self.place(reference), reference.startswith("^")) for reference in node.inputs]
            self._reads[node.name] = [place for place, waits in places if not waits]
            self._waits[node.name] = [place[0] for place, waits in places if waits]
            self.note_reads(self._reads[node.name])
            for name in dict.fromkeys(name for name, _ in self._reads[node.name]):
                self._readers.setdefault(name, []).append(node)

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
        return self._reads[node.name]

    def readers(self, names: Iterable[str], operators: frozenset[str] = frozenset()) -> list[Definition]:
        """Return the nodes, of these operators if any, that read one of names, each once, in order."""
        found = {
            node.name: node
            for name in names
            for node in self._readers.get(name, ())
            if not operators or node.operator in operators
        }
        return sorted(found.values(), key=lambda node: self._order[node.name])

    def entering(self, frame: str) -> list[Definition]:
        """Return the nodes that enter the loop of a name."""
        if self._enters is None:
            self._enters = {}
            for node in self.nodes.values():
                if node.operator in ENTERS:
                    self._enters.setdefault(str(node.attributes.get("frame_name")), []).append(node)
        return self._enters.get(frame, [])

    def step(self) -> None:
        """Note a step of a way through the nodes; raise DefinitionError for too many."""
        self._steps += 1
        if self._steps > MOST_STEPS:
            raise LimitError("its branches depend on each other in too many ways")

    def waits(self, node: Definition) -> list[str]:
        """Return the names of the nodes that a node waits for without reading them."""
        return self._waits[node.name]

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
            self.step()
            yield node
            pending += [source for source, _ in self.data(node)] + self.waits(node)
