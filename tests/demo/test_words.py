"""The demo's second part on models of texts: what a visitor writes is gone on with, judged, compared."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy
from demo_support import Opener, wait_until
from onnx import TensorProto, helper, numpy_helper, save

import texelflow
from browser_support import REPOSITORY

LLAMA = REPOSITORY / "tests/importers/language_models/llama"
WORD_PIECES = REPOSITORY / "tests/text/tokenizers/word_pieces"
SPLIT = {"type": "WhitespaceSplit"}


def write_tokenizer(folder: Path, words: list[str]) -> None:
    """A tokenizer that knows words by their places."""
    model: dict[str, Any] = {"type": "WordPiece", "unk_token": words[0], "continuing_subword_prefix": "##"}
    model |= {"max_input_chars_per_word": 9, "vocab": {word: place for place, word in enumerate(words)}}
    decoder = {"type": "WordPiece", "prefix": "##", "cleanup": False}
    content = {"version": "1.0", "model": model, "pre_tokenizer": SPLIT, "decoder": decoder}
    content |= {"normalizer": None, "post_processor": None, "added_tokens": []}
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "tokenizer_config.json").write_text("{}", encoding="utf-8")


def test_a_language_model_goes_on_with_a_text(open_demo: Opener, tmp_path: Path) -> None:
    """Dropped as transformers saves it: it is converted with its memory, and writes what is likeliest."""
    results = numpy.load(LLAMA / "results.npz")
    words = [f"w{place}" for place in range(36)]
    write_tokenizer(tmp_path, words)
    for file in ("config.json", "model.safetensors"):
        shutil.copy(LLAMA / file, tmp_path)
    page = open_demo()
    page.set_input_files("#files", [str(file) for file in tmp_path.iterdir()])
    wait_until(page, "document.getElementById('words-text') !== null")
    assert not page.is_visible("#photo") and not page.is_visible("#input-note")
    written = []
    for prompt, logits in zip(results["tokens"], results["logits"], strict=True):
        page.fill("#words-text", " ".join(words[token] for token in prompt))
        page.click("#words-run")
        wait_until(page, "document.querySelectorAll('#words-result p').length === 1")
        wait_until(page, "/[0-9]+ tokens, [0-9.]+ a second/.test(document.body.innerText)")
        page.click("#words-run")
        wait_until(page, "document.getElementById('words-run').textContent === 'Go on'")
        written.append(page.inner_text("#words-result").split())
        assert written[-1][: len(prompt)] == [words[token] for token in prompt]
        assert written[-1][len(prompt)] == words[int(logits[-1].argmax())]
    # What a text leaves in the memory is not there for the next one.
    page.click("#words-run")
    wait_until(page, "/[0-9]+ tokens, [0-9.]+ a second/.test(document.body.innerText)")
    page.click("#words-run")
    again = page.inner_text("#words-result").split()
    both = min(len(again), len(written[-1]))
    assert both > len(results["tokens"][1]) and again[:both] == written[-1][:both]
    page.set_input_files("#folder", str(other_bundle(tmp_path)))
    wait_until(page, "document.getElementById('words-text') === null")
    assert page.is_visible("#camera")


def other_bundle(folder: Path) -> Path:
    """A bundle of a model that takes no texts."""
    node = helper.make_node("Relu", ["x"], ["y"])
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, 4]) for name in "xy"]
    graph = helper.make_graph([node], "numbers", values[:1], values[1:])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / "numbers.onnx")
    texelflow.export(folder / "numbers.onnx", folder / "numbers", name="Numbers")
    return folder / "numbers"


def text_model(folder: Path, config: dict[str, Any], mean: bool, width: int) -> numpy.ndarray:
    """Save a model that gives each token a row of a table, or their mean, with word pieces beside it."""
    folder.mkdir()
    table = numpy.random.default_rng(width).normal(size=(98, width)).astype(numpy.float32)
    tokens = helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])
    shape = [1, width] if mean else [1, "length", width]
    name = "logits" if config else "vectors"
    result = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
    nodes = [helper.make_node("Gather", ["table", "input_ids"], ["rows" if mean else name])]
    if mean:
        nodes.append(helper.make_node("ReduceMean", ["rows"], [name], axes=[1], keepdims=0))
    graph = helper.make_graph(nodes, "texts", [tokens], [result], [numpy_helper.from_array(table, "table")])
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), folder / "model.onnx")
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    for file in WORD_PIECES.glob("tokenizer*.json"):
        shutil.copy(file, folder)
    return table


def softmax(numbers: numpy.ndarray) -> numpy.ndarray:
    powers = numpy.exp(numbers - numbers.max())
    return powers / powers.sum()


def test_texts_are_judged_filled_and_compared(open_demo: Opener, tmp_path: Path) -> None:
    cases = json.loads((WORD_PIECES / "recorded.json").read_text(encoding="utf-8"))["texts"]
    text, tokens = cases[0]["text"], cases[0]["special"]
    page = open_demo()

    def read(name: str, given: str, button: str, **options: Any) -> list[tuple[str, str]]:
        texelflow.export(tmp_path / name / "model.onnx", tmp_path / name / "bundle", name=name, **options)
        page.set_input_files("#folder", str(tmp_path / name / "bundle"))
        wait_until(page, f"document.getElementById('model-title').textContent === {name!r}")
        wait_until(page, "document.getElementById('words-text') !== null")
        page.fill("#words-text", given)
        page.click("#words-run")
        wait_until(page, "document.querySelectorAll('#words-result li').length > 0")
        assert page.inner_text("#words-run") == button
        rows = page.locator("#words-result li").all()
        return [
            (row.locator(".bar-name").inner_text(), row.locator(".bar-value").inner_text()) for row in rows
        ]

    def shown(share: float) -> str:
        return f"{100 * share:.1f}".removesuffix(".0") + "%"

    labels = {str(place): f"class {place}" for place in range(3)}
    config = {"architectures": ["BertForSequenceClassification"], "id2label": labels}
    table = text_model(tmp_path / "judge", config, mean=True, width=3)
    shares = softmax(table[tokens].mean(axis=0))
    expected = [(f"class {place}", shown(shares[place])) for place in numpy.argsort(-shares)]
    assert read("judge", text, "Judge") == expected

    table = text_model(tmp_path / "gap", {"architectures": ["BertForMaskedLM"]}, mean=False, width=98)
    shares = softmax(table[4])
    pieces = list(json.loads((WORD_PIECES / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"])
    found = read("gap", "the [MASK] fox", "Fill the gap")
    best = numpy.argsort(-shares)[:5]
    assert [share for _, share in found] == [shown(shares[place]) for place in best]
    assert [name for name, _ in found] == [pieces[place] for place in best]

    table = text_model(tmp_path / "vectors", {}, mean=False, width=8)
    first, *others = [table[case["special"]].mean(axis=0) for case in cases[:3]]
    likeness = [one @ first / numpy.linalg.norm(one) / numpy.linalg.norm(first) for one in others]
    given = "\n".join(" ".join(case["text"].split()) for case in cases[:3])
    found = read("vectors", given, "Compare", meanings={"vectors": "embedding"})
    assert sorted(share for _, share in found) == sorted(shown(one) for one in likeness)
    page.fill("#words-text", "one line")
    page.click("#words-run")
    wait_until(page, "document.getElementById('bundle-error').textContent.includes('two lines')")
