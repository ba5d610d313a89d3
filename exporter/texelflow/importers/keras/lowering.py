"""How a layer becomes ONNX's operators: a function in `layers/`, found by the decorator here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from texelflow.graph import Node, Value
from texelflow.importers.finite import is_finite
from texelflow.importers.typed_lowering import Lowering, refuse, register
from texelflow.operators import MANY
from texelflow.operators.shapes import normalize_axes

DOMAIN = "keras"
CONFIG = "config"
WEIGHTS = "weights"
DIALECT = "dialect"
"""Attributes of a node: the layer's configuration, the names of its weights, which are its last inputs, and
who wrote the file."""

KERAS_2, KERAS_3, TFJS = "Keras 2", "Keras 3", "TF.js"

Names: TypeAlias = Callable[[Mapping[str, Any]], Sequence[str]]
SEQUENCE_AGAIN = "SequenceAgain"
"""No layer of Keras: TimeDistributed makes it."""

WEIGHT_NAMES: dict[str, Names] = {}
"""By layer, the names of its weights, in the order in which Keras makes them."""


class Layer(Lowering):
    """The ONNX nodes in place of a call of a layer; `x` is what it is called with first."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the layer."""
        config: Mapping[str, Any] = self.node.attributes[CONFIG]
        return config

    @property
    def dialect(self) -> str:
        """Who wrote the file, where they differ: KERAS_2, KERAS_3 or TFJS."""
        return str(self.node.attributes[DIALECT])

    @property
    def x(self) -> Value:
        """The first input."""
        return self.input(0)

    @property
    def rank(self) -> int:
        """How many axes the first input has."""
        return len(self.x.shape)

    @property
    def data(self) -> list[Value]:
        """What the layer is called with."""
        return self.inputs()[: self.count - len(self.node.attributes[WEIGHTS])]

    def weight(self, name: str) -> Value:
        """Return a weight; raise NodeError if the layer has none of that name."""
        names = self.node.attributes[WEIGHTS]
        if name not in names:
            raise self.fail(f"it has no weight {name!r}")
        return self.input(self.count - len(names) + names.index(name))

    def setting(self, name: str, default: Any = None) -> Any:
        """Return an entry of the configuration."""
        found = self.config.get(name)
        return default if found is None else found

    def number(self, name: str, default: float) -> float:
        """Return an entry that is a number; raise NodeError if it is none."""
        found = self.setting(name, default)
        if isinstance(found, Mapping) and isinstance(found.get("config"), Mapping):
            found = found["config"].get("value", found)  # Keras 3 writes some numbers as arrays
        if not is_finite(found):
            raise self.fail(f"its {name} is {found!r}; a number is needed")
        return float(found)

    def whole(self, name: str, default: int) -> int:
        """Return an entry that is a whole number; raise NodeError if it is none."""
        found = self.number(name, default)
        if found != int(found) or abs(found) >= 2**31:
            raise self.fail(f"its {name} is {found}; a whole number is needed")
        return int(found)

    def axes(self, name: str, default: int) -> list[int]:
        """Return an entry that is an axis, or lists some, counted from the front and in order."""
        found = self.setting(name, default)
        listed = found if isinstance(found, list) else [found]
        if not listed or not all(type(axis) is int for axis in listed):
            raise self.fail(f"its {name} is {str(found)[:80]}; whole numbers are needed")
        return sorted(normalize_axes(self.node, listed, self.rank))

    def sizes(self, name: str, count: int, default: int = 1) -> list[int]:
        """Return an entry of a whole number for each of `count` axes, or of one for all."""
        found = self.setting(name, default)
        listed = [found] * count if isinstance(found, int) else list(found) if isinstance(found, list) else []
        if len(listed) != count or not all(type(size) is int and 0 < size < 2**31 for size in listed):
            raise self.fail(f"its {name} is {str(found)[:80]}; {count} positive whole numbers are needed")
        return listed

    @property
    def is_first(self) -> bool:
        """Whether channels come before the spatial axes."""
        return bool(self.setting("data_format", "channels_last") == "channels_first")

    def require_rank(self, rank: int) -> None:
        """Raise NodeError unless the first input has so many axes."""
        if self.rank != rank:
            raise self.fail(f"its input is {self.x.type}; {rank} axes are needed")


def lowers(*names: str, weights: Names | None = None) -> Callable[[Callable[[Layer], object]], Any]:
    """Register a function that replaces calls of these layers; `weights` names theirs, by configuration."""

    def decorate(function: Callable[[Layer], object]) -> Callable[[Layer], object]:
        def replace(node: Node) -> list[Node]:
            steps = Layer(node)
            function(steps)
            return steps.nodes

        register(DOMAIN, names, (1, MANY), replace)
        for name in names:
            WEIGHT_NAMES[name] = weights or (lambda _config: ())
        return function

    return decorate


def refuses(*names: str, reason: str) -> None:
    """Register layers that cannot be supported, with what to do instead."""
    refuse(DOMAIN, names, reason)
    for name in names:
        WEIGHT_NAMES[name] = lambda _config: ()


def with_bias(*names: str) -> Names:
    """Return what names weights of which the last, `bias`, is there if `use_bias` says so."""
    return lambda config: [*names, *(["bias"] if config.get("use_bias", True) else [])]
