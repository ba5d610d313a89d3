"""Similar sentences: the numbers of WordLlama's package (record_sentences.py), and what the page shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

RECORDED = json.loads((Path(__file__).parent / "recorded_sentences.json").read_text(encoding="utf-8"))

EMBED = """async (texts) => {
    const at = (path) => import(new URL(path, document.baseURI));
    const bundle = new URL("gallery/models/sentences/1/", document.baseURI);
    const model = await (await at("texelflow.js")).loadModel(bundle);
    const tokenizer = await (await at("words/tokenizer.js")).loadTokenizer(bundle);
    const { pipeline } = await at("texelflow.pipeline.js");
    const embed = await pipeline("feature-extraction", model, { tokenizer });
    const cosines = [];
    for (const sentences of [...texts, [""]]) {
        const { shape: [, width], data } = await embed(sentences);
        const row = (index) => data.subarray(index * width, (index + 1) * width);
        const cosine = (index) => row(0).reduce((sum, x, at) => sum + x * row(index)[at], 0);
        cosines.push(sentences.map((_, index) => cosine(index)));
    }
    model.dispose();
    return cosines;
}"""


def test_sentences_are_as_alike_as_their_makers_find(gallery: Page) -> None:
    texts = [[one["text"] for one in sentences] for sentences in RECORDED.values()]
    *found, empty = gallery.evaluate(EMBED, texts)
    for name, cosines in zip(RECORDED, found, strict=True):
        assert cosines == pytest.approx([one["cosine"] for one in RECORDED[name]], abs=1e-3), name
    assert empty == [0]


def test_the_page_sorts_sentences(gallery: Page) -> None:
    """By what it shows of itself, and with a text of the visitor's."""
    gallery.evaluate("() => { location.hash = 'sentences'; }")
    gallery.locator("#words-run").click()
    expect(gallery.locator("#words-summary")).to_have_text("Closest: The kitten naps.")
    weather = [one["text"] for one in RECORDED["weather"]]
    gallery.fill("#words-text", "\n".join(weather))
    gallery.click("#words-run")
    expect(gallery.locator("#words-summary")).to_contain_text("showers")
    expect(gallery.locator("#words-result li")).to_have_count(3)
    gallery.evaluate("() => { location.hash = ''; }")
