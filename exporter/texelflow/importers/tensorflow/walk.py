"""From definitions to nodes: what outputs need, functions inlined, loops and branches as Loop and If."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from texelflow.graph import DTYPES, Body, ConstantData, Node, TensorType, Value
from texelflow.graph.constants import vector_value
from texelflow.graph.onnx_dtypes import onnx_number
from texelflow.importers.tensorflow.control_flow import (
    Branches,
    Frame,
    branches_of,
    frame_of,
    is_loop_merge,
)
from texelflow.importers.tensorflow.definitions import (
    Call,
    Damaged,
    Definition,
    DefinitionError,
    Definitions,
    Function,
    Placeholder,
)
from texelflow.importers.tensorflow.lowering import DOMAIN
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.references import EXITS, FORWARDING, MERGES, Level, Place
from texelflow.importers.tensorflow.tensors import Tensor
from texelflow.problems import Problems

MOST_NODES = 100_000
DEEPEST = 40
"""What functions may expand to: a small file can ask for more than any memory holds."""

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "RemoteCall"})
LOOPS = frozenset({"While", "StatelessWhile"})
CHOICES = frozenset({"If", "StatelessIf"})
CASES = frozenset({"Case", "StatelessCase"})
VARIABLES = frozenset({"VarHandleOp", "VariableV2", "Variable", "_VarHandlesOp", "AutoReloadVariable"})
ASSIGNING = ("Assign", "ResourceApply", "ResourceScatter", "ResourceSparseApply", "ScatterUpdate")
"""How operators that change variables are called."""

ReadConstant: TypeAlias = "Callable[[Definition, Walk], Value | None]"
"""Gives a node that is a constant, or a variable, as a value; None to have it read as usual."""


class Scope:
    """The values of one graph, function, branch or body, by the outputs of its nodes."""

    def __init__(self, level: Level, prefix: str, attributes: Mapping[str, object] | None = None) -> None:
        self.level = level
        self.prefix = prefix
        self.attributes = attributes or {}
        self.values: dict[Place, Value] = {}
        self.frames: dict[str, Frame] = {}

    def inner(self, prefix: str) -> Scope:
        """Return a scope of a part of the same nodes, which sees the values that are there already."""
        scope = Scope(self.level, prefix, self.attributes)
        scope.values = dict(self.values)
        scope.frames = self.frames
        return scope


class Walk:
    """Makes nodes of definitions; `nodes` are those made so far, in topological order.

    `constants` are nodes of constants alone, which come before all others.
    """

    def __init__(self, definitions: Definitions, read: ReadConstant, problems: Problems) -> None:
        load()
        self.nodes: list[Node] = []
        self.constants: list[Node] = []
        self.warnings: list[str] = []
        self._functions = definitions.functions
        self._levels: dict[str, Level] = {}
        self._read = read
        self._problems = problems
        self._names: set[str] = set()
        self._count = 0
        self._open: list[str] = []

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for inputs and outputs."""
        self._names.update(names)

    def value(self, name: str) -> Value:
        """Return a new value, of that name or one like it."""
        unique, count = name, 2
        while unique in self._names:
            unique, count = f"{name}_{count}", count + 1
        self._names.add(unique)
        return Value(unique)

    def build(self, scope: Scope, places: Sequence[Place]) -> list[Value]:
        """Return values of a scope, with nodes for all that they need; raise DefinitionError."""
        scope.level.note_reads(places)
        for name in self._order(scope, places):
            if (name, 0) not in scope.values:  # one Exit of a loop makes all
                self._add(scope, scope.level.nodes[name])
        missing = [place for place in places if place not in scope.values]
        if missing:
            name, index = missing[0]
            raise DefinitionError(f"node {name!r} has no output {index}")
        return [scope.values[place] for place in places]

    def _order(self, scope: Scope, places: Iterable[Place]) -> list[str]:
        """Return the nodes to make, each behind those that it reads; raise DefinitionError for a cycle."""
        made = {name for name, _ in scope.values}
        order: list[str] = []
        state: dict[str, bool] = {}
        pending: list[tuple[str, bool]] = []

        def want(place: Place) -> None:
            if place not in scope.values and place[0] not in made:
                pending.append((place[0], False))

        for place in reversed(list(places)):
            want(place)
        while pending:
            name, is_done = pending.pop()
            if is_done:
                state[name] = True
                order.append(name)
                continue
            if name in state:
                if not state[name]:
                    raise DefinitionError(f"node {name!r} depends on itself")
                continue
            node = scope.level.nodes.get(name)
            if node is None:
                raise DefinitionError(f"{name!r} is an argument without a value")
            state[name] = False
            pending.append((name, True))
            for place in reversed(self._needs(scope, node)):
                want(place)
        return order

    def _needs(self, scope: Scope, node: Definition) -> list[Place]:
        """Return what must be there before a node is made."""
        level = scope.level
        for waited in level.waits(node):
            self._check_effects(level, waited)
        if node.operator in EXITS:
            return self._frame(scope, node).around
        if node.operator in MERGES:
            if is_loop_merge(level, node):
                raise DefinitionError(f"Merge {node.name!r} of a loop is read from outside of it")
            return branches_of(level, node).around
        return level.data(node)

    def _check_effects(self, level: Level, name: str) -> None:
        """Refuse what a node waits for where that changes variables."""
        for node in level.closure((name, 0)):
            self._refuse_effect(node)

    def _refuse_effect(self, node: Definition) -> None:
        if node.operator.startswith(ASSIGNING):
            self._problems.add(
                f"{node.operator} {node.name!r} changes a variable at each run, which is not supported: export"
                " a signature that keeps its state in inputs and outputs"
            )

    # Nodes

    def _add(self, scope: Scope, node: Definition) -> None:
        self._count += 1
        if self._count > MOST_NODES:
            raise DefinitionError(f"its functions expand to more than {MOST_NODES} nodes")
        values, kind = scope.values, node.operator
        attributes = self._bound(scope, node)
        if kind in EXITS:
            self._add_loop_of_frame(scope, self._frame(scope, node))
            return
        if kind in MERGES:
            self._add_branches(scope, node, branches_of(scope.level, node))
            return
        reads = [values[place] for place in scope.level.data(node) if self._has(values, place)]
        if kind == "Const" or kind in VARIABLES or kind == "Placeholder":
            values[node.name, 0] = self._given(scope, node)
        elif kind in FORWARDING:
            if not reads:
                raise DefinitionError(f"{kind} {node.name!r} has no input")
            values.update({(node.name, index): reads[0] for index in range(scope.level.outputs_read(node.name))})
        elif kind == "IdentityN":
            values.update({(node.name, index): value for index, value in enumerate(reads)})
        elif kind in CALLS or kind in self._functions:
            call = attributes.get("f") if kind in CALLS else Call(kind, attributes)
            results = self._call(self._function(node, call), call, reads, f"{scope.prefix}{node.name}/")
            values.update({(node.name, index): value for index, value in enumerate(results)})
        elif kind in LOOPS:
            self._add_while(scope, node, attributes, reads)
        elif kind in CHOICES or kind in CASES:
            branches = attributes.get("branches") if kind in CASES else [
                attributes.get("else_branch"), attributes.get("then_branch")
            ]
            results = self._choose(f"{scope.prefix}{node.name}", node, reads, branches or [])
            values.update({(node.name, index): value for index, value in enumerate(results)})
        else:
            self._refuse_effect(node)
            self._add_plain(scope, node, attributes, reads)

    @staticmethod
    def _has(values: Mapping[Place, Value], place: Place) -> bool:
        if place not in values:
            raise DefinitionError(f"node {place[0]!r} has no output {place[1]}, which is read")
        return True

    def _add_plain(
        self, scope: Scope, node: Definition, attributes: dict[str, object], reads: list[Value]
    ) -> None:
        name, count = f"{scope.prefix}{node.name}", scope.level.outputs_read(node.name)
        results = [self.value(f"{name}:{index}" if index else name) for index in range(count)]
        inputs: list[Value | None] = [*reads]
        self.nodes.append(Node(node.operator, inputs, results, attributes, name, DOMAIN))
        scope.values.update({(node.name, index): value for index, value in enumerate(results)})

    def _bound(self, scope: Scope, node: Definition) -> dict[str, object]:
        """Return the attributes of a node, those of its function in place of what stands for them."""
        return {
            name: scope.attributes.get(content.name) if isinstance(content, Placeholder) else content
            for name, content in node.attributes.items()
        }

    def _given(self, scope: Scope, node: Definition) -> Value:
        """Return a constant, a variable or an input."""
        value = self._read(node, self)
        if value is not None:
            return value
        if node.operator != "Const":
            what = "an input that the signature does not have" if node.operator == "Placeholder" else (
                "a variable, of which the file has no value"
            )
            raise DefinitionError(f"{node.operator} {node.name!r} is {what}")
        tensor = self._bound(scope, node).get("value")
        if isinstance(tensor, Damaged):
            raise DefinitionError(f"constant {node.name!r}: {tensor.reason}")
        if not isinstance(tensor, Tensor):
            raise DefinitionError(f"constant {node.name!r} has no value")
        return self.constant(f"{scope.prefix}{node.name}", tensor)

    def constant(self, name: str, tensor: Tensor) -> Value:
        """Return a tensor as a constant; texts as a value that only nodes that are never read may read."""
        value = self.value(name)
        if tensor.dtype not in DTYPES:
            node = Node("Const", [], [value], {"dtype": tensor.dtype}, name, DOMAIN)
            self.nodes.append(node)
            return value
        value.constant = ConstantData([tensor.data])
        if not tensor.is_uniform:
            value.type = TensorType(tensor.dtype, tensor.shape)
            return value
        value.type = TensorType(tensor.dtype, ())
        shape = vector_value(f"{name}/shape", "int64", tensor.shape)
        result = self.value(f"{name}/each")
        self.constants.append(Node("Expand", [value, shape], [result], {}, name))
        return result

    # Functions

    def _function(self, node: Definition, call: object) -> Function:
        if not isinstance(call, Call) or call.function not in self._functions:
            name = call.function if isinstance(call, Call) else call
            raise DefinitionError(f"{node.operator} {node.name!r} calls {name!r}, which the file does not have")
        return self._functions[call.function]

    def _call(
        self, function: Function, call: object, arguments: Sequence[Value], prefix: str
    ) -> list[Value]:
        """Return the results of a function, its nodes added."""
        if function.name in self._open:
            raise DefinitionError(f"function {function.name!r} calls itself")
        if len(self._open) >= DEEPEST:
            raise DefinitionError(f"functions call each other more than {DEEPEST} deep")
        if len(arguments) != len(function.inputs):
            raise DefinitionError(
                f"function {function.name!r} has {len(function.inputs)} inputs, but is called with"
                f" {len(arguments)}"
            )
        level = self._levels.get(function.name)
        if level is None:
            level = self._levels[function.name] = Level(function.nodes, function.inputs)
        scope = Scope(level, prefix, call.attributes if isinstance(call, Call) else {})
        for name, value in zip(function.inputs, arguments, strict=True):
            scope.values[name, 0] = value
        places = []
        for name in function.outputs:
            if name not in function.returns:
                raise DefinitionError(f"function {function.name!r} does not say what its output {name!r} is")
            places.append(level.place(function.returns[name]))
        for name in function.controls:
            self._check_effects(level, name)
        self._open.append(function.name)
        results = self.build(scope, places)
        self._open.pop()
        return results

    # Branches and loops

    def _body(self, inputs: list[Value], make: Callable[[], list[Value]]) -> Body:
        """Return a graph inside of a node."""
        around, problems = self.nodes, self._problems
        self.nodes, self._problems = [], Problems()
        try:
            outputs = make()
        except DefinitionError as error:
            self._problems.add(str(error))
            outputs = []
        body = Body(inputs, self.nodes, outputs, self._problems.lines())
        self.nodes, self._problems = around, problems
        return body

    def _add_branches(self, scope: Scope, node: Definition, branches: Branches) -> None:
        name = f"{scope.prefix}{node.name}"
        [condition] = self.build(scope, [branches.condition])

        def take(side: int) -> list[Value]:
            return self.build(scope.inner(f"{name}/{side}/"), [branches.sides[side]])

        if branches.is_number:
            results = self._choose_by_number(name, condition, len(branches.sides), take)
        else:
            otherwise, then = (self._body([], partial(take, side)) for side in (0, 1))
            results = self._add_if(name, condition, then, otherwise, 1)
        scope.values[node.name, 0] = results[0]

    def _add_if(
        self, name: str, condition: Value, then: Body, otherwise: Body, count: int
    ) -> list[Value]:
        results = [self.value(f"{name}:{index}" if index else name) for index in range(count)]
        reads = list(dict.fromkeys([condition, *then.captured(), *otherwise.captured()]))
        attributes = {"then_branch": then, "else_branch": otherwise}
        self.nodes.append(Node("If", [*reads], results, attributes, name))
        return results

    def _choose_by_number(
        self, name: str, number: Value, count: int, take: Callable[[int], list[Value]]
    ) -> list[Value]:
        """Add an If for each side but the last, which is for all other numbers; return the results."""
        if count > DEEPEST:
            raise DefinitionError(f"{name!r} has {count} branches; {DEEPEST} are supported")

        def rest(start: int) -> list[Value]:
            if start == count - 1:
                return take(start)
            then, otherwise = self._body([], partial(take, start)), self._body([], partial(rest, start + 1))
            condition = self.value(f"{name}/is_{start}")
            self.nodes.append(Node("IsNumber", [number], [condition], {"number": start}, name, DOMAIN))
            return self._add_if(name, condition, then, otherwise, len(then.outputs))

        return rest(0)

    def _choose(
        self, name: str, node: Definition, reads: Sequence[Value], branches: Sequence[object]
    ) -> list[Value]:
        """Add a choice between functions, by a condition (the first is of falsehood) or a number."""
        if not reads or not branches:
            raise DefinitionError(f"{node.operator} {node.name!r} has no branches")
        functions = [self._function(node, branch) for branch in branches]

        def take(side: int) -> list[Value]:
            return self._call(functions[side], branches[side], reads[1:], f"{name}/{side}/")

        if node.operator in CASES:
            return self._choose_by_number(name, reads[0], len(branches), take)
        otherwise, then = (self._body([], partial(take, side)) for side in (0, 1))
        truth = self.value(f"{name}/condition")
        self.nodes.append(Node("ToBool", [reads[0]], [truth], {}, name, DOMAIN))
        return self._add_if(name, truth, then, otherwise, len(functions[0].outputs))

    def _add_while(
        self, scope: Scope, node: Definition, attributes: Mapping[str, object], starts: Sequence[Value]
    ) -> None:
        condition, body = attributes.get("cond"), attributes.get("body")
        goes_on, turn = self._function(node, condition), self._function(node, body)
        prefix = f"{scope.prefix}{node.name}/"

        def ask(values: Sequence[Value]) -> Value:
            results = self._call(goes_on, condition, values, f"{prefix}condition/")
            if len(results) != 1:
                raise DefinitionError(f"the condition of {node.name!r} has {len(results)} results; one is needed")
            truth = self.value(f"{prefix}goes_on")
            self.nodes.append(Node("ToBool", [results[0]], [truth], {}, node.name, DOMAIN))
            return truth

        def take(values: Sequence[Value]) -> list[Value]:
            return self._call(turn, body, values, f"{prefix}body/")

        results = self._add_loop(prefix.removesuffix("/"), starts, ask, take)
        scope.values.update({(node.name, index): value for index, value in enumerate(results)})

    def _add_loop(
        self,
        name: str,
        starts: Sequence[Value],
        ask: Callable[[Sequence[Value]], Value],
        take: Callable[[Sequence[Value]], list[Value]],
    ) -> list[Value]:
        """Add a Loop and return what is carried behind it; `ask` tells of values whether it goes on."""
        first = ask(starts)
        given = [self.value(f"{name}/carried_{index}") for index in range(len(starts))]
        number, holds = self.value(f"{name}/turn"), self.value(f"{name}/holds")

        def make() -> list[Value]:
            following = take(given)
            if len(following) != len(given):
                raise DefinitionError(
                    f"the loop {name!r} carries {len(given)} values, but its body returns {len(following)}"
                )
            return [ask(following), *following]

        body = self._body([number, holds, *given], make)
        results = [self.value(f"{name}/result_{index}") for index in range(len(starts))]
        inputs: list[Value | None] = [None, first, *starts]
        inputs += [value for value in body.captured() if value not in inputs]
        self.nodes.append(Node("Loop", inputs, results, {"body": body}, name))
        return results

    def _frame(self, scope: Scope, leave: Definition) -> Frame:
        frame = scope.frames.get(leave.name)
        if frame is None:
            frame = scope.frames[leave.name] = frame_of(scope.level, leave)
        return frame

    def _add_loop_of_frame(self, scope: Scope, frame: Frame) -> None:
        """Add a loop of TensorFlow 1, and what it leaves as the values of its Exits."""
        prefix = f"{scope.prefix}{frame.name}/"
        starts = [scope.values[carried.start] for carried in frame.carried]

        def ask(values: Sequence[Value]) -> Value:
            inner = scope.inner(f"{prefix}condition/")
            for carried, value in zip(frame.carried, values, strict=True):
                inner.values[carried.merge, 0] = value
            [result] = self.build(inner, [frame.condition])
            return result

        def take(values: Sequence[Value]) -> list[Value]:
            inner = scope.inner(f"{prefix}body/")
            for carried, value in zip(frame.carried, values, strict=True):
                inner.values[carried.merge, 0] = value
                if carried.switch is not None:
                    inner.values[carried.switch, 1] = value
            return self.build(inner, [carried.following for carried in frame.carried])

        results = self._add_loop(prefix.removesuffix("/"), starts, ask, take)
        leaving = {
            carried.switch: value
            for carried, value in zip(frame.carried, results, strict=True)
            if carried.switch is not None
        }
        for node in scope.level.nodes.values():
            if node.operator in EXITS:
                [(switch, _)] = scope.level.data(node)
                if switch in leaving:
                    scope.values[node.name, 0] = leaving[switch]


__all__ = ["Scope", "Walk", "onnx_number"]
