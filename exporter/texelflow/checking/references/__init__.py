"""Reference results: what a model should compute, by a library that we did not write, one file for each.

ONNX Runtime runs ONNX models and those of formats that have no library of their own here, LiteRT those of
TensorFlow Lite, TensorFlow and PyTorch theirs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from texelflow.checking.references import litert, onnx_runtime
from texelflow.checking.references.litert import LiteRtReference, is_tflite
from texelflow.checking.references.onnx_runtime import OnnxRuntimeReference
from texelflow.checking.references.pytorch import PyTorchReference, is_pytorch
from texelflow.checking.references.tensorflow import TensorFlowReference, is_tensorflow
from texelflow.checking.samples import Array


class Reference(Protocol):
    """A model in the library that runs it."""

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name; raise RefusedByReferenceError for inputs that it does not take."""
        ...


def open_reference(model: Path, every_value: bool = False, signature: str | None = None) -> Reference:
    """Return what runs a model: LiteRT, TensorFlow and PyTorch their own, ONNX Runtime all others.

    With `every_value` the first and the last give what is computed in between, too.

    Raises:
        ExportError: the model is missing, or what runs it is not installed or refuses it.
    """
    if is_tflite(model):
        return LiteRtReference(model, every_value, signature)
    if is_tensorflow(model):
        return TensorFlowReference(model, signature)
    if is_pytorch(model):
        return PyTorchReference(model, signature)
    return OnnxRuntimeReference(model, every_value)


def remembers(model: Path) -> bool:
    """Whether what runs a model remembers by itself what one run leaves for the next."""
    return is_tflite(model) or is_pytorch(model)


def reference_values(
    model: Path,
    inputs: Mapping[str, Array],
    every_value: bool = False,
    *,
    signature: str | None = None,
    before: int = 0,
) -> dict[str, Array]:
    """Run `model` once; see `open_reference`.

    With `every_value` the results of all nodes are returned too (not those inside subgraphs). What remembers
    by itself runs so often `before`, with the same inputs.
    """
    reference = open_reference(model, every_value, signature)
    for _ in range(before if remembers(model) else 0):
        reference.run(inputs)
    return reference.run(inputs)


def operand_scales(model: Path, values: Mapping[str, Array]) -> dict[str, float]:
    """Return the largest magnitude that each value was rounded with, as far as `onnx_runtime` knows it."""
    return onnx_runtime.operand_scales(model, values) if _is_onnx(model) else {}


def index_bounds(model: Path) -> dict[str, int]:
    """Return, by input, the least number of rows among the constant tables that it looks up in."""
    if is_tflite(model):
        return litert.index_bounds(model)
    return onnx_runtime.index_bounds(model) if _is_onnx(model) else {}


def _is_onnx(model: Path) -> bool:
    return not (is_tflite(model) or is_tensorflow(model) or is_pytorch(model))


def text_indices(values: Mapping[str, Array], labels: Mapping[str, Sequence[str]]) -> dict[str, Array]:
    """Return values, as a bundle has them, with indices among the labels of outputs in place of texts."""
    return {
        name: np.array([labels[name].index(text) for text in array.flat], np.int64).reshape(array.shape)
        if array.dtype == object and name in labels
        else array
        for name, array in values.items()
    }
