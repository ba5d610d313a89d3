"""Random use of the API: runs, sessions, kept tensors, signals, lost contexts and disposal, in any order.

`random_use.js` makes the calls; `use_oracle.js` says what they may lead to, by arithmetic.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

import texelflow
from browser_support import PageServer
from model_support import save_text

FOLDER = Path(__file__).resolve().parent

MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "vector": ("g (float[n, 3] x) => (float[n, 3] y, float[n, 3] z) { y = Add(x, x) z = Neg(x) }", {}),
    "picture": (
        "g (float[1, 3, 4, 5] image) => (float[1, 3, 4, 5] pixels) { pixels = Relu(image) }",
        {"image": "0..1"},
    ),
    "found": ("g (float[n] x) => (int64[1, k] y) { y = NonZero(x) }", {}),
    "loop": (
        """g (float[2] x, float limit) => (float[2] y) {
            first = ReduceMax<keepdims = 0>(x)
            begins = Less(first, limit)
            y = Loop(, begins, x) <body = turn (int64 i, bool c, float[2] s) => (bool c1, float[2] s1) {
                s1 = Add(s, s)
                m = ReduceMax<keepdims = 0>(s1)
                c1 = Less(m, limit)
            }>
        }""",
        {},
    ),
    "sums": (
        """g (float[2, 3] x, float[2, 3] sum) => (float[2, 3] y, float[2, 3] after) {
            after = Add(sum, x)
            y = Add(after, after)
        }""",
        {"states": {"after": "sum"}},
    ),
    "history": (
        """g (float[s] x, float[p] past) => (float[t] y, float[t] after) {
            after = Concat<axis = 0>(past, x)
            y = Add(after, after)
        }""",
        {"states": {"after": "past"}},
    ),
    "branches": (
        """g (float[n, 3] x, int64 k, float[3] sum) => (float[m] y, float[3] after) {
            axes = Constant<value_ints = [0]>()
            zero = Constant<value_int = 0>()
            total = ReduceSum<keepdims = 0>(x, axes)
            after = Add(sum, total)
            is_odd = Greater(k, zero)
            y = If(is_odd) <
                then_branch = yes () => (float[m] a) { a = Concat<axis = 0>(after, after) },
                else_branch = no () => (float[m] b) { b = Neg(after) }
            >
        }""",
        {"states": {"after": "sum"}},
    ),
}


@pytest.fixture(scope="module")
def urls(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The bundles of the models, served."""
    folder = tmp_path_factory.mktemp("random_use")
    page_server.mount("/random_use", FOLDER)
    found = {}
    for name, (text, options) in MODELS.items():
        texelflow.export(save_text(text, folder, f"{name}.onnx"), folder / name, **options)
        found[name] = page_server.mount(f"/random_use_of/{name}", folder / name)
    return found


def used(page: Page, urls: dict[str, str], seeds: list[int], **options: Any) -> Any:
    """Return by seed what was wrong, and what of WebGL is left after each."""
    return page.evaluate(
        """async ({urls, seeds, sides, options}) => {
            const support = await import('/random_use/use_sides.js');
            const {RandomUse} = await import('/random_use/random_use.js');
            support.watchContexts();
            support.watchWorkers();
            const all = await support.sides('/dist');
            const chosen = Object.fromEntries(sides.map((name) => [name, all[name]]));
            const unhandled = [];
            addEventListener('unhandledrejection', ({reason}) => unhandled.push(String(reason)));
            const wrong = {};
            const note = (seed, what) => (wrong[seed] ??= []).push(...what);
            for (const seed of seeds) {
                const use = new RandomUse(seed, {urls, sides: chosen, kinds: Object.keys(urls), ...options});
                note(seed, await use.perform());
                for (let i = 0; i < 100 && workers.size > 0; i++)
                    await new Promise((resolve) => setTimeout(resolve, 20));
                await new Promise((resolve) => setTimeout(resolve, 20));
                if (workers.size > 0) note(seed, [`${workers.size} workers are left`]);
                note(seed, unhandled.splice(0).map((reason) => `unhandled: ${reason}`));
                // The context keeps a texel of each kind for samplers without input.
                const isLeft = ({Texture = 0, Framebuffer = 0, Sync = 0, Buffer = 0, Query = 0}) =>
                    Texture > 2 || Framebuffer > 0 || Sync > 0 || Buffer > 0 || Query > 0;
                for (let i = 0; i < 50 && isLeft(liveObjects()); i++)
                    await new Promise((resolve) => setTimeout(resolve, 20));
                if (isLeft(liveObjects())) note(seed, [`left: ${JSON.stringify(liveObjects())}`]);
            }
            return Object.fromEntries(Object.entries(wrong).filter(([, what]) => what.length > 0));
        }""",
        {"urls": urls, "seeds": seeds, **options},
    )


OPTIONS = {"calls": 60, "loses": 3}


@pytest.mark.parametrize("sides", [["page"], ["worker"], ["page", "worker", "ort", "tfjs"]], ids=" ".join)
def test_calls_in_any_order_give_what_the_oracle_says(
    own_page: Page, urls: dict[str, str], sides: list[str]
) -> None:
    """Of two seeds; TEXELFLOW_SEEDS=first:end runs more."""
    first, end = map(int, os.environ.get("TEXELFLOW_SEEDS", "0:2").split(":"))
    assert used(own_page, urls, list(range(first, end)), sides=sides, options=OPTIONS) == {}
