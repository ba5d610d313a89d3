"""The members of a zip archive that PyTorch wrote, as slices of the file where they are not compressed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Mapping
from typing import Any

from texelflow.importers.pytorch.records import ProgramError

FORMAT_NAME = "archive_format"
"""The member that says what the archive is: `pt2` for programs."""

LEGACY_PROGRAM = "serialized_exported_program.json"
"""What PyTorch before 2.8 called the program, at the root of the archive."""

LARGEST_RECORD = 2**29
"""Most bytes of a member that is read as a whole: of JSON, of a pickle, or of one that is compressed."""

MOST_MEMBERS = 200_000
_LOCAL_HEADER = struct.Struct("<4s22xHH")
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)
"""What zipfile raises for archives that are damaged, or that it cannot read."""


class Archive:
    """A zip archive in memory, which may be a mapped file.

    Names are those behind the folder that all members share, where there is one.

    Raises:
        ProgramError: it is damaged.
    """

    def __init__(self, content: memoryview, shown: str) -> None:
        self._content = content
        self._shown = shown
        try:
            self._zip = zipfile.ZipFile(_Reader(content))
            members = self._zip.infolist()
        except _DAMAGE as error:
            raise ProgramError(f"{shown} is no intact zip archive: {error}") from None
        if len(members) > MOST_MEMBERS:
            raise ProgramError(f"{shown} has {len(members)} members; {MOST_MEMBERS} are supported")
        roots = {member.filename.partition("/")[0] for member in members if "/" in member.filename}
        shared = f"{roots.pop()}/" if len(roots) == 1 else ""
        if not all(member.filename.startswith(shared) for member in members):
            shared = ""
        self._members = {member.filename[len(shared) :]: member for member in members}

    @property
    def names(self) -> list[str]:
        """The names of the members, in their order."""
        return list(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str) -> memoryview:
        """Return the bytes of a member; raise ProgramError if there is none, or it is damaged."""
        member = self._members.get(name)
        if member is None:
            raise ProgramError(f"{self._shown} has no {name!r}")
        if member.compress_type == zipfile.ZIP_STORED and not member.flag_bits & 1:
            return self._slice(member)
        if member.file_size > LARGEST_RECORD:
            raise ProgramError(f"{self._shown}: {name!r} is compressed, and too large for that")
        try:
            with self._zip.open(member) as file:
                return memoryview(file.read(LARGEST_RECORD))
        except _DAMAGE as error:
            raise ProgramError(f"{self._shown}: {name!r} is damaged: {error}") from None

    def json(self, name: str) -> Mapping[str, Any]:
        """Return a member that is a JSON object; raise ProgramError if it is none."""
        content = self.read(name)
        if len(content) > LARGEST_RECORD:
            raise ProgramError(f"{self._shown}: {name!r} is too large to be read")
        try:
            record = json.loads(bytes(content))
        except (ValueError, RecursionError) as error:
            raise ProgramError(f"{self._shown}: {name!r} is no JSON: {error}") from None
        if not isinstance(record, dict):
            raise ProgramError(f"{self._shown}: {name!r} is no object")
        return record

    def _slice(self, member: zipfile.ZipInfo) -> memoryview:
        header = self._content[member.header_offset : member.header_offset + 30]
        if len(header) == 30:
            mark, name_length, extra_length = _LOCAL_HEADER.unpack(header)
            first = member.header_offset + 30 + name_length + extra_length
            content = self._content[first : first + member.file_size]
            if mark == b"PK\x03\x04" and len(content) == member.file_size == member.compress_size:
                return content
        raise ProgramError(f"{self._shown}: {member.filename!r} is cut off, or damaged")


class _Reader(io.RawIOBase):
    """The bytes of a buffer as a file, without a copy."""

    def __init__(self, content: memoryview) -> None:
        self._content = content
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._content)}[whence]
        if start + offset < 0:
            raise ValueError("a place before the archive")
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        part = self._content[self._position : self._position + len(buffer)]
        buffer[: len(part)] = part
        self._position += len(part)
        return len(part)
