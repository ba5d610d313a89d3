"""Packages of an index of Python packages (packaging.python.org: "Simple repository API", JSON and HTML).

The index is pip's own setting: PIP_INDEX_URL, or `index-url` of pip.conf. Further indexes are not asked,
since the same name may be another package there.
"""

from __future__ import annotations

import configparser
import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from texelflow.errors import ExportError
from texelflow.sources.download import Digest, fetch
from texelflow.sources.packages import NotInPackageError, PackagePath, parse, part_of
from texelflow.sources.redaction import redacted
from texelflow.sources.session import Session

DEFAULT_INDEX = "https://pypi.org/simple"
LARGEST_METADATA = 128 << 20
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
HINT = "a login goes into the address of the index, as https://user:password@host/simple"


@dataclass(frozen=True, slots=True)
class File:
    """A file of a package."""

    name: str
    url: str
    sha256: str | None
    is_yanked: bool


def locate(address: str, form: str, session: Session) -> Path:
    """Return the file or folder at the address of a package; raise ExportError."""
    wanted = parse(address, form)
    name = re.sub(r"[-_.]+", "-", wanted.name).lower()
    url = f"{index().rstrip('/')}/{name}/"
    content = fetch(session, url, accept=ACCEPT, largest=LARGEST_METADATA, hint=HINT)
    missing: NotInPackageError | None = None
    for file in _chosen(list(_files(content, url)), name, wanted, address):
        digest = Digest("sha256", file.sha256) if file.sha256 else None
        archive = fetch(session, _with_login(file.url, url), digest=digest, hint=HINT)
        try:
            return part_of(archive, wanted, not file.name.endswith(".whl"), address, session)
        except NotInPackageError as problem:
            missing = missing or problem
    assert missing is not None, "a version has files"
    raise missing


def index() -> str:
    """Return the address of the index that pip uses."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    own = os.environ.get("PIP_CONFIG_FILE")
    config = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "pip" / "pip.conf"
    files = [Path("/etc/pip.conf"), Path.home() / ".pip" / "pip.conf", config, Path(sys.prefix) / "pip.conf"]
    if own == os.devnull:
        files = []
    parser = configparser.RawConfigParser()
    try:
        parser.read([*files, *([own] if own else [])], encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        raise ExportError("pip's settings (pip.conf) cannot be read: set PIP_INDEX_URL") from None
    for section in ("download", "install", "global"):
        if parser.has_option(section, "index-url"):
            return parser.get(section, "index-url")
    return DEFAULT_INDEX


def _with_login(url: str, base: str) -> str:
    """Return an address with user and password of the index, where it is of the same server."""
    file, of_index = urlsplit(url), urlsplit(base)
    login, at, host = of_index.netloc.rpartition("@")
    is_same = (file.scheme, file.netloc) == (of_index.scheme, host)
    return file._replace(netloc=f"{login}@{host}").geturl() if at and is_same else url


def _files(content: Path, url: str) -> Iterator[File]:
    text = content.read_text(encoding="utf-8", errors="replace")
    if text.lstrip().startswith("{"):
        try:
            files = json.loads(text)["files"]
            for file in files:
                sha256 = file.get("hashes", {}).get("sha256")
                yield File(
                    file["filename"], urljoin(url, file["url"]), _sha256(sha256), bool(file.get("yanked"))
                )
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
            raise ExportError(f"{redacted(url)} is not the answer of a package index of packages") from None
        return
    page = _Page()
    page.feed(text)
    for link, is_yanked in page.links:
        target, _, fragment = urljoin(url, link).partition("#")
        name = unquote(urlsplit(target).path.rpartition("/")[2])
        sha256 = fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else None
        yield File(name, target, _sha256(sha256), is_yanked)


def _sha256(text: object) -> str | None:
    return text.lower() if isinstance(text, str) and re.fullmatch(r"[0-9a-fA-F]{64}", text) else None


class _Page(HTMLParser):
    """The links of an index's page."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "a" and (address := found.get("href")):
            self.links.append((address, "data-yanked" in found))


def _chosen(files: list[File], name: str, wanted: PackagePath, address: str) -> list[File]:
    """Return the files to look into: of the version a wheel, rather one for all machines, and the sources,
    which may have what is not installed.
    """
    versions = {file: version for file in files if (version := _version(file.name, name)) is not None}
    known = sorted({*versions.values()}, key=_order)
    if wanted.version is None:
        current = [version for file, version in versions.items() if not file.is_yanked]
        released = [version for version in current if _order(version)[1] == 0] or current
        asked = max(released, key=_order, default="")
    else:
        asked = wanted.version
    found = [file for file, version in versions.items() if _order(version) == _order(asked)]
    if not found:
        there = f"; it has {', '.join(known[-5:])}" if known else ""
        raise ExportError(f"{address}: the index has no files of version {asked or 'any'}{there}")
    found.sort(key=lambda file: (not file.name.endswith("-none-any.whl"), file.name))
    wheels = [file for file in found if file.name.endswith(".whl")]
    return wheels[:1] + [file for file in found if file not in wheels][:1]


def _version(file: str, name: str) -> str | None:
    """Return the version in a file's name; None if it is not an archive of the package."""
    if file.endswith(".whl"):
        parts = file.removesuffix(".whl").split("-")
        return parts[1] if len(parts) in (5, 6) and _normal(parts[0]) == name else None
    for ending in (".tar.gz", ".tar.bz2", ".zip"):
        if file.endswith(ending):
            stem = file.removesuffix(ending)
            before, _, version = stem.rpartition("-")
            return version if _normal(before) == name else None
    return None


def _normal(text: str) -> str:
    return re.sub(r"[-_.]+", "-", text).lower()


def _order(version: str) -> tuple[tuple[int, ...], int, str]:
    """Return what versions are ordered by: epoch and numbers; 0 if it is final, -1 if not yet."""
    text = version.lower().removeprefix("v").partition("+")[0]
    match = re.match(r"(?:(\d+)!)?(\d+(?:\.\d+)*)", text)
    if match is None:
        return (), -1, text
    numbers = [int(part) for part in match[2].split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    rest = text[match.end() :].replace("_", "").replace("-", "")
    is_final = rest == "" or rest.startswith((".post", "post"))
    return (int(match[1] or 0), *numbers), 0 if is_final else -1, rest
