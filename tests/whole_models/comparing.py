"""Whole models that ONNX Runtime ran, and where a bundle's results are others."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper

from mixed_graphs.growing import session_options
from whole_models.growing import grow
from whole_models.oddities import odd

Arrays = dict[str, np.ndarray]
NOISE = {"float16": 1e-3}
TOLERANCE, HALF_TOLERANCE = 2e-5, 4e-3


@dataclass(frozen=True)
class WholeModel:
    """A model, the inputs of its runs, and what comes of each, also if all floats are a little others.

    ONNX Runtime's optimisations round otherwise, and some are wrong: `ways` has its results without and
    with them. None stands for a run that it refuses.
    """

    seed: int
    model: bytes
    feeds: Sequence[Arrays]
    ways: Sequence[Sequence[Arrays | None]]
    shaken: Sequence[Sequence[Arrays | None]]
    operators: Sequence[str]


def make(seed: int) -> WholeModel | None:
    """Return the model of a seed, every second an odd one; None where ONNX Runtime refuses it."""
    warnings.simplefilter("ignore")
    random = np.random.default_rng(seed)
    growing = grow(seed)
    if not growing.nodes:
        return None
    model, feeds = growing.whole(), growing.feeds()
    if seed % 2:
        names = odd(model, random)
        feeds = [{names.get(name, name): array for name, array in one.items()} for one in feeds]
        spare = names.get("spare", "spare")
        if any(given.name == spare for given in model.graph.input):
            feeds = [{**one, spare: np.zeros((run, 2), np.float32)} for run, one in enumerate(feeds)]
    data = model.SerializeToString()
    try:
        plain = run_all(data, feeds)
        shaken = []
        for _ in range(2):
            other = onnx.ModelProto.FromString(data)
            for tensor in other.graph.initializer:
                array = shake(numpy_helper.to_array(tensor), random)
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
            inputs = [{name: shake(array, random) for name, array in one.items()} for one in feeds]
            shaken.append(run_all(other.SerializeToString(), inputs))
    except Exception:  # ONNX Runtime's errors have no common class
        return None
    try:
        ways = [plain, run_all(data, feeds, optimised=True)]
    except Exception:
        ways = [plain]
    return WholeModel(seed, data, feeds, ways, shaken, [node.op_type for node in growing.nodes])


def run_all(model: bytes, feeds: Sequence[Arrays], optimised: bool = False) -> list[Arrays | None]:
    """Return what comes of each run in ONNX Runtime, as the model is written or `optimised`."""
    options = session_options()
    if optimised:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    results: list[Arrays | None] = []
    for inputs in feeds:
        try:
            results.append(dict(zip(names, session.run(names, inputs), strict=True)))
        except Exception:
            results.append(None)
    return results


def shake(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return an array of which all floats are a little others."""
    if array.dtype.kind != "f":
        return array
    part = NOISE.get(str(array.dtype), 2e-6)
    return np.asarray(array * (1 + part * random.choice([-1, 1], array.shape)), array.dtype)


def differences(whole: WholeModel, run: int, outputs: Arrays) -> list[str]:
    """Return where the outputs of a run are others than those of both ways of ONNX Runtime."""
    found: list[str] = []
    for way in whole.ways:
        expected = way[run]
        if expected is None:
            continue
        others = [one[run] for one in whole.shaken]
        half = any(array.dtype == np.float16 for array in (*whole.feeds[run].values(), *expected.values()))
        found = list(_unlike(expected, [one for one in others if one is not None], outputs, half))
        if not found:
            return []
    return found


def _unlike(expected: Arrays, shaken: Sequence[Arrays], outputs: Arrays, half: bool) -> Iterator[str]:
    for name, reference in expected.items():
        actual = outputs[name]
        if (actual.shape, actual.dtype) != (reference.shape, reference.dtype):
            yield f"{name} is {actual.dtype}{actual.shape}, not {reference.dtype}{reference.shape}"
            continue
        a, b = actual.astype(np.float64), reference.astype(np.float64)
        others = [one[name].astype(np.float64) for one in shaken if one[name].shape == b.shape]
        with np.errstate(all="ignore"):
            finite = np.isfinite(b)
            steady = np.all([_alike(b, other) | (finite & np.isfinite(other)) for other in others], axis=0)
            noise = np.max(
                [np.where(finite & np.isfinite(one), abs(one - b), 0) for one in others], 0, initial=0
            )
            size = np.abs(b[finite]).max(initial=0)
            limit = (HALF_TOLERANCE if half else TOLERANCE) * (np.abs(b) + 0.1 * size) + 30 * noise + 1e-6
            near = noise > 0 if reference.dtype.kind in "iub" else np.abs(a - b) <= limit
            same = _alike(a, b) | ~steady | (finite & np.isfinite(a) & near)
        if not same.all():
            yield f"{name} is {a[~same][:3]}, not {b[~same][:3]}, at {int((~same).sum())} of {same.size}"


def _alike(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a == b) | (np.isnan(a) & np.isnan(b)))
