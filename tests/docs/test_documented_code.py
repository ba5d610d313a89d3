"""The code of the documents runs as it stands, has right types, and prints what they say that it prints.

That of a document runs in order, in a folder with stand-ins (stand_ins.py) for the models that it speaks of.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import DOCUMENTS, blocks
from playwright.sync_api import Browser
from programs import compile_programs, module, program, side_of
from shell import Shell, open_shell
from stand_ins import write, write_bundles
from story import Story
from story_page import StoryPage, open_story_page

from browser_support import REPOSITORY, PageServer

sys.path.append(str(REPOSITORY / "tests" / "converter"))

from converter_support import build_converter

ALL = [block for document in DOCUMENTS for block in blocks(document)]
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
def converter() -> Path:
    """The exporter for pages."""
    return build_converter()


@pytest.fixture(scope="module")
def compiled(converter: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The JavaScript of every block that is run in a page; fails where TypeScript finds a wrong type."""
    sources = {block.place: code for block in ALL if (code := program(block)) is not None}
    assert len(sources) >= 60
    before = {
        f"{block.place} before": module(side_of(block, "-")) for block in ALL if block.language == "diff"
    }
    return compile_programs(tmp_path_factory.mktemp("programs"), {**sources, **before}, WRONG, converter)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder with the models, and one with bundles of some."""
    folder, bundles = tmp_path_factory.mktemp("models"), tmp_path_factory.mktemp("bundles")
    write(folder)
    write_bundles(folder, bundles)
    return folder, bundles


@pytest.fixture(scope="module")
def story_page(browser: Browser, page_server: PageServer, converter: Path) -> Iterator[StoryPage]:
    """One page for the code of all documents."""
    page_server.mount("/convert", converter)
    with open_story_page(browser, page_server) as page:
        yield page


@pytest.fixture(scope="module")
def shell(models: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """What runs commands, with servers for those that ask some."""
    with open_shell(models[0], tmp_path_factory.mktemp("home")) as shell:
        yield shell


@pytest.mark.parametrize("document", DOCUMENTS, ids=[str(path.relative_to(REPOSITORY)) for path in DOCUMENTS])
def test_code(
    document: Path,
    compiled: dict[str, str],
    models: tuple[Path, Path],
    story_page: StoryPage,
    shell: Shell,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    Story(tmp_path, models, compiled, story_page, shell).tell(blocks(document))
