"""A static file server for bundles and pages on this machine or the local network."""

from __future__ import annotations

import ipaddress
import re
import shutil
import socket
import ssl
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

from texelflow.errors import ExportError
from texelflow.resources import javascript_directory, player_directory

Mount = tuple[str, Path]
"""A URL prefix that ends in a slash, and the folder it shows. Of several that have a file, the first is
asked.
"""

EVERY_INTERFACE = ("0.0.0.0", "::", "")

PACKED = ".br"
"""The ending of a file beside another one: that as brotli compresses it."""

SHOWN = ".well-known"
"""The only name with a dot in front that is served: others are settings, histories, secrets."""

NAMED_BY_CONTENT = re.compile(r"/v-[0-9a-f]{16}/")
"""In the address of a file that never changes, since its folder is named by what is in it."""


class StaticHandler(SimpleHTTPRequestHandler):
    """Answers GET and HEAD from mounted folders; never lists a folder, never leaves one.

    What lies in a bundle is data: a page or a picture in it is shown without running its scripts.
    What takes brotli gets, in place of a file, the one beside it that ends in `PACKED`, unless that is older.
    """

    protocol_version = "HTTP/1.1"
    timeout = 60
    """Seconds that a client may say nothing, or take nothing."""

    extensions_map = {  # noqa: RUF012 - as the base class declares it
        **SimpleHTTPRequestHandler.extensions_map,
        ".js": "text/javascript",
        ".mjs": "text/javascript",
        ".json": "application/json",
        ".wasm": "application/wasm",
        ".safetensors": "application/octet-stream",
    }

    def __init__(self, *arguments: Any, mounts: Sequence[Mount], **options: Any) -> None:
        self.mounts = mounts
        self.packed = self.lasting = self.foreign = False
        super().__init__(*arguments, **options)

    def send_head(self) -> Any:
        """Answer but for the content, of which the caller is given the file."""
        self.packed = self.lasting = self.foreign = False
        return super().send_head()

    def translate_path(self, path: str) -> str:
        """Return the mounted file that `path` names, or a path that does not exist."""
        url_path = unquote(urlsplit(path).path)
        for prefix, folder in self.mounts:
            relative = PurePosixPath(url_path.removeprefix(prefix))
            hidden = any(part.startswith(".") and part != SHOWN for part in relative.parts)
            if not url_path.startswith(prefix) or hidden or relative.is_absolute() or "\\" in url_path:
                continue
            candidate = folder / relative
            if url_path.endswith("/"):
                candidate /= "index.html"
            if _is_file(candidate):
                self.lasting = NAMED_BY_CONTENT.search(url_path) is not None
                inside = [folder, *(folder / above for above in relative.parents)]
                self.foreign = any(is_bundle(each) for each in inside)
                return str(self._shortest(candidate))
        # Below a file there is none, whatever others put on this machine.
        return str(Path(__file__) / "no such file")

    def _shortest(self, file: Path) -> Path:
        """Return the file, or the one beside it if that is what this client wants."""
        accepted = re.search(r"\bbr\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", self.headers.get("Accept-Encoding", ""))
        beside = file.with_name(file.name + PACKED)
        if not accepted or not beside.is_file() or beside.stat().st_mtime < file.stat().st_mtime:
            return file
        self.packed = True
        return beside

    def guess_type(self, path: Any) -> str:
        """Return the content type; for a compressed file, that of its content."""
        return super().guess_type(str(path).removesuffix(PACKED) if self.packed else path)

    def end_headers(self) -> None:
        """Let pages of other origins load bundles, and have browsers ask whether what may change did."""
        if self.packed:
            self.send_header("Content-Encoding", "br")
            self.send_header("Vary", "Accept-Encoding")
        if self.foreign:
            self.send_header("Content-Security-Policy", "sandbox")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "max-age=31536000, immutable" if self.lasting else "no-cache")
        super().end_headers()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base class names it
        """Stay quiet: requests are not news."""


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, has a NUL, or lies where nobody may look
        return False


def is_bundle(folder: Path) -> bool:
    """Return whether a folder is a bundle, which may be a stranger's."""
    return _is_file(folder / "graph.json")


def is_own_name(host: str | None) -> bool:
    """Return whether the `Host` that a request names belongs to this server (against DNS rebinding).

    It is `localhost`, an address in numbers, or this machine's name. Others may have been made to lead here.
    """
    try:
        name = urlsplit(f"//{host or ''}").hostname or ""
        own = socket.gethostname().lower()
        return name in ("localhost", own, f"{own}.local") or bool(ipaddress.ip_address(name))
    except ValueError:
        return False


class StaticServer(ThreadingHTTPServer):
    """Serves `mounts` from threads that die with the process; `handler` may answer more than files."""

    daemon_threads = True

    def __init__(
        self,
        mounts: Sequence[Mount],
        host: str,
        port: int,
        handler: Callable[..., StaticHandler] = StaticHandler,
    ) -> None:
        try:
            super().__init__((host, port), partial(handler, mounts=mounts))
        except OSError as error:
            raise ExportError(
                f"cannot serve at {host}:{port}: {error.strerror}; choose another --port"
            ) from None

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a browser drops a connection: it does so whenever a page is left."""


def serve_until_interrupted(server: StaticServer, directory: Path, host: str, https: bool) -> None:
    """Say where `directory` is served, and serve it until Ctrl+C; `https` raises as `use_certificate`."""
    shown = public_host(host)
    if https:
        use_certificate(server, shown)
    scheme = "https" if https else "http"
    print(
        f"Serving {directory} at {scheme}://{shown}:{server.server_address[1]}/  (Ctrl+C stops)", flush=True
    )
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        print("stopped")


@contextmanager
def background_server(mounts: Sequence[Mount]) -> Iterator[str]:
    """Serve `mounts` on a free port of this machine while the block runs; yields the URL, without a slash."""
    server = StaticServer(mounts, "127.0.0.1", 0)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def folder_mounts(directory: Path) -> list[Mount]:
    """Return what `texelflow serve` shows: the folder; a bundle with the player, none of whose files it can
    replace.

    Raises:
        ExportError: `directory` is not a folder, or has neither `index.html` nor `graph.json`.
    """
    if not directory.is_dir():
        raise ExportError(f"{directory} is not a folder")
    if is_bundle(directory):
        return [("/", player_directory()), ("/", javascript_directory()), ("/", directory)]
    if not (directory / "index.html").is_file():
        raise ExportError(
            f"{directory} has neither a graph.json (a bundle) nor an index.html (a page) to serve"
        )
    return [("/", directory)]


def public_host(host: str) -> str:
    """Return the host to show in a URL: this machine's own address if `host` is every interface."""
    if host not in EVERY_INTERFACE:
        return "localhost" if host == "127.0.0.1" else host
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # nothing is sent: this asks which interface would be used
            return str(probe.getsockname()[0])
        except OSError:
            return "localhost"


def use_certificate(server: StaticServer, host: str) -> None:
    """Make `server` speak HTTPS with a new self-signed certificate for `host`, valid for a month.

    Raises:
        ExportError: the `openssl` program, which makes the certificate, is missing or fails.
    """
    if shutil.which("openssl") is None:
        raise ExportError("--https makes a certificate with the openssl program: install openssl")
    kind = "IP" if host.replace(".", "").isdigit() else "DNS"
    with tempfile.TemporaryDirectory() as folder:
        key, certificate = Path(folder) / "key.pem", Path(folder) / "certificate.pem"
        made = subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30"),
                *("-subj", "/CN=texelflow"),
                *("-addext", f"subjectAltName=DNS:localhost,IP:127.0.0.1,{kind}:{host}"),
                *("-keyout", str(key), "-out", str(certificate)),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode:
            raise ExportError(f"openssl made no certificate: {made.stderr.strip().splitlines()[-1]}")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
    # The handshake belongs to the connection's own thread: a client that stalls must not stop the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
