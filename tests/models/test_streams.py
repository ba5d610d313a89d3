"""Models of sound as streams: what they remember stays on the GPU, and is as ONNX Runtime has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from bundle_runner import LoadedBundle
from model_support import find_models

FRAMES = 12
FOUR_AXES = "the output of four axes"
"""Whose name is one that its framework made up."""

TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Stream:
    """A model, the input that a frame is given to, and what is known of the others."""

    frame: str
    shape: tuple[int, ...]
    states: Mapping[str, str]
    constants: Mapping[str, int] = field(default_factory=dict)
    input_shapes: Mapping[str, Sequence[int]] = field(default_factory=dict)


SILERO = {"input": (1, 576), "state": (2, 1, 128)}

STREAMS = {
    "silero_vad": Stream("input", (1, 576), {"stateN": "state"}, {"sr": 16000}, SILERO),
    "silero_vad_op18_ifless": Stream("input", (1, 576), {"stateN": "state"}, {"sr": 16000}, SILERO),
    "dtln_1": Stream("input_2", (1, 1, 257), {FOUR_AXES: "input_3"}),
    "gtcrn_simple": Stream(
        "mix",
        (1, 257, 1, 2),
        {f"{name}_out": name for name in ("conv_cache", "tra_cache", "inter_cache")},
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_stream(name: str, tmp_path: Path, bundle_page: Page, page_server: PageServer) -> None:
    """The last frame agrees as the first does."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    stream = STREAMS[name]
    [source] = (models / "onnx" / name).glob("*.onnx")
    session = onnxruntime.InferenceSession(source)
    of_four_axes = [output.name for output in session.get_outputs() if len(output.shape) == 4]
    states = {of_four_axes[0] if key == FOUR_AXES else key: value for key, value in stream.states.items()}
    texelflow.export(
        source,
        tmp_path / "bundle",
        input_shapes=stream.input_shapes or None,
        constants=stream.constants,
        states=states,
    )
    shapes = {
        one.name: [size if isinstance(size, int) else 1 for size in one.shape] for one in session.get_inputs()
    }
    shapes |= {key: list(shape) for key, shape in stream.input_shapes.items()}
    memory = {key: np.zeros(shapes[key], np.float32) for key in states.values()}
    random = np.random.default_rng(3)
    names = [output.name for output in session.get_outputs()]
    with LoadedBundle(bundle_page, page_server.mount(f"/streams/{name}", tmp_path / "bundle")) as bundle:
        for number in range(FRAMES):
            frame = random.standard_normal(stream.shape).astype(np.float32) * 0.1
            fixed = {key: np.array(value, np.int64) for key, value in stream.constants.items()}
            expected = dict(
                zip(names, session.run(None, {stream.frame: frame, **memory, **fixed}), strict=True)
            )
            memory = {key: expected[output] for output, key in states.items()}
            results = bundle.run({stream.frame: frame})
            assert results.keys() == expected.keys() - states.keys()
            for output, array in results.items():
                size = np.abs(expected[output]).max(initial=1e-3)
                assert np.abs(array - expected[output]).max() <= TOLERANCE * size, (number, output)


def test_a_rate_that_the_page_gives(tmp_path: Path, bundle_page: Page, page_server: PageServer) -> None:
    """One bundle of a model that does something else at each rate, which takes frames of another length."""
    models = find_models()
    if models is None:
        pytest.skip("no models: set TEXELFLOW_MODELS")
    [source] = (models / "onnx" / "silero_vad").glob("*.onnx")
    with pytest.warns(UserWarning, match="are refused: LSTM"):
        summary = texelflow.export(source, tmp_path / "bundle")
    assert len(summary.branches) == 2
    session = onnxruntime.InferenceSession(source)
    names = [output.name for output in session.get_outputs()]
    random = np.random.default_rng(4)
    with LoadedBundle(bundle_page, page_server.mount("/rates", tmp_path / "bundle")) as bundle:
        for rate, length in ((8000, 288), (16000, 576), (8000, 288)):
            feeds = {
                "input": random.standard_normal((2, length)).astype(np.float32) * 0.1,
                "state": random.standard_normal((2, 2, 128)).astype(np.float32) * 0.1,
                "sr": np.array(rate, np.int64),
            }
            results = bundle.run(feeds)
            for output, expected in zip(names, session.run(None, feeds), strict=True):
                size = np.abs(expected).max(initial=1e-3)
                assert np.abs(results[output] - expected).max() <= TOLERANCE * size, (rate, output)
