"""How a layer becomes ONNX's operators: a function in `layers/`, found by the decorator here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from texelflow.graph import Node, Value
from texelflow.importers.files.finite import is_finite
from texelflow.importers.keras.calls import replaced
from texelflow.importers.lowering.typed_lowering import Lowering, Ref, refuse, register
from texelflow.operators import MANY
from texelflow.operators.shapes import normalize_axes

DOMAIN = "keras"
_CONFIG = "config"
_DIALECT = "dialect"
_DATA = "data"
_MASKS = "masks"
_WEIGHTS = "weights"
_ARGUMENTS = "arguments"
_GIVES_MASK = "gives_mask"
"""Attributes of a node: the layer's configuration; who wrote the file; which inputs of the node are what the
layer is called with, which are masks of these (None for one that has none), and which are its weights, by
name; other arguments of the call, in which a Ref stands for an input; whether the last result is a mask."""

KERAS_2, KERAS_3, TFJS = "Keras 2", "Keras 3", "TF.js"

OPERATION = "ops."
"""In front of the names of Keras 3's functions (`keras.ops`), which are not layers but called among them."""

SEQUENCE_AGAIN = "SequenceAgain"
"""No layer of Keras: TimeDistributed makes it."""

Names: TypeAlias = Callable[[Mapping[str, Any]], Sequence[str]]

WEIGHT_NAMES: dict[str, Names] = {}
"""By layer, the names of its weights, in the order in which Keras makes them."""

PARAMETERS: dict[str, Sequence[str]] = {}
"""By layer, the names of the tensors that it takes one by one, where it does not take one, or a list."""


class Mask(Enum):
    """What becomes of the masks of what a layer is called with, which say of each step whether it counts."""

    LOST = "results have none"
    KEPT = "the first result has that of the first tensor"
    KEPT_IN_KERAS_3 = "the same, but Keras 2 has none"
    MADE = "the layer makes one for its first result"


MaskRule: TypeAlias = Callable[[Mapping[str, Any], Sequence[bool]], Mask]
"""Says so by the configuration, and by which tensors have a mask."""

MASK_RULES: dict[str, MaskRule] = {}

ResultRule: TypeAlias = Callable[[Mapping[str, Any], Mapping[str, Any]], int]
"""Says how many results a layer has, by the configuration and by other arguments of the call."""

RESULT_RULES: dict[str, ResultRule] = {}


def lost(_config: Mapping[str, Any], _masked: Sequence[bool]) -> Mask:
    """The rule of most layers: those behind them see no mask."""
    return Mask.LOST


def kept(_config: Mapping[str, Any], _masked: Sequence[bool]) -> Mask:
    """The rule of layers that leave steps where they are (`supports_masking`)."""
    return Mask.KEPT


def kept_in_keras_3(_config: Mapping[str, Any], _masked: Sequence[bool]) -> Mask:
    """The rule of layers of which only Keras 3 says so."""
    return Mask.KEPT_IN_KERAS_3


class Layer(Lowering):
    """The ONNX nodes in place of a call of a layer; `x` is what it is called with first."""

    @property
    def config(self) -> Mapping[str, Any]:
        """The configuration of the layer."""
        config: Mapping[str, Any] = self.node.attributes[_CONFIG]
        return config

    @property
    def dialect(self) -> str:
        """Who wrote the file, where they differ: KERAS_2, KERAS_3 or TFJS."""
        return str(self.node.attributes[_DIALECT])

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
        """What the layer is called with, without masks."""
        return [self.input(index) for index in self.node.attributes[_DATA]]

    def mask(self, index: int = 0) -> Value | None:
        """Return the mask of what the layer is called with: true or false by its leading axes; or None."""
        masks = self.node.attributes[_MASKS]
        place = masks[index] if index < len(masks) else None
        return None if place is None else self.input(place)

    @property
    def gives_mask(self) -> bool:
        """Whether the layer makes a mask of its first result, `mask_result`."""
        return bool(self.node.attributes[_GIVES_MASK])

    @property
    def mask_result(self) -> Value:
        """The mask that the layer makes."""
        return self.node.outputs[-1]

    @property
    def results(self) -> list[Value]:
        """The results without the mask."""
        return self.node.outputs[: len(self.node.outputs) - self.gives_mask]

    def argument(self, name: str, default: Any = None) -> Any:
        """Return another argument of the call; tensors in it are Values."""
        found = self.node.attributes[_ARGUMENTS].get(name)
        return default if found is None else self._resolved(found)

    def _resolved(self, content: Any) -> Any:
        if isinstance(content, Ref):
            return self.input(content.index)
        if isinstance(content, list):
            return [self._resolved(item) for item in content]
        if isinstance(content, Mapping):
            return {key: self._resolved(item) for key, item in content.items()}
        return content

    @property
    def weights(self) -> dict[str, Value]:
        """The weights by name, in the order in which Keras makes them."""
        return {name: self.input(index) for name, index in self.node.attributes[_WEIGHTS].items()}

    def weight(self, name: str) -> Value:
        """Return a weight; raise NodeError if the layer has no weight of that name."""
        weights = self.node.attributes[_WEIGHTS]
        if name not in weights:
            raise self.fail(f"it has no weight {name!r}")
        return self.input(weights[name])

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
        """Raise NodeError unless the first input has this rank."""
        if self.rank != rank:
            raise self.fail(f"its input is {self.x.type}; {rank} axes are needed")


def layer_node(
    kind: str,
    name: str,
    results: Sequence[Value],
    config: Mapping[str, Any],
    dialect: str,
    data: Sequence[Value],
    *,
    masks: Sequence[Value | None] = (),
    arguments: Mapping[str, Any] | None = None,
    weights: Mapping[str, Value] | None = None,
    gives_mask: bool = False,
) -> Node:
    """Return the node of a call of a layer, which is replaced once its inputs have types.

    Args:
        kind: the layer's class.
        name: its name, with those of the models around it.
        results: what it gives, behind that the mask that it makes.
        config: its configuration.
        dialect: who wrote the file.
        data: what it is called with.
        masks: the masks of that, in the same order.
        arguments: other arguments of the call, by name.
        weights: by name.
        gives_mask: whether the last of `results` is a mask.
    """
    operands: list[Value | None] = []

    def place(value: Value) -> int:
        operands.append(value)
        return len(operands) - 1

    attributes = {
        _CONFIG: dict(config),
        _DIALECT: dialect,
        _DATA: [place(value) for value in data],
        _MASKS: [None if value is None else place(value) for value in masks],
        _ARGUMENTS: replaced(arguments or {}, lambda value: Ref(place(value))),
        _WEIGHTS: {key: place(value) for key, value in (weights or {}).items()},
        _GIVES_MASK: gives_mask,
    }
    return Node(kind, operands, list(results), attributes, name, DOMAIN)


def lowers(
    *names: str,
    weights: Names = lambda _config: (),
    masks: MaskRule = lost,
    parameters: Sequence[str] = (),
    results: ResultRule = lambda _config, _arguments: 1,
) -> Callable[[Callable[[Layer], object]], Any]:
    """Register a function that replaces calls of these layers.

    `weights` names theirs, by configuration; `masks` says what becomes of masks, `parameters` is what they
    take where that is not one tensor, or a list; `results` says how many they give.
    """

    def decorate(function: Callable[[Layer], object]) -> Callable[[Layer], object]:
        def replace(node: Node) -> list[Node]:
            steps = Layer(node)
            function(steps)
            return steps.nodes

        register(DOMAIN, names, (1, MANY), replace)
        register_rules(names, weights, masks, parameters, results)
        return function

    return decorate


def refuses(*names: str, reason: str) -> None:
    """Register layers that cannot be supported, with what to do instead."""
    refuse(DOMAIN, names, reason)
    register_rules(names)


def register_rules(
    names: Sequence[str],
    weights: Names = lambda _config: (),
    masks: MaskRule = lost,
    parameters: Sequence[str] = (),
    results: ResultRule = lambda _config, _arguments: 1,
) -> None:
    """Register the functions that are called before a layer's inputs have types, see `lowers`."""
    for name in names:
        WEIGHT_NAMES[name] = weights
        MASK_RULES[name] = masks
        PARAMETERS[name] = parameters
        RESULT_RULES[name] = results


def with_bias(*names: str) -> Names:
    """Return what names weights of which the last, `bias`, is there if `use_bias` says so."""
    return lambda config: [*names, *(["bias"] if config.get("use_bias", True) else [])]


def is_way(part: str, way: str) -> bool:
    """Whether a part of the name of a weight is that of the layer inside that a `way/name` means.

    `forward` is in `forward_lstm`, `output` in `attention_output` or `output_dense`.
    """
    return way in part.split("_")
