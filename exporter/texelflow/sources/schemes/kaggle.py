"""kaggle://owner/model/framework/variation[/version]: a model of Kaggle, by kagglehub and in its cache."""

from __future__ import annotations

from pathlib import Path

from texelflow.sources.scheme import Scheme
from texelflow.sources.session import Session

FORM = "kaggle://owner/model/framework/variation[/version]"


def _locate(address: str, session: Session) -> Path:
    from texelflow.sources.kaggle import locate

    return locate(address, FORM, session)


SCHEME = Scheme(("kaggle://",), FORM, _locate)
