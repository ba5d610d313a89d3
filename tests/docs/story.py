"""Runs the code of a document, from its beginning to its end, as a reader would."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import urlopen

from documents import Block
from playwright.sync_api import Browser, Page, Route

from browser_support import CONTENT_TYPES, REPOSITORY, PageServer
from texelflow.cli.commands import commands
from text_packages import serve_page

BROWSER_COMMANDS = ("verify", "evaluate", "bench")
"""What opens a browser of its own, and so runs in a process of its own."""

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
    // The camera, which a machine of the tests has not, films a canvas.
    navigator.mediaDevices.getUserMedia = async () => {
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

RUN = """async ([folder, script]) => {
    history.replaceState(null, "", folder);
    document.body.replaceChildren(photo);
    printed.length = 0;
    const late = new Promise((_, reject) => setTimeout(reject, 30000, new Error("it does not end")));
    await Promise.race([import(script), late]);
    return [...printed, document.body.innerText].join("\\n");
}"""


@dataclass
class StoryPage:
    """The page in which the code of all documents runs, and what it asks for."""

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

    def run(self, path: str, code: str) -> str:
        """Run a module as if its page lay at `path`; return what it prints, and the text of the page."""
        self.count += 1
        script = f"/module-{self.count}.js"
        # One instance of the runtime for all: its imports are those of dist/.
        text = code.replace('"./texelflow', '"/dist/texelflow')
        self.server.fixed[script] = (200, CONTENT_TYPES[".js"], text.encode())
        said = self.page.evaluate(RUN, [path, script])
        self.raise_faults()
        return str(said)

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

    def opened(self, path: str, expected: str) -> str:
        """Open a page; return what it shows, once that has a text, or after a while."""
        page = self.page.context.new_page()
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on(
            "console", lambda message: self.faults.append(message.text) if message.type == "error" else None
        )
        page.goto(self.server.url(path))
        shown = ""
        for _ in range(100):
            shown = page.inner_text("body")
            if self.faults or (expected and matches(expected, shown)):
                break
            page.wait_for_timeout(50 if expected else 5)
        page.close()
        self.raise_faults()
        return shown


@contextmanager
def open_story_page(browser: Browser, server: PageServer) -> Iterator[StoryPage]:
    """Open a page in a context of its own; it has a photo, tensors, and a camera."""
    context = browser.new_context()
    page = context.new_page()
    story = StoryPage(page, server)
    page.on("pageerror", lambda error: story.faults.append(str(error)))
    page.goto(serve_page(server, "/story.html"))
    page.route("https://models.example/**", story.answer)
    page.evaluate(SET_UP, f"data:image/svg+xml,{GREEN}")
    yield story
    context.close()


class Story:
    """A document's code so far: its folder, Python's names, and what the last of it printed."""

    def __init__(
        self, folder: Path, models: Path, bundles: Path, compiled: Mapping[str, str], page: StoryPage
    ) -> None:
        self.folder, self.bundles, self.compiled, self.page = folder, bundles, compiled, page
        shutil.copytree(models, folder, dirs_exist_ok=True)
        for name in ("dist", "demo", "converter"):
            (folder / name).symlink_to(REPOSITORY / name)
        # As the documents say: the runtime's files lie beside the page.
        for file in (REPOSITORY / "dist").glob("texelflow*.js"):
            shutil.copy(file, folder)
        self.path = page.mount(folder)
        self.names: dict[str, object] = {}
        self.printed = ""

    def tell(self, block: Block) -> None:
        """Run a block; or compare a text with what the code above it printed."""
        try:
            self._tell(block)
        except Exception as error:
            raise AssertionError(f"{block.place}: {error}") from error

    def _tell(self, block: Block) -> None:
        if block.language == "text":
            shown = (
                self.page.opened(self.path + block.notes["of"], block.code)
                if "of" in block.notes
                else self.printed
            )
            assert matches(block.code, shown), f"it says\n{block.code}\nbut this is shown:\n{shown}"
        elif block.is_run:
            if "bundle" in block.notes:
                self._take_bundle(block.notes["bundle"])
            self.printed = self._run(block)

    def _run(self, block: Block) -> str:
        if "file" in block.notes:
            path = self.folder / block.notes["file"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.code, encoding="utf-8")
            return ""
        if block.language == "sh":
            code = int(block.notes.get("code", 0))
            return "".join(self._command(line, code) for line in commands_of(block.code))
        if block.language == "python":
            output = io.StringIO()
            with contextlib.redirect_stdout(output):
                exec(compile(block.code, block.place, "exec"), self.names)
            return output.getvalue()
        code = self.compiled.get(block.place)
        return self._open(block.code) if code is None else self.page.run(self.path, code)

    def _open(self, html: str) -> str:
        """Open a page."""
        (self.folder / "page.html").write_text(f"<!doctype html>\n{html}", encoding="utf-8")
        return self.page.opened(f"{self.path}page.html", "")

    def _take_bundle(self, name: str) -> None:
        shutil.rmtree(self.folder / "bundle", ignore_errors=True)
        shutil.copytree(self.bundles / name, self.folder / "bundle")

    def _command(self, line: str, expected: int) -> str:
        words = shlex.split(line, comments=True)
        if words[:1] != ["texelflow"]:
            return output_of(["sh", "-e", "-c", line])
        if words[1] in BROWSER_COMMANDS:
            return output_of([sys.executable, "-m", "texelflow.cli", *words[1:]])
        if words[1] == "serve":
            return served([sys.executable, "-m", "texelflow.cli", *words[1:], "--port", "0"])
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = commands.main(words[1:], prog_name="texelflow", standalone_mode=False)
        assert (code or 0) == expected, f"{line}\n{output.getvalue()}"
        return output.getvalue()


def commands_of(code: str) -> list[str]:
    """Return the commands of a block of shell code, one a line, but for lines that end in a backslash."""
    return [line for line in code.replace("\\\n", " ").splitlines() if line.strip() and line[0] != "#"]


def output_of(command: list[str]) -> str:
    """Run a command; return what it says."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{shlex.join(command)}\n{said}"
    return said


def served(command: list[str]) -> str:
    """Start what serves until it is interrupted, and interrupt it; return what it says, and the page."""
    # Where tests run in the background, interrupts are ignored, which processes hand on.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=heard) as server:
        try:
            assert server.stdout is not None
            said = server.stdout.readline()
            address = re.search(r"http://\S+", said)
            assert address is not None, said
            with urlopen(address[0], timeout=30) as page:
                said += page.read().decode()
        finally:
            server.send_signal(signal.SIGINT)
            try:
                server.wait(30)
            finally:
                server.kill()  # else leaving the block waits for ever
    assert server.returncode == 0, said
    return said


def matches(expected: str, text: str) -> bool:
    """Whether a text has another one in it: … stands for anything, and spaces are as good as other spaces."""
    parts = [r"\s+".join(map(re.escape, part.split())) for part in expected.split("…")]
    return re.search(r"[\s\S]*?".join(parts), text) is not None
