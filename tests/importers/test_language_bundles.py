"""Language models as bundles in a browser: with a cache and without, weights rounded and not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from gguf_files.test_gguf_files import FOLDER as GGUF
from language_models.test_language_models import FOLDER as LANGUAGE
from language_models.test_language_models import next_cache
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import LoadedBundle
from model_support import find_models
from texelflow import export
from texelflow.bundle.safetensors import group_into_files, split_rows

STEPS = 24


def empty_cache(layers: int, batch: int, heads: int, size: int) -> dict[str, np.ndarray]:
    names = [f"past_key_values.{index}.{part}" for index in range(layers) for part in ("key", "value")]
    return dict.fromkeys(names, np.zeros((batch, heads, 0, size), np.float32))


@pytest.mark.parametrize(
    ("name", "layers"),
    [("llama_3", 2), ("llama_dynamic", 2), ("qwen2_window", 2), ("gemma2", 2), ("gemma3", 7)],
)
def test_two_runs_are_one(
    name: str, layers: int, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    expected = np.load(LANGUAGE / name / "results.npz")
    summary = export(LANGUAGE / name, tmp_path / "bundle")
    size = summary.inputs[1].shape[3]
    assert isinstance(size, int)
    url = page_server.mount(f"/language/{name}", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        first = bundle.run({"input_ids": expected["tokens"], **empty_cache(layers, 2, 2, size)})
        following = bundle.run({"input_ids": expected["next"], **next_cache(first)})
    for results, logits in ((first, expected["logits"]), (following, expected["next_logits"])):
        assert np.abs(results["logits"] - logits).max() <= 1e-4 * np.abs(logits).max()


def test_weights_in_many_parts(
    bundle_page: Page, page_server: PageServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a model of gigabytes is written: here of a kilobyte a file, so that most weights are parted, too."""
    for function in (split_rows, group_into_files):
        monkeypatch.setattr(function, "__defaults__", (1024,))
    expected = np.load(LANGUAGE / "llama_3" / "results.npz")
    summary = export(LANGUAGE / "llama_3", tmp_path / "bundle")
    size = summary.inputs[1].shape[3]
    assert isinstance(size, int)
    files = list((tmp_path / "bundle").glob("*.safetensors"))
    assert len(files) > 20 and max(file.stat().st_size for file in files) < 3000
    url = page_server.mount("/language/parts", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        logits = bundle.run({"input_ids": expected["tokens"], **empty_cache(2, 2, 2, size)})["logits"]
    assert np.abs(logits - expected["logits"]).max() <= 1e-4 * np.abs(expected["logits"]).max()


def test_quantised_weights_are_decoded_in_place(
    bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    expected = np.load(GGUF / "quantised.npz")
    summary = export(GGUF / "quantised.gguf", tmp_path / "bundle")
    assert summary.devices[0].weight_texture_bytes < 1.5 * (GGUF / "quantised.gguf").stat().st_size
    url = page_server.mount("/language/quantised", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        results = bundle.run({"input_ids": expected["tokens"], **empty_cache(2, 1, 2, 16)})
    error = np.abs(results["logits"] - expected["logits"]).max()
    assert error <= 1e-4 * np.abs(expected["logits"]).max()


@pytest.fixture(scope="module")
def stories() -> Path:
    folder = find_models()
    if folder is None or not (folder / "llm" / "stories260k").is_dir():
        pytest.skip("no models: set TEXELFLOW_MODELS")
    return folder


def greedy(logits: np.ndarray) -> int:
    return int(logits[0, -1].argmax())


def test_a_checkpoint_tells_the_story_of_its_onnx_sibling(
    stories: Path, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    session = onnxruntime.InferenceSession(stories / "onnx" / "stories260k_derived" / "stories260k.onnx")
    tokens = [1]
    for _ in range(STEPS):
        (logits,) = session.run(None, {"tokens": np.array([tokens])})
        tokens.append(greedy(logits))
    source = stories / "llm" / "stories260k" / "checkpoint_legacy.bin"
    sizes = {}
    for weights in ("float32", "int8"):
        sizes[weights] = export(source, tmp_path / weights, weights=weights).weight_bytes
        url = page_server.mount(f"/language/stories_{weights}", tmp_path / weights)
        told = [1]
        cache = empty_cache(5, 1, 4, 8)
        with LoadedBundle(bundle_page, url) as bundle:
            for step in range(STEPS):
                results = bundle.run({"input_ids": np.array([told[-1:]]), **cache})
                if weights == "float32" and step == STEPS - 1:
                    error = np.abs(results["logits"][0, -1] - logits[0, -1]).max()
                    assert error <= 1e-4 * np.abs(logits).max()
                told.append(greedy(results["logits"]))
                cache = next_cache(results)
        assert told == tokens, weights
    assert sizes["int8"] <= 0.28 * sizes["float32"]


def test_the_cache_stays_on_the_gpu(
    stories: Path, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """With the cache as states the text is the same, from a prompt of one token and from one of several."""
    source = stories / "llm" / "stories260k" / "checkpoint_legacy.bin"
    summary = export(source, tmp_path / "states", states="auto")
    assert [signature.name for signature in summary.inputs] == ["input_ids"]
    export(source, tmp_path / "plain")
    url = page_server.mount("/language/cache", tmp_path)
    told = [1]
    with LoadedBundle(bundle_page, f"{url}/states") as bundle:
        for _ in range(STEPS):
            told.append(greedy(bundle.run({"input_ids": np.array([told[-1:]])})["logits"]))
    prompt = told[: STEPS // 2]
    with LoadedBundle(bundle_page, f"{url}/states") as bundle:
        again = [*prompt, greedy(bundle.run({"input_ids": np.array([prompt])})["logits"])]
        while len(again) < len(told):
            again.append(greedy(bundle.run({"input_ids": np.array([again[-1:]])})["logits"]))
    with LoadedBundle(bundle_page, f"{url}/plain") as bundle:
        feeds = {"input_ids": np.array([told[:-1]]), **empty_cache(5, 1, 4, 8)}
        logits = bundle.run(feeds)["logits"][0]
    assert again == told
    assert [int(row.argmax()) for row in logits] == told[1:]


def test_a_token_reads_back_a_few_numbers(
    stories: Path, bundle_page: Page, page_server: PageServer, tmp_path: Path
) -> None:
    """The last token's largest scores are those of ONNX Runtime, behind a prompt and token by token."""
    session = onnxruntime.InferenceSession(stories / "onnx" / "stories260k_derived" / "stories260k.onnx")
    source = stories / "llm" / "stories260k" / "checkpoint_legacy.bin"
    options = {"states": "auto", "last": ["logits"]}
    summary = export(source, tmp_path / "many", top_k={"logits": 40}, **options)
    assert [(one.name, one.shape[1:]) for one in summary.outputs] == [
        ("logits_values", (1, 40)),
        ("logits_indices", (1, 40)),
    ]
    export(source, tmp_path / "one", top_k={"logits": 1}, **options)
    url = page_server.mount("/language/top", tmp_path)
    prompt = [1, 403, 407, 261]
    told = {}
    for name, count in (("many", 40), ("one", 1)):
        tokens, feed = [*prompt], prompt
        with LoadedBundle(bundle_page, f"{url}/{name}") as bundle:
            for _ in range(STEPS // 2):
                found = bundle.run({"input_ids": np.array([feed])})
                (logits,) = session.run(None, {"tokens": np.array([tokens])})
                order = np.argsort(-logits[0, -1], kind="stable")[:count]
                assert found["logits_indices"].shape == found["logits_values"].shape == (1, 1, count)
                error = np.abs(found["logits_values"][0, 0] - logits[0, -1][order]).max()
                assert error <= 1e-4 * np.abs(logits).max()
                # Places are those of the values, whatever rounding does to neighbours.
                own = logits[0, -1][found["logits_indices"][0, 0]]
                assert np.abs(found["logits_values"][0, 0] - own).max() <= 1e-4 * np.abs(logits).max()
                feed = [int(found["logits_indices"][0, 0, 0])]
                tokens += feed
        told[name] = tokens
    assert told["one"] == told["many"]
