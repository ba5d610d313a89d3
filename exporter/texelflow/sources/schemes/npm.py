"""npm:package[@version]/path: a file of a package on npm, or on the registry that .npmrc names."""

from __future__ import annotations

from pathlib import Path

from texelflow.sources.scheme import Scheme
from texelflow.sources.session import Session

FORM = "npm:package[@version]/path"


def _locate(address: str, session: Session) -> Path:
    from texelflow.sources.npm import locate

    return locate(address, FORM, session)


SCHEME = Scheme(("npm:",), FORM, _locate)
