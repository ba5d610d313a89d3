"""Separates the tensors of nested Python values from the lists, tuples and dictionaries around them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

COMPUTED = (torch.SymInt, torch.SymFloat, torch.SymBool)
"""Numbers that follow from sizes, or from what a run computes."""

_HERE = "a tensor is here"


@dataclass(frozen=True, slots=True)
class Tree:
    """What is around the tensors of a value."""

    leaves: tuple[Any, ...]
    spec: Any

    def joined(self, tensors: Sequence[Any]) -> Any:
        """Return a value with these tensors; its lists are new ones."""
        pending = iter(tensors)
        leaves = [next(pending) if leaf is _HERE else leaf for leaf in self.leaves]
        return torch.utils._pytree.tree_unflatten(leaves, self.spec)

    def with_leaves(self, leaves: Mapping[int, Any]) -> Tree:
        """Return the tree with other leaves at some places."""
        return Tree(tuple(leaves.get(at, leaf) for at, leaf in enumerate(self.leaves)), self.spec)


def split(value: Any, kinds: tuple[type, ...] = (torch.Tensor,)) -> tuple[list[Any], Tree]:
    """Return what is of these kinds in a value, in order, and the tree that it lies in."""
    leaves, spec = torch.utils._pytree.tree_flatten(value)
    found = [leaf for leaf in leaves if isinstance(leaf, kinds)]
    return found, Tree(tuple(_HERE if isinstance(leaf, kinds) else leaf for leaf in leaves), spec)
