"""A Keras model in an HDF5 file to the Graph: its configuration is an attribute, its weights are arrays.

Source: keras/src/legacy/saving/legacy_h5_format.py. A layer of the model has a group; its attribute
`weight_names` lists the arrays in the order in which the layer, with those inside of it, made them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.importers.files.hdf5 import Hdf5, Hdf5Error, array_value, open_hdf5
from texelflow.importers.format import ImportOptions
from texelflow.importers.keras.lowering import KERAS_2, KERAS_3, is_way
from texelflow.importers.keras.model import build_keras

GROUP = "model_weights"


def read_keras_h5(path: Path, options: ImportOptions) -> Graph:
    """Return the Graph of a file that Keras wrote with `model.save("….h5")`.

    Raises:
        ExportError: the file is damaged, has weights only, or has what cannot be imported.
    """
    with closing(open_hdf5(path, str(path))) as file:
        try:
            model = _model(file, path)
            version = (file.texts("", "keras_version") or file.texts(GROUP, "keras_version") or [""])[0]
            weights = _Weights(file)
            dialect = KERAS_3 if version.startswith("3") else KERAS_2
            return build_keras(model, weights.find, dialect, path, f"Keras {version}, HDF5".strip(), options)
        except Hdf5Error as error:
            raise ExportError(f"{path} cannot be read: {error}") from None


def _model(file: Hdf5, path: Path) -> dict[str, Any]:
    texts = file.texts("", "model_config")
    if texts is None:
        what = "weights of Keras without the model" if file.texts("", "layer_names") else "no model of Keras"
        raise ExportError(f"{path} holds {what}: write it with model.save(), which keeps all")
    try:
        model = json.loads("".join(texts))
    except (ValueError, RecursionError) as error:
        raise ExportError(f"{path} is damaged: its model_config is not JSON: {error}") from None
    if not isinstance(model, dict):
        raise ExportError(f"{path} is damaged: its model_config is no object")
    return model


class _Weights:
    """The arrays of a file, each read when it is asked for."""

    def __init__(self, file: Hdf5) -> None:
        self._file = file
        self._known: dict[str, list[str]] = {}

    def find(self, layers: Sequence[str], _kind: str, names: Sequence[str]) -> Sequence[Value | None]:
        """Return the weights of a layer by its names, see `keras.model.Weights`."""
        group = f"{GROUP}/{layers[0]}"
        own = [name for name in self._listed(group) if len(layers) == 1 or _is_of(name, layers[1:])]
        found = [_one(own, name) for name in names]
        if None in found and len(own) == len(names):  # Keras 1 named them otherwise
            found = list(own)
        return [None if name is None else self._read(group, name) for name in found]

    def _listed(self, group: str) -> list[str]:
        if group not in self._known:
            self._known[group] = self._file.texts(group, "weight_names") or []
        return self._known[group]

    def _read(self, group: str, name: str) -> Value | None:
        path = f"{group}/{name}"
        return array_value(self._file, path, name) if self._file.is_array(path) else None


def _parts(name: str) -> list[str]:
    return name.split(":")[0].split("/")


def _is_of(name: str, layers: Sequence[str]) -> bool:
    """Whether a weight is of a layer, by the names of the models around it, which may be left out."""
    parts = _parts(name)[:-1]
    return any(parts[at : at + 1] == [layers[-1]] for at in range(len(parts)))


def _one(own: Sequence[str], name: str) -> str | None:
    """Return the weight of a name such as `kernel`, or `forward/kernel` of the layer inside that goes so."""
    way, _, last = name.rpartition("/")
    found = [each for each in own if _parts(each)[-1] == last]
    if len(found) > 1 and way:
        found = [each for each in found if any(is_way(part, way) for part in _parts(each)[:-1])]
    return found[0] if len(found) == 1 else None
