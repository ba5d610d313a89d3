"""The types of a model's inputs: declared by the file, completed and overridden by the caller's shapes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from texelflow.dimensions import Dimension, Expression, substitute, symbol
from texelflow.graph import MOST_AXES, Shape, TensorType
from texelflow.graph.problems import Problems

InputShapes = Mapping[str, Sequence[int | str]]
"""For an input's name its shape: integers, or names of dimensions that stay free."""


@dataclass(frozen=True, slots=True)
class DeclaredType:
    """What a file says of an input or output.

    A dimension is an integer, a name, or None if it is unknown; `shape` is None if even the rank is.
    """

    dtype: str
    shape: Sequence[int | str | None] | None


def resolve_input_types(
    declared: Mapping[str, DeclaredType], shapes: InputShapes, problems: Problems
) -> dict[str, TensorType]:
    """Return the type of each input.

    A dimension without a name becomes a symbol called `<input>_<axis>`; equal names are the same symbol.
    Where `shapes` gives a number or another name for a named dimension, it does so in every input.
    """
    for name in shapes.keys() - declared.keys():
        problems.add(f"there is no input {name!r} to give a shape to; the inputs are {_list(declared)}")
    for name, item in declared.items():
        if item.shape is not None and len(item.shape) > MOST_AXES:
            problems.add(f"input {name!r} has {len(item.shape)} axes; at most {MOST_AXES} are supported")
    declared = {
        name: item for name, item in declared.items() if item.shape is None or len(item.shape) <= MOST_AXES
    }
    names = {extent for item in declared.values() for extent in item.shape or () if isinstance(extent, str)}
    symbolic = {
        name: _dimensions(name, item.shape, names)
        for name, item in declared.items()
        if item.shape is not None
    }
    given = {name: tuple(map(_dimension, shapes[name])) for name in declared if name in shapes}
    renamed = _renamings(symbolic, given, problems)

    types = {}
    for name, item in declared.items():
        if name in given:
            types[name] = TensorType(item.dtype, given[name])
        elif name in symbolic:
            types[name] = TensorType(
                item.dtype, tuple(substitute(extent, renamed) for extent in symbolic[name])
            )
        else:
            problems.add(
                f"input {name!r} declares no shape; give one, for example --input {name}=N,3,224,224"
            )
    return types


def _renamings(
    symbolic: Mapping[str, Shape], given: Mapping[str, Shape], problems: Problems
) -> dict[str, Dimension]:
    """Return what the caller's shapes say about the named dimensions of the file."""
    renamed: dict[str, Dimension] = {}
    for name, shape in given.items():
        if any(isinstance(extent, int) and extent < 0 for extent in shape):
            problems.add(f"the shape given for input {name!r} has a negative extent: {_list(shape)}")
        declared = symbolic.get(name)
        if declared is None:
            continue
        if len(declared) != len(shape):
            problems.add(
                f"input {name!r} has {len(declared)} axes ({_list(declared)}),"
                f" but the shape given has {len(shape)}"
            )
            continue
        for before, after in zip(declared, shape, strict=True):
            if isinstance(before, Expression):
                known = renamed.setdefault(str(before), after)
                if known != after:
                    problems.add(f"dimension {before} is given as {known} and as {after}")
    return renamed


def _dimensions(name: str, shape: Sequence[int | str | None], taken: set[str]) -> Shape:
    dimensions: list[Dimension] = []
    for axis, extent in enumerate(shape):
        if type(extent) is int and extent >= 0:
            dimensions.append(extent)
        elif isinstance(extent, str) and _is_name(extent):
            dimensions.append(symbol(extent))
        else:
            generated = f"{name}_{axis}"
            while generated in taken:
                generated += "_"
            taken.add(generated)
            dimensions.append(symbol(generated))
    return tuple(dimensions)


def _is_name(text: str) -> bool:
    """Return whether a dimension's text is a name; exporters write "?", "-1" or "None" for an unknown one."""
    return text != "None" and re.search("[^\\W\\d]", text) is not None


def _dimension(extent: int | str) -> Dimension:
    return symbol(extent) if isinstance(extent, str) else extent


def _list(items: Iterable[object]) -> str:
    return ", ".join(map(str, items))
