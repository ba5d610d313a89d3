"""The state of a TorchScript module: attributes that it sets during calls.

Some begin without what they have later (no state yet, a count of zero), and a first call makes it. The
program is that of all later calls, its memory zeros where it began otherwise; `program.py` compares that with
the module's own first calls.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from texelflow.sources.torchscript.parts import Part, Slot, accesses, found_at, slot_of
from texelflow.sources.torchscript.primitives import RefusedError
from texelflow.sources.torchscript.trees import Tree, split

_SETTLING_CALLS = 3


@dataclass(frozen=True, slots=True)
class Kept:
    """An attribute that calls set: its tensors, which are the program's memory, and how they lie in it."""

    slot: Slot
    tensors: Sequence[torch.Tensor]
    tree: Tree

    def tensors_of(self, value: Any) -> list[Any]:
        """Return the tensors of a value that is set; raise RefusedError if it is of another form."""
        tensors, tree = split(value)
        if tree != self.tree or _types(tensors) != _types(self.tensors):
            raise _unsettled(self.slot)
        return tensors


def kept(script: Any, graph: Any, call: Callable[[Any], object]) -> list[Kept]:
    """Return what calls of a module set, as it is before the first call of a program.

    Args:
        script: the module; it stays as it is.
        graph: its graph, with calls inlined.
        call: calls a copy of the module with the examples.

    Raises:
        RefusedError: what it keeps is of another form after each call.
    """
    owners = {next(iter(graph.inputs())).unique(): Part(script)}
    slots = sorted({slot_of(owner, name) for owner, name, sets in accesses(graph, owners) if sets})
    if not slots:
        return []
    trial = copy.deepcopy(script)
    forms = [{slot: split(found_at(trial, slot)) for slot in slots}]
    first = {slot: [tensor.detach().clone() for tensor in forms[0][slot][0]] for slot in slots}
    for _ in range(_SETTLING_CALLS):
        call(trial)
        forms.append({slot: split(found_at(trial, slot)) for slot in slots})
    found = []
    for slot in slots:
        tensors, tree = forms[-1][slot]
        before, tree_before = forms[-2][slot]
        if tree != tree_before or _types(tensors) != _types(before):
            raise _unsettled(slot)
        is_alike = tree == forms[0][slot][1] and _types(tensors) == _types(first[slot])
        start = first[slot] if is_alike else [torch.zeros_like(tensor) for tensor in tensors]
        found.append(Kept(slot, start, tree))
    return found


def _types(tensors: Sequence[Any]) -> list[tuple[Any, tuple[Any, ...]]]:
    return [(tensor.dtype, tuple(tensor.shape)) for tensor in tensors]


def _unsettled(slot: Slot) -> RefusedError:
    return RefusedError(
        f"it keeps {'.'.join(filter(None, slot))!r} between calls, of another form after each of them"
    )
