"""The code of the documents runs as it stands, has right types, and prints what they say that it prints.

That of a document runs in order, in a folder with stand-ins (stand_ins.py) for the models that it speaks of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCUMENTS, RUN, blocks
from playwright.sync_api import Browser
from programs import compile_programs, program
from stand_ins import write, write_bundles
from story import Story, StoryPage, open_story_page

from browser_support import REPOSITORY, PageServer

ALL = [block for document in DOCUMENTS for block in blocks(document)]
MOST_NOT_RUN = 23
WRONG = """
import { loadModel, Tensor } from "./texelflow.js";
const model = await loadModel("bundle/");
// @ts-expect-error nobody sets the inputs
model.inputs = [];
// @ts-expect-error a list is no tensor
await model.run({ x: [1, 2] });
// @ts-expect-error numbers are no text
const text: string = new Tensor("int64", [1], new BigInt64Array(1)).as("int64")[0];
"""
"""Fails to compile where the types let wrong code pass."""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The JavaScript of every block that is run in a page; fails where TypeScript finds a wrong type."""
    sources = {
        block.place: code for block in ALL if block.is_compiled and (code := program(block)) is not None
    }
    assert len(sources) >= 50
    return compile_programs(tmp_path_factory.mktemp("programs"), sources, WRONG)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with the models, and one with bundles of some."""
    folder, bundles = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("bundles")
    write(folder)
    write_bundles(folder, bundles)
    return folder, bundles


@pytest.fixture(scope="module")
def story_page(browser: Browser, page_server: PageServer) -> Iterator[StoryPage]:
    """One page for the code of all documents."""
    with open_story_page(browser, page_server) as page:
        yield page


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(REPOSITORY)) for path in DOCUMENTS])
def test_code(
    document: Path,
    compiled: dict[str, str],
    models: tuple[Path, Path],
    story_page: StoryPage,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    story = Story(tmp_path, *models, compiled, story_page)
    for block in blocks(document):
        story.tell(block)


def test_little_is_not_run_and_for_a_reason() -> None:
    """Where another test is named, it is there; code of Python is such at least."""
    left = [block for block in ALL if block.reason is not None]
    assert len(left) <= MOST_NOT_RUN, [block.place for block in left]
    for block in left:
        assert block.language in RUN, block.place
        for name in re.findall(r"\S+\.py\b", str(block.reason)):
            assert (REPOSITORY / name).is_file(), f"{block.place}: {name}"
        if block.language == "python":
            compile(block.code, block.place, "exec")
    known = {*RUN, "text", "diff", ""}
    assert {block.language for block in ALL} <= known
