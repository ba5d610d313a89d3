"""Nodes of ONNX graphs: sorted, names resolved, functions inlined, each upgraded to the pinned opset."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import zip_longest
from typing import Any

from texelflow.graph import Body, Node, NodeError, Value
from texelflow.graph.constants import constant_value
from texelflow.graph.problems import Problems
from texelflow.importers.onnx.attributes import SUBGRAPH, AttributeReadError, read_attributes
from texelflow.importers.onnx.names import Scope, names_read, read_initializers
from texelflow.importers.onnx.tensors import ExternalFiles
from texelflow.operators import operator_of, registry
from texelflow.operators.signatures import check_attributes, check_signature

_MOST_NODES = 50_000
_DEEPEST_CALLS = 100
_MOST_IN_NAMES = 2**25
_MOST_BYTES = 2**28
"""What functions may expand to: a small file can ask for more than any memory holds."""

_CONSTANTS = {
    "value_float": "float32",
    "value_floats": "float32",
    "value_int": "int64",
    "value_ints": "int64",
}


def default_domain(domain: str) -> str:
    """Return a domain with ONNX's own spelt in one way."""
    return "" if domain == "ai.onnx" else domain


class NodeImporter:
    """Turns NodeProtos into nodes; `nodes` are those made so far, in topological order."""

    def __init__(self, functions: Iterable[Any], external: ExternalFiles, problems: Problems) -> None:
        self.nodes: list[Node] = []
        self._functions = {
            (default_domain(item.domain), item.name, item.overload): item for item in functions
        }
        self._external = external
        self._problems = problems
        self._prefix = ""
        self._open_functions: list[tuple[str, str, str]] = []
        self._inlined = 0
        self._inlined_bytes = 0
        self._sizes: dict[tuple[str, str, str], int] = {}
        self._in_names = 0
        self._dropped: dict[Value, tuple[Node, Value]] = {}

    def check_outputs(self, graph_outputs: Iterable[Value]) -> None:
        """Report outputs that are read, but that their nodes no longer have at the pinned opset."""
        read = {value for node in self.nodes for value in node.inputs}
        read |= set(graph_outputs)
        for node, value in self._dropped.values():
            if value in read:
                self._problems.add_node(
                    node, f"its output {value.name!r} is read, which it has in training only"
                )

    def add_nodes(
        self,
        protos: Iterable[Any],
        scope: Scope,
        opsets: Mapping[str, int],
        bindings: Mapping[str, Any] | None = None,
        around: Container[str] = (),
    ) -> None:
        """Add the nodes of a graph or of a function's body, and what they produce to `scope`.

        Args:
            protos: NodeProtos in any order.
            scope: inputs and initializers by name.
            opsets: version of each domain's operators.
            bindings: the attributes of the function whose body it is.
            around: names in `scope` of the graph around, which nodes hide that produce what has the same.
        """
        for index, proto in enumerate(_sorted(list(protos), scope, around, self._problems)):
            node = Node(
                proto.op_type,
                [self._input(scope, source) for source in proto.input],
                [Value(self._value_name(output)) for output in proto.output],
                name=self._prefix + (proto.name or f"{proto.op_type}_{index}"),
                domain=default_domain(proto.domain),
            )
            while node.inputs and node.inputs[-1] is None:
                node.inputs.pop()
            for output, value in zip(proto.output, node.outputs, strict=True):
                if output:
                    scope[output] = value
            with self._problems.of(node):
                bodies = [item for item in proto.attribute if item.type == SUBGRAPH and _has_bodies(node)]
                others = [item for item in proto.attribute if item not in bodies]
                node.attributes = self._attributes(node, others, bindings or {})
                for item in bodies:
                    self._add_body(node, item, scope, opsets, bindings)
                key = node.domain, node.operator, proto.overload
                if key in self._functions:
                    self._inline(key, node, proto.output, scope, opsets)
                elif (node.domain, node.operator) == ("", "Constant"):
                    _make_constant(node)
                elif any(proto.output):
                    self._add(node, opsets.get(node.domain, 1 if node.domain else None))

    def _add_body(
        self,
        node: Node,
        attribute: Any,
        scope: Scope,
        opsets: Mapping[str, int],
        bindings: Mapping[str, Any] | None,
    ) -> None:
        """Read a body of a node, which then also reads what the body reads of the graph around it.

        Such inputs follow those that the body gets at each turn, of which omitted ones are None.
        """
        around, problems = self.nodes, self._problems
        self.nodes, self._problems = [], Problems()
        graph = attribute.g
        inputs = [Value(self._value_name(item.name)) for item in graph.input]
        own = read_initializers(graph, self._external, self._problems)
        own |= {item.name: value for item, value in zip(graph.input, inputs, strict=True)}
        inner = {**scope, **own}
        self.add_nodes(graph.node, inner, opsets, bindings, scope.keys() - own.keys())
        outputs = [inner.get(item.name) for item in graph.output]
        found = [value for value in outputs if value is not None]
        if len(found) != len(outputs):
            self._problems.add("an output is produced by no node")
        body = Body(inputs, self.nodes, found, self._problems.lines())
        self.nodes, self._problems = around, problems
        node.attributes[attribute.name] = body
        node.inputs += [None] * (len(inputs) - len(node.inputs))
        known = set(node.inputs)
        node.inputs += [value for value in body.captured() if value not in known]

    def _add(self, node: Node, opset: int | None) -> None:
        self.nodes.append(node)
        operator = operator_of(node)
        if opset is None:
            raise NodeError(node, "the model does not say of which opset its operators are")
        check_signature(node, operator)
        before = node.outputs
        node.outputs = list(before)
        operator.upgrade(node, opset)
        for value in before[len(node.outputs) :]:
            self._dropped[value] = (node, value)

    def _inline(
        self,
        key: tuple[str, str, str],
        call: Node,
        output_names: Sequence[str],
        scope: Scope,
        opsets: Mapping[str, int],
    ) -> None:
        """Add the body of a model-local function in place of a call of it."""
        function = self._functions[key]
        self._inlined += 1 + len(function.node)
        self._inlined_bytes += self._size_of(key)
        self._in_names += len(call.name) * sum(1 + len(node.output) for node in function.node)
        if key in self._open_functions:
            raise NodeError(call, "its function calls itself")
        if self._in_names > _MOST_IN_NAMES:
            raise NodeError(call, "the names of calls are too long to be those of all nodes of the functions")
        if self._inlined_bytes > _MOST_BYTES:
            raise NodeError(call, f"the model's functions expand to more than {_MOST_BYTES >> 20} MiB")
        if self._inlined > _MOST_NODES:
            raise NodeError(call, f"the model's functions expand to more than {_MOST_NODES} nodes")
        if len(self._open_functions) == _DEEPEST_CALLS:
            raise NodeError(call, f"the model's functions call each other more than {_DEEPEST_CALLS} deep")
        if len(call.inputs) > len(function.input):
            raise NodeError(call, f"its function has {len(function.input)} inputs, not {len(call.inputs)}")
        if any(output_names[len(function.output) :]):
            raise NodeError(call, f"its function has {len(function.output)} outputs, not {len(call.outputs)}")
        inner: Scope = dict(zip_longest(function.input, call.inputs))
        bindings = self._attributes(call, function.attribute_proto, {}) | call.attributes
        versions = {default_domain(item.domain): item.version for item in function.opset_import}
        outer_prefix, self._prefix = self._prefix, f"{call.name}/"
        self._open_functions.append(key)
        self.add_nodes(function.node, inner, {**opsets, **versions}, bindings)
        self._open_functions.pop()
        self._prefix = outer_prefix
        for name, outer_name, placeholder in zip(function.output, output_names, call.outputs, strict=False):
            value = inner.get(name)
            if value is None:
                raise NodeError(call, f"its function does not produce its output {name!r}")
            if outer_name:
                scope[outer_name] = value
                if value not in call.inputs:
                    value.name = placeholder.name

    def _size_of(self, key: tuple[str, str, str]) -> int:
        """Return the bytes of a function, with its constants."""
        if key not in self._sizes:
            self._sizes[key] = self._functions[key].ByteSize()
        return self._sizes[key]

    def _attributes(self, node: Node, protos: Iterable[Any], bindings: Mapping[str, Any]) -> dict[str, Any]:
        try:
            return read_attributes(protos, node.name, bindings, self._external)
        except AttributeReadError as error:
            raise NodeError(node, str(error)) from error

    def _input(self, scope: Scope, name: str) -> Value | None:
        if not name:
            return None
        return scope.setdefault(name, Value(name))  # _sorted has reported a name that is not there

    def _value_name(self, name: str) -> str:
        return self._prefix + name if name else ""


def _has_bodies(node: Node) -> bool:
    operator = registry().get((node.domain, node.operator))
    return operator is not None and operator.expands


def _make_constant(node: Node) -> None:
    """Turn the output of a Constant node into a constant; the node itself is not needed."""
    check_attributes(node)
    if len(node.outputs) != 1:
        raise NodeError(node, f"it has {len(node.outputs)} outputs, where one is needed")
    result = node.outputs[0]
    if len(node.attributes) != 1:
        raise NodeError(node, f"it has {len(node.attributes)} values, where one is needed")
    [(kind, content)] = node.attributes.items()
    if kind == "value":
        constant = content
    elif kind in _CONSTANTS:
        elements = content if isinstance(content, list) else [content]
        shape = [len(elements)] if isinstance(content, list) else []
        constant = constant_value(result.name, _CONSTANTS[kind], shape, elements)
    else:
        raise NodeError(node, f"its attribute {kind!r} is not supported; texts cannot be computed with")
    result.type, result.constant, result.producer = constant.type, constant.constant, None


def _sorted(protos: list[Any], scope: Scope, around: Container[str], problems: Problems) -> list[Any]:
    """Return NodeProtos so that each follows those that it reads: as they are, if that holds already."""
    producers: dict[str, int] = {}
    for index, proto in enumerate(protos):
        for name in filter(None, proto.output):
            if name in producers or (name in scope and name not in around):
                problems.add(f"value {name!r} is produced twice, by {_title(proto)} for the second time")
            producers[name] = index
    reads: list[set[int]] = []
    for proto in protos:
        names = list(names_read(proto))
        for name in names:
            if name not in producers and name not in scope:
                problems.add(
                    f"{_title(proto)} reads {name!r}, which is no input, initializer or output of a node"
                )
        reads.append({producers[name] for name in names if name in producers})
    if all(source < index for index, sources in enumerate(reads) for source in sources):
        return protos
    try:
        return [protos[index] for index in TopologicalSorter(dict(enumerate(reads))).static_order()]
    except CycleError as error:
        problems.add("nodes form a cycle: " + " → ".join(_title(protos[index]) for index in error.args[1]))
        return protos


def _title(proto: Any) -> str:
    return f"{proto.op_type} {proto.name or next(iter(proto.output), '')!r}"
