"""What a model of TensorFlow should compute: TensorFlow's results. Needs tensorflow, as nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.samples import Array
from texelflow.errors import ExportError
from texelflow.importers import frozen_graph, recognised, saved_model, tfjs

_FORMATS = (frozen_graph.FORMAT, saved_model.FORMAT, tfjs.FORMAT)


def is_tensorflow(model: Path) -> bool:
    """Whether a file or folder is a frozen graph, a SavedModel or a TF.js model."""
    return model.exists() and recognised(model) in _FORMATS


class TensorFlowReference:
    """A frozen graph, or a signature of a SavedModel, in TensorFlow on the CPU; names are the import's.

    Raises:
        ExportError: tensorflow is not installed, or it refuses the model; or it is a TF.js model, which no
            library of Python runs.
    """

    def __init__(self, model: Path, signature: str | None = None) -> None:
        format_ = recognised(model)
        if format_ is tfjs.FORMAT:
            raise ExportError(
                f"{model} is a TF.js model, which nothing here can run to compare with: compare with the"
                " SavedModel that it was converted from, or with TF.js in a page"
            )
        try:
            import tensorflow as tf
        except ModuleNotFoundError:
            raise ExportError(
                f"{model} is one of the {format_.name}, which TensorFlow is needed to compare with (it is not"
                " needed to export): pip install tensorflow-cpu"
            ) from None
        self._model = model
        from texelflow.importers import read_model

        graph = read_model(model, signature=signature)
        self._inputs, self._outputs = (
            [value.name for value in values] for values in (graph.inputs, graph.outputs)
        )
        with tf.Graph().as_default() as origin:
            self._session: Any = tf.compat.v1.Session(graph=origin)
            try:
                if format_ is saved_model.FORMAT:
                    folder = model if model.is_dir() else model.parent
                    loaded = tf.compat.v1.saved_model.load(self._session, ["serve"], str(folder))
                    self._take_signature(loaded, signature)
                else:
                    proto = tf.compat.v1.GraphDef.FromString(model.read_bytes())
                    tf.import_graph_def(proto, name="")
                    names = [*self._inputs, *self._outputs]
                    self._tensors = {name: f"{name}:0" for name in names}
            except Exception as error:  # TensorFlow's own exceptions have no common type
                raise ExportError(f"TensorFlow refuses {model}: {error}") from None

    def _take_signature(self, loaded: Any, signature: str | None) -> None:
        """Find the signature whose inputs and outputs the import has."""
        wanted = {*self._inputs, *self._outputs}
        for name, entry in loaded.signature_def.items():
            found = {key: info.name for part in (entry.inputs, entry.outputs) for key, info in part.items()}
            if found.keys() == wanted and signature in (None, name):
                self._tensors = found
                return
        raise ExportError(
            f"TensorFlow finds no signature of {self._model} that has {', '.join(sorted(wanted))}"
        )

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name; raise RefusedByReferenceError for the inputs."""
        feeds = {self._tensors[name]: array for name, array in inputs.items() if name in self._tensors}
        try:
            values = self._session.run([self._tensors[name] for name in self._outputs], feeds)
        except Exception as error:
            raise RefusedByReferenceError("TensorFlow", self._model, error) from None
        return {name: np.asarray(value) for name, value in zip(self._outputs, values, strict=True)}
