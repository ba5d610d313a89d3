"""A group: the nodes that one kernel computes, after elementwise nodes were fused with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from texelflow.graph import Node, Value, node_title
from texelflow.graph.check import BrokenGraphError


@dataclass(eq=False, slots=True)
class Group:
    """A node and the elementwise nodes fused with it, or elementwise nodes alone, in order.

    The last of the `prologue` makes the first input of the `host`; the `epilogue` goes on from its first
    output. Neither of these two values is stored. Without a host all nodes are in the epilogue.
    """

    host: Node | None
    prologue: list[Node] = field(default_factory=list)
    epilogue: list[Node] = field(default_factory=list)
    bodies: list[list[Group]] = field(default_factory=list)
    """What the graphs in its host became."""

    @property
    def node(self) -> Node:
        """The host, of a group that has one."""
        assert self.host is not None
        return self.host

    @property
    def result(self) -> Value:
        """What is stored: what the epilogue makes, or the first output of the host."""
        return self.epilogue[-1].outputs[0] if self.epilogue else self.node.outputs[0]

    @property
    def outputs(self) -> list[Value]:
        """All values that are stored."""
        return [self.result, *(self.host.outputs[1:] if self.host is not None else ())]

    @property
    def reads(self) -> list[Value]:
        """What it reads that is made elsewhere, each once."""
        steps = [*([self.host] if self.host is not None else ()), *self.prologue, *self.epilogue]
        made = {output for step in steps for output in step.outputs}
        inputs = [value for step in steps for value in step.inputs]
        return list(dict.fromkeys(value for value in inputs if value is not None and value not in made))

    @property
    def origin(self) -> Node:
        """The node that is named where something is wrong."""
        return self.epilogue[-1] if self.host is None else self.host

    @property
    def title(self) -> str:
        """Operator and name of the origin, for messages."""
        return node_title(self.origin, self.result)


def check_groups(inputs: list[Value], groups: list[Group], outputs: list[Value]) -> None:
    """Raise BrokenGraphError unless each group reads only what is there by then, and makes what is not."""
    present = set(inputs)

    def is_there(value: Value) -> bool:
        return value in present or (value.producer is None and value.is_known)

    for group in groups:
        for value in group.reads:
            if not is_there(value):
                raise BrokenGraphError(f"{group.title} reads {value!r}, which is not there yet")
        if group.prologue and group.node.inputs[0] not in group.prologue[-1].outputs:
            raise BrokenGraphError(f"{group.title} does not read its prologue")
        own = {output for step in group.epilogue for output in step.outputs}
        done = set(group.host.outputs if group.host is not None else ())
        for step in group.epilogue:
            for read in step.inputs:
                if read in own and read not in done:
                    raise BrokenGraphError(f"{step.title}, fused, reads {read!r} before it is made")
            done.update(step.outputs)
        for value in group.outputs:
            if value in present:
                raise BrokenGraphError(f"{group.title} makes {value!r}, which is there already")
            present.add(value)
    for value in outputs:
        if not is_there(value):
            raise BrokenGraphError(f"the caller reads {value!r}, which nothing makes")
