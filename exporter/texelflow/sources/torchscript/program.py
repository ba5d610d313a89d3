"""Converts a TorchScript module to a program of torch.export, and compares the two on the examples."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping, Sequence, Set
from typing import Any

import torch

from texelflow.errors import ExportError
from texelflow.sources.examples import Examples
from texelflow.sources.torchscript.calling import arguments, copied
from texelflow.sources.torchscript.interpreter import Interpreter
from texelflow.sources.torchscript.memory import Kept, kept
from texelflow.sources.torchscript.parts import Part
from texelflow.sources.torchscript.primitives import RefusedError

_CALLS_COMPARED = 3
_TOLERANCE = 1e-3
"""Largest difference of an output from the module's own, in times of its largest number."""


def exported(script: Any, name: str, examples: Examples) -> Any:
    """Return the program of a module that is called as the examples say.

    Its inputs have the names of the module's arguments. A number of Python is one for ever, and no input; one
    that `constants` has is an input that nothing reads, for the export to fix; a tensor without axes in its
    place is a number that each run is given.

    Args:
        script: the module, outside of training; it stays as it is.
        name: for messages.
        examples: what it is called with, and which axes are free.

    Raises:
        ExportError: it cannot be read, or the program does not compute what the module does.
    """
    given = arguments(script, examples, name)
    fixed = {one for one in given if one in examples.constants and not isinstance(given[one], torch.Tensor)}
    inputs = tuple(torch.tensor(value) if one in fixed else copied(value) for one, value in given.items())
    try:
        module = _Program(script, given, fixed)
        program = torch.export.export(
            module, inputs, dynamic_shapes=examples.dynamic_shapes, strict=False
        ).run_decompositions({})
        _compare(copy.deepcopy(program.module()), inputs, script, module.as_called(inputs))
    except RefusedError as refusal:
        raise ExportError(f"the TorchScript {name} cannot be read: {refusal}") from None
    return program


class _Program(Part):
    """What torch.export traces: the interpreter at work on a graph."""

    def __init__(self, script: Any, given: Mapping[str, Any], fixed: Set[str]) -> None:
        super().__init__(script)
        declared = list(script.forward.schema.arguments)[1:]
        self._numeric = [str(argument.type) in ("int", "float", "bool", "number") for argument in declared]
        self._fixed = {name: given[name] for name in fixed}
        self._names = list(given)
        self._graph = script.inlined_graph
        inputs = list(given.values())
        self._kept = kept(script, self._graph, lambda trial: trial(*map(copied, self.as_called(inputs))))
        self._buffers_kept = [(one, list(self._register(one))) for one in self._kept]

        def forward(*inputs: Any) -> Any:
            return self._run(inputs)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in given]
        forward.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # inspect reads it
        self.forward = forward

    def as_called(self, given: Sequence[Any]) -> list[Any]:
        """Return what the module itself takes: numbers for tensors that stand for them."""
        return [
            self._fixed[name]
            if name in self._fixed
            else value.item()
            if numeric and isinstance(value, torch.Tensor)
            else value
            for name, value, numeric in zip(self._names, given, self._numeric, strict=True)
        ]

    def _register(self, one: Kept) -> Any:
        """Make buffers of an attribute that calls set; yield the part and the name of each."""
        place, name = one.slot
        part: Any = self
        for step in filter(None, place.split(".")):
            part = part.get_submodule(step)
        for index, tensor in enumerate(one.tensors):
            title = name if len(one.tensors) == 1 else f"{name}_{index}"
            if name not in part._buffers and hasattr(part, title):
                title = f"{title}_kept"
            part.register_buffer(title, tensor)
            yield part, title

    def _run(self, given: Sequence[Any]) -> Any:
        buffers = [[part._buffers[title] for part, title in places] for _, places in self._buffers_kept]
        memory = {
            one.slot: one.tree.joined(tensors) for one, tensors in zip(self._kept, buffers, strict=True)
        }
        result = Interpreter(memory).run(self._graph, [self, *self.as_called(given)])
        changes = []
        for one, tensors in zip(self._kept, buffers, strict=True):
            for tensor, new in zip(tensors, one.tensors_of(memory[one.slot]), strict=True):
                if new is not tensor:
                    changes.append((tensor, new.clone()))
        for tensor, new in changes:
            tensor.copy_(new)
        return result


def _compare(program: Any, inputs: Sequence[Any], script: Any, called: Sequence[Any]) -> None:
    """Raise RefusedError if the first calls of a program do not give what the module's own give."""
    module = copy.deepcopy(script)
    for call in range(_CALLS_COMPARED):
        torch.manual_seed(call)
        expected = torch.utils._pytree.tree_leaves(module(*map(copied, called)))
        torch.manual_seed(call)
        made = torch.utils._pytree.tree_leaves(program(*map(copied, inputs)))
        if len(made) != len(expected):
            raise RefusedError(
                f"the program that was made of it has {len(made)} results, not {len(expected)}"
            )
        for index, (one, wanted) in enumerate(zip(made, expected, strict=True)):
            if not _agree(one, wanted):
                which = "first" if call == 0 else f"{call + 1}th"
                raise RefusedError(
                    f"the program that was made of it gives another result {index} at its {which} call; what"
                    " the module keeps between calls may begin otherwise than with zeros"
                )


def _agree(one: Any, wanted: Any) -> bool:
    if not isinstance(wanted, torch.Tensor):
        return bool(one == wanted)
    if not isinstance(one, torch.Tensor) or one.shape != wanted.shape or one.dtype != wanted.dtype:
        return False
    if not wanted.is_floating_point():
        return bool(torch.equal(one, wanted))
    finite = wanted[wanted.isfinite()]
    largest = float(finite.abs().max()) if finite.numel() else 0.0
    return bool(torch.allclose(one, wanted, rtol=0.0, atol=_TOLERANCE * largest + 1e-6, equal_nan=True))
