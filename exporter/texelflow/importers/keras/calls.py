"""What a layer is called with, as Keras 2 and 3 write it: tensors that other calls made, numbers, texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from texelflow.graph import Value

_DEEPEST = 20


class ConfigError(Exception):
    """A configuration that cannot be read, and why."""


class Place(NamedTuple):
    """A tensor of a configuration: an output of a call of a layer."""

    layer: str
    call: int
    output: int


@dataclass(frozen=True, slots=True)
class Call:
    """Arguments by position and by name; what is a tensor in them is a Place, or later a Value."""

    positional: Sequence[Any]
    named: Mapping[str, Any]

    def tensors(self) -> list[Any]:
        """Return the tensors in their order."""
        return list(tensors_in([self.positional, self.named]))

    def mapped(self, change: Callable[[Any], Any]) -> Call:
        """Return the call with each tensor as `change` makes it."""
        return Call(replaced(self.positional, change), replaced(self.named, change))

    def bound(self, names: Sequence[str]) -> Call:
        """Return the call with what has a position by its name, in the order of `names`, which are its."""
        given = {**dict(zip(names, self.positional, strict=False)), **self.named}
        ordered = {name: given.pop(name) for name in names if name in given}
        return Call(self.positional[len(names) :], {**ordered, **given})


def tensors_in(content: object) -> Iterator[Any]:
    """Yield the tensors in an argument."""
    if isinstance(content, Place | Value):
        yield content
    elif isinstance(content, Mapping):
        for item in content.values():
            yield from tensors_in(item)
    elif isinstance(content, list):
        for item in content:
            yield from tensors_in(item)


def replaced(content: Any, change: Callable[[Any], Any]) -> Any:
    """Return an argument with each tensor as `change` makes it."""
    if isinstance(content, Place | Value):
        return change(content)
    if isinstance(content, Mapping):
        return {key: replaced(item, change) for key, item in content.items()}
    if isinstance(content, list):
        return [replaced(item, change) for item in content]
    return content


def call_of(content: object, name: str) -> Call:
    """Return a call of the layer `name`, as Keras 2 or 3 writes it; raise ConfigError for another thing."""
    if isinstance(content, Mapping) and content.get("class_name") != "__keras_tensor__":
        positional, named = content.get("args") or [], content.get("kwargs") or {}
        if not isinstance(positional, list) or not isinstance(named, Mapping):
            raise ConfigError(f"the inbound_nodes of layer {name!r} have no args and kwargs")
        return Call(_argument(positional, name, 0), _argument(named, name, 0))
    if isinstance(content, Mapping):
        return Call([_argument(content, name, 0)], {})
    named = {}
    places = list(_listed(content, name, named, 0))
    return Call(places if len(places) == 1 else [places] if places else [], named)


def _argument(content: Any, name: str, depth: int) -> Any:
    """Return an argument as Keras 3 writes it."""
    if depth > _DEEPEST:
        raise ConfigError(f"the inbound_nodes of layer {name!r} are nested too deeply")
    if isinstance(content, Mapping):
        if content.get("class_name") == "__keras_tensor__":
            config = content.get("config")
            return place_of(config.get("keras_history") if isinstance(config, Mapping) else None)
        return {str(key): _argument(item, name, depth + 1) for key, item in content.items()}
    if isinstance(content, list):
        return [_argument(item, name, depth + 1) for item in content]
    return content


def _listed(content: object, name: str, named: dict[str, Any], depth: int) -> Iterator[Place]:
    """Yield the tensors that Keras 2 lists; `named` gets the arguments that it writes beside them."""
    if depth > _DEEPEST:
        raise ConfigError(f"the inbound_nodes of layer {name!r} are nested too deeply")
    if not isinstance(content, list):
        return
    if len(content) in (3, 4) and isinstance(content[0], str):
        yield place_of(content)
        others = content[3] if len(content) == 4 else None
        if isinstance(others, Mapping):
            named.update({str(key): _named(item, name, depth + 1) for key, item in others.items()})
        return
    for item in content:
        yield from _listed(item, name, named, depth + 1)


def _named(content: Any, name: str, depth: int) -> Any:
    """Return an argument that Keras 2 writes by name: tensors, such as initial_state, are lists."""
    if depth > _DEEPEST:
        raise ConfigError(f"the inbound_nodes of layer {name!r} are nested too deeply")
    if not isinstance(content, list):
        return content
    if len(content) in (3, 4) and isinstance(content[0], str) and all(type(at) is int for at in content[1:3]):
        return place_of(content)
    return [_named(item, name, depth + 1) for item in content]


def place_of(content: object) -> Place:
    """Return the tensor that a list of layer, call and output names; raise ConfigError if it is none."""
    if (
        isinstance(content, list)
        and len(content) >= 3
        and isinstance(content[0], str)
        and all(isinstance(number, int) and 0 <= number < 10**6 for number in content[1:3])
    ):
        return Place(content[0], content[1], content[2])
    raise ConfigError(f"{str(content)[:80]!r} names no output of a layer")
