"""Rebuilds TorchScript modules as Python modules, so that torch.export sees their tensors by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

import torch

Slot: TypeAlias = tuple[str, str]
"""An attribute: the place of the module that has it, such as `encoder.0`, and its name."""


class Part(torch.nn.Module):  # type: ignore[misc]  # torch is not installed here
    """A module of TorchScript, and those within it.

    What the module calls as it likes is reached by the functions here, so that no name is taken.
    """

    def __init__(self, script: Any, place: str = "") -> None:
        super().__init__()
        object.__setattr__(self, "_part_of", script)
        object.__setattr__(self, "_part_place", place)
        for name, tensor in script.named_parameters(recurse=False):
            self.register_parameter(name, torch.nn.Parameter(tensor.detach(), requires_grad=False))
        for name, tensor in script.named_buffers(recurse=False):
            self.register_buffer(name, tensor)
        for name, inner in script.named_children():
            self.add_module(name, Part(inner, f"{place}.{name}".lstrip(".")))


def slot_of(part: Part, name: str) -> Slot:
    """Return the place of an attribute."""
    return part._part_place, name


def attribute_of(part: Part, name: str) -> Any:
    """Return an attribute as it is before any call."""
    for kind in (part._parameters, part._buffers, part._modules):
        if name in kind:
            return kind[name]
    return getattr(part._part_of, name)


def found_at(root: Any, slot: Slot) -> Any:
    """Return what an attribute is in a module of TorchScript."""
    place, name = slot
    for step in filter(None, place.split(".")):
        root = getattr(root, step)
    return getattr(root, name)


def accesses(block: Any, owners: dict[int, Any]) -> Iterator[tuple[Part, str, bool]]:
    """Yield what a block, or a block within it, reads and sets: the part, the attribute, whether it sets it.

    `owners` has the parts by the numbers of values, those outside of the block, too; those inside are added.
    """
    for node in block.nodes():
        if node.kind() in ("prim::GetAttr", "prim::SetAttr"):
            owner = owners.get(next(iter(node.inputs())).unique())
            if isinstance(owner, Part):
                name = node.s("name")
                if name in owner._modules:
                    owners[node.output().unique()] = owner._modules[name]
                else:
                    yield owner, name, node.kind() == "prim::SetAttr"
        for inside in node.blocks():
            yield from accesses(inside, owners)
