"""Makes the inputs of a TorchScript module: the given examples, or tensors of the given shapes."""

from __future__ import annotations

import contextlib
import copy
import itertools
from collections.abc import Mapping
from typing import Any

import torch

from texelflow.errors import ExportError
from texelflow.sources.examples import Examples

_MOST_GUESSED = 5
"""Inputs of which the element types are tried."""

_NUMBERS: Mapping[str, Any] = {"int": int, "float": float, "bool": bool, "number": float}


def arguments(script: Any, examples: Examples, shown: str) -> dict[str, Any]:
    """Return what a module is called with, by the names of its arguments, in order.

    Tensors that the examples give are as they are; of others only the shape is known, and their numbers are
    random. Numbers are those of the examples or of `constants`, else their default.

    Raises:
        ExportError: one is missing, or not known.
    """
    declared = list(script.forward.schema.arguments)[1:]
    names = [argument.name for argument in declared]
    found = _by_name(examples.inputs, names, shown)
    if unknown := [name for name in found if name not in names]:
        raise ExportError(f"{shown} has no input {unknown[0]!r}; its inputs are {', '.join(names)}")
    shaped = [one.name for one in declared if one.name not in found and one.name in examples.input_shapes]
    for argument in declared:
        name, kind = argument.name, str(argument.type)
        if name in found:
            continue
        if name in examples.constants and kind in _NUMBERS:
            found[name] = _NUMBERS[kind](examples.constants[name][0])
        elif name in examples.input_shapes and "Tensor" in kind:
            found[name] = torch.randn(_extents(name, examples))
        elif argument.has_default_value():
            found[name] = argument.default_value
        else:
            wanted = [_wanted(argument) for argument in declared if not argument.has_default_value()]
            raise ExportError(
                f"{shown} does not tell what its inputs are: give {' '.join(wanted)}, or, from Python,"
                " example_inputs=(torch.randn(1, 3, 224, 224),), say"
            )
    found = {name: found[name] for name in names}
    return _of_types(script, found, shaped[:_MOST_GUESSED])


def _of_types(script: Any, found: dict[str, Any], shaped: list[str]) -> dict[str, Any]:
    """Return arguments of which some are known by their shapes alone, of types that the module takes.

    Floats are tried first, then whole numbers: zeros, which are places of any table.
    """
    for kinds in itertools.product((False, True), repeat=len(shaped)):
        whole = [name for name, is_whole in zip(shaped, kinds, strict=True) if is_whole]
        tried = {**found, **{name: torch.zeros(found[name].shape, dtype=torch.int64) for name in whole}}
        with contextlib.suppress(Exception):  # PyTorch's, of any kind
            copy.deepcopy(script)(*map(copied, tried.values()))
            return tried
    return found  # tracing it says what is wrong


def copied(value: Any) -> Any:
    """Return what a call may change without changing the examples."""
    return torch.utils._pytree.tree_map_only(torch.Tensor, torch.Tensor.clone, value)


def _by_name(inputs: Any, names: list[str], shown: str) -> dict[str, Any]:
    if isinstance(inputs, Mapping):
        return {str(name): value for name, value in inputs.items()}
    listed = list(inputs) if isinstance(inputs, tuple | list) else [] if inputs is None else [inputs]
    if len(listed) > len(names):
        raise ExportError(f"{shown} takes {len(names)} inputs, {', '.join(names)}; {len(listed)} are given")
    return dict(zip(names, listed, strict=False))


def _extents(name: str, examples: Examples) -> list[int]:
    shape = examples.input_shapes[name]
    if free := [extent for extent in shape if not isinstance(extent, int)]:
        raise ExportError(
            f"the extent {free[0]!r} of input {name!r} is no number, which TorchScript is read with: give"
            " numbers, or, from Python, example_inputs and dynamic_shapes"
        )
    return [extent for extent in shape if isinstance(extent, int)]


def _wanted(argument: Any) -> str:
    name = argument.name
    return f"--constant {name}=1" if str(argument.type) in _NUMBERS else f"--input {name}=1,3,224,224"
