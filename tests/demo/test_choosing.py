"""What must be typed on a command line, a visitor is offered: models, functions, controls of options."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from bundles import colour_classifier, save
from demo_support import Opener, picture, wait_until
from onnx import helper
from playwright.sync_api import Page

MODELS = ("first/ones.onnx", "second/others.onnx")
ERROR = "document.getElementById('bundle-error')"


def scaled(path: Path, extent: int | str = 1) -> Path:
    """A model of pictures that gives the mean of each channel."""
    path.parent.mkdir(exist_ok=True)
    node = helper.make_node("GlobalAveragePool", ["picture"], ["scores"])
    return save(path, [node], [extent, 3, 8, 8], {"scores": [1, 3, 1, 1]}, [])


def offers(page: Page) -> list[str]:
    wait_until(page, f"{ERROR}.querySelector('button') !== null", 60)
    return page.locator("#bundle-error button").all_inner_texts()


def test_one_of_several_models_is_chosen(open_demo: Opener, tmp_path: Path) -> None:
    """In an archive, or in a folder, by its path there; and it is converted once more as that one."""
    folder = tmp_path / "both"
    folder.mkdir()
    with zipfile.ZipFile(tmp_path / "both.zip", "w") as archive:
        for name in MODELS:
            archive.write(scaled(folder / name), name)
    page = open_demo()
    page.set_input_files("#photo", picture((255, 0, 0)))
    for field, given, prefix in (("#files", "both.zip", ""), ("#folder", "both", "both/")):
        page.set_input_files(field, str(tmp_path / given))
        assert offers(page) == [prefix + name for name in MODELS]
        told = page.inner_text("#bundle-error")
        assert told.startswith("There are 2 models in it.") and "#" not in told and "--" not in told
        page.locator("#bundle-error button").last.click()
        wait_until(page, "document.getElementById('model-title').textContent === 'others'", 60)
        assert not page.is_visible("#bundle-error")
        page.evaluate("document.getElementById('model-title').textContent = ''")
        page.select_option("#pictures", "0..255" if field == "#files" else "-1..1")
        wait_until(page, "document.getElementById('model-title').textContent === 'others'", 60)


@pytest.mark.parametrize("count", [1])
def test_an_option_that_is_named_leads_to_its_control(open_demo: Opener, tmp_path: Path, count: int) -> None:
    """An input without a shape: the exporter says --input, the page brings the visitor to the sizes."""
    colour_classifier(tmp_path)
    node = helper.make_node("Relu", ["x"], ["y"])
    types = [helper.make_tensor_value_info(name, 1, None) for name in "xy"]
    model = helper.make_model(
        helper.make_graph([node], "unsaid", types[:count], types[count:]),
        opset_imports=[helper.make_opsetid("", 17)],
    )
    (tmp_path / "unsaid.onnx").write_bytes(model.SerializeToString())
    page = open_demo()
    page.set_input_files("#files", str(tmp_path / "unsaid.onnx"))
    assert offers(page) == ["Set: Sizes of inputs that it leaves free"]
    assert "--input x=N,3,224,224" in page.inner_text("#bundle-error")
    page.click("#bundle-error button")
    assert page.evaluate("document.activeElement.id") == "shapes"
    page.keyboard.type("x=1,4")
    page.keyboard.press("Enter")
    wait_until(page, "document.getElementById('model-title').textContent === 'unsaid'", 60)
