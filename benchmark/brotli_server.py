"""A file server that sends text and WebAssembly with brotli, as web sites do, and weights as they are."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from texelflow.checking.serve import Mount, StaticHandler

COMPRESSED = {".js", ".mjs", ".json", ".wasm"}
SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "compress.mjs"


class BrotliFiles:
    """Keeps compressed copies of files, by their content, in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._copies: dict[Path, Path] = {}

    def add(self, folders: Sequence[Path]) -> None:
        """Compress what is compressible in `folders`. What was compressed before is not compressed again."""
        missing: list[str] = []
        for path in (path for folder in folders for path in folder.rglob("*")):
            if path.suffix not in COMPRESSED or not path.is_file():
                continue
            digest = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
            # The copy has the file's name, from which its content type is guessed.
            copy = self._folder / digest / path.name
            self._copies[path] = copy
            if not copy.is_file():
                missing += [str(path), str(copy)]
        if missing:
            subprocess.run(["node", str(SCRIPT), *missing], check=True)

    def of(self, path: Path) -> Path | None:
        """Return the compressed copy of a file, if there is one."""
        return self._copies.get(path)


class BrotliHandler(StaticHandler):
    """Answers with the compressed copy of a file where there is one and the browser takes it."""

    def __init__(self, *arguments: Any, files: BrotliFiles, **options: Any) -> None:
        self.files = files
        self.is_compressed = False
        super().__init__(*arguments, **options)

    def translate_path(self, path: str) -> str:
        """Return the file to send."""
        plain = super().translate_path(path)
        accepted = "br" in self.headers.get("Accept-Encoding", "")
        compressed = self.files.of(Path(plain)) if accepted else None
        self.is_compressed = compressed is not None
        return str(compressed or plain)

    def end_headers(self) -> None:
        """Say how the body is encoded."""
        if self.is_compressed:
            self.send_header("Content-Encoding", "br")
        super().end_headers()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when a browser drops a connection: it does so whenever a page is left."""


@contextmanager
def brotli_server(mounts: Sequence[Mount], files: BrotliFiles) -> Iterator[str]:
    """Serve `mounts` on a free port of this machine while the block runs; yields the URL, without a slash."""
    server = _Server(("127.0.0.1", 0), partial(BrotliHandler, mounts=mounts, files=files))
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
