"""What depends on the browser beside computing: smoke.js does it, and here is what it must give."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from installed_browsers import InstalledBrowser
from pytorch_files import packed_files
from results import Feature
from small_models import SMALL_MODELS

import texelflow
from browser_support import REPOSITORY, PageServer
from bundle_runner import decode, encode
from converter.converter_support import build_converter, exported
from fuzz.format import NAMES, format_of
from kernels.sheet import run_reference
from model_support import save_text

STREAM = """
    g (float[n, 3] x, float[n, 3] sum) => (float[n, 3] y, float[n, 3] sum_after) {
        half = Constant<value_float = 0.5>()
        kept = Mul(sum, half)
        sum_after = Add(kept, x)
        y = Neg(sum_after)
    }"""
MIXED = """
    g (float[1, 3, 4, 4] image, float[n, 3] x, float[n, 3] sum)
    => (float[1, 3, 4, 4] pixels, float[n, 3] y) {
        two = Constant<value_float = 2.0>()
        pixels = Relu(image)
        together = Add(sum, x)
        y = Mul(together, two)
    }"""
Y = 22
"""What MIXED gives for an x of 1 and a sum of 10."""

TOLERANCE = 1e-4
GREY_LEVELS = 2.6
"""Of 255: a colour of 40 % is stored multiplied by that in places, in 8 bits."""

EXPECTED = re.compile("context (was )?lost|prior to a partial upload|lazy initialization", re.IGNORECASE)
"""What browsers say of a context that is taken away, and Firefox of a texture that is filled by a copy."""

Answer = Mapping[str, Any]


@pytest.fixture(scope="session")
def bundles(page_server: PageServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The addresses of the bundles that smoke.js loads, and an input with what ONNX Runtime makes of it."""
    folder = tmp_path_factory.mktemp("features")
    options: dict[str, dict[str, Any]] = {
        "stream": {"states": {"sum_after": "sum"}},
        "mixed": {"image": "0..1,name=image"},
    }
    for name, text in {"stream": STREAM, "mixed": MIXED}.items():
        (folder / f"{name}.onnx").parent.mkdir(exist_ok=True)
        source = folder / name
        source.mkdir()
        texelflow.export(save_text(text, source), source / "bundle", **options[name])
    sheet = SMALL_MODELS["image"]()
    onnx.save(sheet.model(), folder / "image.onnx")
    texelflow.export(folder / "image.onnx", folder / "image" / "bundle")
    feeds = sheet.feeds({"batch": 1})
    url = page_server.mount("/features", folder)
    return {
        **{name: f"{url}/{name}/bundle" for name in ("stream", "mixed", "image")},
        "feeds": encode(feeds),
        "expected": run_reference(folder / "image.onnx", feeds),
    }


def streamed(values: list[float]) -> list[float]:
    """The first number of y after runs of STREAM with these inputs."""
    results, total = [], 0.0
    for value in values:
        total = total / 2 + value
        results.append(-total)
    return results


def same(outputs: Answer, bundles: Answer) -> bool:
    """Whether the outputs of the image model are those of ONNX Runtime."""
    found = decode(outputs)
    return all(np.abs(found[name] - wanted).max() < TOLERANCE for name, wanted in bundles["expected"].items())


def checked(left: int) -> np.ndarray:
    """The picture that smoke.js draws, from a column on: [3, 4, 4], from 0 to 1."""
    y, x = np.mgrid[0:4, left : left + 4]
    return np.stack([40 * x, 60 * y, np.full_like(x, 9)]) / 255


def stream(answer: Answer, _: Answer) -> str:
    assert answer["own"] == streamed([1, 2, 4, 8, 16])
    assert answer["other"] == streamed([10, 20, 40, 80, 160])
    assert answer["again"] == streamed([1, 2])
    return ""


def lost_context(answer: Answer, _: Answer) -> str:
    assert answer["before"] == answer["after"] == Y
    assert [answer["remembered"]] == streamed([1]) and answer["code"] == "state-lost"
    assert answer["again"] == streamed([1, 2])
    return ""


def pictures(answer: Answer, _: Answer) -> str:
    clear = np.broadcast_to(np.array([200, 100, 50]).reshape(3, 1, 1) / 255, (3, 4, 4))
    drawing = np.zeros((3, 4, 4))
    drawing[0, :, :2] = drawing[2, :, 2:] = 1
    assert {"canvas", "ImageData", "ImageBitmap", "img", "OffscreenCanvas"} <= answer["part"].keys()
    for kind in answer["part"]:
        # A frame may be coded in other colours.
        levels = 20 if kind == "VideoFrame" else GREY_LEVELS
        for name, wanted, most in (("part", checked(1), levels), ("transparent", clear, levels)):
            if kind == "VideoFrame" and name == "transparent":
                continue
            found = np.array(answer[name][kind]).reshape(3, 4, 4)
            assert np.abs(found - wanted).max() <= most / 255, (name, kind)
    # Where two colours meet, WebKit makes a drawing smaller that is shown larger.
    outer = np.array(answer["drawing"]).reshape(3, 4, 4)[..., [0, 3]]
    assert np.abs(outer - drawing[..., [0, 3]]).max() < 1e-3
    return "" if "VideoFrame" in answer["part"] else "there is no VideoFrame"


def worker(answer: Answer, _: Answer) -> str:
    assert answer["y"] == [Y] * 6
    assert np.abs(np.array(answer["pixels"]).reshape(3, 4, 4) - checked(0)).max() <= GREY_LEVELS / 255
    assert answer["runs"][2] == 26
    return "on the page: workers have no WebGL2" if answer["onPage"] else ""


def cache(answer: Answer, bundles: Answer) -> str:
    if "missing" in answer:
        return str(answer["missing"])
    assert sorted(answer["first"]["asked"]) == ["graph.json", "weights.safetensors"]
    assert answer["second"]["asked"] == ["graph.json"]
    assert all(same(answer[name]["outputs"], bundles) for name in ("first", "second", "offline"))
    return ""


def canvas(answer: Answer, _: Answer) -> str:
    assert answer["size"] == [4, 4]
    found = np.array(answer["data"]).reshape(4, 4, 4)
    assert np.abs(found[..., :3].transpose(2, 0, 1) - checked(0) * 255).max() <= 1
    assert (found[..., 3] == 255).all()
    return ""


def adapters(answer: Answer, _: Answer) -> str:
    assert answer["ort"] == answer["tfjs"] == [Y] * 6
    return ""


def streaming(answer: Answer, bundles: Answer) -> str:
    assert answer["supported"] and answer["bytes"] > 0 and same(answer["outputs"], bundles)
    return ""


FEATURES: dict[str, tuple[str, Callable[[Answer, Answer], str]]] = {
    "stream": ("a stream whose memory stays on the GPU", stream),
    "lostContext": ("the GPU is taken away", lost_context),
    "pictures": ("pictures of every kind, transparent, in parts, drawings", pictures),
    "worker": ("the runtime in a worker", worker),
    "cache": ("a bundle that is kept, without network", cache),
    "canvas": ("an output drawn without being read", canvas),
    "adapters": ("pages of ONNX Runtime Web and TensorFlow.js", adapters),
    "streaming": ("a run before loading has ended", streaming),
}
"""By their functions in smoke.js: what it is for people, and what looks at the answer and gives a remark."""


@pytest.mark.parametrize("name", FEATURES)
def test_feature(
    name: str, installed_page: InstalledBrowser, bundles: dict[str, Any], features: list[Feature]
) -> None:
    title, look = FEATURES[name]
    installed_page.add_script_tag(Path(__file__).with_name("smoke.js"))
    given = {key: value for key, value in bundles.items() if key != "expected"}
    remark = look(installed_page.evaluate(f"smoke.{name}", given), bundles)
    assert [line for line in installed_page.messages() if not EXPECTED.search(line)] == []
    features.append(Feature(installed_page.name, title, remark))


def samples() -> dict[str, tuple[str, Mapping[str, bytes]]]:
    """A small model of each format: what is exported of its files, and the files."""
    found: dict[str, tuple[str, Mapping[str, bytes]]] = {}
    for name in NAMES:
        form = format_of(name)
        found[name] = (form.entry, form.seeds()[0])
    programs, _ = packed_files.load(REPOSITORY / "tests/importers" / "pytorch_files" / "networks.tar.xz")
    found["pytorch"] = ("model.pt2", {"model.pt2": next(iter(programs.values()))})
    return found


def test_models_of_every_format_are_converted(
    installed_page: InstalledBrowser,
    page_server: PageServer,
    features: list[Feature],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """To the bundle of a native export, by a converter of one page."""
    page_server.mount("/converter", build_converter())
    installed_page.add_script_tag(Path(__file__).with_name("smoke.js"))
    for name, (entry, files) in samples().items():
        folder = tmp_path / name
        for path, content in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        monkeypatch.chdir(folder if entry else tmp_path)
        native = exported(Path(entry or name), tmp_path / f"{name}-bundle")
        coded = {
            path if entry else f"{name}/{path}": base64.b64encode(content).decode()
            for path, content in files.items()
        }
        answer = installed_page.evaluate("smoke.convert", {"files": coded})
        assert answer["digests"] == {
            path: hashlib.sha256(content).hexdigest() for path, content in native.items()
        }, name
    title = f"models of {len(samples())} formats converted in the page"
    features.append(Feature(installed_page.name, title, ""))
