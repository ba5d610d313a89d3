"""Texts that a told model goes on with: greedy, by chance, with and without a memory, and where they end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("told_texts.js")


def write(page: Page, kind: str, **options: Any) -> Any:
    """What is written behind a prompt, and what the model was given for it."""
    page.add_script_tag(path=SCRIPT)
    return json.loads(page.evaluate("toldTexts", [kind, "the fox", options]))


@pytest.mark.parametrize("kind", ["plain", "session", "top-k"])
def test_greedy_texts(pipeline_page: Page, kind: str) -> None:
    """With a memory each run takes what is new, else the whole text."""
    answer = write(pipeline_page, kind, max_new_tokens=4)
    expected = answer["texts"]["1"][3]
    assert answer["generated_text"] == "the fox" + expected and "".join(answer["pieces"]) == expected
    first, given = answer["first"], answer["given"]
    made = [(first[-1] + at) % 40 for at in range(1, 4)]
    whole = [[*first, *made[:count]] for count in range(4)]
    new = whole if kind == "plain" else [first, *([token] for token in made)]
    assert [feeds["input_ids"] for feeds in given] == new
    assert [len(feeds["attention_mask"]) for feeds in given] == [len(tokens) for tokens in whole]
    places = [
        list(range(len(tokens) - len(part), len(tokens))) for tokens, part in zip(whole, new, strict=True)
    ]
    assert [feeds["position_ids"] for feeds in given] == places
    assert answer["sessions"] == 0


@pytest.mark.parametrize("tokenizer", ["byte_pairs", "word_pieces"])
def test_spaces_between_a_prompt_and_what_follows(pipeline_page: Page, tokenizer: str) -> None:
    """Some tokenizers write one before each word but the first, so that tokens alone do not say it."""
    answer = write(pipeline_page, "plain", max_new_tokens=5, tokenizer=tokenizer)
    assert answer["generated_text"] == answer["whole"]
    assert answer["generated_text"] == "the fox" + "".join(answer["pieces"])
    assert answer["pieces"][0].startswith(" ") == (tokenizer == "word_pieces")


def test_how_texts_are_chosen_and_end(pipeline_page: Page) -> None:
    base = write(pipeline_page, "session", max_new_tokens=3)
    last = base["first"][-1]
    ended = write(pipeline_page, "session", max_new_tokens=6, eos_token_id=(last + 3) % 40)
    assert ended["generated_text"] == "the fox" + base["texts"]["1"][1]
    alone = write(pipeline_page, "session", max_new_tokens=3, return_full_text=False)
    assert alone["generated_text"] == base["texts"]["1"][2]
    # Of 1 and 1/2 the second begins at two thirds.
    sampled = write(pipeline_page, "session", max_new_tokens=3, do_sample=True, random=0.9)
    assert sampled["generated_text"] == "the fox" + base["texts"]["2"][2]
    few = write(pipeline_page, "session", max_new_tokens=3, do_sample=True, top_k=1, random=0.9)
    assert few["generated_text"] == base["generated_text"]
    assert base["end"] is not None
    past = write(pipeline_page, "past", max_new_tokens=3)
    assert past["error"] == "option" and "--state auto" in past["message"]


CLEANED = """async ([prompt, follows]) => {
    const {loadTokenizer} = await import('/dist/texelflow.text.js');
    const tokenizer = await loadTokenizer('/tokenizers/byte_pairs/');
    const made = tokenizer.encode(follows, {special: false});
    let count = 0;
    const run = async ({input_ids: {shape}}) => {
        const logits = new Float32Array(shape[1] * 400).fill(-9);
        logits[(shape[1] - 1) * 400 + made[count++]] = 9;
        return {logits: new texelflow.Tensor('float32', [1, shape[1], 400], logits)};
    };
    const model = {
        name: 'told', run, dispose() {}, states: [],
        inputs: [{name: 'input_ids', dtype: 'int64', shape: [1, 'n']}],
        outputs: [{name: 'logits', dtype: 'float32', shape: [1, 'n', 400]}],
    };
    const write = await pipelines.pipeline('text-generation', model, {tokenizer});
    const told = [];
    const streamer = (text) => told.push(text);
    const options = {max_new_tokens: made.length, streamer, eos_token_id: []};
    const [{generated_text}] = await write(prompt, options);
    return [generated_text, told.join('')];
}"""


@pytest.mark.parametrize(
    ("prompt", "follows"),
    [
        ("Hello ", ", you ."),
        ("we '", "re here"),
        ("He said", " 'men are n't ! '"),
        ("a", " , b ."),
        ("the", " 's "),
    ],
)
def test_spaces_that_a_model_writes_stay(pipeline_page: Page, prompt: str, follows: str) -> None:
    """Tokenizers leave some out, and so would change what was told already, or the prompt."""
    assert pipeline_page.evaluate(CLEANED, [prompt, follows]) == [prompt + follows, follows]
