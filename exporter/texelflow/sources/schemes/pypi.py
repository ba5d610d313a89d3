"""pypi:package[@version]/path: a file of a package on PyPI, or on the index that pip uses."""

from __future__ import annotations

from pathlib import Path

from texelflow.sources.scheme import Scheme
from texelflow.sources.session import Session

FORM = "pypi:package[@version]/path"


def _locate(address: str, session: Session) -> Path:
    from texelflow.sources.pypi import locate

    return locate(address, FORM, session)


SCHEME = Scheme(("pypi:",), FORM, _locate)
