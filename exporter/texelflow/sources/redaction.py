"""Removes secrets from addresses and from messages of servers before they are shown."""

from __future__ import annotations

import os
import re

SECRET_VARIABLES = (
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
    "KAGGLE_API_TOKEN",
    "KAGGLE_KEY",
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
)
"""Variables of the environment that hold secrets of the services that models are fetched from."""

_TOKEN = re.compile(r"\b(?:hf|npm|pypi|ghp|KGAT)[_-][A-Za-z0-9_-]{8,}")
_ADDRESS = re.compile(r"https?://[^\s'\"<>]+", re.IGNORECASE)


def redacted(address: str) -> str:
    """Return an address without user, password and query; `#member` stays."""
    scheme, separator, rest = address.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        return _TOKEN.sub("…", address)
    rest, hash_, member = rest.partition("#")
    rest = rest.partition("?")[0]
    authority, slash, path = rest.partition("/")
    host = authority.rpartition("@")[2]
    if not re.fullmatch(r"[\w.-]*(?::\d+)?|\[[0-9A-Fa-f:.]+\](?::\d+)?", host):
        return f"{scheme}://…"  # what looks like a port may be part of a password
    return _TOKEN.sub("…", f"{scheme}://{host}{slash}{path}{hash_}{member}")


def scrubbed(text: str) -> str:
    """Return a message of another library without secrets: addresses redacted, tokens left out."""
    for variable in SECRET_VARIABLES:
        if len(secret := os.environ.get(variable, "").strip()) >= 4:
            text = text.replace(secret, "…")
    return _TOKEN.sub("…", _ADDRESS.sub(lambda match: redacted(match[0]), text))
