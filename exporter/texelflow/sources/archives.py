"""Unpacks untrusted archives (zip, tar, tar.gz, tar.bz2): no paths outside the folder, no links, no bombs."""

from __future__ import annotations

import bz2
import gzip
import io
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, cast

from texelflow.errors import ExportError
from texelflow.importers.files.zip_members import ALLOWANCE, RATIO, is_zip

MOST_MEMBERS = 20_000
MOST_BYTES = 64 << 30
CHUNK = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)

Choice = Callable[[str], str | None]
"""For the path of a member the path to unpack it to, or None for one that is not wanted."""


class _ArchiveError(Exception):
    """What is wrong with an archive, as a sentence that begins with its name."""


def kind_of(path: Path) -> str | None:
    """Return `zip` or `tar` by the content of a file, None if it is neither; raise OSError."""
    with path.open("rb") as file:
        mark = file.read(512)
    if mark.startswith(b"PK"):
        return "zip" if is_zip(path) else None
    if mark[257:262] == b"ustar" or mark.startswith((b"\x1f\x8b\x08", b"BZh")):
        return "tar"
    return None


def unpack(archive: Path, folder: Path, shown: str, choice: Choice = lambda name: name) -> list[str]:
    """Unpack an archive into an empty folder; return the paths of all its files, also of those not wanted.

    Raises:
        ExportError: it is damaged, too large, or has what does not belong into an archive of files.
    """
    try:
        read = _zip_members if kind_of(archive) == "zip" else _tar_members
        return _unpack(archive, folder, read, choice)
    except _ArchiveError as error:
        raise ExportError(f"{shown} {error}") from None
    except (
        struct.error,
        zipfile.BadZipFile,
        tarfile.TarError,
        zlib.error,
        EOFError,
        ValueError,
        NotImplementedError,
    ) as error:
        raise ExportError(f"{shown} is not an archive that can be read, or is damaged ({error})") from None
    except RuntimeError:  # zipfile's, for passwords
        raise ExportError(f"{shown} is locked by a password") from None
    except OSError as error:
        raise ExportError(f"{shown} cannot be unpacked: {error.strerror or error}") from None


_Members = Callable[[Path, int], Iterator[tuple[str, int, Callable[[], IO[bytes]]]]]


def _unpack(archive: Path, folder: Path, read: _Members, choice: Choice) -> list[str]:
    size = archive.stat().st_size
    most = min(size * RATIO + ALLOWANCE, MOST_BYTES)
    names: list[str] = []
    announced, written = 0, 0
    for name, extent, open_member in read(archive, most):
        _check_name(name)
        names.append(name)
        announced += extent
        if extent < 0:
            raise _ArchiveError(f"has a file of {extent} bytes, {name!r}")
        if len(names) > MOST_MEMBERS:
            raise _ArchiveError(f"has more than {MOST_MEMBERS} files")
        if announced > most:
            raise _ArchiveError(
                f"unpacks to more than {most / 1e6:.0f} MB, from {size / 1e6:.1f}: no model is that large"
            )
        if (target := choice(name)) is None:
            continue
        path = folder / target
        if path.exists():
            raise _ArchiveError(f"has {name!r} twice")
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_member() as member, path.open("xb") as file:
            while chunk := member.read(CHUNK):
                written += len(chunk)
                if written > announced:
                    raise _ArchiveError(f"has more bytes in {name!r} than it announces")
                file.write(chunk)
            if file.tell() != extent:
                raise _ArchiveError(f"is cut off in {name!r}")
    return names


def _check_name(name: str) -> None:
    parts = name.split("/")
    if (
        any(part in ("", "..", ".") for part in parts)
        or "\\" in name
        or re.match(r"[A-Za-z]:", name)
        or not name.isprintable()
        or any(len(part.encode()) > 255 for part in parts)
        or len(parts) > 64
    ):
        raise _ArchiveError(f"has a file {name[:200]!r}, whose name is empty or leads outside the archive")


def _zip_members(archive: Path, _most: int) -> Iterator[tuple[str, int, Callable[[], IO[bytes]]]]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            _check_name(info.filename.removesuffix("/"))
            mode = info.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _ArchiveError(f"has a link or a device, {info.filename!r}")
            if info.flag_bits & 1:
                raise _ArchiveError("is locked by a password")
            if info.is_dir():
                continue
            if info.compress_type not in _METHODS:
                raise _ArchiveError(f"has {info.filename!r} compressed by a method that is not read")
            yield info.filename, info.file_size, partial(file.open, info)


def _tar_members(archive: Path, most: int) -> Iterator[tuple[str, int, Callable[[], IO[bytes]]]]:
    with _decompressed(archive, most) as stream:
        try:
            tar = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115 -- closed below
        except tarfile.ReadError as error:
            raise _ArchiveError(
                f"is compressed or named like an archive, but is not a tar archive ({error})"
            ) from None
        with tar:
            while (info := tar.next()) is not None:
                vars(tar)["members"].clear()  # else every header is kept
                name = info.name.removeprefix("./")
                if info.isdir():
                    continue
                if not info.isreg():
                    raise _ArchiveError(f"has a link or a device, {info.name!r}")
                if info.sparse is not None:
                    raise _ArchiveError(f"has a file with holes, {info.name!r}")
                # None comes of what is no file only.
                yield name, info.size, partial(cast("Callable[..., IO[bytes]]", tar.extractfile), info)


@contextmanager
def _decompressed(archive: Path, most: int) -> Iterator[_Bounded]:
    with archive.open("rb") as raw:
        mark = raw.read(3)
        raw.seek(0)
        stream: io.BufferedIOBase = raw
        if mark.startswith(b"\x1f\x8b"):
            stream = gzip.GzipFile(fileobj=raw)
        elif mark == b"BZh":
            stream = bz2.BZ2File(raw)
        yield _Bounded(stream, most)


class _Bounded(io.RawIOBase):
    """A stream that gives little at once, not too much in all: tarfile reads headers of any size."""

    def __init__(self, stream: io.BufferedIOBase, most: int) -> None:
        super().__init__()
        self._stream, self._most = stream, most

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= CHUNK:
            raise _ArchiveError(f"has a header of {size} bytes")
        return self._stream.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence != io.SEEK_SET or offset > self._most + (MOST_MEMBERS << 12):
            raise _ArchiveError(f"unpacks to more than {self._most / 1e6:.0f} MB: no model is that large")
        return self._stream.seek(offset)

    def tell(self) -> int:
        return self._stream.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
