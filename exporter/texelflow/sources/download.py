"""Downloads an address into the cache: once, revalidated by its ETag, resumed after an interruption."""

from __future__ import annotations

import hashlib
import http.client
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.sources.cache import Cache, Entry, read_json, write_json
from texelflow.sources.redaction import redacted
from texelflow.sources.session import Session
from texelflow.sources.web import InterruptedTransferError, StatusError, refusal, request, timeout

ATTEMPTS = 4
CHUNK = 1 << 20
LARGEST = 64 << 30
"""Bytes of a file that are downloaded at most."""

SLOWEST = 512
"""Bytes that must arrive within the timeout; a server that sends fewer keeps us waiting forever."""

RETRIED = (408, 425, 429, 500, 502, 503, 504)


@dataclass(frozen=True, slots=True)
class Digest:
    """What a registry says that a file has: an algorithm of hashlib, and the digest in hexadecimal."""

    algorithm: str
    value: str

    def __str__(self) -> str:
        return f"{self.algorithm}:{self.value}"


def fetch(
    session: Session,
    url: str,
    *,
    authorization: str | None = None,
    digest: Digest | None = None,
    accept: str = "*/*",
    largest: int = LARGEST,
    hint: str = "",
) -> Path:
    """Return the file of the cache that has what is at an address now; offline, what was there last.

    Args:
        session: says whether anything may be fetched, and hears of progress.
        url: the address, with secrets.
        authorization: the header that lets us in.
        digest: what the file must have; then it never changes, and is not asked for again.
        accept: the types of answers that are understood.
        largest: bytes that it may have.
        hint: what to do where it is not there, or not for us.

    Raises:
        ExportError: it cannot be had, or is not what it should be.
    """
    cache, shown = Cache(), redacted(url)
    key = hashlib.sha256(f"{url}\n{accept}".encode()).hexdigest()[:40]
    with cache.locked(key):
        entry = cache.entry(key)
        if entry is not None and (session.offline or (digest and entry.digest == str(digest))):
            return cache.content(entry)
        if session.offline:
            raise ExportError(f"{shown} is not in the cache {cache.folder}: fetch it once without --offline")
        download = _Download(session, cache, key, url, authorization, digest, accept, largest, entry)
        reason = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                time.sleep(min(timeout() / 30, 1.0) * 2 ** (attempt - 1) / 2)
            try:
                return download.attempt()
            except InterruptedTransferError as error:
                reason = str(error)
            except StatusError as error:
                if error.status not in RETRIED:
                    raise refusal(shown, error.status, hint) from None
                reason = f"the server answers {error.status}"
        there = "; --offline uses what was there last" if entry else ""
        raise ExportError(f"{shown} could not be downloaded in {ATTEMPTS} attempts: {reason}{there}")


class _Download:
    """The attempts to download one address, while its lock is held."""

    def __init__(
        self,
        session: Session,
        cache: Cache,
        key: str,
        url: str,
        authorization: str | None,
        digest: Digest | None,
        accept: str,
        largest: int,
        entry: Entry | None,
    ) -> None:
        self._session, self._cache, self._key, self._url = session, cache, key, url
        self._authorization, self._digest, self._accept = authorization, digest, accept
        self._largest, self._entry = largest, entry
        self._shown = redacted(url)
        self._partial = cache.partial(key)
        self._state = cache.partial(f"{key}.json")

    def attempt(self) -> Path:
        """Return the file, or raise what went wrong."""
        known = read_json(self._state)
        there = self._partial.stat().st_size if known and self._partial.is_file() else 0
        try:
            response = request(self._url, self._headers(there, known), self._authorization)
        except StatusError as error:
            if error.status == 304 and self._entry is not None:
                return self._cache.content(self._entry)
            if error.status == 416 and there:
                self._forget()
                raise InterruptedTransferError("the file has changed on the server") from None
            raise
        with response:
            offset, total = self._place(response, there, known)
            self._receive(response, offset, total)
        return self._finish(response, resumed=offset > 0)

    def _headers(self, there: int, known: Mapping[str, object]) -> dict[str, str]:
        headers = {"Accept": self._accept}
        if there:
            headers["Range"] = f"bytes={there}-"
            if etag := known.get("etag"):
                headers["If-Range"] = str(etag)
        elif self._entry is not None and self._digest is None:
            if self._entry.etag:
                headers["If-None-Match"] = self._entry.etag
            elif self._entry.modified:
                headers["If-Modified-Since"] = self._entry.modified
        return headers

    def _place(
        self, response: http.client.HTTPResponse, there: int, known: Mapping[str, object]
    ) -> tuple[int, int | None]:
        """Return where the bytes of an answer go, and how many there are in all, if the server says that."""
        if (encoding := response.headers.get("Content-Encoding", "identity")) != "identity":
            raise ExportError(
                f"{self._shown} arrives in the encoding {encoding!r}, though that was not asked for"
            )
        length = _number(response.headers.get("Content-Length"))
        if response.status != 206:
            self._forget()
            return 0, length
        match = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        total = _number(match[3]) if match else None
        is_same = known.get("etag") == _strong(response) and known.get("total") in (None, total)
        if match is None or int(match[1]) != there or not is_same:
            self._forget()
            raise InterruptedTransferError("the file has changed on the server")
        return there, int(match[2]) + 1 if total is None else total

    def _receive(self, response: http.client.HTTPResponse, offset: int, total: int | None) -> None:
        if (total or 0) > self._largest:
            raise self._too_large()
        if _strong(response) or self._digest:
            write_json(self._state, {"etag": _strong(response), "total": total, "address": self._shown})
        with self._partial.open("ab" if offset else "wb") as file:
            done, since, then = offset, time.monotonic(), offset
            while chunk := _read(response):
                file.write(chunk)
                done += len(chunk)
                if done > self._largest:
                    raise self._too_large()
                self._session.report(f"downloading {self._name(done, total)}", done / total if total else 0.0)
                if time.monotonic() - since > timeout():
                    if done - then < SLOWEST:
                        raise InterruptedTransferError(f"less than {SLOWEST} bytes came in {timeout():g} s")
                    since, then = time.monotonic(), done
        if total is not None and done != total:
            if done > total:
                self._forget()
            raise InterruptedTransferError(f"the server sent {done} of {total} bytes")

    def _finish(self, response: http.client.HTTPResponse, resumed: bool) -> Path:
        if (
            self._digest is not None
            and (found := _digest(self._partial, self._digest.algorithm)) != self._digest.value
        ):
            self._forget()
            if resumed:
                raise InterruptedTransferError("the parts do not belong together")
            raise ExportError(
                f"{self._shown} is not the file of the registry: its {self._digest.algorithm} is {found},"
                f" not {self._digest.value}"
            )
        entry = Entry(
            address=self._shown,
            sha256=_digest(self._partial, "sha256"),
            size=self._partial.stat().st_size,
            etag=response.headers.get("ETag"),
            modified=response.headers.get("Last-Modified"),
            digest=str(self._digest) if self._digest else None,
        )
        content = self._cache.keep(self._key, entry, self._partial)
        self._forget()
        return content

    def _forget(self) -> None:
        self._partial.unlink(missing_ok=True)
        self._state.unlink(missing_ok=True)

    def _too_large(self) -> ExportError:
        self._forget()
        return ExportError(
            f"{self._shown} has more than {self._largest / 1e6:.0f} MB, which is not downloaded"
        )

    def _name(self, done: int, total: int | None) -> str:
        name = self._shown.partition("#")[0].rstrip("/").rpartition("/")[2]
        return (
            f"{name} ({done / 1e6:.1f} of {total / 1e6:.1f} MB)" if total else f"{name} ({done / 1e6:.1f} MB)"
        )


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(CHUNK)  # what is there, so that slow servers are noticed
    except TimeoutError:
        raise InterruptedTransferError(f"nothing came for {timeout():g} s") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise InterruptedTransferError(f"the connection was cut ({type(error).__name__})") from None


def _strong(response: http.client.HTTPResponse) -> str | None:
    """Return the ETag if it names these very bytes."""
    etag: str | None = response.headers.get("ETag")
    return None if etag is None or etag.startswith("W/") else etag


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 19 else None


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()
