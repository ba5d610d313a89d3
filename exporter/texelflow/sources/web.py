"""HTTP requests: proxies and certificates from the environment, and redirects that leak no credentials.

A certificate authority of one's own is named by SSL_CERT_FILE or SSL_CERT_DIR, a proxy by https_proxy,
http_proxy and no_proxy. Only https is spoken, but to this machine, and where TEXELFLOW_ALLOW_HTTP says so.
"""

from __future__ import annotations

import base64
import http.client
import ipaddress
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from functools import cache
from typing import IO, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from texelflow.errors import ExportError
from texelflow.sources.redaction import redacted
from texelflow.sources.session import is_set
from texelflow.version import __version__

MOST_REDIRECTS = 10
DEFAULT_TIMEOUT = 30.0
"""Seconds without an answer, or with next to none, after which a request is given up."""


class StatusError(Exception):
    """The server answered with another status than 200, 206; headers are those of its answer."""

    def __init__(self, status: int, headers: Mapping[str, str]) -> None:
        self.status = status
        self.headers = headers
        super().__init__(str(status))


class InterruptedTransferError(Exception):
    """The network or the server failed in a way that another attempt may mend; says how, without secrets."""


def timeout() -> float:
    """Return how long to wait for a server, in seconds; TEXELFLOW_TIMEOUT says otherwise."""
    try:
        return max(float(os.environ.get("TEXELFLOW_TIMEOUT", DEFAULT_TIMEOUT)), 0.01)
    except ValueError:
        return DEFAULT_TIMEOUT


def request(
    url: str, headers: Mapping[str, str], authorization: str | None = None
) -> http.client.HTTPResponse:
    """Return the answer to GET, with status 200 or 206.

    User and password in `url` are sent as HTTP Basic. Authorization goes along to redirects within the same
    origin only.

    Raises:
        StatusError: the server answers with another status.
        InterruptedTransferError: another attempt may help.
        ExportError: none will.
    """
    bare, own = _split_user(url)
    check_allowed(bare)
    asked = urllib.request.Request(
        bare, headers={"User-Agent": f"texelflow/{__version__}", "Accept-Encoding": "identity", **headers}
    )
    if authorization or own:
        asked.add_unredirected_header("Authorization", authorization or own or "")
    shown = redacted(url)
    try:
        response = _opener().open(asked, timeout=timeout())
    except urllib.error.HTTPError as error:
        with error:
            raise StatusError(error.code, dict(error.headers.items())) from None
    except urllib.error.URLError as error:
        raise _unreachable(shown, error.reason) from None
    except (http.client.InvalidURL, UnicodeError, ValueError):
        raise ExportError(f"{shown} is not an address: escape what is not allowed in one by %") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(shown, error) from None
    assert isinstance(response, http.client.HTTPResponse)
    if response.status not in (200, 206):
        with response:
            raise StatusError(response.status, dict(response.headers.items()))
    return response


def refusal(shown: str, status: int, hint: str = "") -> ExportError:
    """Return what to say of a status that ends the matter."""
    reasons = {
        401: "needs a login (401)",
        403: "is not given to you (403)",
        404: "does not exist (404)",
        410: "is gone (410)",
        407: "is behind a proxy that needs a login (407): put it into https_proxy",
    }
    text = f"{shown} {reasons.get(status, f'cannot be had: the server answers {status}')}"
    return ExportError(f"{text}; {hint}" if hint and status in (401, 403, 404) else text)


def check_allowed(url: str) -> None:
    """Raise ExportError where an address is not by https, and nothing allows that."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ExportError(f"{redacted(url)} is no address") from None
    if not host or parts.scheme not in ("http", "https"):
        raise ExportError(f"{redacted(url)} is no address of a web server")
    if parts.scheme == "http" and not _is_loopback(host) and not is_set("TEXELFLOW_ALLOW_HTTP"):
        raise ExportError(
            f"{redacted(url)} is not encrypted, so that anyone on the way can change the model: use https, or"
            " set TEXELFLOW_ALLOW_HTTP=1"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _split_user(url: str) -> tuple[str, str | None]:
    """Return an address without user and password, and these as an Authorization header."""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ExportError(f"{redacted(url)} is no address") from None
    user, at, host = parts.netloc.rpartition("@")
    bare = urlunsplit((parts.scheme.lower(), host, parts.path, parts.query, ""))
    return bare, basic(unquote(user)) if at else None


def basic(user_and_password: str) -> str:
    """Return the header of HTTP Basic for `user:password`."""
    text = user_and_password if ":" in user_and_password else f"{user_and_password}:"
    return "Basic " + base64.b64encode(text.encode()).decode("ascii")


def _unreachable(shown: str, reason: object) -> Exception:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return ExportError(
            f"{shown} has a certificate that is not trusted ({reason.verify_message}); where it is of an"
            " authority of your own, name its file by SSL_CERT_FILE"
        )
    if isinstance(reason, TimeoutError):
        return InterruptedTransferError(f"the server did not answer for {timeout():g} s")
    if isinstance(reason, OSError) and reason.strerror:
        return InterruptedTransferError(f"the server cannot be reached: {reason.strerror}")
    return InterruptedTransferError(f"the server cannot be reached ({type(reason).__name__})")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects, but not out of https, and with no secret to another origin."""

    max_redirections = MOST_REDIRECTS

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise ExportError(f"{redacted(req.full_url)} leads to {redacted(newurl)}, which is not encrypted")
        bare, own = _split_user(newurl)
        check_allowed(bare)
        following = super().redirect_request(req, fp, code, msg, headers, bare)
        if following is None:
            return None
        kept = req.unredirected_hdrs.get("Authorization") if _origin(req.full_url) == _origin(bare) else None
        if value := own or kept:
            following.add_unredirected_header("Authorization", value)
        return following


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"https": 443, "http": 80}.get(parts.scheme)


@cache
def _trust(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """Return which certificates are trusted, as these variables say; reading them takes a while."""
    return ssl.create_default_context()


def _opener() -> urllib.request.OpenerDirector:
    """Return what opens addresses: of http and https only, with no file:, ftp: or data: behind a redirect."""
    opener = urllib.request.OpenerDirector()
    handlers: list[Any] = [
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(
            context=_trust(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        ),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        _Redirects(),
    ]
    for handler in handlers:
        opener.add_handler(handler)
    return opener
