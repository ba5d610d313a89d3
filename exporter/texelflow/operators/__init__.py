"""The operators: one file for each, or for a family given by a table.

An operator's file holds what ONNX says of it: shape inference, evaluation at export, upgrades from older
opsets, decomposition. How it becomes draws is the backend's (`backends/webgl2/lower/`, under the same stem).
Every module of this package is imported when the registry is first asked for; a class decorated with
`@operator` is in it, so nothing is listed by hand.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import ClassVar, TypeVar

from texelflow.dimensions.constraints import learned_symbols
from texelflow.graph import LEARNED, Element, Node, NodeError, TensorType

MANY = 2**31 - 1
"""As many inputs as one likes."""

EVALUATION_LIMIT = 1024
"""Most elements a value may have to be evaluated at export."""


class Operator:
    """The meaning of one ONNX operator at `graph.OPSET`.

    Subclasses override what applies. What is named here is set by `@operator`.
    """

    name: str
    domain: str

    inputs: tuple[int, int]
    """The least and the most inputs, in all forms that can be read."""

    attributes: Mapping[str, str]
    """What its own attributes are, as `signatures.ATTRIBUTES` says it of those that many operators have."""

    takes_sequences: ClassVar[bool] = False
    """Whether inputs may be sequences, or optional values that are missing: `expand` then takes these."""

    steered_by: ClassVar[Sequence[int]] = ()
    """The inputs whose elements become symbols, if they are computed from small inputs of the model alone."""

    expands: ClassVar[bool] = False
    """Whether `expand` replaces every node of this operator, as where attributes are graphs."""

    def expand(self, node: Node) -> list[Node] | None:
        """Return what shape inference puts in its place, given the types of its inputs; None to keep it.

        They may be expanded in turn; more is known for that once those before them have types.
        """
        return None

    def enter(self, node: Node) -> None:
        """Give the inputs of the graphs in a node their types, before shape inference infers these graphs."""

    def upgrade(self, node: Node, opset: int) -> None:
        """Rewrite in place a node of an older opset to the form of `graph.OPSET`, before shape inference.

        Attributes that became inputs are turned into constants by `constants.constant_value`.
        """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the outputs, given those of the inputs; raise NodeError if they do not fit."""
        raise NotImplementedError(f"{type(self).__name__}.infer")

    def labels(self, node: Node) -> Sequence[list[str] | None]:
        """Return for each output the texts that its numbers, or its last axis, stand for, after `infer`."""
        return ()

    def warnings(self, node: Node) -> list[str]:
        """Return what may come out otherwise than in the model, and what is taken for granted of its data.

        For people; called after `infer`.
        """
        return []

    def evaluate(self, node: Node) -> list[list[Element]] | None:
        """Return the elements of each output, or None if they depend on data.

        Called after `infer` if every output has at most EVALUATION_LIMIT elements, their number known.
        An input's `elements` are None if they are not known.
        """
        return None

    @property
    def decomposes(self) -> bool:
        """Whether `decompose` may put nodes in its place before the lowering."""
        return type(self).decompose is not Operator.decompose

    def decompose(self, node: Node) -> list[Node] | None:
        """Return simpler nodes that compute the very same output Values, or None to keep the node."""
        return None

    def in_onnx(self, node: Node) -> list[Node]:
        """Return nodes of ONNX's `graph.OPSET` that compute the same, before shape inference.

        Raises:
            NodeError: ONNX does not have the operator.
        """
        return [node]


Class = TypeVar("Class", bound=type[Operator])
_registry: dict[tuple[str, str], Operator] = {}


def operator(
    *names: str,
    inputs: int | tuple[int, int],
    attributes: Mapping[str, str] | None = None,
    domain: str = "",
) -> Callable[[Class], Class]:
    """Register a class under one or more operator names; a family's class reads `self.name`.

    `inputs` says how many there are, or the least and the most; see `Operator` for `attributes`.
    """

    def register(cls: Class) -> Class:
        for name in names:
            instance = cls()
            instance.name = name
            instance.domain = domain
            instance.inputs = (inputs, inputs) if isinstance(inputs, int) else inputs
            instance.attributes = attributes or {}
            _registry[domain, name] = instance
        return cls

    return register


@cache
def registry() -> Mapping[tuple[str, str], Operator]:
    """Return all operators by (domain, name); the default domain is ""."""
    for module in pkgutil.walk_packages(__path__, f"{__name__}."):
        importlib.import_module(module.name)
    return _registry


def operator_of(node: Node) -> Operator:
    """Return the node's operator; raise NodeError if there is no such operator."""
    found = registry().get((node.domain, node.operator))
    if found is None:
        qualified = f"{node.domain}::{node.operator}" if node.domain else node.operator
        raise NodeError(node, f"operator {qualified} is not supported")
    return found


def learn(node: Node, endings: Sequence[str]) -> list[str]:
    """Return the names of the symbols that a run learns from a node's data, one for each ending; for `infer`.

    What depends on them is planned and drawn once the page has read that data. They stay when passes give the
    node's values other names.
    """
    value = node.outputs[0].name or node.name
    names: list[str] = node.attributes.setdefault(LEARNED, [f"{value}{ending}" for ending in endings])
    learned_symbols(names)
    return names


def symbols_bound_by(node: Node) -> list[str]:
    """Return the names of the symbols that a run learns from a node's data; none before `infer`."""
    names: list[str] = node.attributes.get(LEARNED, [])
    return names
