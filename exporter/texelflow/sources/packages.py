"""What the registries of packages have in common: `name[@version]/path`, and a file of an archive."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.sources.archives import unpack
from texelflow.sources.session import Session


class NotInPackageError(ExportError):
    """A package has nothing at a path; the message says what it has."""


@dataclass(frozen=True, slots=True)
class PackagePath:
    """A file or folder of a package; an empty path is the package."""

    name: str
    version: str | None
    path: str


def parse(address: str, form: str) -> PackagePath:
    """Read what follows `npm:` or `pypi:`.

    Raises:
        ExportError: it is not as `form` says.
    """
    rest = address.partition(":")[2]
    match = re.fullmatch(r"((?:@[\w.~-]+/)?[\w.~-]+)(?:@([^/@\s]+))?(?:/(.*))?", rest)
    path = (match[3] or "").strip("/") if match else ""
    if match is None or any(part in ("", ".", "..") for part in path.split("/") if path):
        raise ExportError(f"{address} is not of the form {form}")
    return PackagePath(match[1], match[2], path)


def part_of(archive: Path, wanted: PackagePath, strip: bool, shown: str, session: Session) -> Path:
    """Unpack what is at a path of a package and what lies beside it; return where it is.

    Args:
        archive: the package's.
        wanted: the path.
        strip: whether all lies in one folder, which paths are relative to.
        shown: how to call the address.
        session: has the folder.

    Raises:
        NotInPackageError: there is nothing at the path.
        ExportError: the archive is damaged.
    """
    folder = session.new_folder() / (wanted.name.rpartition("/")[2] or "package")
    folder.mkdir()
    beside = posixpath.dirname(wanted.path)

    def choice(member: str) -> str | None:
        name = member.partition("/")[2] if strip else member
        is_wanted = not beside or name.startswith((f"{beside}/", f"{wanted.path}/"))
        return name if name and is_wanted else None

    session.report(f"unpacking {wanted.name}", 0.0)
    names = unpack(archive, folder, shown, choice)
    if wanted.path and not (folder / wanted.path).exists():
        inside = [name.partition("/")[2] if strip else name for name in names]
        base = posixpath.basename(wanted.path)
        near = [name for name in inside if posixpath.basename(name) == base] or inside
        more = f" and {len(near) - 12} others" if len(near) > 12 else ""
        raise NotInPackageError(f"{shown} does not exist: the package has {', '.join(near[:12])}{more}")
    return folder / wanted.path if wanted.path else folder
