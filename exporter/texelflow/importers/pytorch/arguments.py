"""What operators are called with: a schema's names, and values that are tensors, sizes, numbers or texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf, nan
from typing import Any, TypeAlias

from texelflow.graph import Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.records import ProgramError, listed, record, text, variant, whole
from texelflow.importers.pytorch.tensors import scalar_type


@dataclass(frozen=True, slots=True)
class ElementType:
    """An element type."""

    name: str


@dataclass(frozen=True, slots=True)
class Subgraph:
    """A graph that an operator of higher order runs."""

    graph: Mapping[str, Any]


Lookup: TypeAlias = Callable[[str], Value]
"""Gives the value of a name; raises ProgramError if there is none."""

SPECIAL_FLOATS = {"Infinity": inf, "-Infinity": -inf, "NaN": nan}

_IGNORED = frozenset({"as_memory_format", "as_layout", "as_device"})
"""Where and in which order elements lie: no result depends on it."""

_UNSUPPORTED = {
    "as_custom_obj": "an object of Python",
    "as_complex": "a complex number",
    "as_operator": "an operator",
    "as_nested_tensors": "lists of tensors in a list",
}


def read_arguments(content: Any, lookup: Lookup) -> tuple[dict[str, Any], list[Value]]:
    """Return arguments by name, those of no name by their number, and the values that they refer to.

    Raises:
        ProgramError: one is damaged, or of a kind that is not supported.
    """
    values: list[Value] = []
    arguments: dict[str, Any] = {}
    for number, entry in enumerate(listed(content, "the inputs of a node")):
        named = record(entry, "an input of a node")
        name = text(named.get("name"), "the name of an input") or str(number)
        arguments[name] = _read(named.get("arg"), values, lookup)
    return arguments, values


def _read(content: Any, values: list[Value], lookup: Lookup) -> Any:
    kind, found = variant(content, "an argument")
    if kind in _UNSUPPORTED:
        raise ProgramError(f"it is called with {_UNSUPPORTED[kind]}, which is not supported")
    if kind == "as_none" or kind in _IGNORED:
        return None
    if kind in _READERS:
        return _READERS[kind](found)

    def refer(name: Any) -> Ref:
        values.append(lookup(text(name, "the name of a value")))
        return Ref(len(values) - 1)

    def tensor(entry: Any) -> Ref:
        return refer(record(entry, "a tensor argument").get("name"))

    def number(entry: Any) -> Any:
        which, inner = variant(entry, "a number")
        if which == "as_name":
            return refer(inner)
        return _READERS[which](inner) if which in _READERS else None

    def optional(entry: Any) -> Ref | None:
        which, inner = variant(entry, "a tensor that may be missing")
        return tensor(inner) if which == "as_tensor" else None

    match kind:
        case "as_tensor":
            return tensor(found)
        case "as_tensors":
            return [tensor(entry) for entry in listed(found, "tensors")]
        case "as_optional_tensor":
            return optional(found)
        case "as_optional_tensors":
            return [optional(entry) for entry in listed(found, "tensors")]
        case "as_sym_int" | "as_sym_float" | "as_sym_bool":
            return number(found)
        case "as_sym_ints" | "as_sym_floats" | "as_sym_bools":
            return [number(entry) for entry in listed(found, "numbers")]
        case "as_graph":
            return Subgraph(record(record(found, "a graph").get("graph"), "a graph"))
    raise ProgramError(f"it has an argument of a kind that is not known, {kind}")


def read_float(content: Any) -> float:
    """Return a number; raise ProgramError if it is none."""
    if isinstance(content, str) and content in SPECIAL_FLOATS:
        return SPECIAL_FLOATS[content]
    if isinstance(content, bool) or not isinstance(content, int | float):
        raise ProgramError(f"{content!r} is no number")
    try:
        return float(content)
    except OverflowError:
        raise ProgramError("a number is too large") from None


def _bool(content: Any) -> bool:
    if not isinstance(content, bool):
        raise ProgramError(f"{content!r} is neither true nor false")
    return content


def _list_of(read: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda content: [read(entry) for entry in listed(content, "a list of numbers")]


def _int(content: Any) -> int:
    return whole(content, "an argument")


def _text(content: Any) -> str:
    return text(content, "an argument")


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "as_int": _int,
    "as_ints": _list_of(_int),
    "as_float": read_float,
    "as_floats": _list_of(read_float),
    "as_bool": _bool,
    "as_bools": _list_of(_bool),
    "as_string": _text,
    "as_strings": _list_of(_text),
    "as_int_lists": _list_of(_list_of(_int)),
    "as_scalar_type": lambda content: ElementType(scalar_type(content, "an argument")),
}


def read_results(content: Any) -> list[tuple[str, str] | None]:
    """Return the results of a node in order: whether each is a `tensor` or a `number`, and its name.

    None stands for one that the operator does not make.
    """
    results: list[tuple[str, str] | None] = []

    def tensor(entry: Any) -> tuple[str, str]:
        return "tensor", text(record(entry, "a result").get("name"), "the name of a result")

    for entry in listed(content, "the outputs of a node"):
        kind, found = variant(entry, "a result")
        match kind:
            case "as_tensor":
                results.append(tensor(found))
            case "as_tensors":
                results += [tensor(each) for each in listed(found, "results")]
            case "as_optional_tensors":
                for each in listed(found, "results"):
                    which, inner = variant(each, "a result")
                    results.append(tensor(inner) if which == "as_tensor" else None)
            case "as_optional_tensor":
                which, inner = variant(found, "a result")
                results.append(tensor(inner) if which == "as_tensor" else None)
            case "as_sym_int" | "as_sym_float" | "as_sym_bool":
                which, name = variant(found, "a result")
                results.append(("number", text(name, "the name of a result")) if which == "as_name" else None)
            case "as_none" | "as_int" | "as_float" | "as_bool":
                results.append(None)
            case _:
                raise ProgramError(f"it makes a result of a kind that is not supported, {kind}")
    return results


Arguments: TypeAlias = Mapping[str, Any]
Results: TypeAlias = Sequence[tuple[str, str] | None]
