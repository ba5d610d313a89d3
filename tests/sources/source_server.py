"""A small server that speaks what servers of models speak: redirects, ETags, ranges, logins, and failures."""

from __future__ import annotations

import hashlib
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import pytest

from texelflow.errors import ExportError
from texelflow.sources import open_source


@dataclass
class Asked:
    """A request that came."""

    path: str
    query: str
    headers: dict[str, str]


@dataclass
class Served:
    """What is at a path."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    etag: str | None = None
    login: str | None = None
    """The Authorization that is wanted."""
    cuts: list[int] = field(default_factory=list)
    """After how many bytes the following answers break off."""
    statuses: list[int] = field(default_factory=list)
    """What the following answers are instead."""
    pause: float = 0.0
    """Seconds before the second half."""
    ignores_if_range: bool = False
    chunked: bool = False
    after: Callable[[Served], None] = lambda _served: None
    """Called after each answer."""

    def tag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:8]}"' if self.etag is None else self.etag


class SourceServer:
    """Serves `files` by path until closed; `asked` has every request."""

    def __init__(self) -> None:
        self.files: dict[str, Served] = {}
        self.asked: list[Asked] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_arguments: Any) -> None:
                pass

            def do_HEAD(self) -> None:
                self.do_GET()

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.answer(self)

            def do_GET(self) -> None:
                outer.answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def use_tls(self, context: ssl.SSLContext) -> None:
        """Speak https from now on."""
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )

    def paths(self) -> list[str]:
        return [one.path for one in self.asked]

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        path = parts.path or parts.netloc
        self.asked.append(Asked(parts.path, parts.query, {k.lower(): v for k, v in handler.headers.items()}))
        served = self.files.get(path)
        try:
            if served is None:
                self._send(handler, 404, {}, b"nothing")
            elif served.login is not None and handler.headers.get("Authorization") != served.login:
                self._send(handler, 401, {"WWW-Authenticate": "Basic"}, b"who?")
            elif served.statuses:
                self._send(handler, served.statuses.pop(0), {}, b"not now")
            else:
                self._serve(handler, served)
        except OSError:
            pass
        if served is not None:
            served.after(served)

    def _serve(self, handler: BaseHTTPRequestHandler, served: Served) -> None:
        body, status, headers = served.body, served.status, dict(served.headers)
        if status == 200:
            tag = served.tag()
            if tag:
                headers["ETag"] = tag
            if tag and handler.headers.get("If-None-Match") == tag:
                self._send(handler, 304, headers, b"")
                return
            asked_range = handler.headers.get("Range")
            if asked_range and (served.ignores_if_range or handler.headers.get("If-Range") in (None, tag)):
                start = int(asked_range.removeprefix("bytes=").rstrip("-"))
                if start >= len(body):
                    self._send(handler, 416, {"Content-Range": f"bytes */{len(body)}"}, b"")
                    return
                headers["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                body, status = body[start:], 206
        if served.cuts:
            cut = served.cuts.pop(0)
            self._send(handler, status, headers, body, body[:cut])
            handler.close_connection = True
        elif served.chunked:
            handler.send_response(status)
            handler.send_header("Transfer-Encoding", "chunked")
            handler.end_headers()
            handler.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        elif served.pause:
            self._send(handler, status, headers, body, body[: len(body) // 2])
            handler.wfile.flush()
            time.sleep(served.pause)
            handler.wfile.write(body[len(body) // 2 :])
        else:
            self._send(handler, status, headers, body)

    @staticmethod
    def _send(
        handler: BaseHTTPRequestHandler,
        status: int,
        headers: dict[str, str],
        body: bytes,
        sent: bytes | None = None,
    ) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        if status != 304:
            handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        if handler.command != "HEAD" and status != 304:
            handler.wfile.write(body if sent is None else sent)


def refusal(address: str, offline: bool = False) -> str:
    """Return why nothing comes from an address."""
    with pytest.raises(ExportError) as raised, open_source(address, offline=offline):
        pass
    return str(raised.value)
