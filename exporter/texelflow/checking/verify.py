"""Compare what a bundle computes in a browser with a reference, output by output or value by value."""

from __future__ import annotations

import base64
import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.bundle.provenance import is_made_from
from texelflow.bundle.reader import read_graph
from texelflow.bundle.types import GraphFile
from texelflow.checking.browser import BundlePage, open_bundle_page
from texelflow.checking.input_files import InputFiles, is_archive, make_inputs
from texelflow.checking.judgement import Comparison, compare
from texelflow.checking.model_inputs import (
    chosen_signature,
    first_states,
    grows_with_inputs,
    next_states,
    with_constants,
)
from texelflow.checking.reduced_outputs import reduced_outputs
from texelflow.checking.references import (
    index_bounds,
    operand_scales,
    reference_values,
    remembers,
    text_indices,
)
from texelflow.checking.references.litert import QUANTISED_TOLERANCE, LiteRtReference, is_tflite
from texelflow.checking.references.pytorch import is_pytorch
from texelflow.checking.references.refusal import RefusedByReferenceError
from texelflow.checking.samples import Array
from texelflow.checking.size_trials import size_combinations, try_others
from texelflow.errors import ExportError

TOLERANCE = 1e-4
HALF_TOLERANCE = 5e-3
"""For models that compute or store weights in 16 bits, whose rounding differs between machines."""

LATER_RUNS = 3
"""Further runs of a bundle that remembers something."""

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
class Verification:
    """Comparisons of all outputs and, where asked for, of intermediate values in the order computed."""

    outputs: list[Comparison]
    layers: list[Comparison] | None
    device: dict[str, Any]
    notes: list[str]
    proves_little: bool = field(init=False)

    def __post_init__(self) -> None:
        little = bool(self.outputs) and all(comparison.proves_little for comparison in self.outputs)
        object.__setattr__(self, "proves_little", little)

    @property
    def passed(self) -> bool:
        """Whether every output is within its tolerance; intermediate values are for finding out why one is
        not.
        """
        return all(comparison.passed for comparison in self.outputs)


@dataclass(frozen=True)
class SizeResult:
    """What came of one combination of sizes: comparisons, or why one of the two did not run."""

    dimensions: dict[str, int]
    outputs: list[Comparison]
    refused_by_reference: str = ""
    error: str = ""

    @property
    def passed(self) -> bool:
        """Whether nothing differs; sizes that the reference refuses do not count."""
        return not self.error and all(comparison.passed for comparison in self.outputs)


@dataclass(frozen=True)
class SizesVerification:
    """Results of one loaded bundle at several sizes of its free dimensions."""

    sizes: list[SizeResult]
    device: dict[str, Any]
    notes: list[str]

    @property
    def passed(self) -> bool:
        """Whether the bundle agrees at every size at which the reference runs, and there is one."""
        ran = any(not result.refused_by_reference for result in self.sizes)
        return ran and all(result.passed for result in self.sizes)


def verify(
    bundle: Path,
    model: Path,
    *,
    layers: bool = False,
    input_files: InputFiles = (),
    dimensions: Mapping[str, int] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    software: bool = False,
) -> Verification:
    """Run `bundle` in headless Chromium and `model` in its reference on the same inputs, and compare.

    Args:
        bundle: folder that `export` made from `model`.
        model: of any format that `checking/references` has a library for, which must be installed.
        layers: compare every value that the bundle computes, too.
        input_files: an `.npz` with one array for each input, or pictures and sounds; random values without.
        dimensions: sizes of free dimensions, for values that are made.
        seed: of the random values.
        tolerance: largest relative difference that passes; 1e-4, or 5e-3 where 16 bits are in use; without
            one, integers must be equal.
        software: render with SwiftShader even if there is a GPU.

    Raises:
        ExportError: one of the two cannot be run, or the bundle's outputs are not the model's.
    """
    graph = read_graph(bundle)
    inputs, notes = make_inputs(graph, input_files, dimensions or {}, seed, _bounds(model))
    notes = [*_other_source(graph, model), *_rounding(graph), *notes]
    given = with_constants(graph, {**inputs, **first_states(graph, inputs)})
    expected = _expected(graph, model, given)
    _check_outputs(graph, bundle, model, expected)
    default = default_tolerance(bundle, graph)
    tolerance = _tolerance(model, tolerance, notes)
    judge = _Judge(model, given, tolerance, default)
    with open_bundle_page(bundle, software=software) as page:
        device = page.call("load")["device"]
        send_inputs(page, inputs)
        outputs = judge.compare(page, page.call("run"), expected)
        # What is remembered is right if runs that go on from it are.
        if grows_with_inputs(graph):
            notes.append("runs that go on are not compared: sizes of inputs follow from what is remembered")
        for turn in range(LATER_RUNS if graph["states"] and not grows_with_inputs(graph) else 0):
            following = {**given, **({} if remembers(model) else next_states(graph, expected))}
            expected = _expected(graph, model, following, turn + 1)
            later = _Judge(model, following, tolerance, default).compare(page, page.call("run"), expected)
            outputs = [max(pair, key=_distance) for pair in zip(outputs, later, strict=True)]
        compared = None
        if layers:
            page.call("reset")
            # A run of its own: asking for every value changes what ONNX Runtime fuses, and so its rounding.
            values = reduced_outputs(graph, judge.every_value())
            compared = judge.compare(page, page.call("runLayers"), values)
    return Verification(outputs, compared, device, notes)


def verify_sizes(
    bundle: Path,
    model: Path,
    combinations: Mapping[str, Sequence[int]] | None,
    *,
    input_files: InputFiles = (),
    dimensions: Mapping[str, int] | None = None,
    seed: int = 0,
    tolerance: float | None = None,
    software: bool = False,
) -> SizesVerification:
    """Load `bundle` once and compare it as `verify` does at several sizes of its free dimensions.

    `combinations` has the sizes to try by dimension, each with each; None tries a few of every dimension, and
    others where the reference refuses them.

    Raises:
        ExportError: there is nothing to try or too much, or the bundle cannot be loaded.
    """
    graph = read_graph(bundle)
    if any(is_archive(path) for _, path in input_files):
        raise ExportError("an .npz file has sizes of its own: give --sizes a picture, a sound or nothing")
    trials = size_combinations(graph, combinations, dimensions or {})
    bounds, default = _bounds(model), default_tolerance(bundle, graph)
    results: list[SizeResult] = []
    notes: list[str] = []
    quantised: list[str] = []
    tolerance = _tolerance(model, tolerance, quantised)
    with open_bundle_page(bundle, software=software) as page:
        device = page.call("load")["device"]

        def runs(sizes: dict[str, int]) -> bool:
            inputs, notes[:] = make_inputs(graph, input_files, sizes, seed, bounds)
            try:
                given = with_constants(graph, {**inputs, **first_states(graph, inputs)})
                expected = _expected(graph, model, given)
            except RefusedByReferenceError as refusal:
                results.append(SizeResult(sizes, [], refused_by_reference=refusal.message))
                return False
            _check_outputs(graph, bundle, model, expected)
            judge = _Judge(model, given, tolerance, default)
            try:
                page.call("reset")
                send_inputs(page, inputs)
                results.append(SizeResult(sizes, judge.compare(page, page.call("run"), expected)))
            except ExportError as error:
                results.append(SizeResult(sizes, [], error=error.message))
            return True

        ran = [runs(sizes) for sizes in trials]
        if combinations is None:
            try_others(trials, ran, [name for name in trials[0] if name not in (dimensions or {})], runs)
    notes = [*_other_source(graph, model), *_rounding(graph), *quantised, *notes]
    return SizesVerification(results, device, notes)


def default_tolerance(bundle: Path, graph: GraphFile) -> float:
    """Return the relative difference that passes where the user chose none."""
    return HALF_TOLERANCE if uses_half(bundle, graph) else TOLERANCE


def _distance(comparison: Comparison) -> tuple[bool, float]:
    return not comparison.passed, comparison.relative


def _other_source(graph: GraphFile, model: Path) -> list[str]:
    """Return a note if the bundle was made from another file than it is compared with."""
    source = graph["provenance"]["source"]
    # A program that was made of TorchScript on the way is another file each time.
    is_on_the_way = is_pytorch(model) and not source.endswith(".pt2")
    if not model.is_file() or is_on_the_way or is_made_from(graph, model):
        return []
    return [f"the bundle was made from another file than {model}, then named {source!r}: export it again"]


def _tolerance(model: Path, given: float | None, notes: list[str]) -> float | None:
    """Return the tolerance given; without one, that of a quantised model, with a note, or None."""
    if given is not None or not is_tflite(model) or not LiteRtReference(model).is_quantised:
        return given
    notes.append(f"the model is quantised: differences up to {QUANTISED_TOLERANCE} of the largest value pass")
    return QUANTISED_TOLERANCE


def _rounding(graph: GraphFile) -> list[str]:
    """Return a note if weights were rounded on export: then results differ from the model's."""
    rounded = [
        option for option in graph["provenance"]["options"] if option in ("weights=int8", "weights=int4")
    ]
    if not rounded:
        return []
    bits = rounded[0].removeprefix("weights=")
    return [f"weights were rounded to {bits}: what differs may be that; `evaluate` says what it costs"]


def _bounds(model: Path) -> dict[str, int]:
    return index_bounds(model) if model.is_file() else {}  # the reference run says that it is missing


def _expected(
    graph: GraphFile, model: Path, inputs: Mapping[str, Array], before: int = 0
) -> dict[str, Array]:
    """Return what the model gives, as the bundle has it: labels that are texts by their indices.

    What remembers by itself ran so often `before`.
    """
    labels = {output["name"]: output.get("meaning", {}).get("labels", []) for output in graph["outputs"]}
    values = reference_values(model, inputs, signature=chosen_signature(graph), before=before)
    return reduced_outputs(graph, text_indices(values, labels))


def _check_outputs(graph: GraphFile, bundle: Path, model: Path, expected: Mapping[str, Array]) -> None:
    if missing := [output["name"] for output in graph["outputs"] if output["name"] not in expected]:
        raise ExportError(
            f"{model} has no output {', '.join(map(repr, missing))}: was {bundle} made from it?"
        )


class _Judge:
    """Compares results of a page with a reference that was computed from the same inputs."""

    def __init__(
        self, model: Path, inputs: Mapping[str, Array], tolerance: float | None, default: float
    ) -> None:
        self._model = model
        self._inputs = inputs
        self._tolerance = tolerance
        self._default = default
        self._values: dict[str, Array] | None = None
        self._scales: dict[str, float] | None = None

    def every_value(self) -> dict[str, Array]:
        """Return what the reference computes at every node."""
        if self._values is None:
            values = reference_values(self._model, self._inputs, every_value=True)
            self._values = {name: array for name, array in values.items() if array.dtype != object}
        return self._values

    def compare(
        self, page: BundlePage, results: list[dict[str, Any]], expected: Mapping[str, Array]
    ) -> list[Comparison]:
        """Compare the page's results with those of the reference that have their names."""
        comparisons = []
        for index, result in enumerate(results):
            name = result.get("name") or result["value"]
            if name in expected:  # the exporter also makes values that the model has not
                actual = decode_result(result, base64.b64decode(page.call("take", index)))
                comparisons.append(self._judged(name, result.get("node", ""), actual, expected[name]))
        return comparisons

    def _judged(self, name: str, node: str, actual: Array, expected: Array) -> Comparison:
        comparison = compare(name, node, actual, expected, self._tolerance, default=self._default)
        if comparison.passed or not math.isfinite(comparison.absolute):
            return comparison
        if self._scales is None:
            # Needed only where something differs: whether rounding of the operands explains it.
            try:
                self._scales = operand_scales(self._model, {**self._inputs, **self.every_value()})
            except ExportError:
                self._scales = {}  # some models run only as they are
        scale = self._scales.get(name, 0.0)
        return compare(name, node, actual, expected, self._tolerance, default=self._default, scale=scale)


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


def decode_result(result: Mapping[str, Any], data: bytes) -> Array:
    """Return a result of the page, whose bytes `data` are."""
    array: Array = np.frombuffer(data, JAVASCRIPT_ARRAYS[result["arrayType"]])
    if result.get("dtype") == "float16" and array.dtype == np.uint16:
        array = array.view(np.float16)
    elif result.get("dtype") == "bfloat16" and array.dtype == np.uint16:
        array = (array.astype(np.uint32) << 16).view(np.float32)
    return array.reshape(result["shape"])
