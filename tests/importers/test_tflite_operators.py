"""Operators of TensorFlow Lite mean what LiteRT says: ONNX Runtime computes what they are lowered to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numeric import run_model
from onnx_export import to_onnx
from tflite_models.builder import ModelMaker, run_litert
from tflite_models.case import Case, In
from tflite_models.movement_cases import CASES as FLOAT
from tflite_models.quantised_cases import CASES as QUANTISED
from tflite_models.random_nets import RandomNet
from tflite_models.state_cases import CASES as STATES

from texelflow.conversion.convert import convert
from texelflow.dimensions import symbols_of
from texelflow.graph import Graph
from texelflow.importers import read_model
from texelflow.passes import infer_types, remove_dead_nodes, simplify


def lowered(content: bytes, folder: Path) -> Graph:
    """The graph of ONNX's operators."""
    path = folder / "model.tflite"
    path.write_bytes(content)
    graph = read_model(path)
    remove_dead_nodes.run(graph)
    infer_types.run(graph)
    remove_dead_nodes.run(graph)
    return graph


def _sizes(graph: Graph, feeds: dict[str, np.ndarray]) -> dict[str, int]:
    """What the symbols of inputs are."""
    symbols: dict[str, int] = {}
    for value in graph.inputs:
        if value.name in feeds:
            for extent, given in zip(value.shape, feeds[value.name].shape, strict=True):
                symbols |= dict.fromkeys(symbols_of(extent), given)
    return symbols


def run_graph(graph: Graph, runs: list[dict[str, np.ndarray]]) -> list[dict[str, np.ndarray]]:
    """Run the graph in ONNX Runtime, one run after another, with what it remembers."""
    model = to_onnx(graph, _sizes(graph, runs[0]))
    held = {
        value.name: np.zeros([int(n) for n in value.shape], value.dtype)
        for value in graph.inputs
        if value in graph.states.values()
    }
    results = []
    for feeds in runs:
        made = run_model(model, {**feeds, **held})
        held = {before.name: made[after.name] for after, before in graph.states.items()}
        results.append(made)
    return results


def compare(case: Case, actual: np.ndarray, expected: np.ndarray, quantised: bool) -> None:
    """Fail unless results agree as the case says."""
    assert actual.shape == expected.shape
    assert actual.dtype == expected.dtype
    if expected.dtype.kind in "iub" and not quantised:
        np.testing.assert_array_equal(actual, expected)
        return
    difference = np.abs(actual.astype(np.float64) - expected.astype(np.float64)).max(initial=0)
    if quantised:
        assert difference <= case.steps, f"{difference} steps"
        return
    largest = max(1.0, float(np.abs(expected).max(initial=0)))
    assert difference <= case.tolerance * largest, f"{difference} of {largest}"


def check(case: Case, folder: Path) -> None:
    """Compare what the model is lowered to with LiteRT."""
    content = case.content()
    runs = case.feeds(7)
    expected = run_litert(content, runs, case.reference)
    graph = lowered(content, folder)
    for made, wanted in zip(run_graph(graph, runs), expected, strict=True):
        for index, out in enumerate(case.outputs):
            compare(case, made[f"y{index}"], wanted[f"y{index}"], out.scale is not None)


def _id(case: Case) -> str:
    return f"{case.operator} {case.label}".strip()


@pytest.mark.parametrize("case", FLOAT, ids=_id)
def test_float(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@pytest.mark.parametrize("case", QUANTISED, ids=_id)
def test_quantised(case: Case, tmp_path: Path) -> None:
    check(case, tmp_path)


@pytest.mark.parametrize("case", [*FLOAT, *QUANTISED], ids=_id)
def test_as_onnx(case: Case, tmp_path: Path) -> None:
    """What `convert` writes gives the same in ONNX Runtime, as it optimises models."""
    content = case.content()
    [feeds] = case.feeds(7)[:1]
    path = tmp_path / "model.tflite"
    path.write_bytes(content)
    convert(path, tmp_path / "model.onnx")
    options = onnxruntime.SessionOptions()
    if any(item.dtype == "int16" for item in case.inputs if isinstance(item, In)):
        # More of it moves results of 16 bits by up to 27 steps.
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", options)
    made = session.run(None, {item.name: feeds[item.name] for item in session.get_inputs()})
    found = dict(zip([item.name for item in session.get_outputs()], made, strict=True))
    [wanted] = run_litert(content, [feeds], case.reference)
    for index, out in enumerate(case.outputs):
        compare(case, found[f"y{index}"], wanted[f"y{index}"], out.scale is not None)


@pytest.mark.parametrize("case", STATES, ids=_id)
def test_states(case: Case, tmp_path: Path) -> None:
    """Several runs, each of which goes on from the one before."""
    check(case, tmp_path)


NETS = {"float32": 40, "int8": 30, "uint8": 20, "int16": 15}
OPERATIONS = 12


@pytest.mark.parametrize("dtype", NETS)
def test_random_nets(dtype: str, tmp_path: Path) -> None:
    """Networks of many operators agree: floats to rounding, of quantised values nearly all to a step.

    A step more in one layer moves others behind it, as between LiteRT's own kernels.
    """
    for seed in range(NETS[dtype]):
        net = RandomNet(seed, dtype)
        content, feeds = net.content(OPERATIONS), net.feeds()
        [expected] = run_litert(content, [feeds])
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        graph = lowered(content, tmp_path)
        if dtype == "float32":  # as far as passes go; those of 8 bits end in nodes that only draws know
            graph = read_model(path)
            simplify(graph)
        [made] = run_graph(graph, [feeds])
        for name, array in expected.items():
            difference = np.abs(made[name].astype(np.float64) - array)
            if dtype == "float32":
                assert difference.max() <= 1e-4 * max(1.0, float(np.abs(array).max())), f"seed {seed}: {name}"
            else:
                assert difference.mean() <= (1 if dtype == "int16" else 0.3), f"seed {seed}: {name}"
                assert (difference > (20 if dtype == "int16" else 2)).mean() <= 0.03, (
                    f"seed {seed}: {name}: {difference.max()}"
                )


COMPLEX = (
    ("SQUEEZE", [], (3, 5), "SqueezeOptions", {"squeezeDims": [1]}),
    ("EXPAND_DIMS", [np.array(1, np.int32)], (3, 1, 1, 5), None, {}),
    ("TRANSPOSE", [np.array([2, 0, 1], np.int32)], (5, 3, 1), None, {}),
    ("SLICE", [np.array([1, 0, 2], np.int32), np.array([2, 1, -1], np.int32)], (2, 1, 3), None, {}),
)


@pytest.mark.parametrize(
    ("operator", "more", "shape", "options", "fields"), COMPLEX, ids=lambda each: str(each)[:16]
)
def test_complex_numbers_move(
    operator: str,
    more: list[np.ndarray],
    shape: tuple[int, ...],
    options: str | None,
    fields: dict,
    tmp_path: Path,
) -> None:
    """What moves numbers moves complex ones between their transform and their magnitude."""
    maker = ModelMaker()
    graph = maker.main
    x = graph.input("x0", "float32", (3, 1, 8))
    spectrum = graph.tensor("spectrum", "complex64", (3, 1, 5))
    graph.add("RFFT2D", [x, graph.constant(np.array([1, 8], np.int32))], [spectrum], "Rfft2dOptions")
    moved = graph.tensor("moved", "complex64", shape)
    graph.add(operator, [spectrum, *map(graph.constant, more)], [moved], options, **fields)
    outputs = [graph.output(f"y{index}", "float32", shape) for index in range(4)]
    again = graph.tensor("again", "complex64", (3, 1, 8))
    graph.add("CAST", [x], [again])
    graph.add("IMAG", [again], [graph.output("y4", "float32", (3, 1, 8))])
    for name, output in zip(("REAL", "IMAG", "COMPLEX_ABS", "CAST"), outputs, strict=True):
        graph.add(name, [moved], [output])
    feeds = {"x0": np.random.default_rng(1).normal(size=(3, 1, 8)).astype(np.float32)}
    [expected] = run_litert(maker.content(), [feeds])
    [made] = run_graph(lowered(maker.content(), tmp_path), [feeds])
    for name, wanted in expected.items():
        np.testing.assert_allclose(made[name], wanted, 1e-5, 1e-5)
