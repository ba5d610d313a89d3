"""model.weights.h5 of a .keras archive: a group for each layer, found by the layer's name or class.

Source: keras/src/saving/saving_lib.py. Groups follow the classes of the layers, not their names
(`layers/conv2d_1`): newer files have the name as an attribute, else the layers are counted by class.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from texelflow.graph import Value
from texelflow.importers.files.hdf5 import Hdf5, Hdf5Error, array_value
from texelflow.importers.keras.config import MODELS
from texelflow.importers.keras.lowering import is_way

MOST_GROUPS = 100_000
"""That are looked into."""

_DEEPEST = 20
_OWN_NAMES = {"GroupQueryAttention": "GroupedQueryAttention"}
"""Classes that groups name otherwise than configurations."""

_CHANCE = "seed_generator"
"""The group of what makes random numbers, in training only."""


class ArchiveWeights:
    """The arrays of a file, each read when it is asked for."""

    def __init__(self, file: Hdf5, model: Mapping[str, Any]) -> None:
        self._file = file
        self._groups: dict[tuple[str, ...], str] = {}
        self._ending: dict[tuple[str, ...], list[str]] = {}
        self._left = MOST_GROUPS
        self._add_groups(model, "", (), 0)

    def find(self, layers: Sequence[str], _kind: str, names: Sequence[str]) -> Sequence[Value | None]:
        """Return the weights of a layer by its names, see `keras.model.Weights`."""
        ends = [tuple(layers[start:]) for start in range(len(layers))]
        groups = [self._groups[end] for end in ends if end in self._groups]
        # A layer that several models share is in the file once, where it was met first.
        groups += [group for end in ends for group in self._ending.get(end, ())]
        for group in dict.fromkeys(groups):
            found = self._weights(group, layers, names)
            if None not in found:
                return found
        return [None] * len(names)

    def _weights(self, group: str, layers: Sequence[str], names: Sequence[str]) -> list[Value | None]:
        """Return the weights in a group, None for those that it does not have."""
        found: list[Value | None] = []
        for name in names:
            way = name.rpartition("/")[0]
            # Arrays have numbers: a layer's weights are in the order in which it made them.
            alike = [other for other in names if other.rpartition("/")[0] == way]
            arrays = self._arrays(group, way, 0)
            index = alike.index(name)
            path = arrays[index] if index < len(arrays) else None
            found.append(
                None if path is None else array_value(self._file, path, f"{'/'.join(layers)}/{name}")
            )
        return found

    def _arrays(self, group: str, way: str, depth: int) -> list[str]:
        """Return the arrays of a layer, then those of the layers inside of it; of those that go one way."""
        self._left -= 1
        if depth > _DEEPEST or not self._left:  # groups may be in themselves
            raise Hdf5Error("its groups are nested too deeply, or too many")
        own = f"{group}/vars"
        names = self._file.names(group)
        arrays = []
        if "vars" in names and not way:
            arrays = [f"{own}/{name}" for name in sorted(self._file.names(own), key=_number)]
        for name in names:
            if name not in ("vars", _CHANCE) and (not way or is_way(name, way)):
                arrays += self._arrays(f"{group}/{name}", "", depth + 1)
        return arrays

    def _add_groups(self, model: Mapping[str, Any], group: str, path: tuple[str, ...], depth: int) -> None:
        """Learn the groups of a model's layers, by their names."""
        config = model.get("config")
        layers = config.get("layers") if isinstance(config, Mapping) else None
        if not isinstance(layers, list) or depth > _DEEPEST:
            return  # the reader of the configuration says so
        inside = next(
            (
                name
                for name in ("layers", "_layer_checkpoint_dependencies")
                if name in self._file.names(group)
            ),
            "layers",
        )
        parent = f"{group}/{inside}"
        by_name = self._named(parent)
        counts: Counter[str] = Counter()
        for layer in layers:
            own = layer.get("config") if isinstance(layer, Mapping) else None
            if not isinstance(own, Mapping):
                continue
            name = str(layer.get("name") or own.get("name"))
            class_name = str(layer.get("class_name")).split(">")[-1]
            kind = _snake_case(_OWN_NAMES.get(class_name, class_name))
            counted = f"{kind}_{counts[kind]}" if counts[kind] else kind
            counts[kind] += 1
            place = f"{parent}/{by_name.get(name, counted)}"
            own_path = (*path, name)
            self._groups[own_path] = place
            for start in range(len(own_path)):
                self._ending.setdefault(own_path[start:], []).append(place)
            if str(layer.get("class_name")) in MODELS:
                self._add_groups(layer, place, own_path, depth + 1)

    def _named(self, parent: str) -> dict[str, str]:
        """Return groups by the names of layers, where the file says all of them."""
        if parent.rpartition("/")[2] not in self._file.names(parent.rpartition("/")[0]):
            return {}
        found: dict[str, str] = {}
        for group in self._file.names(parent):
            vars_ = f"{parent}/{group}/vars"
            texts = (
                self._file.texts(vars_, "name") if "vars" in self._file.names(f"{parent}/{group}") else None
            )
            if texts:
                found[texts[0]] = group
        return found


def _number(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _snake_case(name: str) -> str:
    """Return a class name as Keras calls groups: keras/src/utils/naming.py."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
