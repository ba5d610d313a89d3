"""Lets convolutions that differ by what is done with their sums run as one program.

Drivers take up to 0.1 s to compile each program, and a first result waits for it; adding a value where there
is one, and limiting a number to an interval, cost next to nothing.

Rules:
1. Convolutions are alike if they have the same operator, kernel, stride, dilation, kind of groups, and both a
   bias or both none. Products by a constant matrix are like 1×1 convolutions, whatever their stride.
2. Taken are those that add one computed value of their own shape or none, and then end in nothing, or in Relu
   or Clip by numbers known at export.
3. Alike ones all end in Clip, unless they end alike already: from -inf to inf instead of in nothing, from 0
   to inf instead of in Relu.
4. Alike ones all add by texelflow::OptionalSum if some add a value and some do not.
5. Only floating numbers.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from math import inf

from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.kernels.convolution import DECODED
from texelflow.dimensions import proved_equal, same_shape
from texelflow.graph import Node, TensorType, Value


@dataclass(frozen=True, slots=True)
class _End:
    """What is done with the sums of a convolution: `added` to them, limited by the step `limit`."""

    group: Group
    added: Value | None
    limit: Node | None

    @property
    def limiting(self) -> str:
        return self.limit.operator if self.limit else ""


def run(groups: list[Group]) -> None:
    """Change epilogues in place."""
    alike: dict[Hashable, list[_End]] = {}
    for group in groups:
        end = _read_end(group)
        if end is not None:
            alike.setdefault(_form(group.node), []).append(end)
    for ends in alike.values():
        limits = len({end.limiting for end in ends}) > 1
        sums = len({end.added is None for end in ends}) > 1
        for end in ends:
            _rewrite(end, limits, sums)


def _read_end(group: Group) -> _End | None:
    """Return what is done with the sums, if the host is a convolution and that can be shared (rule 2)."""
    node = group.host
    if (
        node is None
        or node.domain
        or not (node.operator in ("Conv", "ConvTranspose") or _is_fully_connected(node))
    ):
        return None
    if not group.result.known_type.is_floating:
        return None
    steps = list(group.epilogue)
    added = _added(group)
    if added is not None:
        del steps[0]
    if len(steps) > 1 or not (steps == [] or _is_limit(steps[0])):
        return None
    return _End(group, added, steps[0] if steps else None)


def _added(group: Group) -> Value | None:
    """Return the computed value of its own shape that is first added to the host's result, if one is."""
    if not group.epilogue or group.epilogue[0].operator != "Add":
        return None
    start = group.node.outputs[0]
    first, second = group.epilogue[0].inputs
    if first is not start or second is None or second is start:
        return None
    return second if not second.is_known and same_shape(second.shape, group.result.shape) else None


def _is_limit(step: Node) -> bool:
    if step.operator == "Clip":
        bounds = step.inputs[1:]
        return len(bounds) == 2 and all(bound and isinstance(bound.scalar, float) for bound in bounds)
    return step.operator == "Relu"


def _is_fully_connected(node: Node) -> bool:
    """Whether a node multiplies by one constant matrix, as it is stored or transposed."""
    if node.operator != "MatMul" or node.required(1).known_type.rank != 2:
        return False
    matrix = node.required(1)
    if matrix.producer is not None and matrix.producer.operator == "Transpose":
        matrix = matrix.producer.required(0)
    return matrix.constant is not None


def _form(node: Node) -> Hashable:
    """Return what alike convolutions share (rule 1)."""
    group = node.attributes.get("group", 1)
    weights = node.required(1).shape
    pads = any(node.attributes.get("pads", ())), node.attributes.get("auto_pad")
    kind = 1 if group == 1 else 0 if proved_equal(weights[1], 1) else weights[1]
    decoded = node.attributes.get(DECODED)
    # Whatever auto_pad says, a window of one pixel needs no padding.
    is_point = (
        node.operator == "Conv"
        and group == 1
        and same_shape(weights[2:], [1] * (len(weights) - 2))
        and not pads[0]
    )
    if is_point or node.operator == "MatMul":
        return "point", node.input(2) is None, decoded
    lists = [tuple(node.attributes.get(name, ())) for name in ("strides", "dilations")]
    return (node.operator, weights[2:], kind, node.input(2) is None, decoded, *lists, *pads)


def _rewrite(end: _End, limits: bool, sums: bool) -> None:
    """Rewrite a convolution's epilogue: with a Clip if `limits`, with an OptionalSum if `sums`."""
    group, limit = end.group, end.limit
    node, output = group.node, group.result
    kind = TensorType(output.dtype, output.shape)
    steps: list[Node] = []
    start = value = node.outputs[0] if group.epilogue else Value(f"{output.name}/result", kind)

    def add(operator: str, inputs: list[Value | None], domain: str = "") -> None:
        nonlocal value
        made = Value(f"{output.name}/{operator}", kind)
        steps.append(Node(operator, [value, *inputs], [made], {}, node.name, domain))
        value = made

    if sums:
        add("OptionalSum", [end.added], "texelflow")
    elif end.added is not None:
        add("Add", [end.added])
    if limits and end.limiting != "Clip":
        bounds = [0.0 if limit else -inf, inf]
        add("Clip", [Value("", TensorType(output.dtype, ()), elements=[bound]) for bound in bounds])
    elif limit is not None:
        add(limit.operator, limit.inputs[1:])
    if not steps:
        return
    if not group.epilogue:
        outputs = [start, *node.outputs[1:]]
        group.host = Node(node.operator, node.inputs, outputs, node.attributes, node.name, node.domain)
    steps[-1].outputs = [output]
    output.producer = steps[-1]
    group.epilogue = steps
