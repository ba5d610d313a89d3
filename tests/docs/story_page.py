"""The page in which the code of all documents runs."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Browser, Page, Route

from browser_support import CONTENT_TYPES, PageServer
from text_packages import serve_page

SECONDS = 120
"""How long is waited at most: machines that run tests may have much else to do."""

SET_UP = """async (picture) => {
    const { Tensor } = await import("/dist/texelflow.js");
    globalThis.photo = new Image();
    photo.src = picture;
    await photo.decode();
    globalThis.x = new Tensor("float32", [1, 3], new Float32Array(3).fill(1));
    globalThis.zeros = new Tensor("float32", [1, 3], new Float32Array(3));
    globalThis.printed = [];
    const text = (key, value) => ArrayBuffer.isView(value) ? Array.from(value, Number) : value;
    const line = (value) => typeof value === "string" ? value : JSON.stringify(value, text);
    console.log = (...values) => printed.push(values.map(line).join(" "));
    console.table = console.log;
    globalThis.shaders = [];
    const prototype = WebGL2RenderingContext.prototype, { shaderSource } = prototype;
    prototype.shaderSource = function (shader, source) {
        shaders.push(source);
        shaderSource.call(this, shader, source);
    };
    // Camera and microphone, which a machine of the tests has not: a canvas is filmed, and a tone is heard.
    navigator.mediaDevices.getUserMedia = async ({ video }) => {
        if (!video) {
            const context = new AudioContext(), tone = context.createOscillator();
            const target = context.createMediaStreamDestination();
            tone.connect(target);
            tone.start();
            return target.stream;
        }
        const canvas = document.createElement("canvas");
        const context = canvas.getContext("2d");
        setInterval(() => context.fillRect(0, 0, 9, 9), 20);
        return canvas.captureStream();
    };
}"""

GREEN = """<svg xmlns='http://www.w3.org/2000/svg' width='64' height='48'>
    <rect width='64' height='48' fill='%230f0'/>
</svg>"""
"""The photo of the documents: a green one."""

RUN = """async ([folder, script, markup]) => {
    history.replaceState(null, "", folder);
    document.body.innerHTML = markup;
    document.body.prepend(photo);
    printed.length = 0;
    const late = new Promise((_, reject) => setTimeout(reject, 120000, new Error("it does not end")));
    await Promise.race([import(script), late]);
}"""
SHOWN = """() => [...printed, document.body.innerText].join("\\n")"""
KEPT = """async () => {
    await navigator.serviceWorker.ready;
    return (await (await caches.open("texelflow")).keys()).length === 2;
}"""
"""Whether a page can do without its server: its service worker and a bundle are there."""


@dataclass
class StoryPage:
    """The page, and what went wrong in it beside the code that is waited for."""

    page: Page
    server: PageServer
    faults: list[str] = field(default_factory=list)
    count: int = 0
    folder: Path = Path()

    def mount(self, folder: Path) -> str:
        """Serve a document's folder; return its path."""
        self.count += 1
        self.folder = folder
        path = f"/story-{self.count}"
        self.server.mount(path, folder)
        return f"{path}/"

    def run(self, path: str, code: str, markup: str = "") -> str:
        """Run a module as if its page lay at `path`; return what it prints, and the text of the page."""
        self.count += 1
        script = f"/module-{self.count}.js"
        # One instance of the runtime for all: its imports are those of dist/. So of the exporter for pages.
        text = code.replace('"./texelflow', '"/dist/texelflow').replace('"./convert/', '"/convert/')
        self.server.fixed[script] = (200, CONTENT_TYPES[".js"], text.encode())
        self.page.evaluate(RUN, [path, script, markup])
        self.raise_faults()
        return str(self.page.evaluate(SHOWN))

    def choose(self, files: list[Path], expected: str) -> str:
        """Choose files in the page's file input; return what is shown, as `shown_in`."""
        chooser = self.page.locator("input[type=file]")
        chooser.dispatch_event("click")
        chooser.set_input_files(files)
        return self.shown_in(self.page, expected)

    def opened(self, path: str, expected: str, gone: str | None = None) -> str:
        """Open a page; return what it shows, once that has a text, or after a while.

        Where `gone` is given, it is opened again, when the server does not answer below that path any more.
        """
        page = self.page.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console", lambda message: self.faults.append(message.text) if message.type == "error" else None
        )
        try:
            page.goto(self.server.url(path))
            if gone is None:
                return self.shown_in(page, expected)
            self.shown_in(page, expected)
            page.wait_for_function(KEPT, timeout=SECONDS * 1000)
            self.server.gone.add(gone)
            page.reload()
            # The browser tells that the server does not answer.
            self.faults = [fault for fault in self.faults if "ERR_" not in fault]
            return self.shown_in(page, expected)
        finally:
            page.close()

    def shown_in(self, page: Page, expected: str) -> str:
        """Return what a page shows, once that has a text, or after a while."""
        shown, end = "", time.monotonic() + (SECONDS if expected else 0.5)
        while time.monotonic() < end:
            shown = str(page.evaluate(SHOWN)) if page == self.page else page.inner_text("body")
            if self.faults or (expected and matches(expected, shown)):
                break
            page.wait_for_timeout(50)
        self.raise_faults()
        return shown

    def shaders(self) -> list[str]:
        """Return the shaders that were compiled so far: what is compiled once is not compiled again."""
        return list(self.page.evaluate("shaders"))

    def answer(self, route: Route) -> None:
        """Give what another server would have: the files of the document that is told."""
        path = unquote(urlsplit(route.request.url).path)
        file = self.folder / path.lstrip("/")
        allowed = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        if file.is_file():
            route.fulfill(body=file.read_bytes(), headers=allowed)
        else:
            route.fulfill(status=404, headers=allowed)

    def raise_faults(self) -> None:
        """Fail with what went wrong beside the code that was waited for."""
        faults, self.faults = self.faults, []
        assert not faults, "\n".join(faults)


@contextmanager
def open_story_page(browser: Browser, server: PageServer) -> Iterator[StoryPage]:
    """Open a page in a context of its own; it has a photo, tensors, a camera and a microphone."""
    context = browser.new_context()
    page = context.new_page()
    story = StoryPage(page, server)
    page.on("pageerror", lambda error: story.faults.append(str(error)))
    page.goto(serve_page(server, "/story.html"))
    page.route("https://models.example/**", story.answer)
    page.mouse.click(1, 1)  # Pages may listen and play only once somebody did something there.
    page.evaluate(SET_UP, f"data:image/svg+xml,{GREEN}")
    yield story
    context.close()


def matches(expected: str, text: str) -> bool:
    """Whether a text has another one in it: … stands for anything, and spaces are as good as other spaces."""
    parts = [r"\s+".join(map(re.escape, part.split())) for part in expected.split("…")]
    return re.search(r"[\s\S]*?".join(parts), text) is not None
