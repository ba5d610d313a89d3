"""Runs the code of a document, from its beginning to its end, as a reader would."""

from __future__ import annotations

import contextlib
import io
import re
import shutil
from collections.abc import Mapping
from itertools import zip_longest
from pathlib import Path

from documents import RUN, Block
from programs import markup_of
from recorded_torch import torch_for
from shell import Shell
from story_page import StoryPage, matches

from browser_support import REPOSITORY

DEFINED = re.compile(r"^#define (\w+) \d+", re.MULTILINE)


class Story:
    """A document's code so far: its folder, Python's names, and what the last of it printed."""

    def __init__(
        self,
        folder: Path,
        stand_ins: tuple[Path, Path],
        compiled: Mapping[str, str],
        page: StoryPage,
        shell: Shell,
    ) -> None:
        models, self.bundles = stand_ins
        self.folder, self.compiled, self.page, self.shell = folder, compiled, page, shell
        shutil.copytree(models, folder, dirs_exist_ok=True)
        for name in ("dist", "demo", "converter"):
            (folder / name).symlink_to(REPOSITORY / name)
        # As the documents say: the runtime's files lie beside the page.
        for file in (REPOSITORY / "dist").glob("texelflow*.js"):
            shutil.copy(file, folder)
        self.path = page.mount(folder)
        self.names: dict[str, object] = {}
        self.printed = ""

    def tell(self, blocks: list[Block]) -> None:
        """Run blocks; compare texts with what the code above them printed."""
        for block, following in zip_longest(blocks, blocks[1:]):
            says = following.code if following is not None and following.language == "text" else ""
            try:
                assert block.language in RUN, (
                    f"nobody knows how to run code of the language {block.language!r}"
                )
                self._tell(block, says)
            except Exception as error:
                raise AssertionError(f"{block.place}: {error}") from error

    def _tell(self, block: Block, says: str) -> None:
        if "bundle" in block.notes:
            self._take_bundle(block.notes["bundle"])
        if "file" in block.notes:
            path = self.folder / block.notes["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
        elif block.language == "text":
            shown = self._shown(block)
            assert matches(block.code, shown), f"it says\n{block.code}\nbut this is shown:\n{shown}"
        elif block.language == "glsl":
            self._compare_shaders(block.code)
        elif block.language == "sh":
            self.printed = self.shell.run(block.code, int(block.notes.get("code", 0)))
        elif block.language == "python":
            self.printed = self._run_python(block)
        else:
            self.printed = self._run_in_page(block, says)

    def _shown(self, block: Block) -> str:
        if "of" in block.notes:
            return self.page.opened(self.path + block.notes["of"], block.code)
        if "without network" in block.notes:
            return self.page.opened(self.path + block.notes["without network"], block.code, gone=self.path)
        return self.printed

    def _run_python(self, block: Block) -> str:
        output = io.StringIO()
        with contextlib.redirect_stdout(output), torch_for(block.code):
            exec(compile(block.code, block.place, "exec"), self.names)
        return output.getvalue()

    def _run_in_page(self, block: Block, says: str) -> str:
        code = self.compiled.get(block.place)
        if code is None:
            (self.folder / "page.html").write_text(f"<!doctype html>\n{block.code}", encoding="utf-8")
            return self.page.opened(f"{self.path}page.html", says)
        printed = self.page.run(self.path, code, markup_of(block))
        if "chosen" not in block.notes:
            assert not re.search(r"type ?= ?\"file\"", block.code), "say what a visitor chooses: `chosen`"
            return printed
        assert says, "say what is printed then"
        return self.page.choose(sorted(self.folder.glob(block.notes["chosen"])), says)

    def _compare_shaders(self, code: str) -> None:
        """Look whether shaders define what code does, and nothing else; X stands for each sampler."""
        self.page.run(self.path, LOAD)
        said = DEFINED.findall(code)
        found = set()
        for source in self.page.shaders():
            names = DEFINED.findall(source.partition("precision")[0])
            samplers = {name.removesuffix("_PIXELS") for name in names if name.endswith("_PIXELS")} - {
                "RESULT"
            }
            for sampler in samplers or {""}:
                others = tuple(f"{name}_" for name in samplers - {sampler})
                own = [re.sub(rf"^{sampler}_", "X_", name) for name in names if not name.startswith(others)]
                assert [name for name in said if name in own] == own, own
                found.update(own)
        assert found == set(said), f"{set(said) - found} is defined nowhere"

    def _take_bundle(self, name: str) -> None:
        shutil.rmtree(self.folder / "bundle", ignore_errors=True)
        shutil.copytree(self.bundles / name, self.folder / "bundle")


LOAD = """
import { loadModel } from "./texelflow.js";
const model = await loadModel("bundle/");
model.dispose();
"""
