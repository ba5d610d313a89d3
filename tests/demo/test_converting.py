"""The demo's second part: models of any format, converted on the page, and links to models."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from bundles import colour_classifier, save
from demo_support import picture, wait_until
from onnx import helper
from playwright.sync_api import Browser, Page, Route

import texelflow
from browser_support import PageServer

RED = (255, 0, 0)
Opener = Callable[..., Page]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A model of pictures that says nothing of them: how red, green and blue they are."""
    colour_classifier(tmp_path)
    return tmp_path / "colours.onnx"


def wait_for_result(page: Page, expected: str) -> None:
    wait_until(page, f"/{expected}/.test(document.getElementById('summary').textContent)")


def converter_requests(server: PageServer) -> list[str]:
    return [path for path in server.requests if "/convert/" in path]


def zipped(path: Path) -> dict[str, bytes]:
    """The files of an archive, by name."""
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {Path(name).name: archive.read(name) for name in archive.namelist()}


def test_a_model_is_chosen_converted_run_and_saved(
    open_demo: Opener, page_server: PageServer, model: Path, tmp_path: Path
) -> None:
    page_server.requests.clear()
    page = open_demo()
    page.set_input_files("#photo", picture(RED))
    assert converter_requests(page_server) == []
    page.set_input_files("#files", str(model))
    wait_for_result(page, "^class 0, ")
    assert page.inner_text("#model-title") == "colours"
    assert converter_requests(page_server)
    assert page.locator("#warnings > li").count() == 0

    with page.expect_download() as download:
        page.click("#save")
    saved = tmp_path / "saved.zip"
    download.value.save_as(saved)
    texelflow.export(model, tmp_path / "native", image="0..1")
    assert zipped(saved) == {path.name: path.read_bytes() for path in (tmp_path / "native").iterdir()}
    assert download.value.suggested_filename == "colours.zip"

    page.select_option("#pictures", "0..1,channels=bgr")
    wait_for_result(page, "^class 2, ")


def test_more_is_said_of_how_a_model_is_converted(open_demo: Opener, tmp_path: Path) -> None:
    """Each choice converts the model once more; what cannot be read or kept, or is doubtful, is told."""
    source = save(
        tmp_path / "free.onnx",
        [helper.make_node("GlobalAveragePool", ["picture"], ["scores"])],
        [1, 3, "height", "width"],
        {"scores": [1, 3, 1, 1]},
        [],
    )
    doubtful = onnx.load(source)
    doubtful.graph.output[0].type.tensor_type.shape.dim[3].dim_value = 2
    onnx.save(doubtful, source)
    labels = tmp_path / "labels.txt"
    labels.write_text("red\ngreen\nblue", encoding="utf-8")
    page = open_demo()
    told = "document.getElementById('bundle-error').textContent"
    page.set_input_files("#photo", picture(RED))
    page.set_input_files("#files", str(source))
    wait_for_result(page, "^class 0, ")
    assert "the model declares it as float32[1, 3, 1, 2]" in page.inner_text("#warnings")
    page.click("#conversion summary")
    for text, reason in {"nothing": "“nothing” is no size", "picture=1,3,9": "picture"}.items():
        page.fill("#shapes", text)
        page.press("#shapes", "Enter")
        wait_until(page, f"{told}.includes('{reason}')")
    page.fill("#shapes", "picture=1,3,12,16")
    page.press("#shapes", "Enter")
    wait_until(page, f"{told} === '' && document.getElementById('loading').hidden")
    page.fill("#image", "0..255,fit=cover")
    page.select_option("#weights", "int8")
    page.fill("#labels", "red\ngreen\nblue\n")
    page.dispatch_event("#labels", "change")
    wait_for_result(page, "^red, ")

    wait_until(page, "document.getElementById('loading').hidden")
    with page.expect_download() as download:
        page.click("#save")
    download.value.save_as(tmp_path / "saved.zip")
    texelflow.export(
        source,
        tmp_path / "native",
        input_shapes={"picture": [1, 3, 12, 16]},
        image="0..255,fit=cover",
        labels=labels,
        weights="int8",
    )
    assert zipped(tmp_path / "saved.zip") == {
        path.name: path.read_bytes() for path in (tmp_path / "native").iterdir()
    }
    page.check("#states")
    wait_until(page, f"{told}.includes('pair')")


def test_a_model_is_dropped_and_made_ready_while_dragged(
    open_demo: Opener, page_server: PageServer, model: Path
) -> None:
    page_server.requests.clear()
    page = open_demo()
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(model)], "dragOperationsMask": 1}

    def drag(kind: str) -> None:
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})

    drag("dragEnter")
    wait_until(
        page, "performance.getEntriesByType('resource').some(({ name }) => name.includes('/convert/'))"
    )
    drag("dragOver")
    drag("drop")
    wait_for_result(page, "^class ")


def test_what_cannot_be_converted_is_told_in_the_exporters_words(open_demo: Opener, tmp_path: Path) -> None:
    page = open_demo()
    state = tmp_path / "weights.pth"
    with zipfile.ZipFile(state, "w") as archive:
        archive.writestr("weights/data.pkl", b"")
    page.set_input_files("#files", str(state))
    wait_until(page, "document.getElementById('bundle-error').textContent !== ''")
    told = page.inner_text("#bundle-error")
    with pytest.raises(texelflow.ExportError) as native:
        texelflow.export(state, tmp_path / "bundle")
    assert told == str(native.value).replace(str(state), state.name)
    assert not page.is_visible("#save")
    assert not page.is_visible("#loading")


def test_a_link_names_a_model(open_demo: Opener, page_server: PageServer, model: Path, demo_url: str) -> None:
    page_server.mount("/somewhere/deep/demo/shared-models", model.parent)
    page = open_demo()
    page.fill("#address", "shared-models/colours.onnx")
    page.click("#open-form button[type=submit]")
    wait_for_result(page, "^class ")
    assert page.url == f"{demo_url}#model=shared-models/colours.onnx"
    page.reload()
    wait_for_result(page, "^class ")
    assert page.inner_text("#model-title") == "colours"


def test_another_server_is_asked_only_if_the_visitor_wants_it(
    browser: Browser, model: Path, demo_url: str
) -> None:
    foreign = "https://models.example/nets/colours.onnx"
    asked: list[str] = []

    def serve(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(body=model.read_bytes(), headers={"Access-Control-Allow-Origin": "*"})

    context = browser.new_context(service_workers="block")
    context.route("https://models.example/**", serve)
    page = context.new_page()
    page.goto(demo_url)
    page.fill("#address", foreign)
    wait_until(page, "!document.getElementById('stage').hidden")
    page.click("#open-form button[type=submit]")
    page.wait_for_url("**/foreign.html#**")
    wait_until(page, "document.getElementById('foreign').open")
    assert page.inner_text("#foreign-address") == foreign
    assert page.inner_text("#foreign-host") == "models.example"
    page.click("text=Do not")
    page.wait_for_timeout(300)  # nothing tells that it is not asked
    assert asked == []
    page.reload()
    wait_until(page, "document.getElementById('foreign').open")
    page.click("text=Fetch it")
    wait_for_result(page, "^class ")
    assert asked == [foreign]
    context.close()
