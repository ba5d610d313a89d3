"""From definitions to nodes: what outputs need, functions inlined, loops and branches as Loop and If."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from texelflow.graph import DTYPES, Body, ConstantData, Node, TensorType, Value
from texelflow.graph.constants import vector_value
from texelflow.graph.problems import Problems
from texelflow.importers.tensorflow.bodies import (
    CASES,
    CHOICES,
    LOOPS,
    add_branches,
    add_loop_of_frame,
    add_while,
    choose,
)
from texelflow.importers.tensorflow.control_flow import (
    Frame,
    branches_of,
    frame_left_by,
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
    LimitError,
    Placeholder,
)
from texelflow.importers.tensorflow.effects import ASSIGNING, DEEPEST, REASON, VARIABLES, Effects
from texelflow.importers.tensorflow.lowering import DOMAIN
from texelflow.importers.tensorflow.operators import load
from texelflow.importers.tensorflow.references import EXITS, FORWARDING, MERGES, Level, Place
from texelflow.importers.tensorflow.scope import Scope
from texelflow.importers.tensorflow.tensors import Tensor
from texelflow.importers.unique_names import UniqueNames

MOST_NODES = 100_000
MOST_IN_NAMES = 2**25
"""What functions may expand to: a small file can ask for more than any memory holds."""

OF_BODY = 5
"""Nodes that the body of a branch or loop counts as, beside its own."""

CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall", "RemoteCall"})
ReadConstant: TypeAlias = "Callable[[Definition, Walk], Value | None]"
"""Gives a node that is a constant, or a variable, as a value; None to have it read as usual."""


class Walk:
    """Makes nodes of definitions; `nodes` are those made so far, in topological order.

    `constants` are nodes of constants alone, which come before all others.
    """

    def __init__(self, definitions: Definitions, read: ReadConstant, problems: Problems) -> None:
        load()
        self.nodes: list[Node] = []
        self.constants: list[Node] = []
        self.warnings: list[str] = []
        self.effects = Effects(definitions.functions)
        self._functions = definitions.functions
        self._levels: dict[str, Level] = {}
        self._read = read
        self._problems = problems
        self._names = UniqueNames()
        self._in_names = 0
        self._count = 0
        self._open: list[str] = []

    def reserve(self, names: Iterable[str]) -> None:
        """Keep names for inputs and outputs."""
        self._names.reserve(names)

    def value(self, name: str) -> Value:
        """Return a new value, of that name or one like it."""
        return Value(self._names.take(name))

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
            self.effects.follow(scope, waited)
        if node.operator in EXITS:
            return self._frame(scope, node).around
        if node.operator in MERGES:
            if is_loop_merge(level, node):
                raise DefinitionError(f"Merge {node.name!r} of a loop is read from outside of it")
            return branches_of(level, node).around
        return level.data(node)

    # Nodes

    def _add(self, scope: Scope, node: Definition) -> None:
        count = scope.level.outputs_read(node.name)
        self._note(count, count * len(scope.prefix))
        values, kind = scope.values, node.operator
        attributes = self._bound(scope, node)
        if kind in EXITS:
            add_loop_of_frame(self, scope, self._frame(scope, node))
            return
        if kind in MERGES:
            add_branches(self, scope, node, branches_of(scope.level, node))
            return
        reads = [self._read_value(values, place) for place in scope.level.data(node)]

        def set_outputs(results: Sequence[Value]) -> None:
            values.update({(node.name, index): value for index, value in enumerate(results)})

        if kind == "Const" or kind in VARIABLES or kind == "Placeholder":
            values[node.name, 0] = self._given(scope, node)
            if kind in VARIABLES:
                self.effects.add_variable(node, values[node.name, 0])
        elif kind in FORWARDING:
            if not reads:
                raise DefinitionError(f"{kind} {node.name!r} has no input")
            if kind == "ReadVariableOp":
                self.effects.add_read(reads[0])
            if kind == "PlaceholderWithDefault":
                self.warnings.append(f"{node.name!r} always has its default: it is no input of the bundle")
            set_outputs([reads[0]] * scope.level.outputs_read(node.name))
        elif kind == "IdentityN":
            set_outputs(reads)
        elif kind in CALLS or kind in self._functions:
            call = attributes.get("f") if kind in CALLS else Call(kind, attributes)
            set_outputs(self.call(self.function(node, call), call, reads, f"{scope.prefix}{node.name}/"))
        elif kind in LOOPS:
            set_outputs(add_while(self, scope, node, attributes, reads))
        elif kind in CHOICES or kind in CASES:
            set_outputs(choose(self, scope, node, attributes, reads))
        else:
            if node.operator.startswith(ASSIGNING):
                self._problems.add(f"{node.operator} {node.name!r} {REASON}")
            if kind in ("ResourceGather", "ResourceGatherNd") and reads:
                self.effects.add_read(reads[0])
            self._add_plain(scope, node, attributes, reads)

    @staticmethod
    def _read_value(values: Mapping[Place, Value], place: Place) -> Value:
        value = values.get(place)
        if value is None:
            raise DefinitionError(f"node {place[0]!r} has no output {place[1]}, which is read")
        return value

    def _note(self, count: int, in_names: int = 0) -> None:
        """Count values, and characters of prefixes; raise LimitError for too many."""
        self._count += count
        self._in_names += in_names
        if self._count > MOST_NODES:
            raise LimitError(f"its functions expand to more than {MOST_NODES} nodes")
        if self._in_names > MOST_IN_NAMES:
            raise LimitError("the names of calls are too long to be those of all nodes of its functions")

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
            what = (
                "an input that the signature does not have"
                if node.operator == "Placeholder"
                else ("a variable, of which the file has no value")
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

    def function(self, node: Definition, call: object) -> Function:
        """Return the function that an attribute of a node names; raise DefinitionError if there is none."""
        if not isinstance(call, Call) or call.function not in self._functions:
            name = call.function if isinstance(call, Call) else call
            raise DefinitionError(
                f"{node.operator} {node.name!r} calls {name!r}, which the file does not have"
            )
        return self._functions[call.function]

    def call(self, function: Function, call: object, arguments: Sequence[Value], prefix: str) -> list[Value]:
        """Return the results of a function, its nodes added."""
        if function.name in self._open:
            raise DefinitionError(f"function {function.name!r} calls itself")
        if len(self._open) >= DEEPEST:
            raise LimitError(f"functions call each other more than {DEEPEST} deep")
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
            self.effects.follow(scope, name)
        self._open.append(function.name)
        results = self.build(scope, places)
        self._open.pop()
        return results

    def body(self, inputs: list[Value], make: Callable[[], list[Value]]) -> Body:
        """Return a graph inside of a node."""
        self._note(OF_BODY)
        around, problems = self.nodes, self._problems
        self.nodes, self._problems = [], Problems()
        try:
            outputs = make()
        except LimitError:
            raise
        except DefinitionError as error:  # it matters only if the branch is taken
            self._problems.add(str(error))
            outputs = []
        body = Body(inputs, self.nodes, outputs, self._problems.lines())
        self.nodes, self._problems = around, problems
        return body

    def _frame(self, scope: Scope, leave: Definition) -> Frame:
        name = frame_left_by(scope.level, leave)
        frame = scope.frames.get(name)
        if frame is None:
            frame = scope.frames[name] = frame_of(scope.level, name)
        return frame
