"""Tokenizers and chat templates give what Python's libraries recorded (record_tokenizers.py)."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser_support import PageServer
from text_packages import serve_page

FOLDER = Path(__file__).with_name("tokenizers")


@pytest.fixture(scope="module")
def text_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """A page whose import map names the packages, with the module as `text`."""
    page_server.mount("/tokenizers", FOLDER)
    page = browser.new_page()
    page.goto(serve_page(page_server, "/text.html"))
    page.evaluate("async () => { globalThis.text = await import('/dist/texelflow.text.js'); }")
    yield page
    page.close()


def recorded(name: str) -> Any:
    """What was recorded of a tokenizer."""
    return json.loads((FOLDER / name / "recorded.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["byte_pairs", "word_pieces"])
def test_tokens_are_those_of_the_library(text_page: Page, name: str) -> None:
    expected = recorded(name)
    answer = text_page.evaluate(
        """async ([name, texts, pairs]) => {
            const tokenizer = await text.loadTokenizer(`/tokenizers/${name}`);
            const plain = ({dtype, shape, data}) => [dtype, shape, Array.from(data, Number)];
            return {
                texts: texts.map((text) => {
                    const special = tokenizer.encode(text);
                    const plain = tokenizer.encode(text, {special: false});
                    return {text, special, plain, decoded: tokenizer.decode(special)};
                }),
                pairs: pairs.map(([first, pair]) => {
                    const inputs = tokenizer.inputs(first, {pair});
                    const entries = Object.entries(inputs).map(([name, value]) => [name, plain(value)]);
                    return Object.fromEntries(entries);
                }),
            };
        }""",
        [name, [case["text"] for case in expected["texts"]], [case["pair"] for case in expected["pairs"]]],
    )
    assert answer["texts"] == expected["texts"]
    for inputs, case in zip(answer["pairs"], expected["pairs"], strict=True):
        shape = [1, len(case["ids"])]
        assert inputs == {
            "input_ids": ["int64", shape, case["ids"]],
            "attention_mask": ["int64", shape, case["mask"]],
            "token_type_ids": ["int64", shape, case["types"]],
        }


def test_chats_are_those_of_the_library(text_page: Page) -> None:
    chats = recorded("byte_pairs")["chats"]
    answer = text_page.evaluate(
        """async (chats) => {
            const tokenizer = await text.loadTokenizer('/tokenizers/byte_pairs/');
            const all = chats.map(({messages, prompt, tools}) =>
                tokenizer.chat(messages, {prompt, ...(tools && {values: {tools}})}));
            const other = await tokenizer.chat([], {template: 'other', values: {word: 'x'}});
            const failed = ({code, message}) => [code, message];
            const missing = await tokenizer.chat([], {template: 'third'}).catch(failed);
            return {all: await Promise.all(all), other, missing, token: tokenizer.tokenOf('<|im_end|>')};
        }""",
        chats,
    )
    assert answer["all"] == [chat["text"] for chat in chats]
    assert answer["other"] == "0x" and answer["token"] == 2
    assert answer["missing"][0] == "option" and '"third"' in answer["missing"][1]


def test_files_and_templates_apart(text_page: Page, page_server: PageServer) -> None:
    """From content that the page has, a template in a file of its own, a query that goes along; errors."""
    tokenizer = (FOLDER / "byte_pairs" / "tokenizer.json").read_bytes()
    for path, body in {
        "/apart/tokenizer.json": tokenizer,
        "/apart/chat_template.jinja": b"{{ messages[0].content }}!",
        "/wrong/tokenizer.json": b"{}",
        "/page/tokenizer.json": b"<!doctype html>",
    }.items():
        page_server.fixed[path] = (200, "text/plain", body)
    answer = text_page.evaluate(
        """async () => {
            const asked = [];
            const fetching = (url) => {
                asked.push(url.replace(location.origin, ''));
                return fetch(url);
            };
            const apart = await text.loadTokenizer('/apart?token=a', {fetch: fetching});
            const few = [];
            const counting = (url) => few.push(url.split('/').at(-1)) && fetch(url);
            await text.loadTokenizer('/apart', {fetch: counting, files: ['tokenizer.json']});
            const tokenizer = await (await fetch('/apart/tokenizer.json')).json();
            const given = await text.loadTokenizer({tokenizer});
            const failed = (address) => text.loadTokenizer(address).then(() => 'none', ({code}) => code);
            return {
                chat: await apart.chat([{role: 'user', content: 'Hi'}]), asked: asked.sort(), few,
                same: given.encode('the fox').join() === apart.encode('the fox').join(),
                codes: [await failed('/absent'), await failed('/wrong'), await failed('/page')],
            };
        }"""
    )
    assert answer["chat"] == "Hi!" and answer["same"]
    files = ["chat_template.jinja", "tokenizer.json", "tokenizer_config.json"]
    assert answer["asked"] == [f"/apart/{name}?token=a" for name in files]
    assert answer["few"] == ["tokenizer.json"]
    assert answer["codes"] == ["not-found", "damaged", "damaged"]


def test_packages_are_fetched_when_first_used(browser: Browser, page_server: PageServer) -> None:
    page = browser.new_page()
    page.goto(page_server.url("/blank.html"))
    answer = page.evaluate(
        """async () => {
            const {loadTokenizer} = await import('/dist/texelflow.text.js');
            return loadTokenizer({tokenizer: {}}).catch(({code, message}) => [code, message]);
        }"""
    )
    page.close()
    assert answer[0] == "network" and "install it, or name it in the import map" in answer[1]


PIECES = (
    " ,",
    " .",
    "!",
    " ?",
    " n",
    "n",
    "'t",
    " '",
    "'",
    " n't",
    "re",
    "ve",
    "m",
    "s",
    "a",
    " a",
    " s",
    "é",
    " 😀",
)
"""What tokens may be of which tokenizers leave spaces out: "do n't ." is "don't."."""


@pytest.mark.parametrize("options", [{}, {"clean": True}, {"clean": False}], ids=str)
def test_streamed_texts_are_those_of_all_tokens(text_page: Page, options: dict[str, bool]) -> None:
    """Of random pieces, each a token or several: nothing is lost, told twice, or half a character."""
    rng = random.Random(len(options))
    texts = [[rng.choice(PIECES) for _ in range(rng.randint(1, 12))] for _ in range(300)]
    answer = text_page.evaluate(
        """async ([texts, options]) => {
            const {streamText} = await import('/dist/texelflow.ends.js');
            const tokenizer = await text.loadTokenizer('/tokenizers/byte_pairs');
            return Promise.all(texts.map(async (pieces) => {
                const tokens = pieces.flatMap((piece) => tokenizer.encode(piece, {special: false}));
                const told = [];
                const decode = (all) => tokenizer.decode(all, options);
                for await (const part of streamText(tokens, decode)) told.push(part);
                return [told, tokenizer.decode(tokens, options)];
            }));
        }""",
        [texts, options],
    )
    for pieces, (told, whole) in zip(texts, answer, strict=True):
        assert "".join(told) == whole and all(told), pieces
        assert not any("\ufffd" in part for part in told)
    exact = ["".join(pieces) for pieces in texts]
    assert ([whole for _, whole in answer] == exact) == (options.get("clean") is False)
