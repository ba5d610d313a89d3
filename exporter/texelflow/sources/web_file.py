"""Downloads a model's file from a web server, with the files that it refers to, into a folder."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from texelflow.sources.cache import Cache
from texelflow.sources.companions import companions
from texelflow.sources.download import fetch
from texelflow.sources.redaction import redacted
from texelflow.sources.session import Session, link
from texelflow.sources.web import check_allowed


def locate(url: str, session: Session) -> Path:
    """Return the file at an address, under its own name in a folder with what belongs to it.

    User, password and query go along to those files, as a page would do with a token.

    Raises:
        ExportError: one of them cannot be had.
    """
    check_allowed(url)
    content = fetch(session, url, hint="a login goes into the address, as https://user:password@host/…")
    parts = urlsplit(url)
    folder, _, last = parts.path.rpartition("/")
    path = session.new_folder(Cache().use) / _file_name(unquote(last))
    link(content, path)
    for name in companions(path, redacted(url)):
        beside = urlunsplit(parts._replace(path=f"{folder}/{quote(name)}", fragment=""))
        link(fetch(session, beside), path.parent / name)
    return path


def _file_name(text: str) -> str:
    """Return the last part of an address as the name of a file."""
    name = re.sub(r"[^\w.,+@ -]", "_", text).lstrip(". ")
    return name[-120:] or "model"
