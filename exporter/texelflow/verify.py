"""Compare what a bundle computes in a browser with ONNX Runtime, output by output or value by value."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.browser import BundlePage, open_bundle_page
from texelflow.errors import ExportError
from texelflow.format.reader import read_graph
from texelflow.format.types import GraphFile
from texelflow.reference import reference_values
from texelflow.samples import Array, load_inputs, sample_inputs

TOLERANCE = 1e-4
HALF_TOLERANCE = 5e-3
"""For models that compute or store weights in 16 bits, whose rounding differs between machines."""

JAVASCRIPT_ARRAYS = {
    "Float32Array": np.float32,
    "Float64Array": np.float64,
    "Int8Array": np.int8,
    "Uint8Array": np.uint8,
    "Int16Array": np.int16,
    "Uint16Array": np.uint16,
    "Int32Array": np.int32,
    "Uint32Array": np.uint32,
    "BigInt64Array": np.int64,
    "BigUint64Array": np.uint64,
}


@dataclass(frozen=True)
class Comparison:
    """How far one value is from the reference.

    `absolute` is the largest difference; `relative` is that divided by the largest magnitude in the
    reference. Both are infinite where shapes differ or one side alone is NaN or infinite.
    """

    name: str
    node: str
    shape: list[int]
    expected_shape: list[int]
    absolute: float
    relative: float
    tolerance: float

    @property
    def passed(self) -> bool:
        """Whether the relative difference is within the tolerance."""
        return self.relative <= self.tolerance


@dataclass(frozen=True)
class Verification:
    """Comparisons of all outputs and, where asked for, of intermediate values in the order computed."""

    outputs: list[Comparison]
    layers: list[Comparison] | None
    device: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether every output is within its tolerance; intermediate values are for finding out why one is
        not.
        """
        return all(comparison.passed for comparison in self.outputs)


def verify(
    bundle: Path,
    model: Path,
    *,
    layers: bool = False,
    inputs_file: Path | None = None,
    dimensions: Mapping[str, int] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    software: bool = False,
) -> Verification:
    """Run `bundle` in headless Chromium and `model` in ONNX Runtime on the same inputs, and compare.

    Args:
        bundle: folder that `export` made from `model`.
        model: the ONNX file.
        layers: compare every value that the bundle computes, too.
        inputs_file: `.npz` with one array for each input; random values without it.
        dimensions: sizes of free dimensions, for random values.
        seed: of the random values.
        tolerance: largest relative difference that passes; 1e-4, or 5e-3 where 16 bits are in use.
        software: render with SwiftShader even if there is a GPU.

    Raises:
        ExportError: one of the two cannot be run, or the bundle's outputs are not the model's.
    """
    graph = read_graph(bundle)
    if inputs_file is None:
        inputs = sample_inputs(graph, dimensions or {}, seed)
    else:
        inputs = load_inputs(inputs_file, graph)
    if tolerance is None:
        tolerance = HALF_TOLERANCE if uses_half(bundle, graph) else TOLERANCE
    expected = reference_values(model, inputs)
    if missing := [output["name"] for output in graph["outputs"] if output["name"] not in expected]:
        raise ExportError(
            f"{model} has no output {', '.join(map(repr, missing))}: was {bundle} made from it?"
        )

    with open_bundle_page(bundle, software=software) as page:
        device = page.call("load")["device"]
        send_inputs(page, inputs)
        outputs = _compare_results(page, page.call("run"), expected, tolerance)
        compared = None
        if layers:
            # A run of its own: asking for every value changes what ONNX Runtime fuses, and so its rounding.
            every_value = reference_values(model, inputs, every_value=True)
            compared = _compare_results(page, page.call("runLayers"), every_value, tolerance)
    return Verification(outputs, compared, device)


def send_inputs(page: BundlePage, inputs: Mapping[str, Array]) -> None:
    """Hand the inputs of the next runs to the page."""
    for name, array in inputs.items():
        data = base64.b64encode(np.ascontiguousarray(array).tobytes()).decode("ascii")
        page.call("setInput", name, str(array.dtype), list(array.shape), data)


def uses_half(bundle: Path, graph: GraphFile) -> bool:
    """Return whether an input, an output or a stored weight has 16-bit floating-point elements."""
    if any(value["dtype"] in ("float16", "bfloat16") for value in (*graph["inputs"], *graph["outputs"])):
        return True
    files = {part["file"] for weight in graph["weights"] for part in weight["parts"]}
    return any(entry.get("dtype") in ("F16", "BF16") for file in files for entry in _entries(bundle / file))


def _entries(path: Path) -> list[dict[str, Any]]:
    """Return what the header of a safetensors file says of each tensor.

    Raises:
        ExportError: the file is cut or is none.
    """
    try:
        with path.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            return list(json.loads(stream.read(length)).values())
    except (struct.error, ValueError, AttributeError, MemoryError, OverflowError) as error:
        raise ExportError(f"{path} is no safetensors file, or is cut: {error}") from None


def _compare_results(
    page: BundlePage, results: list[dict[str, Any]], expected: Mapping[str, Array], tolerance: float
) -> list[Comparison]:
    comparisons = []
    for index, result in enumerate(results):
        name = result.get("name") or result["value"]
        if name in expected:  # the exporter also makes values that the model has not
            actual = _decode(result, base64.b64decode(page.call("take", index)))
            comparisons.append(compare(name, result.get("node", ""), actual, expected[name], tolerance))
    return comparisons


def _decode(result: Mapping[str, Any], data: bytes) -> Array:
    array: Array = np.frombuffer(data, JAVASCRIPT_ARRAYS[result["arrayType"]])
    if result.get("dtype") == "float16" and array.dtype == np.uint16:
        array = array.view(np.float16)
    elif result.get("dtype") == "bfloat16" and array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(result["shape"])


def compare(name: str, node: str, actual: Array, expected: Array, tolerance: float) -> Comparison:
    """Compare two arrays element by element; equal infinities and two NaNs count as equal."""
    absolute = relative = math.inf
    if actual.shape == expected.shape:
        a, b = actual.astype(np.float64), expected.astype(np.float64)
        equal = (a == b) | (np.isnan(a) & np.isnan(b))
        with np.errstate(invalid="ignore"):
            difference = np.where(equal, 0.0, np.abs(a - b))
        absolute = float(np.max(np.nan_to_num(difference, nan=math.inf, posinf=math.inf), initial=0.0))
        largest = float(np.max(np.abs(b), where=np.isfinite(b), initial=0.0))
        relative = absolute / largest if largest else absolute
    return Comparison(name, node, list(actual.shape), list(expected.shape), absolute, relative, tolerance)
