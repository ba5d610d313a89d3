"""Pipelines take lists, and the names of tasks, as Transformers.js does."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page

CODE = """async ([task, given, options]) => {
    const { loadTokenizer } = await import('/dist/texelflow.text.js');
    const tokenizer = await loadTokenizer('/tokenizers/word_pieces/');
    const runs = [];
    const tensor = (shape, data) => new texelflow.Tensor('float32', shape, Float32Array.from(data));
    const run = async ({input_ids, picture}) => {
        const tokens = input_ids ? Array.from(input_ids.data, Number) : [picture.width];
        const sum = tokens.reduce((a, b) => a + b, 0);
        runs.push(sum);
        const row = Array.from({length: 6}, (_, at) => Math.sin(sum + at));
        const word = (token) => Array.from({length: 60}, (_, at) => Math.cos(token + at) + at / 60);
        const logits = tokens.flatMap(word);
        return {scores: tensor([1, 6], row), logits: tensor([1, tokens.length, 60], logits)};
    };
    const ofText = {name: 'input_ids', dtype: 'int64', shape: [1, 'n']};
    const image = {fit: 'stretch', width: 8, height: 8};
    const ofPicture = {name: 'picture', dtype: 'float32', shape: [1, 3, 8, 8], image};
    const kinds = {scores: 'classes', logits: 'tokens'};
    const isOfPictures = task.startsWith('image');
    const model = {
        name: 'told', run, dispose() {}, states: [],
        inputs: [isOfPictures ? ofPicture : ofText],
        outputs: Object.entries(kinds).map(([name, kind]) =>
            ({name, dtype: 'float32', shape: [1, 'n'], role: {kind}})),
    };
    const does = await pipelines.pipeline(task, model, {tokenizer});
    const things = isOfPictures ? given.map((size) => new ImageData(size, 3)) : given;
    const one = [];
    for (const thing of things) one.push(await does(thing, options));
    const count = runs.length;
    const all = await does(things, options);
    return {one, all, again: runs.slice(count).join() === runs.slice(0, count).join(), task: does.task};
}"""


def of(page: Page, task: str, given: list[Any], options: dict[str, Any]) -> dict[str, Any]:
    return dict(page.evaluate(CODE, [task, given, options]))


TEXTS = ["the quick fox", "a dog", ""]


@pytest.mark.parametrize("options", [{}, {"top_k": 1}])
def test_one_class_of_each_text(pipeline_page: Page, options: dict[str, Any]) -> None:
    """In one list, as there: `[{ label, score }, …]`."""
    answer = of(pipeline_page, "sentiment-analysis", TEXTS, options)
    assert answer["all"] == [each for (each,) in answer["one"]] and len(answer["all"]) == 3
    assert answer["again"] and answer["task"] == "text-classification"


@pytest.mark.parametrize(
    ("task", "given", "options", "count"),
    [
        ("text-classification", TEXTS, {"top_k": 2}, 2),
        ("text-classification", TEXTS, {"top_k": None}, 6),
        ("image-classification", [3, 5], {}, 5),
        ("image-classification", [3, 5, 7], {"top_k": None}, 6),
        ("fill-mask", ["a [MASK]", "[MASK] dog"], {"top_k": None}, 60),
    ],
)
def test_a_list_for_each(
    pipeline_page: Page, task: str, given: list[Any], options: dict[str, Any], count: int
) -> None:
    answer = of(pipeline_page, task, given, options)
    assert answer["all"] == answer["one"] and answer["again"]
    assert [len(each) for each in answer["all"]] == [count] * len(given)
    scores = [[found["score"] for found in each] for each in answer["all"]]
    assert all(each == sorted(each, reverse=True) for each in scores)


def test_an_empty_list(pipeline_page: Page) -> None:
    for task in ("sentiment-analysis", "image-classification", "text-generation"):
        assert of(pipeline_page, task, [], {})["all"] == []


def test_texts_that_go_on(pipeline_page: Page) -> None:
    prompts = ["the", "a dog"]
    answer = of(pipeline_page, "text-generation", prompts, {"max_new_tokens": 3})
    assert answer["all"] == answer["one"] and answer["again"]
    for (text,), prompt in zip(answer["all"], prompts, strict=True):
        assert text["generated_text"].startswith(prompt) and len(text["generated_text"]) > len(prompt)


def test_names_that_objects_have_are_no_tasks(pipeline_page: Page) -> None:
    answer = pipeline_page.evaluate(
        "Promise.all(['toString', 'constructor', 'ner '].map((name) =>"
        " pipelines.pipeline(name, 'nowhere/').catch(({code, message}) => [code, message])))"
    )
    assert [code for code, _ in answer] == ["option"] * 3
    assert all("text-classification" in message for _, message in answer)
