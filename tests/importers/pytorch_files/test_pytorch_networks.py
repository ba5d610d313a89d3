"""Whole programs of PyTorch, which wrote `networks.tar.xz` (write_networks.py), in the browser."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import packed_files
import pytest
from playwright.sync_api import Page

from browser_support import PageServer
from bundle_runner import Series, run_series
from texelflow.conversion.convert import convert
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.pipeline import Options, build, write

PROGRAMS, ARRAYS = packed_files.load(Path(__file__).parent / "networks.tar.xz")


def arrays(prefix: str) -> dict[str, np.ndarray]:
    """The arrays whose names begin so, by the rest of them."""
    return {name.removeprefix(prefix): array for name, array in ARRAYS.items() if name.startswith(prefix)}


@pytest.mark.parametrize("program", sorted(PROGRAMS))
def test_networks(program: str, bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """Names, free sizes and memory are those of the program; runs follow each other."""
    name = program.split("/")[0]
    count = len({key.split("/")[1] for key in ARRAYS if key.startswith(f"{name}/")})
    path = tmp_path / f"{name}.pt2"
    path.write_bytes(PROGRAMS[program])
    write(build(path, Options()), tmp_path / "bundle")
    url = page_server.mount(f"/pytorch/{program}", tmp_path)
    runs = [arrays(f"{name}/{number}/in/") for number in range(count)]
    [answers] = run_series(bundle_page, [Series(f"{url}/bundle", runs)], {"poison": True})
    for number, answer in enumerate(answers):
        assert answer.error is None
        expected = arrays(f"{name}/{number}/out/")
        assert answer.outputs.keys() == expected.keys()
        for key, array in expected.items():
            np.testing.assert_allclose(answer.outputs[key], array, rtol=2e-5, atol=1e-5)


def test_layouts_of_archives(tmp_path: Path) -> None:
    """PyTorch 2.8 has the pickles of those before in the folders of those behind it."""
    old = tmp_path / "old" / "net.pt2"
    new = tmp_path / "new" / "net.pt2"
    places = {
        "serialized_exported_program.json": "models/model.json",
        "serialized_state_dict.pt": "data/weights/model.pt",
        "serialized_constants.pt": "data/constants/model.pt",
    }
    for path in (old, new):
        path.parent.mkdir()
    old.write_bytes(PROGRAMS["old/plain"])
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as archive:
        archive.writestr("net/archive_format", "pt2")
        for name, place in places.items():
            archive.writestr(f"net/{place}", source.read(name))
    [first], [second] = (convert(path, path.with_name("net.onnx")) for path in (old, new))
    assert first.read_bytes() == second.read_bytes()


def test_sizes_outside_of_the_range(bundle_page: Page, page_server: PageServer, tmp_path: Path) -> None:
    """A program says for which sizes it holds; runs of others are refused, not wrong."""
    for name, feeds, says in (
        ("encoder", {"tokens": np.zeros((1, 33), np.int64), "mask": np.ones((1, 33), np.int64)}, "32"),
        ("unet", {"image": np.zeros((1, 2, 10, 12), np.float32)}, "exported for"),
    ):
        path = tmp_path / f"{name}.pt2"
        path.write_bytes(PROGRAMS[f"{name}/plain"])
        write(build(path, Options()), tmp_path / name)
        url = page_server.mount(f"/pytorch_ranges/{name}", tmp_path)
        [[answer]] = run_series(bundle_page, [Series(f"{url}/{name}", [feeds])])
        assert answer.error is not None and says in answer.error
    for name, shapes, says in (
        ("encoder", {"tokens": [1, 33], "mask": [1, 33]}, "what size s27 leaves of its largest, 32, is -1"),
        ("unet", {"image": [1, 2, 10, 12]}, "axis 2 and what the program was exported for differ: 10 and 8"),
    ):
        with pytest.raises(ExportError, match=says):
            read_model(tmp_path / f"{name}.pt2", shapes)
