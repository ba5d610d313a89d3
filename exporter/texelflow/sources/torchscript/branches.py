"""Branches that only a run decides: both are traced, as torch.cond does it.

What a branch reads goes in as operands; what it makes, and what it sets, comes out as tensors, and so do the
numbers in which the two differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

import torch

from texelflow.sources.torchscript.parts import Part, Slot, accesses, attribute_of, slot_of
from texelflow.sources.torchscript.primitives import RefusedError, as_tensor, item
from texelflow.sources.torchscript.trees import COMPUTED, Tree, split

_OPERANDS = (torch.Tensor, *COMPUTED)
_NUMBERS = (bool, int, float)

Environment: TypeAlias = dict[int, Any]
"""By the number of a value what it is."""


class Interpreter(Protocol):
    """What branches need of the interpreter that meets them (interpreter.py)."""

    memory: dict[Slot, Any]

    def block(self, block: Any, environment: Environment) -> list[Any]:
        """Do the nodes of a block, whose inputs the environment has; return its results."""


def both(interpreter: Interpreter, node: Any, condition: Any, environment: Environment) -> Sequence[Any]:
    """Return the results of an If, and let the interpreter's memory be what the branch makes of it.

    Raises:
        RefusedError: the branches make values of different forms, or change lists.
    """
    from torch._higher_order_ops.cond import cond_op
    from torch.fx.experimental.proxy_tensor import disable_proxy_modes_tracing

    blocks = list(node.blocks())
    owners = {number: value for number, value in environment.items() if isinstance(value, Part)}
    touched = [access for block in blocks for access in accesses(block, dict(owners))]
    slots = sorted({slot_of(owner, name) for owner, name, sets in touched if sets})
    tensors = {
        slot_of(owner, name): value
        for owner, name, _ in touched
        if isinstance(value := attribute_of(owner, name), torch.Tensor)
    }
    read = {number: environment[number] for number in sorted(_read(blocks)) if number in environment}
    operands, around = split((read, {**tensors, **interpreter.memory}), _OPERANDS)

    def outcome(block: Any, given: Sequence[Any]) -> tuple[list[Any], Tree]:
        inner, memory = around.joined(given)
        before = split(inner, _OPERANDS)
        outer, interpreter.memory = interpreter.memory, memory
        try:
            results = interpreter.block(block, dict(inner))
        finally:
            interpreter.memory = outer
        if not _alike(before, split({number: inner[number] for number in read}, _OPERANDS)):
            raise RefusedError("a branch that only a run decides changes a list")
        return split((results, [memory[slot] for slot in slots]))

    with disable_proxy_modes_tracing():
        trees = [outcome(block, operands)[1] for block in blocks]
    differing = _differing(*trees)

    def branch(block: Any) -> Callable[..., tuple[Any, ...]]:
        def run(*given: Any) -> tuple[Any, ...]:
            made, tree = outcome(block, given)
            numbers = [as_tensor(tree.leaves[at]) for at in differing]
            # Of its own memory, which is laid out as that of the other branch.
            return tuple(tensor.clone(memory_format=torch.contiguous_format) for tensor in (*made, *numbers))

        return run

    made = list(cond_op(condition, *(branch(block) for block in blocks), tuple(operands)))
    count = len(made) - len(differing)
    tree = trees[0].with_leaves(dict(zip(differing, map(item, made[count:]), strict=True)))
    results, kept = tree.joined(made[:count])
    interpreter.memory.update(zip(slots, kept, strict=True))
    return list(results)


def _read(blocks: Sequence[Any]) -> set[int]:
    """Return the numbers of the values that blocks read."""
    found: set[int] = set()
    for block in blocks:
        found.update(value.unique() for value in block.outputs())
        for node in block.nodes():
            found.update(value.unique() for value in node.inputs())
            found |= _read(list(node.blocks()))
    return found


def _differing(then: Tree, otherwise: Tree) -> list[int]:
    """Return the places of numbers that differ between two outcomes; raise RefusedError if more does."""
    places = []
    for at, (one, other) in enumerate(zip(then.leaves, otherwise.leaves, strict=False)):
        if type(one) is type(other) and not isinstance(one, COMPUTED) and one == other:
            continue
        if not isinstance(one, (*_NUMBERS, *COMPUTED)) or not isinstance(other, (*_NUMBERS, *COMPUTED)):
            raise RefusedError(
                f"of two branches that only a run decides one makes {one!r}, the other {other!r}"
            )
        places.append(at)
    if then.spec != otherwise.spec:
        raise RefusedError("two branches that only a run decides make values of different forms")
    return places


def _alike(before: tuple[list[Any], Tree], after: tuple[list[Any], Tree]) -> bool:
    return (
        before[1] == after[1]
        and len(before[0]) == len(after[0])
        and all(one is other for one, other in zip(before[0], after[0], strict=True))
    )
