"""What the page shows of bundles that the loader takes, though what only people read in them is anything.

Of each kind of field that pages read, values of any type and length: the page shows the model, every tab of
*About this model* opens, and nothing is thrown that nobody catches.
"""

from __future__ import annotations

import copy
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from about_models import bundle_of, two_blocks
from demo_support import opening_demo, picture, wait_until
from playwright.sync_api import Browser, Page

Graph = dict[str, Any]
HOSTILE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    7.5,
    1e300,
    "",
    "x" * 20_000,
    "<img src=x onerror=alert(1)>",
    "\u202e\u0000",
)
HOSTILE += ("__proto__", "constructor", [], [None], [[]], {}, {"length": 3}, {"toString": 1}, ["a", 1, {}])
TEXTS = [value for value in HOSTILE if isinstance(value, str)]
TABS = ("overview", "graph", "time", "memory", "weights", "device")
TRIALS = 3


def _provenance(choose: random.Random, graph: Graph) -> None:
    if choose.random() < 0.3:
        graph["provenance"] = choose.choice(HOSTILE)
    else:
        for name in choose.sample(("source", "sha256", "format", "producer", "options", "constants"), 3):
            graph["provenance"][name] = choose.choice(HOSTILE)


def _bits(choose: random.Random, graph: Graph) -> None:
    for program in graph["plans"]["webgl2"]["programs"]:
        program["bits"] = choose.choice(HOSTILE)


def _roles(choose: random.Random, graph: Graph) -> None:
    for entry in graph["inputs"] + graph["outputs"]:
        kind = choose.choice(
            ("classes", "boxes", "mask", "keypoints", "picture", "sound", "text", "tokens", "constructor")
        )
        role = {
            "kind": kind,
            choose.choice(("part", "links", "files", "rate", "threshold")): choose.choice(HOSTILE),
        }
        entry.setdefault("meaning", {})["role"] = choose.choice((role, role, {"kind": kind}, *HOSTILE))


def _labels(choose: random.Random, graph: Graph) -> None:
    for entry in graph["outputs"]:
        entry.setdefault("meaning", {})["labels"] = choose.choices(
            TEXTS, k=choose.choice((0, 1, 16, 17, 5000))
        )


def _texts(choose: random.Random, graph: Graph) -> None:
    """Names of nodes, values, programs, and of the model."""
    graph["name"], graph["generator"] = choose.choices(TEXTS, k=2)
    plan = graph["plans"]["webgl2"]
    for step in plan["load"] + plan["entries"]["predict"]:
        step["node"] = choose.choice((*TEXTS, "Conv 'a/b/c'", "'", "/'/'", "Conv '" + "/" * 3000 + "'"))
    for program in plan["programs"]:
        program["name"] = choose.choice(TEXTS)
    for tensor in plan["tensors"]:
        tensor["value"] = choose.choice(TEXTS)


def _entries(choose: random.Random, graph: Graph) -> None:
    for entry in graph["inputs"] + graph["outputs"]:
        entry["name"] = choose.choice(TEXTS)


def _constraints(choose: random.Random, graph: Graph) -> None:
    deep: Any = 3
    for _ in range(400):
        deep = ["+", deep, 1]
    graph["constraints"] = [
        {"left": choose.choice((1, deep)), "relation": ">=", "right": 1, "node": text, "meaning": text}
        for text in TEXTS
    ]
    graph["derived"] = [{"name": f"{choose.choice(TEXTS)}{place}", "value": deep} for place in range(3)]


def _flops(choose: random.Random, graph: Graph) -> None:
    for step in graph["plans"]["webgl2"]["entries"]["predict"]:
        step["flops"] = choose.choice((0, -1, 2**53 - 1, ["*", -3, 2**40]))


CHANGES = (_provenance, _bits, _roles, _labels, _texts, _entries, _constraints, _flops)


@pytest.fixture(scope="module")
def intact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of pictures, with weights of few bits."""
    return bundle_of(two_blocks(tmp_path_factory.mktemp("spoiled")), "blocks", image="0..1", weights="int4")


@pytest.fixture(scope="module")
def demo_page(browser: Browser, demo_url: str) -> Iterator[Page]:
    """The page, with a picture; what nobody catches fails the module at its end."""
    with opening_demo(browser, demo_url) as opener:
        page = opener()
        page.set_input_files("#photo", picture((255, 0, 0)))
        yield page


def _open(page: Page, intact: Path, graph: Graph) -> str:
    """Open a bundle; return the problem that the page tells of."""
    files = [
        {"name": path.name, "mimeType": "", "buffer": path.read_bytes()}
        for path in sorted(intact.iterdir())
        if path.suffix == ".safetensors"
    ]
    files.append({"name": "graph.json", "mimeType": "", "buffer": json.dumps(graph).encode()})
    page.evaluate("""() => {
        document.getElementById("model-title").textContent = "waiting";
        document.getElementById("bundle-error").textContent = "";
    }""")
    page.set_input_files("#files", files)
    wait_until(
        page,
        "document.getElementById('model-title').textContent !== 'waiting' || "
        "document.getElementById('bundle-error').textContent !== ''",
    )
    return page.inner_text("#bundle-error")


OWN = re.compile(
    r"undefined|is not a function|is not iterable|Cannot |call stack|Invalid |out of|TypeError|RangeError"
)
"""Errors of JavaScript's own."""


def test_spoiled(demo_page: Page, intact: Path) -> None:
    graph = json.loads((intact / "graph.json").read_text())
    for number in range(TRIALS):
        choose = random.Random(number)
        spoiled = copy.deepcopy(graph)
        for change in choose.sample(CHANGES, 5):
            change(choose, spoiled)
        problem = _open(demo_page, intact, spoiled)
        # Names that other entries have are refused, and meanings that are none.
        if demo_page.inner_text("#model-title") == "waiting":
            assert re.search("graph.json is damaged|is said", problem), (number, problem)
            continue
        _see_every_tab(demo_page, number)
        problem = demo_page.inner_text("#bundle-error")
        assert not OWN.search(problem), (number, problem)


def _see_every_tab(page: Page, number: int) -> None:
    if page.get_attribute("#about", "open") is None:
        page.click("#about > summary")
    wait_until(page, "document.getElementById('tab-overview') !== null")
    for tab in TABS:
        page.click(f"#tab-{tab}")
        part = f"document.getElementById('part-{tab}')"
        wait_until(page, f"!{part}.hidden && {part}.ariaBusy === null")
        alert = page.locator(f"#part-{tab} .alert:visible")
        assert alert.count() == 0, (number, tab, alert.all_inner_texts())
        assert page.inner_text(f"#part-{tab}"), (number, tab)
