"""Archives of strangers, and the models in them and in folders."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from small_models import make_model, model_bytes

from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.sources import archives, open_source

MODEL = model_bytes()
LANGUAGE_MODEL = {"m/config.json": b"{}", "m/model.safetensors": b"\0" * 8, "m/tokenizer.json": b"{}"}


def make_zip(path: Path, files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, content in files.items():
            file.writestr(name, content)
    return path


def make_tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as file:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            file.addfile(info, io.BytesIO(content))
    return path


MAKERS: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "zip": make_zip,
    "stored": lambda path, files: make_zip(path, files, zipfile.ZIP_STORED),
    "tar": make_tar,
    "tar.gz": lambda path, files: make_tar(path, files, "w:gz"),
    "tar.bz2": lambda path, files: make_tar(path, files, "w:bz2"),
}


def refusal(path: Path | str) -> str:
    with pytest.raises(ExportError) as raised, open_source(path):
        pass
    return str(raised.value)


@pytest.mark.parametrize("kind", MAKERS)
def test_the_model_of_an_archive_is_found(tmp_path: Path, kind: str) -> None:
    external, data = make_model(location="weights.data")
    files = {"a/net.onnx": external.SerializeToString(), "a/weights.data": data, "__MACOSX/a/._net.onnx": b""}
    archive = MAKERS[kind](tmp_path / "archive", files)
    with open_source(archive) as opened:
        assert opened.origin == "archive#net.onnx"
        assert len(read_model(opened.path).nodes) == 1
    assert not opened.path.exists()


@pytest.mark.parametrize("kind", MAKERS)
def test_a_folder_in_an_archive_is_a_model(tmp_path: Path, kind: str) -> None:
    archive = MAKERS[kind](tmp_path / "archive", LANGUAGE_MODEL)
    with open_source(archive) as opened:
        assert sorted(path.name for path in opened.path.iterdir()) == [
            "config.json",
            "model.safetensors",
            "tokenizer.json",
        ]


def test_several_models_need_a_name(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"x/a.onnx": MODEL, "b.onnx": MODEL, "readme.txt": b"read"})
    assert "has 2 models: add #NAME; it has b.onnx, x/a.onnx" in refusal(archive)
    with open_source(f"{archive}#x/a.onnx") as opened:
        assert opened.path.read_bytes() == MODEL and opened.origin == "a.zip#x/a.onnx"
    assert "has no 'c.onnx'; it has b.onnx, x/a.onnx" in refusal(f"{archive}#c.onnx")
    assert "has no '../a.zip'" in refusal(f"{archive}#../a.zip")


def test_an_archive_without_a_model(tmp_path: Path) -> None:
    assert "has no model that can be read" in refusal(make_zip(tmp_path / "a.zip", {"readme.txt": b""}))


def test_messages_name_the_archive_and_not_where_it_was_unpacked(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"net.onnx": MODEL[:50]})
    with pytest.raises(ExportError) as raised, open_source(archive) as opened:
        read_model(opened.path)
    assert f"{archive}#net.onnx is not an ONNX model" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "member"),
    [("net.keras", "a"), ("arrays.npz", "x.npy"), ("net.pt2", "net/archive_format"), ("net", "net/data.pkl")],
)
def test_formats_that_are_zip_archives_are_not_unpacked(tmp_path: Path, name: str, member: str) -> None:
    archive = make_zip(tmp_path / name, {"net.onnx": MODEL, member: b""})
    with open_source(archive) as opened:
        assert opened.path == archive


def test_folders(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "net.onnx").write_bytes(MODEL)
    (tmp_path / "notes.txt").touch()
    with open_source(tmp_path) as opened:
        assert opened.path == tmp_path / "sub" / "net.onnx"
    with open_source(str(tmp_path / "sub" / "net.onnx")) as opened:
        assert opened.path == tmp_path / "sub" / "net.onnx" and opened.origin is None
    (tmp_path / "b#c.onnx").write_bytes(MODEL)
    with open_source(tmp_path / "b#c.onnx") as opened:
        assert opened.path == tmp_path / "b#c.onnx"
    assert "2 models" in refusal(tmp_path)


OUTSIDE = [
    "../net.onnx",
    "/tmp/net.onnx",
    "a/../../net.onnx",
    "a//net.onnx",
    "C:/net.onnx",
    "a\\..\\net",
    "a/\n",
]


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
@pytest.mark.parametrize("name", OUTSIDE)
def test_paths_that_lead_outside_are_refused(tmp_path: Path, kind: str, name: str) -> None:
    archive = MAKERS[kind](tmp_path / "archive", {name: b"x"})
    assert "whose name is empty or leads outside the archive" in refusal(archive)
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == ["archive"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_tar_archives_are_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        info = tarfile.TarInfo("net.onnx")
        info.type, info.linkname = kind, "/etc/passwd"
        file.addfile(info)
    assert "has a link or a device" in refusal(tmp_path / "a.tar")


def test_links_in_zip_archives_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        info = zipfile.ZipInfo("net.onnx")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(info, "/etc/passwd")
    assert "has a link or a device" in refusal(tmp_path / "a.zip")


def test_locked_archives_are_refused(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"net.onnx": MODEL})
    content = bytearray(archive.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert "is locked by a password" in refusal(archive)


def test_names_given_twice_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as file:
        for _ in range(2):
            file.addfile(tarfile.TarInfo("net.onnx"))
    assert "has 'net.onnx' twice" in refusal(tmp_path / "a.tar")


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar.bz2"])
def test_bombs_are_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "ALLOWANCE", 1 << 20)
    archive = MAKERS[kind](tmp_path / "archive", {"net.onnx": bytes(32 << 20)})
    assert "no model is that large" in refusal(archive)


def test_bombs_of_headers_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extended header is read at once, by its announced size."""
    monkeypatch.setattr(archives, "ALLOWANCE", 1 << 20)
    info = tarfile.TarInfo("header")
    info.type, info.size = tarfile.XHDTYPE, 32 << 20
    content = info.tobuf() + bytes(32 << 20)
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(content))
    assert "a.tar.gz" in refusal(tmp_path / "a.tar.gz")


def test_too_many_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 5)
    for kind in ("zip", "tar"):
        archive = MAKERS[kind](tmp_path / kind, {f"{i}.txt": b"" for i in range(6)})
        assert "has more than 5 files" in refusal(archive)


def test_what_a_zip_archive_announces_is_what_is_written(tmp_path: Path) -> None:
    archive = make_zip(tmp_path / "a.zip", {"net.onnx": MODEL})
    content = archive.read_bytes()
    size = len(MODEL).to_bytes(4, "little")
    for announced in (len(MODEL) - 100, len(MODEL) + 100):
        archive.write_bytes(content.replace(size, announced.to_bytes(4, "little")))
        assert "a.zip" in refusal(archive)


def test_directories_of_zip_archives_that_are_damaged(tmp_path: Path) -> None:
    """Names that are empty or no UTF-8, versions that nobody knows: what zipfile raises differs."""
    archive = make_zip(tmp_path / "a.zip", {"nät.onnx": MODEL})
    content = archive.read_bytes()
    entry = content.index(b"PK\x01\x02")
    for offset, value in ((6, b"\xff"), (28, b"\0\0"), (46, b"\xf3"), (42, b"\xff")):
        place = entry + offset
        archive.write_bytes(content[:place] + value + content[place + len(value) :])
        assert "a.zip" in refusal(archive), offset


def test_sizes_below_zero_are_refused(tmp_path: Path) -> None:
    archive = make_tar(tmp_path / "a.tar", {"net.onnx": MODEL})
    header = bytearray(archive.read_bytes())
    header[124:136] = b"\xff" * 11 + b"\xf0"
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    archive.write_bytes(header)
    assert "a.tar" in refusal(archive)


def test_compressed_files_are_no_archives(tmp_path: Path) -> None:
    for name, compress in (("net.onnx.gz", gzip.compress), ("net.onnx.bz2", bz2.compress)):
        (tmp_path / name).write_bytes(compress(MODEL))
        assert "not a tar archive" in refusal(tmp_path / name)


@pytest.mark.parametrize("kind", MAKERS)
def test_damage_ends_as_an_error(tmp_path: Path, kind: str) -> None:
    """Damages bytes at random: the model is read, or one error tells why not."""
    chance = random.Random(7)
    files = {"m/net.onnx": MODEL[:300], "m/labels.txt": b"a\nb\n", "m/config.json": json.dumps({}).encode()}
    archive = MAKERS[kind](tmp_path / "archive", files)
    content = archive.read_bytes()
    outcomes = set()
    for _ in range(150):
        damaged = bytearray(content)
        for _ in range(chance.choice([1, 1, 3])):
            damaged[chance.randrange(len(damaged))] = chance.choice([0, 255, chance.randrange(256)])
        archive.write_bytes(damaged[: chance.choice([len(damaged), chance.randrange(1, len(damaged))])])
        try:
            with open_source(archive) as opened:
                read_model(opened.path)
            outcomes.add("read")
        except ExportError:
            outcomes.add("refused")
    assert "refused" in outcomes
