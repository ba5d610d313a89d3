"""What a TensorFlow Lite model should compute: LiteRT's results. Needs ai-edge-litert."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.samples import Array
from texelflow.errors import ExportError
from texelflow.importers.files.mapped_files import map_file
from texelflow.importers.tflite import MARK
from texelflow.importers.tflite.flatbuffer import DamagedError
from texelflow.importers.tflite.model import read_file

QUANTISED_TOLERANCE = 0.05
"""LiteRT's own kernels are some steps apart on deep quantised models."""

_LOOKUPS = {"GATHER": (0, 1), "EMBEDDING_LOOKUP": (1, 0)}
"""Which input is the table, and which the indices."""


def is_tflite(model: Path) -> bool:
    """Whether a file is a TensorFlow Lite model."""
    return model.is_file() and bytes(map_file(model)[4:8]) == MARK


def index_bounds(model: Path) -> dict[str, int]:
    """Return, by input, the least number of rows among the constant tables that it looks up in."""
    try:
        content = read_file(map_file(model))
    except DamagedError as error:
        raise ExportError(f"{model} is damaged: {error}") from None
    graph = content.subgraphs[0]
    bounds: dict[str, int] = {}
    for operation in graph.operations:
        places = _LOOKUPS.get(operation.name)
        if places is None or len(operation.inputs) < 2 or min(operation.inputs[:2]) < 0:
            continue
        table, indices = (graph.tensors[operation.inputs[place]] for place in places)
        if operation.inputs[places[1]] in graph.inputs and table.shape:
            bounds[indices.name] = min(table.shape[0], bounds.get(indices.name, table.shape[0]))
    return bounds


class LiteRtReference:
    """A model in LiteRT, with the kernels that it has by default; what it remembers goes on from run to run.

    With `every_value` it gives the tensors in between, too. Names are those of tensors, or of a signature.

    Raises:
        ExportError: ai-edge-litert is not installed, or LiteRT refuses the model.
    """

    def __init__(self, model: Path, every_value: bool = False, signature: str | None = None) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter
        except ModuleNotFoundError:
            raise ExportError(
                f"{model} is a TensorFlow Lite model, which LiteRT is needed to compare with:"
                " pip install ai-edge-litert"
            ) from None
        self._model, self._every_value = model, every_value
        try:
            self._interpreter: Any = Interpreter(
                str(model), experimental_preserve_all_tensors=every_value, num_threads=2
            )
            self._runner = None if signature is None else self._interpreter.get_signature_runner(signature)
        except (ValueError, RuntimeError) as error:
            raise RefusedByReferenceError("LiteRT", model, error) from None

    @property
    def is_quantised(self) -> bool:
        """Whether tensors that are computed are whole numbers with a scale."""
        return any(
            detail["dtype"] in (np.int8, np.uint8, np.int16) and detail["quantization"][0]
            for detail in self._interpreter.get_tensor_details()
        )

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name; raise RefusedByReferenceError for the inputs."""
        try:
            if self._runner is not None:
                wanted = self._runner.get_input_details()
                return dict(self._runner(**{name: inputs[name] for name in wanted}))
            details = self._interpreter.get_input_details()
            if any(tuple(detail["shape"]) != inputs[detail["name"]].shape for detail in details):
                for detail in details:
                    shape = inputs[detail["name"]].shape
                    self._interpreter.resize_tensor_input(detail["index"], shape)
            self._interpreter.allocate_tensors()
            for detail in details:
                self._interpreter.set_tensor(detail["index"], inputs[detail["name"]])
            self._interpreter.invoke()
            return self._results()
        except (ValueError, RuntimeError, KeyError) as error:
            raise RefusedByReferenceError("LiteRT", self._model, error) from None

    def _results(self) -> dict[str, Array]:
        found: dict[str, Array] = {}
        if self._every_value:
            for detail in self._interpreter.get_tensor_details():
                try:
                    found[detail["name"]] = self._interpreter.get_tensor(detail["index"]).copy()
                except ValueError:  # which it has never filled
                    continue
        for detail in self._interpreter.get_output_details():
            found[detail["name"]] = self._interpreter.get_tensor(detail["index"]).copy()
        return found
