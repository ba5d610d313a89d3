"""Spoiled bundles in a page, and what is wrong with what becomes of one."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from browser_support import REPOSITORY
from bundle_runner import TYPED_ARRAYS
from fuzz.bundles.kinds import Files, Kind
from fuzz.bundles.mutants import mutant

SCRIPT = Path(__file__).with_name("trial.js")
CODES = frozenset(re.findall(r"^\| `([\w-]+)` \|", (REPOSITORY / "docs/errors.md").read_text(), re.M))
MOST_BYTES = 2**27 + 2**20
"""Of textures: what the page allows, and a little for the device's own."""

LONGEST_MESSAGE = 20_000
SECONDS = 30.0
KEPT_PROGRAMS = 64
"""Programs are kept for a while behind the models that used them."""


class Trials:
    """A page, which is asked again after each spoiled bundle whether an intact one still works."""

    def __init__(self, page: Page) -> None:
        page.add_script_tag(path=TYPED_ARRAYS)
        page.add_script_tag(path=SCRIPT)
        page.evaluate("async () => { globalThis.pipelines = await import('/dist/texelflow.pipeline.js'); }")
        self._page = page

    def begin(self, name: str, kind: Kind) -> None:
        """Take a kind; see that it works as it is."""
        self._name, self._kind = name, kind
        self._intact = self._tell(kind.files, "run", True)
        assert self._intact["outcome"] == "result" and self._intact["outputs"], self._intact

    def told(self, number: int) -> dict[str, Any]:
        """Return what became of a mutant: `outcome`, and `fault` if that is wrong."""
        way = ("run", "run", "streaming", "values", "pipeline")[number % 5]
        told = self._tell(mutant(self._name, self._kind.files, number), way, False)
        fault = fault_of(told, self._intact)
        if (not fault and number % 10 == 9) or fault:
            again = self._tell(self._kind.files, "run", True)
            if again["outcome"] != "result" or again["outputs"] != self._intact["outputs"]:
                fault = f"{fault or ''} an intact bundle gives {str(again)[:300]} afterwards"
        return {
            "outcome": told["outcome"],
            "code": told.get("code"),
            "fault": fault,
            "seconds": told["seconds"],
        }

    def _tell(self, files: Files, way: str, is_intact: bool) -> dict[str, Any]:
        feeds = {
            name: {"shape": list(array.shape), "data": [float(number) for number in array.ravel()]}
            for name, array in self._kind.feeds.items()
        }
        encoded = {name: base64.b64encode(content).decode() for name, content in files.items()}
        request = {"files": encoded, "feeds": feeds, "isIntact": is_intact, "way": way}
        told: dict[str, Any] = self._page.evaluate("(request) => bundleTrial.tell(request)", request)
        return told


def fault_of(told: Mapping[str, Any], intact: Mapping[str, Any]) -> str | None:
    """Return what is wrong with how a bundle ended."""
    if told["outcome"] == "hang":
        return "it hangs, and does not stop"
    if told["strays"]:
        return f"nobody caught {told['strays'][0][:600]}"
    if told["outcome"] == "error":
        if told["kind"] != "TexelflowError":
            return f"{told['message'][:200]}: {told['stack'][:700]}"
        if told["code"] not in CODES:
            return f"the code {told['code']} is not documented"
        if told["length"] > LONGEST_MESSAGE:
            return f"a message of {told['length']} characters: {told['message'][:200]}"
        if len(told["message"]) < 10:
            return f"the message {told['message']}"
    if told["polluted"]:
        return f"Object.prototype has {told['polluted']}"
    if told["most"] > MOST_BYTES:
        return f"textures of {told['most']} bytes"
    if told["seconds"] > SECONDS and told["outcome"] != "stopped":
        return f"it took {told['seconds']:.0f} s"
    for kind, count in told["left"].items():
        allowed = KEPT_PROGRAMS if kind in ("Program", "Shader") else 0
        if count > intact["left"][kind] + allowed:
            return f"it leaves {count - intact['left'][kind]} {kind}s"
    return None
