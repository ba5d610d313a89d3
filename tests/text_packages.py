"""A page with the packages that texelflow/text imports, named by an import map as without a bundler."""

from __future__ import annotations

from browser_support import REPOSITORY, PageServer

PAGE = """<!doctype html><script type="importmap">{"imports": {
    "@huggingface/tokenizers": "/packages/@huggingface/tokenizers/dist/tokenizers.min.mjs",
    "@huggingface/jinja": "/packages/@huggingface/jinja/dist/index.js"
}}</script>"""


def serve_page(server: PageServer, path: str) -> str:
    """Serve the page and its packages; return its address."""
    server.mount("/packages", REPOSITORY / "node_modules")
    server.fixed[path] = (200, "text/html", PAGE.encode())
    return server.url(path)
