"""What the browser tests share: finding Chromium, launching it, and serving folders to it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Error, Page, Playwright

REPOSITORY = Path(__file__).resolve().parent.parent

PAGE_SECONDS = 60
"""How long is waited for what a page is to do; how fast it is has tests of its own."""

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SOFTWARE_WEBGL_FLAGS = [
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    # What is drawn in software anyway is drawn quicker without WebGL's way there: only WebGL takes that.
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    # Tests spend most of their time in compiling programs. ANGLE makes pipelines in parts, ahead of the first
    # draw; making each whole, when it is drawn with, takes a fifth less of the processor.
    "--disable-angle-features=warmUpPipelineCacheAtLink,supportsGraphicsPipelineLibrary",
]
GPU_WEBGL_FLAGS = ["--ignore-gpu-blocklist"]

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".txt": "text/plain; charset=utf-8",
}


def find_chromium() -> str | None:
    """Path of the Chromium to test with: TEXELFLOW_CHROMIUM, else the system's; None for playwright's own."""
    named = os.environ.get("TEXELFLOW_CHROMIUM")
    if named:
        return named
    system = Path("/usr/bin/chromium")
    return str(system) if system.exists() else None


def launch_chromium(playwright: Playwright, *more: str) -> Browser:
    """Launches headless Chromium with WebGL2 in software, or as it likes where TEXELFLOW_TEST_GPU is set.

    `more` are flags besides.
    """
    flags = GPU_WEBGL_FLAGS if os.environ.get("TEXELFLOW_TEST_GPU") else SOFTWARE_WEBGL_FLAGS
    browser = playwright.chromium.launch(
        executable_path=find_chromium(),
        headless=True,
        args=[*CHROMIUM_FLAGS, *flags, *more],
    )
    browser.on("context", lambda context: context.set_default_timeout(1000 * PAGE_SECONDS))
    return browser


def require_webgl2(page: Page) -> None:
    """Raises AssertionError where the browser has no WebGL2: tests must fail then, never be skipped."""
    available = page.evaluate("() => !!document.createElement('canvas').getContext('webgl2')")
    assert available, "this Chromium has no WebGL2: see CHROMIUM_FLAGS in tests/browser_support.py"


def open_runtime_page(browser: Browser, server: PageServer) -> Page:
    """A blank page with `texelflow` bound to dist/texelflow.debug.js (the runtime and its extras)."""
    page = browser.new_page()
    page.goto(server.url("/blank.html"))
    load_runtime(page, server)
    require_webgl2(page)
    return page


def load_runtime(page: Page, server: PageServer) -> None:
    """Binds `texelflow` in a page's document."""
    page.evaluate(
        "async (url) => { globalThis.texelflow = await import(url); }",
        server.url("/dist/texelflow.debug.js"),
    )


class RenewedPage:
    """A page that tests have one after the other, each with a document of its own."""

    def __init__(self, browser: Browser, server: PageServer) -> None:
        self._browser = browser
        self._server = server
        self._page = browser.new_page()

    def blank(self) -> Page:
        """The page with a fresh document and no routes. Another page, if this one has crashed."""
        self._page.context.unroute_all()
        self._page.unroute_all()
        try:
            self._page.goto(self._server.url("/blank.html"))
        except Error:
            self.close()
            self._page = self._browser.new_page()
            self._page.goto(self._server.url("/blank.html"))
        return self._page

    def renew(self) -> Page:
        """The same with `texelflow`."""
        load_runtime(self.blank(), self._server)
        return self._page

    def close(self) -> None:
        self._page.close()


@dataclass
class PageServer:
    """An HTTP server on a free port of 127.0.0.1 for folders mounted at URL prefixes.

    `fixed` holds answers given before any folder is looked at: path -> (status, content type, body).
    `posts` answer, with JSON, what is posted to a path; they are called in threads of their own.
    `headers` are sent with everything below a prefix. Connections that ask for something below one of `gone`
    are cut.
    `is_open` lets pages of other servers read everything.
    """

    folders: dict[str, Path] = field(default_factory=dict)
    fixed: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    posts: dict[str, Callable[[bytes], bytes]] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    requests: list[str] = field(default_factory=list)
    is_open: bool = False

    def __post_init__(self) -> None:
        self.fixed.setdefault(
            "/blank.html", (200, CONTENT_TYPES[".html"], b"<!doctype html><title>test</title>")
        )
        self.fixed.setdefault("/favicon.ico", (204, "image/x-icon", b""))
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                owner.requests.append(self.path)
                self.send(*owner.answer(unquote(urlsplit(self.path).path)))

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send(200, CONTENT_TYPES[".json"], owner.posts[self.path](body))

            def send(self, status: int, content_type: str, body: bytes) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Cache-Control", "no-cache")
                if owner.is_open:
                    self.send_header("Access-Control-Allow-Origin", "*")
                for prefix, headers in owner.headers.items():
                    for name, value in headers.items() if self.path.startswith(prefix) else ():
                        self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Keeps the test output quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *arguments: object) -> None:
                """Keeps quiet about pages that go away during an answer, as aborted downloads do."""

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "/") -> str:
        """Absolute URL of a path on this server."""
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def mount(self, prefix: str, folder: Path) -> str:
        """Serves `folder` below `prefix` (such as "/model") and returns the absolute URL of the prefix."""
        self.folders[prefix.rstrip("/")] = folder
        return self.url(prefix)

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body for the decoded path of a request."""
        if any(path.startswith(prefix) for prefix in self.gone):
            raise ConnectionAbortedError(path)
        if path in self.fixed:
            return self.fixed[path]
        for prefix in sorted(self.folders, key=len, reverse=True):
            if path == prefix or path.startswith(prefix + "/"):
                folder = self.folders[prefix].resolve()
                file = (folder / path[len(prefix) :].lstrip("/")).resolve()
                if file.is_dir():
                    file = file / "index.html"
                if file.is_relative_to(folder) and file.is_file():
                    content_type = CONTENT_TYPES.get(file.suffix, "application/octet-stream")
                    return 200, content_type, file.read_bytes()
        return 404, CONTENT_TYPES[".txt"], b"not found"

    def close(self) -> None:
        """Stops serving and frees the port."""
        self.server.shutdown()
        self.server.server_close()
