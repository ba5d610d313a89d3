"""Packages of npm's registry (docs.npmjs.com: "Package metadata"), by the settings of .npmrc."""

from __future__ import annotations

import base64
import binascii
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from texelflow.errors import ExportError
from texelflow.sources.download import Digest, fetch
from texelflow.sources.packages import PackagePath, parse, part_of
from texelflow.sources.redaction import redacted
from texelflow.sources.session import Session
from texelflow.sources.web import basic

DEFAULT_REGISTRY = "https://registry.npmjs.org/"
LARGEST_METADATA = 128 << 20
ACCEPT = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
HINT = "logins are read from .npmrc"


def locate(address: str, form: str, session: Session) -> Path:
    """Return the file or folder at the address of a package; raise ExportError."""
    wanted = parse(address, form)
    settings = npm_settings()
    registry = registry_of(wanted.name, settings)
    url = registry + quote(wanted.name, safe="@")
    content = fetch(
        session,
        url,
        authorization=_authorization(url, settings),
        accept=ACCEPT,
        largest=LARGEST_METADATA,
        hint=HINT,
    )
    archive, digest = _distribution(json_object(content, url), wanted, address)
    package = fetch(
        session, archive, authorization=_authorization(archive, settings), digest=digest, hint=HINT
    )
    return part_of(package, wanted, True, address, session)


def json_object(content: Path, url: str) -> dict[str, Any]:
    """Return the answer of a registry; raise ExportError if it is not one."""
    try:
        answer = json.loads(content.read_bytes())
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise ExportError(f"{redacted(url)} is not the answer of a package registry: is its address right?")
    return answer


def _distribution(answer: Mapping[str, Any], wanted: PackagePath, address: str) -> tuple[str, Digest]:
    versions, tags = answer.get("versions"), answer.get("dist-tags")
    versions = versions if isinstance(versions, dict) else {}
    tags = tags if isinstance(tags, dict) else {}
    asked = wanted.version or "latest"
    version = asked if asked in versions else tags.get(asked)
    found = versions.get(version) if isinstance(version, str) else None
    if not isinstance(found, dict):
        newest = ", ".join([*map(str, tags), *map(str, list(versions)[-5:])])
        raise ExportError(
            f"{address}: there is no version {asked!r}; name one exactly, or a tag, such as {newest}"
        )
    dist = found.get("dist")
    dist = dist if isinstance(dist, dict) else {}
    archive, digest = dist.get("tarball"), _integrity(dist)
    if not isinstance(archive, str) or digest is None:
        raise ExportError(f"{address}: the registry names no archive with a digest")
    return archive, digest


def _integrity(dist: Mapping[str, Any]) -> Digest | None:
    """Return the strongest digest of `integrity` (W3C's Subresource Integrity), or the older `shasum`."""
    text = dist.get("integrity")
    found = dict(item.partition("-")[::2] for item in reversed(str(text or "").split()))
    for algorithm in ("sha512", "sha384", "sha256", "sha1"):
        if value := found.get(algorithm):
            try:
                return Digest(algorithm, base64.b64decode(value.partition("?")[0], validate=True).hex())
            except binascii.Error:
                return None
    shasum = dist.get("shasum")
    is_sha1 = isinstance(shasum, str) and re.fullmatch(r"[0-9a-fA-F]{40}", shasum)
    return Digest("sha1", str(shasum).lower()) if is_sha1 else None


def npm_settings() -> dict[str, str]:
    """Return what npm's settings say: those of the user, of the folder at hand, then of the environment."""
    environment = {
        name.lower(): value for name, value in os.environ.items() if name.lower().startswith("npm_config_")
    }
    user = environment.get("npm_config_userconfig") or str(Path.home() / ".npmrc")
    files = [environment.get("npm_config_globalconfig"), user, ".npmrc"]
    settings: dict[str, str] = {}
    for file in filter(None, files):
        try:
            lines = Path(file).read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            continue
        is_local = (
            file == ".npmrc"
        )  # of a folder that may be a stranger's, to whose registry no variable goes
        for line in lines:
            name, separator, value = line.partition("=")
            if separator and not name.lstrip().startswith((";", "#")):
                value = value.strip().strip("\"'")
                kept = is_local and "://" in value
                settings[_expanded(name.strip())] = value if kept else _expanded(value)
    if registry := environment.get("npm_config_registry"):
        settings["registry"] = registry
    return settings


def _expanded(text: str) -> str:
    return re.sub(r"\$\{(\w+)\??\}", lambda match: os.environ.get(match[1], ""), text)


def registry_of(name: str, settings: Mapping[str, str]) -> str:
    """Return the address of the registry of a package, with a slash at its end."""
    scope = f"{name.partition('/')[0]}:registry" if name.startswith("@") else ""
    return (settings.get(scope) or settings.get("registry") or DEFAULT_REGISTRY).rstrip("/") + "/"


def _authorization(url: str, settings: Mapping[str, str]) -> str | None:
    """Return the header for an address: of the settings for the longest part of its path that have one."""
    parts = urlsplit(url)
    path = f"//{parts.netloc.rpartition('@')[2]}{parts.path}"
    while "/" in path.lstrip("/") or path.lstrip("/"):
        path = path.rpartition("/")[0]
        for base in (f"{path}/", path):
            if token := settings.get(f"{base}:_authToken"):
                return f"Bearer {token}"
            if login := settings.get(f"{base}:_auth"):
                return f"Basic {login}"
            if (user := settings.get(f"{base}:username")) and (password := settings.get(f"{base}:_password")):
                try:
                    return basic(f"{user}:{base64.b64decode(password).decode()}")
                except ValueError:
                    return None
    return None
