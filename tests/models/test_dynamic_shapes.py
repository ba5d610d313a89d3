"""One bundle at many shapes: results are those of the origin, and memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page

from bundle_runner import LoadedBundle
from models.reference_values import relative_error, run_origin

SHAPES = {
    "cifar10_winml": [(1, 3, 32, 32), (2, 3, 32, 32), (5, 3, 32, 32)],
    "iris_winml": [(1, 4), (2, 4), (5, 4)],
    "bodypix_mnv1_050_s16": [(1, 225, 225, 3), (1, 193, 257, 3), (1, 321, 161, 3)],
    "stories260k_derived": [(1, 1), (1, 16), (1, 40), (2, 9)],
}


def _random_inputs(source: Path, shape: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    import onnxruntime

    (model_input,) = onnxruntime.InferenceSession(source, providers=["CPUExecutionProvider"]).get_inputs()
    random = np.random.default_rng(seed)
    if model_input.type == "tensor(int64)":
        return {model_input.name: random.integers(0, 512, shape)}
    return {model_input.name: random.random(shape, np.float32)}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes(
    name: str, bundle_url: Callable[[str], str], source_of: Callable[[str], Path], bundle_page: Page
) -> None:
    """The same bundle, without a new export, at each shape and back again."""
    with LoadedBundle(bundle_page, bundle_url(name), {"poison": True}) as bundle:
        for seed, shape in enumerate([*SHAPES[name], SHAPES[name][0]]):
            inputs = _random_inputs(source_of(name), shape, seed)
            outputs = bundle.run(inputs)
            for output, expected in run_origin(source_of(name), inputs).items():
                assert relative_error(outputs[output], expected) <= 1e-4, (shape, output)


def test_changing_sizes_stay_bounded(
    bundle_url: Callable[[str], str], source_of: Callable[[str], Path], bundle_page: Page
) -> None:
    """Over 200 runs of changing sizes textures stop growing, and each result is that of a fresh load."""
    name = "stories260k_derived"
    random = np.random.default_rng(0)
    lengths = [int(length) for length in random.integers(1, 41, 200)]
    tokens = {length: {"tokens": random.integers(0, 512, (1, length))} for length in set(lengths)}
    with LoadedBundle(bundle_page, bundle_url(name)) as bundle:
        sizes: list[int] = []
        results: dict[int, np.ndarray] = {}
        for length in lengths:
            outputs = bundle.run(tokens[length])["logits"]
            assert np.array_equal(results.setdefault(length, outputs), outputs)
            sizes.append(bundle.texture_bytes()["now"])
    assert max(sizes[100:]) <= max(sizes[:100])
    for length in (1, 17, 40):
        if length in results:
            with LoadedBundle(bundle_page, bundle_url(name)) as fresh:
                assert np.array_equal(fresh.run(tokens[length])["logits"], results[length])
