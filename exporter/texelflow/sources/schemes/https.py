"""https://…: a file of a web server, with those that it needs beside it."""

from __future__ import annotations

from pathlib import Path

from texelflow.sources.scheme import Scheme
from texelflow.sources.session import Session


def _locate(address: str, session: Session) -> Path:
    from texelflow.sources.web_file import locate

    return locate(address, session)


SCHEME = Scheme(("https://", "http://"), "https://host/path", _locate)
