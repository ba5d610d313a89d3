"""Fuse elementwise nodes into groups, and groups into the kernel that computes their first operand or reads
their result.

1. An elementwise node joins the group of its consumers. They are all in one group, whose shape is provably
   the node's, and its output is not an output of the graph.
2. A group takes at most OPERAND_LIMIT tensors from outside and NUMBER_LIMIT numbers, to leave texture units
   and uniforms to its host kernel, and at most STEP_LIMIT nodes: long code compiles slowly, or not at all.
3. A node that depends on constants alone stays out of a group that does not: it belongs to the load phase.
4. A group becomes the epilogue of an operand's producer. That operator can carry one, nobody else reads the
   operand, and it has the group's shape. Of several the last in the graph's order is taken. The producer is
   then computed where the group ends, so that nothing up to there may read another output of it.
5. A group without such a producer is a kernel of its own.
6. What a reduction or another such kernel reads is a group, too, and becomes its prologue: nowhere stored.
   A node of consumers in several groups joins each of them, to be computed again, if one is a prologue and it
   reads only one tensor of its own size. What could be another kernel's epilogue stays out of prologues.
7. Sums and products behind a kernel name what it computes first, so that programs do not differ by that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import find_rule, fuses_epilogue
from texelflow.dimensions import same_shape
from texelflow.graph import Graph, Node, Value
from texelflow.graph.scalar import numbers_of
from texelflow.operators import operator_of
from texelflow.operators.elementwise import Elementwise

OPERAND_LIMIT = 8
STEP_LIMIT = 64
NUMBER_LIMIT = 128
"""These are 32 vectors of four, of the 224 that a shader has on any device (kernels/kernel.py)."""


@dataclass(eq=False, slots=True)
class _Forming:
    """A group that is being formed, which ends in `result`; `consumer` is the node whose prologue it is."""

    result: Value
    constant: bool
    members: list[Node] = field(default_factory=list)
    consumer: Node | None = None
    numbers: int = 0

    def reads(self) -> list[Value]:
        """Return the tensors that the group reads from outside (numbers known at export are uniforms)."""
        inside = {member.outputs[0] for member in self.members}
        inputs = [value for member in self.members for value in member.inputs if value is not None]
        return list(dict.fromkeys(value for value in inputs if value not in inside and value.scalar is None))


def run(graph: Graph) -> list[Group]:
    """Return the nodes of a graph in groups."""
    constant = graph.constants()
    return _attach(graph, _Grouping(graph, constant).form(), constant)


class _Grouping:
    """Forms the groups of a graph, from its outputs to its inputs (rules 1, 2, 3 and 6)."""

    def __init__(self, graph: Graph, constant: set[Value]) -> None:
        self._graph = graph
        self._constant = constant
        self._consumers = graph.consumers()
        self._outputs = set(graph.outputs)
        self._groups_of: dict[Node, list[_Forming]] = {}
        self._ends_in_host = self._find_ends_in_host()

    def form(self) -> list[_Forming]:
        """Return the groups, the last in the graph's order first."""
        groups: list[_Forming] = []
        for node in reversed(self._graph.nodes):
            rule = find_rule(node)
            if rule is not None and rule.fuses_prologue(node):
                x = node.required(0)
                group = _Forming(x, x in self._constant, consumer=node)
            elif isinstance(operator_of(node), Elementwise):
                joined = self._joinable(node)
                for group in joined:
                    group.members.insert(0, node)
                    group.numbers += _count_numbers(node)
                if joined:
                    self._groups_of[node] = joined
                    continue
                output = node.outputs[0]
                group = _Forming(output, output in self._constant, [node], numbers=_count_numbers(node))
            else:
                continue
            self._groups_of[node] = [group]
            groups.append(group)
        return groups

    def _joinable(self, node: Node) -> list[_Forming]:
        """Return the groups that the node joins."""
        output = node.outputs[0]
        consumers = self._consumers.get(output, [])
        if output in self._outputs or not all(
            self._reads_in_group(consumer, output) for consumer in consumers
        ):
            return []
        groups = list(dict.fromkeys(group for consumer in consumers for group in self._groups_of[consumer]))
        prologue = any(group.consumer is not None for group in groups)
        if len(groups) > 1 and not (prologue and len(self._of_own_size(node)) == 1):
            return []
        if prologue and node in self._ends_in_host:
            return []
        return groups if all(self._fits(node, group) for group in groups) else []

    def _reads_in_group(self, consumer: Node, value: Value) -> bool:
        """Whether what the consumer makes of the value is part of its groups."""
        if consumer not in self._groups_of:
            return False
        return isinstance(operator_of(consumer), Elementwise) or all(
            (value is other) == (index == 0) for index, other in enumerate(consumer.inputs)
        )

    def _fits(self, node: Node, group: _Forming) -> bool:
        output = node.outputs[0]
        if not same_shape(output.shape, group.result.shape) or (output in self._constant) != group.constant:
            return False
        if len(group.members) == STEP_LIMIT or group.numbers + _count_numbers(node) > NUMBER_LIMIT:
            return False
        return len(_Forming(group.result, group.constant, [node, *group.members]).reads()) <= OPERAND_LIMIT

    def _of_own_size(self, node: Node) -> list[Value]:
        shape = node.outputs[0].shape
        return [value for value in node.inputs if value is not None and same_shape(value.shape, shape)]

    def _find_ends_in_host(self) -> set[Node]:
        """Return the elementwise nodes that could be part of the epilogue of a kernel before them."""
        found: set[Node] = set()
        for node in self._graph.nodes:
            if not isinstance(operator_of(node), Elementwise):
                continue
            for value in self._of_own_size(node):
                producer = value.producer
                if producer is None or len(self._consumers[value]) > 1 or value in self._outputs:
                    continue
                if fuses_epilogue(producer) or producer in found:
                    found.add(node)
        return found


def _count_numbers(node: Node) -> int:
    """Return how many uniforms of one number an elementwise node takes at most."""
    operator = operator_of(node)
    assert isinstance(operator, Elementwise)
    scalars = sum(value is not None and value.scalar is not None for value in node.inputs)
    return len(list(numbers_of(operator.tree(node)))) + scalars


def _attach(graph: Graph, groups: list[_Forming], constant: set[Value]) -> list[Group]:
    """Give each group of elementwise nodes its host, if it has one, and each host its prologue."""
    consumers = graph.consumers()
    outputs = set(graph.outputs)
    position: dict[Node | None, int] = {node: index for index, node in enumerate(graph.nodes)}
    groups_of: dict[Node, list[_Forming]] = {}
    for group in groups:
        for member in group.members:
            groups_of.setdefault(member, []).append(group)
    at_sink: dict[Node, Group] = {}
    removed = set(groups_of)

    def turn_of(consumer: Node) -> int:
        """Return where in the graph's order what a node reads has to be there."""
        own = groups_of.get(consumer, [])
        return min(
            (position[group.consumer or group.members[-1]] for group in own), default=position[consumer]
        )

    def may_move(host: Node | None, sink: Node) -> bool:
        """Whether a kernel can be computed where a group ends: what else it makes is read later."""
        others = host.outputs[1:] if host is not None else []
        behind = [consumer for value in others for consumer in consumers.get(value, [])]
        return all(turn_of(consumer) > position[sink] for consumer in behind)

    prologues: dict[Node, list[Node]] = {}
    for group in reversed(groups):
        if group.consumer is not None:
            prologues[group.consumer] = group.members
            continue
        sink = group.members[-1]
        hosts = [
            value
            for value in group.reads()
            if _can_host(value, removed)
            and may_move(value.producer, sink)
            and value not in outputs
            and (value in constant) == group.constant
            and same_shape(value.shape, group.result.shape)
            and all(groups_of.get(consumer) == [group] for consumer in consumers[value])
        ]
        host = None  # rule 5
        if hosts:  # rule 4
            host = max(hosts, key=lambda value: position[value.producer]).producer
            assert host is not None
            removed.add(host)
        at_sink[sink] = Group(host, epilogue=group.members)
        _put_own_first(at_sink[sink])
    result: list[Group] = []
    for node in graph.nodes:
        if node in at_sink:
            result.append(at_sink[node])
        elif node not in removed:
            result.append(Group(node))
    for group_made in result:
        if group_made.host is not None:
            group_made.prologue = prologues.get(group_made.host, [])
    return result


def _put_own_first(group: Group) -> None:
    """Order the operands of sums and products in an epilogue (rule 7)."""
    own = {None if group.host is None else group.host.outputs[0]}
    for step in group.epilogue:
        operator = operator_of(step)
        if isinstance(operator, Elementwise) and operator.is_symmetric and step.inputs[0] not in own:
            step.inputs.reverse()
        own.update(step.outputs)


def _can_host(value: Value, removed: set[Node]) -> bool:
    producer = value.producer
    return (
        producer is not None
        and producer.outputs[0] is value
        and producer not in removed
        and fuses_epilogue(producer)
    )
