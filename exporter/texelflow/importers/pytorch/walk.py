"""The nodes of a graph of torch.export, as nodes of the domains of their operators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Body, Node, Value
from texelflow.graph.constants import scalar_value
from texelflow.graph.problems import Problems
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.arguments import (
    Arguments,
    Results,
    Subgraph,
    read_arguments,
    read_results,
)
from texelflow.importers.pytorch.complex_parts import ARGUMENTS, COMPLEX_READ, DTYPES_MADE
from texelflow.importers.pytorch.lowering import domain_of
from texelflow.importers.pytorch.mutation import ADVICE, OF_THE_NAME_ALONE, VIEWS, Aliases, without_change
from texelflow.importers.pytorch.records import ProgramError, listed, record, text, variant
from texelflow.importers.pytorch.tensors import scalar_type
from texelflow.operators import registry

CHECKS = frozenset(
    """
    _assert_tensor_metadata _assert_async _assert_scalar sym_constrain_range sym_constrain_range_for_size
    """.split()
)
"""Operators that only look whether something holds."""

WRAPPERS = frozenset(
    "wrap_with_set_grad_enabled wrap_with_autocast strict_mode hints_wrapper invoke_subgraph wrap".split()
)
"""Operators of higher order that run a graph as it is."""

BRANCHES = frozenset({"cond"})
"""Operators of higher order that run one of two graphs."""

MOST_NODES = 100_000
_DEEPEST = 20
_NUMBERS = {"sym_int_values": "int64", "sym_float_values": "float64", "sym_bool_values": "bool"}


class Walk:
    """What all graphs of a program share: the nodes so far, and the problems."""

    def __init__(self, problems: Problems) -> None:
        self.nodes: list[Node] = []
        self.problems = problems
        self.complex: set[Value] = set()
        """What has complex numbers: pairs along one more axis, the last."""
        self._count = 0

    def count(self) -> None:
        """Count a node; raise ProgramError if there are too many."""
        self._count += 1
        if self._count > MOST_NODES:
            raise ProgramError(f"it has more than {MOST_NODES} nodes")


class Level:
    """One graph, the outermost or one that an operator of higher order runs.

    `values` has what its inputs are, by name; `run` adds what the nodes make.
    """

    def __init__(
        self, walk: Walk, graph: Mapping[str, Any], values: dict[str, Value], prefix: str = "", depth: int = 0
    ) -> None:
        if depth > _DEEPEST:
            raise ProgramError(f"graphs are nested more than {_DEEPEST} deep")
        self.changed: set[str] = set()
        """Names whose tensors were changed in place."""
        self.through_views: dict[str, str] = {}
        """Names whose tensors were changed by another name, with what changes them."""
        self._walk, self._graph, self._values = walk, graph, values
        self._prefix, self._depth = prefix, depth
        self._aliases = Aliases()
        self._metas = record(graph.get("tensor_values", {}), "tensor_values")
        self._numbers = {
            name: dtype for key, dtype in _NUMBERS.items() for name in record(graph.get(key) or {}, key)
        }

    def run(self) -> None:
        """Add all nodes; what is wrong with one is a problem. Raise ProgramError if the graph is damaged."""
        for entry in listed(self._graph.get("nodes"), "the nodes of the graph"):
            self._walk.count()
            described = record(entry, "a node")
            target = text(described.get("target"), "the target of a node")
            domain, name = domain_of(target)
            results = read_results(described.get("outputs"))
            title = next((result[1] for result in results if result is not None and result[1]), target)
            node = Node(name, [], [], {}, title, domain)
            if domain == "aten" and name.partition(".")[0] in CHECKS:
                continue
            try:
                arguments, inputs = read_arguments(described.get("inputs"), self._lookup)
                if domain == "higher_order":
                    self._higher_order(node, arguments, inputs, results)
                else:
                    self._add(node, arguments, inputs, results, _first_name(described))
            except ProgramError as error:
                self._walk.problems.add_node(node, str(error))
                for result in filter(None, results):
                    self._values.setdefault(result[1], Value(self._prefix + result[1]))

    def _lookup(self, name: str) -> Value:
        if name not in self._values:
            raise ProgramError(f"it reads {name!r}, which nothing before it makes")
        self._aliases.check(name)
        value = self._values[name]
        if name in self._metas and self._dtype(name).startswith("complex"):
            self._walk.complex.add(value)
        return value

    def _dtype(self, name: str) -> str:
        meta = record(self._metas.get(name), f"what the file says of {name!r}")
        return scalar_type(meta.get("dtype"), f"{name!r}")

    def _make(self, result: tuple[str, str] | None, node: Node, index: int) -> tuple[Value, str]:
        if result is None:
            return Value(f"{self._prefix}{node.name}/unused_{index}"), ""
        kind, name = result
        if name in self._values:
            raise ProgramError(f"it makes {name!r}, as another node before it")
        value = self._values[name] = Value(self._prefix + name)
        if kind == "number":
            return value, self._numbers.get(name, "int64")
        return value, self._dtype(name)

    def _add(
        self, node: Node, arguments: Arguments, inputs: list[Value], results: Results, source: str | None
    ) -> None:
        """Add a node of an operator; `source` is the name of the tensor that it may change, or view."""
        base = node.operator.partition(".")[0]
        changing = without_change(node.operator) if node.domain == "aten" else None
        if changing is not None:
            node.operator, base = changing, changing.partition(".")[0]
        if (node.domain, node.operator) not in registry():
            raise ProgramError(
                f"operator {node.domain}::{node.operator} is not supported; program.run_decompositions() may"
                " replace it by others, before torch.export.save"
            )
        made = [self._make(result, node, index) for index, result in enumerate(results)]
        node.inputs = list(inputs)
        node.outputs = [value for value, _ in made]
        for value in node.outputs:
            value.producer = node
        pairs = [place for place, value in enumerate(inputs) if value in self._walk.complex]
        node.attributes = {
            ARGUMENTS: arguments,
            DTYPES_MADE: [dtype for _, dtype in made],
            COMPLEX_READ: pairs,
        }
        if not made:
            raise ProgramError("it has no result, and what it does beside is not known")
        self._walk.nodes.append(node)
        named = [result[1] for result in results if result is not None]
        if source is not None and changing is not None and base in OF_THE_NAME_ALONE:
            self._values[source] = node.outputs[0]
            self._aliases.join(named[0], source)
        elif source is not None and changing is not None:
            for other in self._aliases.change(source, node.name):
                self.through_views.setdefault(other, node.name)
            self.changed.add(source)
            self._values[source] = node.outputs[0]
            self._aliases.join(named[0], source)
        elif source is not None and node.domain == "aten" and base in VIEWS:
            for name in named:
                self._aliases.join(name, source)

    def _higher_order(
        self, node: Node, arguments: Arguments, inputs: Sequence[Value], results: Results
    ) -> None:
        operator = node.operator.partition(".")[0]
        graphs = [content.graph for content in arguments.values() if isinstance(content, Subgraph)]
        given = list(_operands(arguments, inputs))
        if operator in WRAPPERS and len(graphs) == 1:
            made = self._inside(graphs[0], given, f"{self._prefix}{node.name}/")
            if len(made) < len(results):
                raise ProgramError(f"its graph has {len(made)} results, not {len(results)}")
            for result, value in zip(results, made, strict=False):
                if result is not None:
                    self._values[result[1]] = value
            return
        if operator not in BRANCHES or len(graphs) != 2 or not given:
            raise ProgramError(f"{operator} is not supported: export the model without it")
        condition, *operands = given
        branches = {}
        for name, graph in zip(("then_branch", "else_branch"), graphs, strict=True):
            outer, self._walk.nodes = self._walk.nodes, []
            try:
                made = self._inside(graph, operands, f"{self._prefix}{node.name}/{name}/")
                branches[name] = Body([], self._walk.nodes, made)
            finally:
                self._walk.nodes = outer
        captured = dict.fromkeys(value for body in branches.values() for value in body.captured())
        outputs = [self._make(result, node, index)[0] for index, result in enumerate(results)]
        self._walk.nodes.append(Node("If", [condition, *captured], outputs, dict(branches), node.name))

    def _inside(self, graph: Mapping[str, Any], given: Sequence[Value], prefix: str) -> list[Value]:
        """Return what a graph makes of values."""
        names = [name_of(entry) for entry in listed(graph.get("inputs"), "the inputs of a graph")]
        if len(names) != len(given):
            raise ProgramError(f"a graph of {len(names)} inputs is run with {len(given)}")
        values = dict(zip(names, given, strict=True))
        inner = Level(self._walk, graph, values, prefix, self._depth + 1)
        inner.run()
        if not inner.changed.isdisjoint(names) or not inner.through_views.keys().isdisjoint(names):
            raise ProgramError(f"its graph changes what it is given in place: {ADVICE}")
        return [inner.result(entry) for entry in listed(graph.get("outputs"), "the outputs of a graph")]

    def result(self, entry: Any) -> Value:
        """Return the value of an output; raise ProgramError if it is none."""
        kind, found = variant(entry, "an output")
        if kind == "as_int":
            return scalar_value(f"{self._prefix}number", "int64", int(found))
        value = self._lookup(name_of(entry))
        if value in self._walk.complex and not self._depth:
            raise ProgramError(f"output {value.name!r} has complex numbers: return torch.view_as_real of it")
        return value


def _first_name(described: Mapping[str, Any]) -> str | None:
    """Return the name of the tensor that is a node's first argument."""
    first = next(iter(described.get("inputs") or []), None)
    argument = first.get("arg") if isinstance(first, Mapping) else None
    tensor = argument.get("as_tensor") if isinstance(argument, Mapping) else None
    return str(tensor["name"]) if isinstance(tensor, Mapping) and "name" in tensor else None


def _operands(arguments: Arguments, inputs: Sequence[Value]) -> list[Value]:
    """Return the values that a graph is run with, in order."""
    found: list[Value] = []
    for content in arguments.values():
        entries = content if isinstance(content, list) else [content]
        found += [inputs[entry.index] for entry in entries if isinstance(entry, Ref)]
    return found


def name_of(entry: Any) -> str:
    """Return the name of a tensor, or of a number of the run; raise ProgramError if there is none."""
    kind, found = variant(entry, "a value")
    if kind == "as_tensor":
        return text(record(found, "a value").get("name"), "the name of a value")
    if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
        which, name = variant(found, "a value")
        if which == "as_name":
            return text(name, "the name of a value")
    raise ProgramError(f"a value of a kind that is not supported, {kind}")
