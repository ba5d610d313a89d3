"""Reads zip archives: the names of their members, by which formats recognise their files, and the members."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""How members may be compressed: others take memory by what their own heads say."""

RATIO, ALLOWANCE = 200, 64 << 20
"""A member may have so many times the bytes of its archive, and so many more.

Weights hardly shrink. A bomb of one layer reaches 1,000 times.
"""

DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, NotImplementedError, OverflowError, RuntimeError, ValueError),
)
"""What damaged archives make zipfile raise, beside OSError."""


class MemberError(Exception):
    """What is wrong with a member, as a sentence that begins with its name."""


def is_zip(path: Path) -> bool:
    """Return whether a file is a zip archive whose directory is not damaged; raise OSError."""
    try:
        return zipfile.is_zipfile(path)
    except zipfile.BadZipFile:  # of a directory that says of more than one disk
        return False


def zip_names(path: Path) -> frozenset[str]:
    """Return the names in an archive, none where it is damaged, or no archive; raise OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            return frozenset(archive.namelist())
    except DAMAGE:
        return frozenset()


def read_member(archive: zipfile.ZipFile, name: str, largest: int) -> bytes:
    """Return a member of at most `largest` bytes.

    Raises:
        MemberError: it is not there, too large, or compressed in a way that is not read.
        zipfile.BadZipFile, OSError: or another of DAMAGE, the archive is damaged.
    """
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise MemberError(f"{name} is not there") from None
    if info.compress_type not in METHODS:
        raise MemberError(f"{name} is compressed in a way that is not read; stored and deflated members are")
    if info.file_size > min(largest, RATIO * _size(archive) + ALLOWANCE):
        raise MemberError(f"{name} would have {info.file_size} bytes, too many to be one")
    with archive.open(info) as member:
        return member.read(info.file_size)


def _size(archive: zipfile.ZipFile) -> int:
    """Return the bytes of the file of an archive."""
    file = archive.fp
    assert file is not None
    return file.seek(0, io.SEEK_END)
