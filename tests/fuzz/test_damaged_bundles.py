"""Damaged bundles in the page: an error that says what is wrong or a result, never a hang or a dead page."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import random
import re
from pathlib import Path
from typing import Any

import onnx
import pytest
from playwright.sync_api import Page

import texelflow
from fuzz.damage import damage_document, damaged_bytes
from fuzz.small_models import image_model
from kernels.sheet import Sheet

SCRIPT = Path(__file__).with_name("load_damaged.js")
SHAPE = [2, 3, 8, 8]
BATCH = 25
SHADERS = frozenset({"source", "ints", "floats"})
"""Code and loop bounds: a bundle is trusted as its page is; wrong ones could keep the GPU busy for ever."""

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """The files of a small classifier's bundle."""
    folder = tmp_path_factory.mktemp("bundle")
    onnx.save(image_model().model(), folder / "image.onnx")
    texelflow.export(folder / "image.onnx", folder / "bundle")
    return {path.name: path.read_bytes() for path in (folder / "bundle").iterdir()}


@pytest.fixture(scope="module")
def fuzz_page(module_page: Page) -> Page:
    """A page that can load damaged bundles."""
    module_page.add_script_tag(path=SCRIPT)
    return module_page


def _outcomes(page: Page, damaged: list[Files], intact: Files) -> list[dict[str, Any]]:
    """Load the damaged bundles, an intact one after each batch; return what became of the damaged ones."""
    answers: list[dict[str, Any]] = []
    (wanted,) = _run(page, [intact])
    assert wanted["outcome"] == "result"
    for start in range(0, len(damaged), BATCH):
        *batch, afterwards = _run(page, [*damaged[start : start + BATCH], intact])
        assert afterwards == wanted, f"an intact bundle does not work after {batch}"
        answers += batch
    for answer in answers:
        assert answer["outcome"] != "hang"
    return answers


def _run(page: Page, bundles: list[Files]) -> list[dict[str, Any]]:
    encoded = [
        {name: base64.b64encode(content).decode() for name, content in files.items()} for files in bundles
    ]
    answers: list[dict[str, Any]] = page.evaluate(
        "([bundles, shape]) => damagedBundles.runAll(bundles, shape)", [encoded, SHAPE]
    )
    return answers


def _shares(answers: list[dict[str, Any]]) -> tuple[float, float]:
    """Return the shares of errors among the answers and of JavaScript's own, which tell a user nothing."""
    errors = [answer for answer in answers if answer["outcome"] == "error"]
    assert all(len(error["message"]) > 10 for error in errors)
    own = [error for error in errors if error["kind"] != "TexelflowError"]
    return len(errors) / len(answers), len(own) / len(answers)


@pytest.fixture(scope="module")
def damaged_values(fuzz_page: Page, bundle: Files) -> list[dict[str, Any]]:
    """What becomes of bundles of which one value of graph.json is another."""
    source = random.Random(2)
    intact = json.loads(bundle["graph.json"])
    damaged = []
    for _ in range(300):
        document = copy.deepcopy(intact)
        damage_document(source, document, SHADERS)
        damaged.append({**bundle, "graph.json": json.dumps(document).encode()})
    return _outcomes(fuzz_page, damaged, bundle)


def test_damaged_text(fuzz_page: Page, bundle: Files) -> None:
    source = random.Random(1)
    damaged = [{**bundle, "graph.json": damaged_bytes(source, bundle["graph.json"])} for _ in range(150)]
    errors, own = _shares(_outcomes(fuzz_page, damaged, bundle))
    assert errors > 0.5
    assert own < 0.05


def test_damaged_values(damaged_values: list[dict[str, Any]]) -> None:
    errors, _ = _shares(damaged_values)
    assert 0.3 < errors < 0.95


def test_damaged_values_are_told_clearly(damaged_values: list[dict[str, Any]]) -> None:
    _, own = _shares(damaged_values)
    assert own == 0


def _optional_names() -> set[str]:
    """Return the names of fields that some object of graph.json may lack."""
    schema = json.loads((Path(texelflow.__file__).parent / "bundle" / "graph.schema.json").read_text())
    objects = [schema, *schema["definitions"].values()]
    return {
        name
        for definition in objects
        for name in definition.get("properties", {})
        if name not in definition["required"]
    }


def test_every_value_of_another_type_is_told_of_in_its_place(
    fuzz_page: Page, bundle: Files, tmp_path: Path
) -> None:
    """Each value of a graph.json replaced by one of each other JSON type, and each left out."""
    sheet = Sheet("picture")
    x = sheet.input(["batch", 3, "height", 8])
    sheet.output(sheet.node("Conv", [x, sheet.weights([5, 3, 3, 3])], pads=[1, 1, 1, 1]))
    onnx.save(sheet.model(), tmp_path / "picture.onnx")
    texelflow.export(tmp_path / "picture.onnx", tmp_path / "bundle", image="0..1", weights="float16")
    graph_file = json.loads((tmp_path / "bundle" / "graph.json").read_text())
    for tensor in graph_file["plans"]["webgl2"]["tensors"]:
        tensor["storage"] = "float32"  # so that every optional field occurs
    graph_file["outputs"][0]["meaning"] = {"labels": ["one", "two"]}
    # What pages show, and nothing computes with, the loader does not look at.
    del graph_file["provenance"]
    for program in graph_file["plans"]["webgl2"]["programs"]:
        program.pop("bits", None)
    answers = fuzz_page.evaluate(
        "(parameters) => damagedBundles.loadWithEachValueChanged(...parameters)",
        [graph_file, sorted(_optional_names())],
    )
    assert len(answers) > 1500
    for answer in answers:
        told = re.search(
            r"graph\.json is damaged: (\S+) must be .+, but is .+\. Export the", answer["message"]
        )
        assert answer["kind"] == "TexelflowError" and told, answer
        # An expression is told of as a whole.
        inside = answer["path"].removeprefix(told[1])
        assert inside != answer["path"] and re.fullmatch(r"(\[\d+\])*", inside), answer
    # The intact bundle still works in the same page.
    assert _run(fuzz_page, [bundle])[0]["outcome"] == "result"


def test_damaged_weights(fuzz_page: Page, bundle: Files) -> None:
    source = random.Random(3)
    damaged = []
    for number in range(150):
        content = damaged_bytes(source, bundle["weights.safetensors"])
        graph_file = json.loads(bundle["graph.json"])
        if number % 2:  # as if it had been exported so
            graph_file["files"][0].update(bytes=len(content), sha256=hashlib.sha256(content).hexdigest())
        damaged.append({"graph.json": json.dumps(graph_file).encode(), "weights.safetensors": content})
    answers = _outcomes(fuzz_page, damaged, bundle)
    assert all(answer["outcome"] == "error" for answer in answers[::2])  # the hash shows every damage
    errors, own = _shares(answers)
    assert 0.6 < errors < 0.95
    assert own == 0
