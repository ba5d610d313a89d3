"""Serves the demo page with its gallery, whose models are fetched and exported when a visitor opens them.

    python gallery/serve.py build/demo --port 8000

A page of this server asks by `POST /gallery/models/ENTRY/`. It is told, a line of JSON each, what is being
done (`{"doing": "downloading", "fraction": 0.4}`), and at the end `{"ready": true}` or `{"problem": "…"}`.
Nothing is fetched that no visitor asked for; what was exported stays in build/gallery.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import warnings
from collections import defaultdict
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from entries import EntryError, entries
from export import TARGET, export_entry

import texelflow
from texelflow.checking.serve import StaticHandler, StaticServer, is_own_name, serve_until_interrupted

PREFIX = "/gallery/"


class GalleryHandler(StaticHandler):
    """Serves files, and exports an entry of the gallery that a page of this server asks for."""

    def __init__(self, *arguments: Any, target: Path, locks: defaultdict[str, Lock], **options: Any) -> None:
        self.target, self.locks = target, locks
        super().__init__(*arguments, **options)

    def do_POST(self) -> None:  # noqa: N802 - the base class calls it
        """Export the entry that the address names, and tell how that goes."""
        length = self.headers.get("Content-Length", "")
        self.rfile.read(min(int(length) if length.isdecimal() else 0, 1 << 16))
        match = re.fullmatch(rf"{PREFIX}models/([\w-]+)/", urlsplit(self.path).path)
        if match is None or not self.is_of_this_server():
            self.send_error(403 if match else 404)
            return
        self.packed = self.lasting = self.foreign = False
        self.send_response(200)
        self.send_header("Content-Type", "application/x-ndjson")
        self.send_header("Connection", "close")
        self.end_headers()
        with suppress(BrokenPipeError, ConnectionResetError):
            try:
                entry = next(each for each in entries() if each.name == match[1])
                with self.locks[entry.name]:
                    export_entry(entry, self.target, progress=self.tell)
                self.say({"ready": True})
            except StopIteration:
                self.say({"problem": f"The gallery has no entry {match[1]}."})
            except (EntryError, texelflow.ExportError, OSError) as problem:
                if isinstance(problem, BrokenPipeError | ConnectionResetError):
                    raise
                self.say({"problem": str(problem)})
        self.close_connection = True

    def is_of_this_server(self) -> bool:
        """Return whether a page of this server asks: others could make it fetch what nobody here wants.

        `Sec-Fetch-Site` is left out where a page comes by plain http of another machine, `Origin` is not.
        """
        origin = self.headers.get("Origin")
        of_site = self.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
        is_own = is_own_name(self.headers.get("Host"))
        return is_own and of_site and (origin is None or urlsplit(origin).netloc == self.headers.get("Host"))

    def tell(self, doing: str, fraction: float) -> None:
        """Tell what is being done, and the fraction of it that is done."""
        self.say({"doing": doing, "fraction": round(fraction, 3)})

    def say(self, message: dict[str, Any]) -> None:
        """Send a line of the answer."""
        self.wfile.write(json.dumps(message).encode() + b"\n")


def gallery_server(page: Path, target: Path, host: str, port: int) -> StaticServer:
    """Return a server of the built demo page `page` with a gallery whose models lie, or will lie, in
    `target`.
    """
    handler = partial(GalleryHandler, target=target, locks=defaultdict(Lock))
    return StaticServer([("/", page), (PREFIX, target)], host, port, handler)


def main() -> None:
    """Read the command line and serve until interrupted."""
    parser = argparse.ArgumentParser(description="Serve the demo page and its gallery.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 for the whole network")
    parser.add_argument("--https", action="store_true", help="phones need it for the camera")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    try:
        with gallery_server(arguments.directory, TARGET, arguments.host, arguments.port) as server:
            serve_until_interrupted(server, arguments.directory, arguments.host, arguments.https)
    except texelflow.ExportError as problem:
        sys.exit(f"error: {problem}")


if __name__ == "__main__":
    main()
