"""Random numbers as such: range, moments, distribution, independence of neighbours and of nodes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import LoadedBundle
from texelflow.pipeline import Options, build, write

TEXT = """
<ir_version: 10, opset_import: ["" : 22]>
chance (float[rows, 300] x, float[rows, 300] share, float[4, 5] logs)
 => (float[rows, 300] a, float[rows, 300] b, float[300, 400] c, float[300, 400] d, float16[1000] half,
     float[rows, 300] normal, double[70000] wide, float[rows, 300] ones, int64[4, 6000] classes,
     float[rows, 300] kept, bool[rows, 300] mask)
{
    a = RandomUniformLike <low = -1.0, high = 3.0, seed = 5.0> (x)
    b = RandomUniformLike <low = -1.0, high = 3.0, seed = 5.0> (x)
    c = RandomUniform <shape = [300, 400]> ()
    d = RandomUniform <shape = [300, 400]> ()
    half = RandomUniform <shape = [1000], dtype = 10> ()
    normal = RandomNormalLike <mean = 2.0, scale = 3.0> (x)
    wide = RandomNormal <shape = [70000], dtype = 11, seed = 1.0> ()
    ones = Bernoulli (share)
    classes = Multinomial <sample_size = 6000, dtype = 7> (logs)
    ratio = Constant <value_float = 0.25> ()
    training = Constant <value = bool {1}> ()
    kept, mask = Dropout (x, ratio, training)
}
"""

MOST = 4.5
"""Deviations of a mean that chance explains: one in 150,000."""


@pytest.fixture(scope="module")
def runs(
    bundle_page: Page, page_server: PageServer, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Inputs and results of two runs of the same size, and of one of another."""
    folder = tmp_path_factory.mktemp("chance")
    onnx.save(onnx.parser.parse_model(TEXT), folder / "model.onnx")
    write(build(Path(folder / "model.onnx"), Options()), folder / "bundle")
    random = np.random.default_rng(0)
    with LoadedBundle(bundle_page, f"{page_server.mount('/chance', folder)}/bundle") as bundle:
        done = []
        for rows in (400, 400, 7):
            feeds = {
                "x": random.uniform(1, 2, (rows, 300)).astype(np.float32),
                "share": np.tile(np.float32([0, 0.03, 1, 0.5]), (rows, 75)),
                "logs": np.float32([[0, 1, 2, -1, -np.inf]] * 4) + np.float32([[0], [30], [-5], [1]]),
            }
            done.append((feeds, bundle.run(feeds)))
    return done


def _is_mean(numbers: np.ndarray, mean: float, deviation: float) -> None:
    error = abs(numbers.astype(np.float64).mean() - mean)
    assert error < MOST * deviation / np.sqrt(numbers.size), f"the mean is off by {error}"


def _are_independent(a: np.ndarray, b: np.ndarray) -> None:
    a, b = a.ravel().astype(np.float64), b.ravel().astype(np.float64)
    assert abs(np.corrcoef(a, b)[0, 1]) < MOST / np.sqrt(a.size)


@pytest.mark.parametrize(("name", "low", "high"), [("a", -1, 3), ("b", -1, 3), ("c", 0, 1), ("d", 0, 1)])
def test_uniform_numbers(runs: list, name: str, low: float, high: float) -> None:
    numbers = (runs[0][1][name].astype(np.float64) - low) / (high - low)
    assert numbers.min() >= 0 and numbers.max() < 1
    _is_mean(numbers, 1 / 2, 1 / np.sqrt(12))
    _is_mean(numbers**2, 1 / 3, np.sqrt(4 / 45))
    ordered = np.sort(numbers.ravel())
    furthest = np.abs(ordered - (np.arange(ordered.size) + 0.5) / ordered.size).max()
    assert furthest < 2.4 / np.sqrt(ordered.size)  # Kolmogorov and Smirnov: one in 50,000
    for bit in range(16):
        _is_mean((numbers * 2 ** (bit + 1)).astype(np.int64) % 2, 1 / 2, 1 / 2)
    for axis, distance in ((0, 1), (1, 1), (1, 2), (1, 4), (0, 128)):
        count = numbers.shape[axis] - distance
        parts = (np.take(numbers, np.arange(count) + shift, axis) for shift in (0, distance))
        _are_independent(*parts)


@pytest.mark.parametrize(("name", "mean", "deviation"), [("normal", 2, 3), ("wide", 0, 1)])
def test_normal_numbers(runs: list, name: str, mean: float, deviation: float) -> None:
    numbers = (runs[0][1][name].astype(np.float64).ravel() - mean) / deviation
    for power, moment, variance in ((1, 0, 1), (2, 1, 2), (3, 0, 15), (4, 3, 96)):
        _is_mean(numbers**power, moment, np.sqrt(variance))
    assert 3.5 < np.abs(numbers).max() < 6
    _are_independent(numbers[1:], numbers[:-1])


def test_streams_of_nodes(runs: list) -> None:
    """Nodes draw numbers of their own, with one seed or none, though they differ in nothing else."""
    results = runs[0][1]
    _are_independent(results["a"], results["b"])
    _are_independent(results["c"], results["d"])
    _are_independent(results["a"], results["normal"])
    _are_independent(results["a"], results["mask"])


def test_runs_are_alike(runs: list) -> None:
    """A run gives the same numbers as another of its size, and types and shapes are what was asked for."""
    for name in ("a", "c", "normal", "mask", "half"):
        assert np.array_equal(runs[0][1][name], runs[1][1][name])
    for feeds, results in runs:
        assert results["a"].shape == results["kept"].shape == feeds["x"].shape
    assert (results["half"].dtype, results["wide"].dtype) == (np.float16, np.float64)


def test_bernoulli(runs: list) -> None:
    feeds, results = runs[0]
    for share in (0, np.float32(0.03), 0.5, 1):
        chosen = results["ones"][feeds["share"] == share]
        assert set(np.unique(chosen)) <= {0, 1}
        _is_mean(chosen, share, np.sqrt(share * (1 - share)) + 1e-9)


def test_multinomial(runs: list) -> None:
    feeds, results = runs[0]
    for logs, classes in zip(feeds["logs"].astype(np.float64), results["classes"], strict=True):
        shares = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
        for number, share in enumerate(shares):
            _is_mean(classes == number, share, np.sqrt(share * (1 - share)) + 1e-9)
    _are_independent(results["classes"][0], results["classes"][1])


def test_dropout(runs: list) -> None:
    feeds, results = runs[0]
    _is_mean(results["mask"], 0.75, np.sqrt(0.75 * 0.25))
    np.testing.assert_allclose(results["kept"], np.where(results["mask"], feeds["x"] / 0.75, 0), rtol=1e-6)
