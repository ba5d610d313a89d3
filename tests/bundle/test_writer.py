"""Bundles are written whole or not at all, and nothing that is not a bundle is ever deleted."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from texelflow.bundle import safetensors, writer
from texelflow.bundle.safetensors import WeightEntry
from texelflow.bundle.writer import write_bundle
from texelflow.errors import ExportError
from texelflow.graph import ConstantData

Graph = dict[str, Any]


def _graph(weights: int = 0) -> Graph:
    return {
        "formatVersion": 2,
        "generator": "texelflow test",
        "name": "größe",
        "inputs": [],
        "outputs": [],
        "weights": [{"tensor": index} for index in range(weights)],
        "files": [],
    }


def _weight(key: str, size: int) -> WeightEntry:
    return WeightEntry(key, "uint8", (size,), ConstantData([bytes(size)]))


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_bundle(tmp_path: Path) -> None:
    target = tmp_path / "new" / "bundle"
    written = write_bundle(_graph(2), [_weight("a", 3), _weight("b", 5)], target)
    assert _names(target) == ["graph.json", "model.d.ts", "weights.safetensors"]
    content = json.loads((target / "graph.json").read_text(encoding="utf-8"))
    assert content == written
    assert content["name"] == "größe"
    assert content["weights"] == [
        {"tensor": 0, "parts": [{"file": "weights.safetensors", "key": "a"}]},
        {"tensor": 1, "parts": [{"file": "weights.safetensors", "key": "b"}]},
    ]
    weights = (target / "weights.safetensors").read_bytes()
    assert content["files"] == [
        {
            "name": "weights.safetensors",
            "bytes": len(weights),
            "sha256": hashlib.sha256(weights).hexdigest(),
        }
    ]
    assert _names(tmp_path) == ["new"]
    assert _names(tmp_path / "new") == ["bundle"]


def test_bundle_without_weights(tmp_path: Path) -> None:
    assert write_bundle(_graph(), [], tmp_path / "bundle")["files"] == []
    assert _names(tmp_path / "bundle") == ["graph.json", "model.d.ts"]


def test_folder_is_readable_as_any_other(tmp_path: Path) -> None:
    (tmp_path / "usual").mkdir()
    write_bundle(_graph(), [], tmp_path / "bundle")
    assert stat.S_IMODE((tmp_path / "bundle").stat().st_mode) == stat.S_IMODE(
        (tmp_path / "usual").stat().st_mode
    )


def test_split_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, function in ((writer, "split_rows"), (writer, "group_into_files")):
        original = getattr(safetensors, function)
        monkeypatch.setattr(module, function, lambda items, original=original: original(items, 100))
    content = write_bundle(
        _graph(3), [_weight("a", 60), _weight("b", 250), _weight("c", 30)], tmp_path / "bundle"
    )
    names = [f"weights-0000{index}-of-00004.safetensors" for index in range(1, 5)]
    assert _names(tmp_path / "bundle") == ["graph.json", "model.d.ts", *names]
    assert [file["name"] for file in content["files"]] == names
    assert content["weights"][1]["parts"] == [
        {"file": names[index], "key": f"b.part-0000{index}-of-00003"} for index in (1, 2, 3)
    ]
    assert content["weights"][2]["parts"] == [{"file": names[3], "key": "c"}]


def test_tensor_above_the_limit(tmp_path: Path) -> None:
    size = 40 * 2**20
    entry = WeightEntry("w", "float32", (size // 4096, 1024), ConstantData([bytes(size)]))
    content = write_bundle(_graph(1), [entry], tmp_path / "bundle")
    assert len(content["files"]) == 3
    assert len(content["weights"][0]["parts"]) == 3
    assert all(file["bytes"] <= 16 * 2**20 + 4096 for file in content["files"])


def test_repeated_and_reserved_keys(tmp_path: Path) -> None:
    keys = ["a", "a", "a#2", "__metadata__"]
    content = write_bundle(_graph(4), [_weight(key, 2) for key in keys], tmp_path / "bundle")
    assert [weight["parts"][0]["key"] for weight in content["weights"]] == [
        "a",
        "a#2",
        "a#2#2",
        "__metadata__#2",
    ]


def test_an_existing_folder_needs_force(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    write_bundle(_graph(1), [_weight("a", 3)], target)
    before = _listing(tmp_path)
    with pytest.raises(ExportError, match="exists"):
        write_bundle(_graph(), [], target)
    assert _listing(tmp_path) == before
    write_bundle(_graph(), [], target, force=True)
    assert _listing(tmp_path).keys() == {"bundle/graph.json", "bundle/model.d.ts"}


def test_force_replaces_an_empty_folder_and_older_versions(tmp_path: Path) -> None:
    target = tmp_path / "bundle"
    target.mkdir()
    with pytest.raises(ExportError, match="exists"):
        write_bundle(_graph(), [], target)
    write_bundle({**_graph(), "formatVersion": 0}, [], target, force=True)
    assert write_bundle(_graph(), [], target, force=True)["formatVersion"] == 2


def test_force_keeps_a_symbolic_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    write_bundle(_graph(), [], tmp_path / "link", force=True)
    assert (tmp_path / "link").is_symlink()
    assert _names(tmp_path / "real") == ["graph.json", "model.d.ts"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    "files",
    [
        {"notes.txt": "mine"},
        {"graph.json": '{"formatVersion": 1, "generator": "x"}', "notes.txt": "mine"},
        {"graph.json": '{"someone": "else"}'},
        {"graph.json": "not json"},
        {"graph.json": "[]"},
        {"weights.safetensors": "alone"},
        {"graph.json": '{"formatVersion": 1, "generator": "x"}', "weights.safetensors/inner": "in a folder"},
        {"graph.json": '{"formatVersion": 1, "generator": "x"}', "images/cat.png": "mine"},
    ],
)
def test_files_that_belong_to_no_bundle_are_never_touched(
    tmp_path: Path, files: dict[str, str], force: bool
) -> None:
    target = tmp_path / "folder"
    for name, text in files.items():
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_text(text)
    before = _listing(tmp_path)
    with pytest.raises(ExportError, match="not replaced" if force else "exists"):
        write_bundle(_graph(), [], target, force)
    assert _listing(tmp_path) == before
    assert _names(tmp_path) == ["folder"]


@pytest.mark.parametrize("force", [False, True])
def test_file_in_the_way(tmp_path: Path, force: bool) -> None:
    (tmp_path / "bundle").write_text("mine")
    with pytest.raises(ExportError, match="is not a folder"):
        write_bundle(_graph(), [], tmp_path / "bundle", force)
    with pytest.raises(ExportError, match="cannot be written"):
        write_bundle(_graph(), [], tmp_path / "bundle" / "below", force)
    assert (tmp_path / "bundle").read_text() == "mine"


@pytest.mark.parametrize("failing", ["write", "rename"])
def test_failure_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str) -> None:
    target = tmp_path / "bundle"
    write_bundle(_graph(1), [_weight("a", 3)], target)
    before = _listing(tmp_path)
    if failing == "write":

        def no_room(*arguments: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(writer, "write_safetensors", no_room)
    else:
        rename = Path.rename

        def refuse(self: Path, to: Path) -> Path:
            if self.suffix == ".partial":
                raise OSError(5, "Input/output error")
            return rename(self, to)

        monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(ExportError, match=r"cannot be written: (No space|Input/output)"):
        write_bundle(_graph(1), [_weight("b", 9)], target, force=True)
    assert _listing(tmp_path) == before


def test_interruption_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(writer, "write_safetensors", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_bundle(_graph(1), [_weight("b", 9)], tmp_path / "bundle")
    assert _names(tmp_path) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ExportError, match="Permission denied"):
        write_bundle(_graph(), [], tmp_path / "bundle")
