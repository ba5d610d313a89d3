"""Fuse elementwise nodes into groups, and groups into the kernel that computes their first operand.

1. An elementwise node joins the group of its consumers if they are all in one group, its output is not an
   output of the graph, and its shape is provably the group's.
2. A group takes at most OPERAND_LIMIT tensors from outside, to leave texture units to its host kernel.
3. A node that depends on constants alone stays out of a group that does not: it belongs to the load phase.
4. A group becomes the epilogue of an operand's producer if that operator can carry one, nobody else reads the
   operand and it has the group's shape; of several the last in the graph's order is taken.
5. A group without such a producer becomes one texelflow::Elementwise node.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from texelflow.ir import Graph, Node, Value, node_reads
from texelflow.operators import operator_of
from texelflow.operators.elementwise_base import Elementwise

OPERAND_LIMIT = 8


@dataclass(eq=False, slots=True)
class _Group:
    sink: Node
    constant: bool
    members: list[Node] = field(default_factory=list)

    def reads(self) -> list[Value]:
        """Return the tensors that the group reads from outside (numbers known at export are uniforms)."""
        inside = {id(member.outputs[0]) for member in self.members}
        reads = {
            id(value): value
            for member in self.members
            for value in member.inputs
            if value is not None and id(value) not in inside and value.scalar is None
        }
        return list(reads.values())


def run(graph: Graph) -> None:
    """Fuse in place."""
    constant = _constant_values(graph)
    groups = _form_groups(graph, constant)
    _attach_groups(graph, groups, constant)


def _constant_values(graph: Graph) -> set[int]:
    constant: set[int] = set()

    def known(value: Value) -> bool:
        return id(value) in constant or value.constant is not None or value.elements is not None

    for node in graph.nodes:
        if node.inputs and all(known(value) for value in node.inputs if value is not None):
            constant.update(id(output) for output in node.outputs)
    return constant


def _form_groups(graph: Graph, constant: set[int]) -> list[_Group]:
    consumers = graph.consumers()
    outputs = {id(value) for value in graph.outputs}
    group_of: dict[int, _Group] = {}
    groups: list[_Group] = []
    for node in reversed(graph.nodes):
        if not isinstance(operator_of(node), Elementwise):
            continue
        output = node.outputs[0]
        is_constant = id(output) in constant
        targets = {
            id(group_of[id(reader)]) if id(reader) in group_of else 0
            for reader in consumers.get(id(output), [])
        }
        group = group_of[id(consumers[id(output)][0])] if len(targets) == 1 and 0 not in targets else None
        if (
            group is not None
            and id(output) not in outputs  # rule 1
            and output.shape == group.sink.outputs[0].shape
            and is_constant == group.constant  # rule 3
        ):
            group.members.insert(0, node)
            if len(group.reads()) <= OPERAND_LIMIT:  # rule 2
                group_of[id(node)] = group
                continue
            group.members.pop(0)
        group = _Group(node, is_constant, [node])
        group_of[id(node)] = group
        groups.append(group)
    return groups


def _attach_groups(graph: Graph, groups: list[_Group], constant: set[int]) -> None:
    consumers = graph.consumers()
    outputs = {id(value) for value in graph.outputs}
    position = {id(node): index for index, node in enumerate(graph.nodes)}
    at_sink: dict[int, Node] = {}
    removed: set[int] = set()
    for group in reversed(groups):
        sink_output = group.sink.outputs[0]
        inside = {id(member) for member in group.members}
        removed |= inside
        hosts = [
            value
            for value in group.reads()
            if _can_host(value.producer, removed)
            and id(value) not in outputs
            and (id(value) in constant) == group.constant
            and value.shape == sink_output.shape
            and all(id(reader) in inside for reader in consumers[id(value)])
        ]
        if hosts:  # rule 4
            start = max(hosts, key=lambda value: position[id(value.producer)])
            host = start.producer
            assert host is not None
            removed.add(id(host))
            fused = Node(host.operator, host.inputs, [sink_output], host.attributes, host.name, host.domain)
            fused.result = start
        else:  # rule 5
            fused = Node("Elementwise", [], [sink_output], {}, group.sink.name, "texelflow")
        fused.epilogue = group.members
        if fused.result is None:
            fused.inputs = list(node_reads(fused))
        at_sink[id(group.sink)] = fused
    nodes: list[Node] = []
    for node in graph.nodes:
        if id(node) in at_sink:
            nodes.append(at_sink[id(node)])
        elif id(node) not in removed:
            nodes.append(node)
    graph.nodes = nodes


def _can_host(producer: Node | None, removed: set[int]) -> bool:
    return (
        producer is not None
        and len(producer.outputs) == 1
        and id(producer) not in removed
        and not producer.epilogue
        and operator_of(producer).fuses_epilogue
    )
