"""Branches and loops: If and Loop of ONNX, with graphs inside of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from texelflow.graph import Body, Node, Value
from texelflow.importers.tensorflow.control_flow import Branches, Frame
from texelflow.importers.tensorflow.definitions import Definition, DefinitionError, Function
from texelflow.importers.tensorflow.effects import Effects
from texelflow.importers.tensorflow.lowering import DOMAIN
from texelflow.importers.tensorflow.references import EXITS, Place
from texelflow.importers.tensorflow.scope import Scope

LOOPS = frozenset({"While", "StatelessWhile"})
CHOICES = frozenset({"If", "StatelessIf"})
CASES = frozenset({"Case", "StatelessCase"})

MOST_BRANCHES = 40


class Walk(Protocol):
    """What branches and loops need of the walk that meets them (walk.py)."""

    nodes: list[Node]
    effects: Effects

    def value(self, name: str) -> Value:
        """Return a new value, of that name or one like it."""

    def build(self, scope: Scope, places: Sequence[Place]) -> list[Value]:
        """Return values of a scope, with nodes for all that they need."""

    def function(self, node: Definition, call: object) -> Function:
        """Return the function that an attribute of a node names."""

    def call(self, function: Function, call: object, arguments: Sequence[Value], prefix: str) -> list[Value]:
        """Return the results of a function, its nodes added."""

    def body(self, inputs: list[Value], make: Callable[[], list[Value]]) -> Body:
        """Return a graph inside of a node: of what `make` adds, and the values that it returns."""


def add_branches(walk: Walk, scope: Scope, node: Definition, branches: Branches) -> None:
    """Add the choice that a Merge of TensorFlow 1 makes."""
    name = f"{scope.prefix}{node.name}"
    [condition] = walk.build(scope, [branches.condition])

    def take(side: int) -> list[Value]:
        return walk.build(scope.inner(f"{name}/{side}/"), [branches.sides[side]])

    if branches.is_number:
        results = _choose_by_number(walk, name, condition, len(branches.sides), take)
    else:
        otherwise, then = (walk.body([], partial(take, side)) for side in (0, 1))
        results = _add_if(walk, name, condition, then, otherwise, 1)
    scope.values[node.name, 0] = results[0]


def choose(
    walk: Walk, scope: Scope, node: Definition, attributes: Mapping[str, object], reads: Sequence[Value]
) -> list[Value]:
    """Add an If or Case of TensorFlow 2, whose branches are functions; return the results."""
    if node.operator in CASES:
        listed = attributes.get("branches")
        branches = listed if isinstance(listed, list) else []
    else:
        branches = [attributes.get("else_branch"), attributes.get("then_branch")]
    if not reads or not branches:
        raise DefinitionError(f"{node.operator} {node.name!r} has no condition, or no branches")
    name = f"{scope.prefix}{node.name}"
    functions = [walk.function(node, branch) for branch in branches]

    def take(side: int) -> list[Value]:
        return walk.call(functions[side], branches[side], reads[1:], f"{name}/{side}/")

    if node.operator in CASES:
        return _choose_by_number(walk, name, reads[0], len(branches), take)
    otherwise, then = (walk.body([], partial(take, side)) for side in (0, 1))
    truth = _truth(walk, f"{name}/condition", reads[0])
    return _add_if(walk, name, truth, then, otherwise, len(functions[0].outputs))


def _truth(walk: Walk, name: str, value: Value) -> Value:
    """Return whether a condition holds, as TensorFlow reads numbers and tensors, too."""
    truth = walk.value(name)
    walk.nodes.append(Node("ToBool", [value], [truth], {}, name, DOMAIN))
    return truth


def _add_if(walk: Walk, name: str, condition: Value, then: Body, otherwise: Body, count: int) -> list[Value]:
    results = [walk.value(f"{name}:{index}" if index else name) for index in range(count)]
    reads = list(dict.fromkeys([condition, *then.captured(), *otherwise.captured()]))
    attributes = {"then_branch": then, "else_branch": otherwise}
    walk.nodes.append(Node("If", [*reads], results, attributes, name))
    return results


def _choose_by_number(
    walk: Walk, name: str, number: Value, count: int, take: Callable[[int], list[Value]]
) -> list[Value]:
    """Add an If for each side but the last, which is for all other numbers; return the results."""
    if count > MOST_BRANCHES:
        raise DefinitionError(f"{name!r} has {count} branches; {MOST_BRANCHES} are supported")

    def rest(start: int) -> list[Value]:
        if start == count - 1:
            return take(start)
        then, otherwise = walk.body([], partial(take, start)), walk.body([], partial(rest, start + 1))
        condition = walk.value(f"{name}/is_{start}")
        walk.nodes.append(Node("IsNumber", [number], [condition], {"number": start}, name, DOMAIN))
        return _add_if(walk, name, condition, then, otherwise, len(then.outputs))

    return rest(0)


def add_while(
    walk: Walk, scope: Scope, node: Definition, attributes: Mapping[str, object], starts: Sequence[Value]
) -> list[Value]:
    """Add a While of TensorFlow 2, of two functions; return what is carried behind it."""
    condition, body = attributes.get("cond"), attributes.get("body")
    goes_on, turn = walk.function(node, condition), walk.function(node, body)
    name = f"{scope.prefix}{node.name}"

    def ask(values: Sequence[Value]) -> Value:
        results = walk.call(goes_on, condition, values, f"{name}/condition/")
        if len(results) != 1:
            raise DefinitionError(f"the condition of {node.name!r} has {len(results)} results; one is needed")
        return _truth(walk, f"{name}/goes_on", results[0])

    def take(values: Sequence[Value]) -> list[Value]:
        return walk.call(turn, body, values, f"{name}/body/")

    return _add_loop(walk, name, starts, ask, take)


def _add_loop(
    walk: Walk,
    name: str,
    starts: Sequence[Value],
    ask: Callable[[Sequence[Value]], Value],
    take: Callable[[Sequence[Value]], list[Value]],
) -> list[Value]:
    """Add a Loop and return what is carried behind it; `ask` tells of values whether it goes on."""
    first = ask(starts)
    given = [walk.value(f"{name}/carried_{index}") for index in range(len(starts))]
    walk.effects.add_same(given, starts)
    number, holds = walk.value(f"{name}/turn"), walk.value(f"{name}/holds")

    def make() -> list[Value]:
        following = take(given)
        if len(following) != len(given):
            raise DefinitionError(
                f"the loop {name!r} carries {len(given)} values, but its body returns {len(following)}"
            )
        return [ask(following), *following]

    body = walk.body([number, holds, *given], make)
    results = [walk.value(f"{name}/result_{index}") for index in range(len(starts))]
    inputs: list[Value | None] = [None, first, *starts]
    known = set(inputs)
    inputs += [value for value in body.captured() if value not in known]
    walk.nodes.append(Node("Loop", inputs, results, {"body": body}, name))
    return results


def add_loop_of_frame(walk: Walk, scope: Scope, frame: Frame) -> None:
    """Add a loop of TensorFlow 1, and what it leaves as the values of its Exits."""
    name = f"{scope.prefix}{frame.name}"
    starts = [scope.values[carried.start] for carried in frame.carried]

    def ask(values: Sequence[Value]) -> Value:
        inner = scope.inner(f"{name}/condition/")
        for carried, value in zip(frame.carried, values, strict=True):
            inner.values[carried.merge, 0] = value
        [result] = walk.build(inner, [frame.condition])
        return result

    def take(values: Sequence[Value]) -> list[Value]:
        inner = scope.inner(f"{name}/body/")
        for carried, value in zip(frame.carried, values, strict=True):
            inner.values[carried.merge, 0] = value
            if carried.switch is not None:
                inner.values[carried.switch, 1] = value
        return walk.build(inner, [carried.following for carried in frame.carried])

    results = _add_loop(walk, name, starts, ask, take)
    leaving = {
        carried.switch: value
        for carried, value in zip(frame.carried, results, strict=True)
        if carried.switch is not None
    }
    for node in scope.level.readers(leaving, EXITS):
        switch = scope.level.data(node)[0][0]
        if switch in leaving:
            scope.values[node.name, 0] = leaving[switch]
