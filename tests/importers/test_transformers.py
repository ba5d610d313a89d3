"""Transformers as PyTorch's and Hugging Face's exporters write them, at several lengths and batches.

`scripts/transformer_fixtures.py` wrote the models, and what PyTorch computes of each.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from free_sizes.trials import Trial, ask_reference, run_trials
from settings import SETTINGS

FOLDER = Path(__file__).parent / "transformers_files"
NAMES = sorted(path.stem for path in FOLDER.glob("*.onnx"))
USED = ("default", "P4M1-texelFetch-small")

Arrays = dict[str, np.ndarray]

FUSED = {
    "bert_fused": {"Attention", "EmbedLayerNormalization", "SkipLayerNormalization", "BiasGelu"},
    "bert_heads_fused": {"MultiHeadAttention", "EmbedLayerNormalization", "SkipLayerNormalization"},
    "gpt2_fused": {"SkipLayerNormalization", "FastGelu"},
    "llama_fused": {"RotaryEmbedding", "SkipSimplifiedLayerNormalization"},
    "llama_genai": {"GroupQueryAttention", "SkipSimplifiedLayerNormalization"},
    "qwen3_genai": {"GroupQueryAttention", "SkipSimplifiedLayerNormalization"},
}
"""Operators of com.microsoft that a model must show."""


def recorded(name: str) -> list[tuple[Arrays, Arrays]]:
    """Inputs and outputs of each run that PyTorch did."""
    with np.load(FOLDER / f"{name}.npz") as file:
        arrays = dict(file)
    count = 1 + max(int(key.split("/")[0]) for key in arrays)
    runs: list[tuple[Arrays, Arrays]] = []
    for index in range(count):
        given, made = (
            {
                key.split("/", 2)[2]: array
                for key, array in arrays.items()
                if key.startswith(f"{index}/{side}/")
            }
            for side in ("in", "out")
        )
        runs.append((given, made))
    return runs


@pytest.mark.parametrize("setting", USED)
def test_results(setting: str, bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """One bundle of each model gives what ONNX Runtime and PyTorch give, whatever the sizes."""
    assert len(NAMES) >= 7
    trials = []
    for name in NAMES:
        model = onnx.load(FOLDER / f"{name}.onnx")
        trials.append(ask_reference(Trial(name, model, [given for given, _ in recorded(name)])))
    url = page_server.mount(f"/transformers_{setting}", tmp_path)
    assert not list(map(str, run_trials(bundle_page, url, tmp_path, trials, SETTINGS[setting])))
    for trial in trials:
        for answer, (_, made) in zip(trial.answers, recorded(trial.name), strict=True):
            assert made.keys() <= answer.outputs.keys()
            for output, expected in made.items():
                error = np.abs(answer.outputs[output] - expected).max() / np.abs(expected).max()
                assert error < 1e-4, (trial.name, output)


@pytest.mark.parametrize("name", FUSED)
def test_fused_operators(name: str) -> None:
    """The models have the operators that they are there for."""
    model = onnx.load(FOLDER / f"{name}.onnx")
    assert FUSED[name] <= {node.op_type for node in model.graph.node if node.domain == "com.microsoft"}
