"""The cache of downloads: contents under their SHA-256, and for each address the content that it had last.

    contents/SHA256     never changed once it is there
    addresses/KEY.json  an Entry; KEY is a digest of the address, which is stored without secrets
    partial/KEY[.json]  a download that was cut, and what a server must still have for it to go on
    locks/KEY           held while an address is fetched, so that processes do not do so at once
    use/                folders of processes at work: models under their own names, files that belong together

All is written aside and renamed. The folder may be deleted whenever nothing is exported.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError

try:
    import fcntl
except ImportError:  # Windows, Pyodide: there processes at once download twice
    fcntl = None  # type: ignore[assignment]  # asked before it is used


@dataclass(frozen=True, slots=True)
class Entry:
    """What an address had when it was last downloaded."""

    address: str
    """Without secrets."""
    sha256: str
    size: int
    etag: str | None
    modified: str | None
    digest: str | None
    """The digest that a registry announced, and that was checked."""


class Cache:
    """The cache's folder: TEXELFLOW_CACHE, or texelflow in XDG_CACHE_HOME or ~/.cache."""

    def __init__(self) -> None:
        own, shared = os.environ.get("TEXELFLOW_CACHE"), os.environ.get("XDG_CACHE_HOME")
        self.folder = Path(own) if own else (Path(shared) if shared else Path.home() / ".cache") / "texelflow"
        self.folder = self.folder.absolute()
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("contents", "addresses", "partial", "locks", "use"):
                (self.folder / name).mkdir(exist_ok=True)
        except OSError as error:
            raise ExportError(
                f"the cache {self.folder} cannot be made ({error.strerror}): name another folder by"
                " TEXELFLOW_CACHE"
            ) from None

    @property
    def use(self) -> Path:
        return self.folder / "use"

    def content(self, entry: Entry) -> Path:
        return self.folder / "contents" / entry.sha256

    def partial(self, key: str) -> Path:
        return self.folder / "partial" / key

    @contextmanager
    def locked(self, key: str) -> Iterator[None]:
        """Hold an address, so that one process at a time fetches it."""
        if fcntl is None:
            yield
            return
        with (self.folder / "locks" / key).open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # closing the file lets it go, as the end of a process does
            yield

    def entry(self, key: str) -> Entry | None:
        """Return what an address had last, if that is still there, and whole."""
        content = read_json(self.folder / "addresses" / f"{key}.json")
        try:
            entry = Entry(**content)
            with self.content(entry).open("rb") as file:
                is_whole = hashlib.file_digest(file, "sha256").hexdigest() == entry.sha256
        except (TypeError, OSError):
            return None
        return entry if is_whole else None

    def keep(self, key: str, entry: Entry, downloaded: Path) -> Path:
        """Move a file that was downloaded into the cache; return where it is now."""
        content = self.content(entry)
        with downloaded.open("rb") as file:
            os.fsync(file.fileno())
        downloaded.chmod(0o400)
        downloaded.replace(content)
        write_json(self.folder / "addresses" / f"{key}.json", asdict(entry))
        return content


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a file of the cache, an empty one if there is none."""
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write an object beside a file of the cache, and put it in its place."""
    aside = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        aside.write_text(json.dumps(content), encoding="utf-8")
        aside.replace(path)
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
