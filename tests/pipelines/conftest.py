"""A page with dist/texelflow.pipeline.js as `pipelines`, and models that give what they are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from browser_support import REPOSITORY, PageServer
from text_packages import serve_page

SCRIPT = Path(__file__).with_name("told_models.js")
TOKENIZERS = REPOSITORY / "tests/text/tokenizers"


@pytest.fixture(scope="package")
def pipeline_page(browser: Browser, page_server: PageServer) -> Iterator[Page]:
    """The page, for all tests of the folder."""
    page_server.mount("/tokenizers", TOKENIZERS)
    page = browser.new_page()
    page.goto(serve_page(page_server, "/pipelines.html"))
    page.add_script_tag(path=SCRIPT)
    page.evaluate("toldModels.ready")
    yield page
    page.close()


@pytest.fixture
def told(pipeline_page: Page) -> Callable[..., Any]:
    """What a pipeline makes of a model that gives told outputs, on a picture, a sound or a text.

    `outputs` are pairs of shape and numbers by name, or for each run of the model a set of these; `roles` and
    `labels` are the bundle's. An error comes as `{"error": code, "message": …}`.
    """

    def run(task: str, outputs: Any, roles: dict[str, Any], given: Any = None, **more: Any) -> Any:
        runs = outputs if isinstance(outputs, list) else [outputs]
        request = {"task": task, "runs": runs, "roles": roles, "given": given, **more}
        return json.loads(pipeline_page.evaluate("toldModels.run", request))

    return run
