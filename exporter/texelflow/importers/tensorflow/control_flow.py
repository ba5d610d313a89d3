"""Loops and branches of TensorFlow 1, which are made of Switch, Merge, Enter, Exit and NextIteration.

Source: Yu et al., Dynamic Control Flow in Large-Scale Machine Learning, 2018, arXiv:1805.01772.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from texelflow.importers.tensorflow.definitions import Definition, DefinitionError
from texelflow.importers.tensorflow.references import ENTERS, MERGES, NEXTS, SWITCHES, Level, Place


@dataclass(frozen=True, slots=True)
class Carried:
    """What a loop carries from turn to turn: the Merge that has it, where it starts, what the turn makes.

    `switch` is None if nothing reads it in the body nor behind the loop.
    """

    merge: str
    start: Place
    following: Place
    switch: str | None


@dataclass(frozen=True, slots=True)
class Frame:
    """A loop: what it carries, whether it goes on, and what its nodes read of the graph around it."""

    name: str
    carried: list[Carried]
    condition: Place
    around: list[Place]


@dataclass(frozen=True, slots=True)
class Branches:
    """A Merge as a choice: the condition, the values of its sides, what they read of the graph around.

    Of a truth value side 1 is where it holds; of a number (`is_number`) the last side is for all larger ones,
    too.
    """

    condition: Place
    sides: list[Place]
    is_number: bool
    around: list[Place]


def is_loop_merge(level: Level, merge: Definition) -> bool:
    """Return whether a Merge is the start of a loop's turn, not the end of branches."""
    operators = {level.nodes[name].operator for name, _ in level.data(merge) if name in level.nodes}
    return bool(operators & (ENTERS | NEXTS))


def frame_left_by(level: Level, leave: Definition) -> str:
    """Return the name of the loop that an Exit leaves; raise DefinitionError if it is not a whole one."""
    switch = _only(level, leave, SWITCHES)
    merge = _only(level, switch, MERGES)
    enter = _only(level, merge, ENTERS)
    return str(enter.attributes.get("frame_name"))


def frame_of(level: Level, frame: str) -> Frame:
    """Return the loop of a name; raise DefinitionError if it is not a whole one."""
    enters = level.entering(frame)
    names = {node.name for node in enters}
    switches: dict[str, str] = {}
    condition = None
    merges = level.readers(names, MERGES)
    started = {node.name for node in merges}
    for node in level.readers(started, SWITCHES):
        reads = level.data(node)
        if len(reads) == 2 and reads[0][0] in started:
            switches[reads[0][0]] = node.name
            condition = reads[1]
    if condition is None:
        raise DefinitionError(f"the loop {frame!r} has no condition")
    carried = []
    for node in merges:
        reads = level.data(node)
        nexts = [name for name, _ in reads if name in level.nodes and level.nodes[name].operator in NEXTS]
        starts = [name for name, _ in reads if name in names]
        if len(reads) != 2 or len(nexts) != 1 or len(starts) != 1:
            raise DefinitionError(f"Merge {node.name!r} of the loop {frame!r} has not two ways into it")
        start, following = (_source(level, level.nodes[name]) for name in (starts[0], nexts[0]))
        carried.append(Carried(node.name, start, following, switches.get(node.name)))
    around = [place for node in enters for place in level.data(node)]
    return Frame(frame, carried, condition, around)


def branches_of(level: Level, merge: Definition) -> Branches:
    """Return what a Merge chooses between; raise DefinitionError if no one condition decides it.

    The condition is that of the switches of which each side leads to one input, and to no other.
    """
    reads = level.data(merge)
    found = [_sides(level, place) for place in reads]
    fitting = []
    for condition in dict.fromkeys(key for sides in found for key in sides):
        taken = [sides.get(condition, set()) for sides in found]
        order = _order(taken)
        if order is not None:
            fitting.append((all(taken), condition, [reads[index] for index in order]))
    certain = [entry for entry in fitting if entry[0]] or fitting
    if len(certain) != 1:
        raise DefinitionError(f"Merge {merge.name!r} is decided by {len(certain)} conditions; one is needed")
    _, condition, sides = certain[0]
    around, is_number = [condition], False
    for place in reads:
        for node in level.closure(place):
            if node.operator not in SWITCHES:
                continue
            value, decides = _switched(level, node)
            if level.behind(decides) == condition:
                around.append(value)
                is_number = is_number or node.operator == "_SwitchN"
    return Branches(condition, sides, is_number, list(dict.fromkeys(around)))


def _order(taken: Sequence[set[int]]) -> list[int] | None:
    """Return which input is of side 0, 1, …, given the sides that each depends on; None if that is unclear.

    One input may depend on none: it is of the side that is left.
    """
    if any(len(sides) > 1 for sides in taken):
        return None
    numbers = [next(iter(sides), None) for sides in taken]
    rest = [side for side in range(len(taken)) if side not in numbers]
    if numbers.count(None) > 1 or len(rest) != numbers.count(None):
        return None
    complete = [rest[0] if number is None else number for number in numbers]
    return [complete.index(side) for side in range(len(taken))]


def _sides(level: Level, place: Place) -> dict[Place, set[int]]:
    """Return by condition the sides of its switches that a value depends on: 1 where it holds, or 0."""
    sides: dict[Place, set[int]] = {}
    pending, seen = [place], set()
    while pending:
        name, index = pending.pop()
        node = level.nodes.get(name)
        if node is None or (name, index) in seen:
            continue
        seen.add((name, index))
        level.step()
        if node.operator in SWITCHES:
            sides.setdefault(level.behind(_switched(level, node)[1]), set()).add(index)
        pending += level.data(node)
        # A constant of a branch waits for the Switch's Identity.
        pending += [(waited, 0) for waited in level.waits(node)]
    return sides


def _switched(level: Level, switch: Definition) -> tuple[Place, Place]:
    """Return the value that a Switch reads, and what decides where that goes."""
    reads = level.data(switch)
    if len(reads) != 2:
        raise DefinitionError(f"{switch.operator} {switch.name!r} has {len(reads)} inputs; two are needed")
    return reads[0], reads[1]


def _source(level: Level, node: Definition) -> Place:
    """Return the one value that a node reads."""
    reads = level.data(node)
    if len(reads) != 1:
        raise DefinitionError(f"{node.operator} {node.name!r} has {len(reads)} inputs; one is needed")
    return reads[0]


def _only(level: Level, node: Definition, operators: frozenset[str]) -> Definition:
    """Return the node of one of these operators that a node reads."""
    found = [name for name, _ in level.data(node)]
    nodes = [level.nodes[name] for name in found if name in level.nodes]
    fitting = [each for each in nodes if each.operator in operators]
    if len(fitting) != 1:
        wanted = " or ".join(sorted(operators))
        raise DefinitionError(f"{node.operator} {node.name!r} reads no {wanted}: the loop is damaged")
    return fitting[0]
