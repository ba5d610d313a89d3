"""Interprets a TorchScript graph with Python values and PyTorch operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from texelflow.sources.torchscript.branches import Environment, both
from texelflow.sources.torchscript.fused import FUSED
from texelflow.sources.torchscript.parts import Part, Slot, attribute_of, slot_of
from texelflow.sources.torchscript.primitives import (
    ON_TENSORS,
    ON_VALUES,
    RefusedError,
    is_computed,
    is_known,
    item,
    typed_arguments,
    untraced,
)
from texelflow.sources.torchscript.trees import split

MOST_STEPS = 200_000


class Object:
    """An object of a class of TorchScript, such as a context manager: its attributes."""


class Interpreter:
    """Runs graphs of TorchScript, all of whose calls have been inlined.

    `memory` has the attributes of the module that were set, by their places; what is not there is as the
    parts have it.
    """

    def __init__(self, memory: dict[Slot, Any]) -> None:
        self.memory = memory
        self._steps = 0

    def run(self, graph: Any, arguments: Sequence[Any]) -> Any:
        """Return what a graph returns; raise RefusedError for what cannot be done."""
        results = self.block(graph, dict(zip(_numbers(graph.inputs()), arguments, strict=True)))
        return results[0] if len(results) == 1 else tuple(results)

    def block(self, block: Any, environment: Environment) -> list[Any]:
        """Do the nodes of a block, whose inputs the environment has; return its results."""
        for node in block.nodes():
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise RefusedError(f"it takes more than {MOST_STEPS} steps, with its loops written out")
            results = self._node(node, environment)
            environment.update(zip(_numbers(node.outputs()), results, strict=True))
        return [environment[number] for number in _numbers(block.outputs())]

    def _node(self, node: Any, environment: Environment) -> Sequence[Any]:
        kind = node.kind()
        given = [environment[number] for number in _numbers(node.inputs())]
        match kind:
            case "prim::Constant":
                return [node.output().toIValue()]
            case "prim::GetAttr":
                return [self._attribute(given[0], node.s("name"))]
            case "prim::SetAttr":
                self._set_attribute(given[0], node.s("name"), given[1])
                return []
            case "prim::CreateObject":
                return [Object()]
            case "prim::If":
                return self._if(node, given[0], environment)
            case "prim::Loop":
                return self._loop(node, given, environment)
            case "prim::fork":
                inside = node.g("Subgraph")
                return [self.run(inside, given)]
            case "aten::wait":
                return given
            case "prim::RaiseException":
                raise RefusedError(f"called so, it raises {given[0]!r}")
            case "prim::ListUnpack" | "prim::TupleUnpack":
                return list(given[0])
            case "prim::TupleSlice":
                return [given[0][node.i("beg") : node.i("end")]]
            case "prim::DictConstruct":
                return [dict(zip(given[::2], given[1::2], strict=True))]
            case "prim::ListConstruct":
                return [given]
            case "prim::TupleConstruct":
                return [tuple(given)]
        made = _call(node, given)
        count = node.outputsSize()
        return [] if count == 0 else [made] if count == 1 else list(made)

    def _attribute(self, owner: Any, name: str) -> Any:
        if isinstance(owner, Object):
            return getattr(owner, name)
        if not isinstance(owner, Part):
            raise RefusedError(f"it reads {name!r} of an object of {type(owner).__name__}")
        slot = slot_of(owner, name)
        return self.memory[slot] if slot in self.memory else attribute_of(owner, name)

    def _set_attribute(self, owner: Any, name: str, value: Any) -> None:
        if isinstance(owner, Object):
            setattr(owner, name, value)
        elif isinstance(owner, Part):
            self.memory[slot_of(owner, name)] = value
        else:
            raise RefusedError(f"it sets {name!r} of an object of {type(owner).__name__}")

    def _if(self, node: Any, condition: Any, environment: Environment) -> Sequence[Any]:
        then, otherwise = node.blocks()
        decided = _decided(condition)
        if decided is None:
            raising = [_raises(block) for block in (then, otherwise)]
            if raising == [False, False]:
                return both(self, node, condition, environment)
            decided = raising[0]
            if all(raising):
                raise RefusedError("both branches of an If raise an exception")
            return self.block(otherwise if decided else then, environment)
        return self.block(then if decided else otherwise, environment)

    def _loop(self, node: Any, given: Sequence[Any], environment: Environment) -> Sequence[Any]:
        (block,) = node.blocks()
        count, condition, *carried = given
        turn, numbers = 0, _numbers(block.inputs())
        while turn < count:
            decided = _decided(condition)
            if decided is None:
                raise RefusedError("how often a loop turns follows from what a run computes")
            if not decided:
                break
            environment.update(zip(numbers, (turn, *carried), strict=True))
            condition, *carried = self.block(block, environment)
            turn += 1
        return carried


def _numbers(values: Any) -> list[int]:
    return [value.unique() for value in values]


def _decided(condition: Any) -> bool | None:
    """Return what a condition is, of sizes as torch.export assumes from now on; None if only a run knows."""
    from torch.fx.experimental.symbolic_shapes import GuardOnDataDependentSymNode

    if isinstance(condition, torch.Tensor):
        condition = item(condition)
    try:
        return bool(condition)
    except GuardOnDataDependentSymNode:
        return None


def _raises(block: Any) -> bool:
    """Return whether a block does nothing but raise an exception, whatever it computes for its text."""
    return any(node.kind() == "prim::RaiseException" for node in block.nodes())


def _call(node: Any, given: list[Any]) -> Any:
    """Return what an operator makes of values."""
    kind = node.kind()
    if kind.startswith("prim::"):
        if kind not in ON_VALUES and kind not in ON_TENSORS:
            raise RefusedError(f"operator {kind} is not supported")
        return (ON_VALUES.get(kind) or ON_TENSORS[kind])(*given)
    schema = torch._C.parse_schema(node.schema())
    if kind in ON_TENSORS or kind in FUSED:
        return (ON_TENSORS.get(kind) or FUSED[kind])(*given)
    of_tensors = any("Tensor" in str(argument.type) for argument in schema.arguments)
    if kind in ON_VALUES and not of_tensors:
        return _as_declared(ON_VALUES[kind](*given), schema.returns)
    if not of_tensors and schema.is_mutable:
        raise RefusedError(f"operator {kind} is not supported")
    namespace, _, name = kind.partition("::")
    operator = getattr(getattr(getattr(torch.ops, namespace), name), schema.overload_name or "default")
    arguments, named = typed_arguments(schema.arguments, given)
    tensors, _ = split(given)
    if tensors and not schema.is_mutable and all(map(is_known, tensors)):
        with untraced():
            return operator(*arguments, **named)
    return operator(*arguments, **named)


def _as_declared(made: Any, returns: Sequence[Any]) -> Any:
    """Return a number as the schema has it: TorchScript's `2 ** 2` is 4.0."""
    if len(returns) == 1 and str(returns[0].type) == "float" and isinstance(made, int | torch.SymInt):
        return torch.sym_float(made) if is_computed(made) else float(made)
    return made
