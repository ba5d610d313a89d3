"""Operators of a source format that become ONNX's while types are inferred.

What they mean depends on ranks and extents that the files do not say, so an importer makes nodes of a domain
of its own, each of which is replaced once its inputs have types: by a function that is registered here.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from texelflow.dimensions import Dimension
from texelflow.graph import DTYPES, Node, NodeError, TensorType, Value
from texelflow.importers.files.finite import is_finite
from texelflow.operators import MANY, Operator, operator, registry
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import dimensions, integers


@dataclass(frozen=True, slots=True)
class Ref:
    """Among arguments, what is a tensor, or a number that a run may decide: an input of the node."""

    index: int


class Lowering(Decomposition):
    """The ONNX nodes in place of a node whose inputs have types; `result` is its first output."""

    @property
    def result(self) -> Value:
        """The first output of the node."""
        return self.node.outputs[0]

    @property
    def count(self) -> int:
        """How many inputs the node has."""
        return len(self.node.inputs)

    def input(self, index: int) -> Value:
        """Return an input, which has a type; raise NodeError if there is none."""
        return self.node.required(index)

    def inputs(self) -> list[Value]:
        """Return all inputs."""
        return [self.node.required(index) for index in range(self.count)]

    def attribute(self, name: str, default: Any = None) -> Any:
        """Return an attribute of the node."""
        found = self.node.attributes.get(name)
        return default if found is None else found

    def whole(self, name: str, default: int) -> int:
        """Return an attribute that is a whole number; raise NodeError if it is none."""
        found = self.attribute(name, default)
        if isinstance(found, bool) or not isinstance(found, int):
            raise self.fail(f"its {name} is {str(found)[:80]!r}; a whole number is needed")
        return found

    def wholes(self, name: str) -> list[int]:
        """Return an attribute that lists whole numbers, none where there is none; raise NodeError."""
        found = self.attribute(name, [])
        if not isinstance(found, list) or not all(type(number) is int for number in found):
            raise self.fail(f"its {name} is {str(found)[:80]!r}; whole numbers are needed")
        return found

    def texts(self, name: str) -> list[str]:
        """Return an attribute that lists texts, none where there is none; raise NodeError."""
        found = self.attribute(name, [])
        if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
            raise self.fail(f"its {name} is {str(found)[:80]!r}; texts are needed")
        return found

    def number(self, name: str, default: float) -> float:
        """Return an attribute that is a number; raise NodeError if it is none."""
        found = self.attribute(name, default)
        if not is_finite(found):
            raise self.fail(f"its {name} is {str(found)[:80]!r}; a number is needed")
        return float(found)

    def dtype_attribute(self, name: str, default: str) -> str:
        """Return an attribute that is an element type; raise NodeError for one that is not computed with."""
        found = self.attribute(name, default)
        if not isinstance(found, str) or found not in DTYPES:
            raise self.fail(f"its {name} is {str(found)[:80]!r}, which is not supported")
        return found

    def fail(self, reason: str) -> NodeError:
        """Return the error to raise for the node."""
        return NodeError(self.node, reason)

    def known_integers(self, index: int, meaning: str) -> list[int]:
        """Return the elements of an input that are needed at export; raise NodeError if they are unknown."""
        return integers(self.node, self.node.known(index, meaning), meaning)

    def known_dimensions(self, index: int, meaning: str) -> list[Dimension]:
        """Return the elements of an input that may depend on sizes; raise NodeError if on data."""
        return dimensions(self.node, self.node.known(index, meaning), meaning)

    def as_int64(self, step: str, value: Value) -> Value:
        """Return whole numbers as int64, which ONNX wants of shapes and axes."""
        is_wide = value.type is not None and value.dtype == "int64"
        return value if is_wide else self.cast(step, value, "int64")


class Replaced(Operator):
    """An operator whose nodes `expand` replaces."""

    expands = True
    refused: ClassVar[str] = ""
    """Why it is not read, and what to do instead; empty if it is."""

    def infer(self, node: Node) -> list[TensorType]:
        """Raise NodeError: nothing is known of a node whose inputs have no types."""
        raise NodeError(node, "its inputs have no types")


def register(
    domain: str, names: tuple[str, ...], inputs: tuple[int, int], replace: Callable[[Node], list[Node]]
) -> None:
    """Register operators of a domain: `replace` returns nodes in place of one, or raises NodeError.

    A ValueError, which `channels_last` raises, becomes a NodeError. `inputs` is the least and the
    most.
    """
    least, most = inputs

    class Registered(Replaced):
        def expand(self, node: Node) -> list[Node] | None:
            if not least <= len(node.inputs) <= most:
                wanted = (
                    f"{least}"
                    if least == most
                    else f"{least} or more"
                    if most == MANY
                    else f"{least} to {most}"
                )
                raise NodeError(node, f"it has {len(node.inputs)} inputs; {wanted} are needed")
            try:
                return replace(node)
            except ValueError as error:
                raise NodeError(node, str(error)) from error
            except struct.error as error:
                raise NodeError(node, f"a number that it is computed with is too large: {error}") from error

    operator(*names, inputs=inputs, domain=domain)(Registered)


def refuse(domain: str, names: tuple[str, ...], reason: str) -> None:
    """Register operators of a domain that cannot be supported, with what to do instead."""

    class Refused(Replaced):
        refused = reason

        def expand(self, node: Node) -> list[Node] | None:
            raise NodeError(node, reason)

    operator(*names, inputs=(0, MANY), domain=domain)(Refused)


def supported(domain: str) -> set[str]:
    """Return the operators of a domain that can be read; what registers them must have been imported."""
    return {name for place, name in registry() if place == domain} - refusals(domain).keys()


def refusals(domain: str) -> dict[str, str]:
    """Return why operators of a domain are refused; what registers them must have been imported."""
    reasons = {
        name: getattr(found, "refused", "") for (at, name), found in registry().items() if at == domain
    }
    return {name: reason for name, reason in reasons.items() if reason}
