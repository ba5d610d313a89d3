"""What an ONNX model should compute: ONNX Runtime's results. Needs `texelflow[verify]`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.samples import Array
from texelflow.errors import ExportError

ONE_SIDED = ("Sigmoid", "Softmax", "HardSigmoid", "LogSoftmax", "Softplus")
"""Their results are made from numbers around 1, whatever their size."""

SUMS = ("Add", "Sub", "Sum", "Mean", "ReduceSum", "ReduceMean", "AveragePool", "GlobalAveragePool")
PRODUCTS = ("Conv", "ConvTranspose", "MatMul", "Gemm")

KEEPING = (
    *("Identity", "Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Concat", "Split"),
    *("Cast", "Pad", "Gather", "Expand", "Tile", "Relu", "Clip", "MaxPool", "GlobalMaxPool", "Resize"),
)
"""Operators that pass the rounding of their operands on as it is."""

LOOKUP_PATH = ("Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze")


def operand_scales(model: Path, values: Mapping[str, Array]) -> dict[str, float]:
    """Return the largest magnitude that each value was rounded with, for operators of which it is known.

    A sum is as exact as its largest operand, a dot product as its largest term, a sigmoid as 1.
    `values` are those of every node.
    """
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(model)).graph
    known = dict(values)
    known.update((tensor.name, np.asarray(numpy_helper.to_array(tensor))) for tensor in graph.initializer)
    scales: dict[str, float] = {}
    for node in graph.node:
        largest = [_magnitude(known[name]) for name in node.input if name in known]
        if node.op_type in ONE_SIDED:
            scale = 1.0
        elif node.op_type in SUMS:
            scale = max(largest, default=0.0)
        elif node.op_type in PRODUCTS and len(largest) >= 2:
            scale = max(largest[0] * largest[1], *largest[2:3], 0.0)
        elif node.op_type in KEEPING:
            scale = 0.0
        else:
            continue
        if node.op_type in (*SUMS, *KEEPING):
            scale = max(scale, *(scales.get(name, 0.0) for name in node.input), 0.0)
        scales.update((name, scale) for name in node.output)
    return scales


def index_bounds(model: Path) -> dict[str, int]:
    """Return, by input, the least number of rows among the constant tables that it looks up in."""
    import onnx

    try:
        graph = onnx.load(str(model), load_external_data=False).graph
    except Exception as error:  # protobuf's own exceptions differ with its version
        raise ExportError(f"{model} is not an ONNX model: {error}") from None
    tables = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    origin = {value.name: value.name for value in graph.input}
    bounds: dict[str, int] = {}
    for node in graph.node:
        if node.op_type in LOOKUP_PATH and node.input and node.input[0] in origin:
            origin[node.output[0]] = origin[node.input[0]]
        if node.op_type == "Gather" and node.input[0] in tables and node.input[1] in origin:
            axis = next((attribute.i for attribute in node.attribute if attribute.name == "axis"), 0)
            rows, source = tables[node.input[0]][axis], origin[node.input[1]]
            bounds[source] = min(rows, bounds.get(source, rows))
    return bounds


def _magnitude(array: Array) -> float:
    numbers = np.abs(array.astype(np.float64)) if array.dtype.kind in "fiub" else np.zeros(0)
    return float(np.max(numbers, where=np.isfinite(numbers), initial=0.0))


def _to_runtime(array: Array) -> Any:
    """Return what ONNX Runtime takes for an array: NumPy itself has no bfloat16."""
    if array.dtype.name != "bfloat16":
        return array
    import onnx
    from onnxruntime import OrtValue

    bits = np.ascontiguousarray(array).view(np.uint16)
    return OrtValue.ortvalue_from_numpy_with_onnx_type(bits, onnx.TensorProto.BFLOAT16)


class OnnxRuntimeReference:
    """A model in ONNX Runtime, on the CPU. With `every_value` it gives the results of all nodes, too.

    Raises:
        ExportError: the model is missing.
        RefusedByReferenceError: ONNX Runtime refuses the model.
    """

    def __init__(self, model: Path, every_value: bool = False) -> None:
        import onnxruntime

        if not model.is_file():
            raise ExportError(f"{model} does not exist")
        self._model = model
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 4  # what it would log of an error is in the exception, too
        with _refusals(model):
            source: str | bytes = _with_every_value(model) if every_value else str(model)
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])

    def run(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Return the outputs by name, in the model's order; raise RefusedByReferenceError for the inputs."""
        names = [output.name for output in self._session.get_outputs()]
        with _refusals(self._model):
            given = {name: _to_runtime(array) for name, array in inputs.items()}
            values = self._session.run(names, given)
        arrays = {name: _without_keys(value) for name, value in zip(names, values, strict=True)}
        return {name: array for name, array in arrays.items() if isinstance(array, np.ndarray)}


@contextmanager
def _refusals(model: Path) -> Iterator[None]:
    try:
        yield
    except ExportError:
        raise
    except Exception as error:  # ONNX Runtime's own exceptions have no common type
        raise RefusedByReferenceError("ONNX Runtime", model, error) from None


def _without_keys(value: Any) -> Any:
    """Return maps from classes to scores, one a row, as the array [rows, classes] of a bundle."""
    if isinstance(value, list) and value and all(isinstance(row, dict) for row in value):
        return np.array([list(row.values()) for row in value], np.float32)
    return value


def _with_every_value(path: Path) -> bytes:
    """Return the model serialised with the result of every node among its outputs."""
    import onnx

    model: Any = onnx.load(str(path))
    present = {output.name for output in model.graph.output}
    for node in model.graph.node:
        for name in node.output:
            if name and name not in present:
                present.add(name)
                model.graph.output.append(onnx.ValueInfoProto(name=name))
    return bytes(model.SerializeToString())
