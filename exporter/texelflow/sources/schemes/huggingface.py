"""hf://org/name[@revision]/file: a model of Hugging Face, by huggingface_hub and in its cache."""

from __future__ import annotations

from pathlib import Path

from texelflow.sources.scheme import Scheme
from texelflow.sources.session import Session

FORM = "hf://org/name[@revision]/file"


def _locate(address: str, session: Session) -> Path:
    from texelflow.sources.huggingface import locate

    return locate(address, FORM, session)


SCHEME = Scheme(("hf://",), FORM, _locate)
