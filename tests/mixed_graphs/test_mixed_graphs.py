"""Random models of mixed types, ranks and opsets, and what `convert` writes of them, against ONNX Runtime."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import numpy_helper
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import Job, run_jobs
from mixed_graphs.growing import grow, session_options
from settings import SETTINGS
from texelflow.pipeline import Options, build, write

COUNT = 60
LONGEST = 12
MOST_REFUSED = 0.25
"""Of all: many have windows that do not fit, or sums of squares of whole numbers."""

REFUSED_SIZES = "The model does not take these sizes"

WITHOUT_KERNEL = "Could not find an implementation"
"""Why ONNX Runtime refuses what is written at a newer opset."""

Arrays = dict[str, np.ndarray]


@dataclass
class Mixed:
    """A model, its inputs and outputs, and those of models of which all floats are a little others."""

    model: bytes
    feeds: Arrays
    expected: Arrays
    shaken: list[Arrays]
    operators: list[str]


def run(model: bytes, feeds: Arrays) -> Arrays:
    session = onnxruntime.InferenceSession(model, session_options(), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feeds), strict=True))


def shake(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    part = 1e-3 if array.dtype == np.float16 else 2e-6
    return np.asarray(array * (1 + part * random.choice([-1, 1], array.shape)), array.dtype)


def make(seed: int) -> Mixed | None:
    """Return the model of a seed; None where ONNX Runtime refuses it as a whole."""
    warnings.simplefilter("ignore")
    random = np.random.default_rng(seed)
    growing = grow(seed, int(random.integers(1, LONGEST)), specials=seed % 5 == 0)
    if not growing.nodes:
        return None
    model = growing.model(free=seed % 3 == 0)
    try:
        expected = run(model.SerializeToString(), growing.inputs)
        shaken = []
        for _ in range(2):
            other = onnx.ModelProto.FromString(model.SerializeToString())
            for tensor in other.graph.initializer:
                array = shake(numpy_helper.to_array(tensor), random)
                tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
            feeds = {name: shake(array, random) for name, array in growing.inputs.items()}
            shaken.append(run(other.SerializeToString(), feeds))
    except Exception:  # ONNX Runtime's errors have no common class
        return None
    operators = [node.op_type for node in growing.nodes]
    return Mixed(model.SerializeToString(), growing.inputs, expected, shaken, operators)


@cache
def models() -> list[Mixed]:
    """Some nodes crash ONNX Runtime, so that models are made in a process of its own."""
    seeds, made = iter(range(10_000)), []
    while len(made) < COUNT:
        with ProcessPoolExecutor(1) as pool:
            try:
                for one in pool.map(make, [next(seeds) for _ in range(COUNT // 4)]):
                    made += [one] if one is not None else []
            except BrokenProcessPool:
                continue
    return made[:COUNT]


def difference(mixed: Mixed, outputs: Arrays, tolerance: float) -> Iterator[str]:
    """Say where outputs are other ones; not where those of shaken models are."""
    half = "float16" in {str(array.dtype) for array in (*mixed.feeds.values(), *mixed.expected.values())}
    for name, expected in mixed.expected.items():
        actual = outputs[name]
        if (actual.shape, actual.dtype) != (expected.shape, expected.dtype):
            yield f"{name} is {actual.dtype}{actual.shape}, not {expected.dtype}{expected.shape}"
            continue
        a, b = actual.astype(np.float64), expected.astype(np.float64)
        others = [other[name].astype(np.float64) for other in mixed.shaken if other[name].shape == b.shape]
        if len(others) < len(mixed.shaken):
            continue
        with np.errstate(all="ignore"):
            noise = np.max([np.abs(other - b) for other in others], axis=0, initial=0)
            size = np.abs(b[np.isfinite(b)]).max(initial=0)
            limit = max(tolerance, 4e-3 * half) * (np.abs(b) + 0.1 * size) + 30 * noise + 1e-6
            same = (a == b) | (np.isnan(a) & np.isnan(b)) | ~np.isfinite(noise)
            same |= (
                (noise > 0)
                if b.dtype.kind in "iub" or expected.dtype.kind in "iub"
                else np.abs(a - b) <= limit
            )
        if not same.all():
            yield f"{name} is {a[~same][:3]}, not {b[~same][:3]}"


def test_results(tmp_path: Path, page_server: PageServer, bundle_page: Page) -> None:
    url = page_server.mount("/mixed_graphs", tmp_path)
    jobs, exported, refused = [], [], []
    for number, mixed in enumerate(models()):
        (tmp_path / f"{number}.onnx").write_bytes(mixed.model)
        try:
            write(build(tmp_path / f"{number}.onnx", Options()), tmp_path / str(number))
        except texelflow.ExportError as error:
            refused.append(str(error))
            continue
        exported.append(mixed)
        jobs.append(Job(f"{url}/{number}", mixed.feeds))
    wrong = []
    for mixed, answer in zip(exported, run_jobs(bundle_page, jobs, SETTINGS["default"]), strict=True):
        if answer.error is not None and REFUSED_SIZES in answer.error:
            refused.append(answer.error)
            continue
        found = [answer.error] if answer.error else list(difference(mixed, dict(answer.outputs), 2e-5))
        wrong += [f"{', '.join(mixed.operators)}: {text}" for text in found]
    assert len(refused) < MOST_REFUSED * COUNT, "\n".join(refused)
    assert not wrong, "\n".join(wrong)


def test_conversion(tmp_path: Path) -> None:
    wrong, ends = [], Counter[str]()
    source, target = tmp_path / "source.onnx", tmp_path / "target.onnx"
    for mixed in models():
        source.write_bytes(mixed.model)
        try:
            texelflow.convert(source, target, force=True)
            outputs = run(target.read_bytes(), mixed.feeds)
        except texelflow.ExportError:
            ends["refused"] += 1
        except Exception as error:
            ends["other"] += WITHOUT_KERNEL in str(error)
            wrong += [] if WITHOUT_KERNEL in str(error) else [f"{', '.join(mixed.operators)}: {error}"]
        else:
            ends["right"] += 1
            wrong += [f"{', '.join(mixed.operators)}: {text}" for text in difference(mixed, outputs, 1e-5)]
    assert not wrong, "\n".join(wrong)
    assert ends["right"] > (1 - MOST_REFUSED) * COUNT, ends


def test_models_are_varied() -> None:
    operators = {operator for mixed in models() for operator in mixed.operators}
    assert len(operators) > 70
    dtypes = {str(array.dtype) for mixed in models() for array in mixed.expected.values()}
    assert len(dtypes) > 8
