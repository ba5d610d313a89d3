"""Every folder of examples/ is built from the packed package, as its README says, and reads digits rightly.

Pages are served in a folder of a server, under the policy that examples/README.md promises.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, FilePayload, Page, Playwright

import texelflow
from browser_support import (
    CHROMIUM_FLAGS,
    REPOSITORY,
    SOFTWARE_WEBGL_FLAGS,
    PageServer,
    find_chromium,
)

EXAMPLES = REPOSITORY / "examples"
MODULES = EXAMPLES / "node_modules"
SECONDS = 120

SHOWN = 3
"""The digit of the picture that every example has."""


def sample(digit: int) -> FilePayload:
    """One of the demo's handwritten digits, as a file that a visitor chooses."""
    samples = json.loads((REPOSITORY / "demo/models/digit_samples.json").read_text(encoding="utf-8"))
    pixels = np.array(samples[digit]).reshape(8, 8) * 255 / 16
    content = io.BytesIO()
    Image.fromarray(pixels.round().astype(np.uint8)).save(content, "PNG")
    return {"name": f"{digit}.png", "mimeType": "image/png", "buffer": content.getvalue()}


def policy() -> str:
    """What examples/README.md says that pages may be served with."""
    found = re.search(r"^Content-Security-Policy: (.+)$", (EXAMPLES / "README.md").read_text(), re.MULTILINE)
    assert found
    return found[1]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the examples, by the options that examples/README.md gives."""
    folder = tmp_path_factory.mktemp("digits") / "bundle"
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    found = re.search(r"texelflow export (\S+) --image (\S+) -o ", told)
    assert found
    texelflow.export(REPOSITORY / found[1], folder, image=found[2])
    return folder


@pytest.fixture(scope="session")
def installed(app: Path) -> Path:
    """The folder of `app`, with what examples/package.json has beside the package: `make` installs that."""
    if not (MODULES / ".installed").exists():
        (pytest.fail if os.environ.get("TEXELFLOW_MODELS") else pytest.skip)(
            "what the examples need is not installed: run `make examples`"
        )
    for package in json.loads((EXAMPLES / "package.json").read_text(encoding="utf-8"))["devDependencies"]:
        link = app / "node_modules" / package
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(MODULES / package)
    return app


@pytest.fixture
def example(installed: Path, digits: Path) -> Callable[[str], Path]:
    """Copies an example, its bundle and its picture to where the package is installed; gives the folder."""

    def copied(name: str) -> Path:
        folder = installed / name
        shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("node_modules", "bundle"))
        public = folder / "public"
        shutil.copytree(digits, (public if public.is_dir() else folder) / "bundle")
        return folder

    return copied


def built(folder: Path) -> Path:
    """Do what `npm run build` does, for which the tools are elsewhere; return what is to be served."""
    command = json.loads((folder / "package.json").read_text(encoding="utf-8"))["scripts"]["build"].split()
    command[0] = str(MODULES / ".bin" / command[0])
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    return folder / "dist"


def with_runtime(folder: Path, installed: Path) -> Path:
    """Do what the READMEs without a bundler say: copy files of the package beside the page."""
    told = (folder / "README.md").read_text(encoding="utf-8")
    for name in re.findall(r"`(texelflow[\w.]*\.js)`", told):
        shutil.copyfile(installed / "node_modules/texelflow/dist" / name, folder / name)
    return folder


@contextmanager
def watched(context: BrowserContext) -> Iterator[Page]:
    """A page whose errors, and refusals by its policy, fail at the end."""
    problems: list[str] = []
    page = context.new_page()

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" or "Content Security Policy" in message.text:
            problems.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert problems == []


def read_digit(page: Page, wanted: int) -> None:
    """Wait for what the page says of its picture."""
    said = page.locator("output")
    try:
        page.wait_for_function(
            "(digit) => new RegExp(`^${digit}, \\\\d+ %$`).test(document.querySelector('output')?.value)",
            arg=wanted,
            timeout=SECONDS * 1000,
        )
    except Exception as error:
        raise AssertionError(f"it says {said.all_inner_texts()}, not {wanted}") from error


def read_digits(page: Page, *digits: int) -> None:
    """Have the page read its own picture, then handwritten digits that a visitor chooses."""
    read_digit(page, SHOWN)
    for digit in digits:
        page.set_input_files("input[type=file]", sample(digit))
        read_digit(page, digit)


@pytest.mark.parametrize("name", ["react", "vue", "svelte"])
def test_pages_of_vite(
    name: str, example: Callable[[str], Path], browser: Browser, page_server: PageServer
) -> None:
    folder = built(example(name))
    address = page_server.mount(f"/apps/of mine/{name}", folder).replace(" ", "%20")
    page_server.headers[f"/apps/of%20mine/{name}/"] = {"Content-Security-Policy": policy()}
    context = browser.new_context()
    with watched(context) as page:
        answer = page.goto(f"{address}/")
        assert answer and answer.headers["content-security-policy"] == policy()
        read_digits(page, 7, 4)
        if name == "react":
            assert len(page.workers) == 1, "StrictMode's first worker ends, its second computes"
    context.close()


def test_a_page_without_bundler(
    example: Callable[[str], Path], installed: Path, browser: Browser, page_server: PageServer
) -> None:
    folder = with_runtime(example("plain-html"), installed)
    address = page_server.mount("/apps/plain", folder)
    page_server.headers["/apps/plain/"] = {"Content-Security-Policy": policy()}
    context = browser.new_context()
    with watched(context) as page:
        answer = page.goto(f"{address}/")
        assert answer and answer.headers["content-security-policy"] == policy()
        read_digits(page, *range(10))
    context.close()


def test_a_page_that_starts_without_network(
    example: Callable[[str], Path], installed: Path, browser: Browser
) -> None:
    folder = with_runtime(example("offline"), installed)
    # A server that ends with all its connections.
    command = [sys.executable, "-m", "texelflow.cli", "serve", str(folder), "--port", "0"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    context = browser.new_context()
    try:
        assert server.stdout
        found = re.search(r"http://\S+", server.stdout.readline())
        assert found
        address = found[0]
        with watched(context) as page:
            page.goto(address)
            read_digits(page, 5)
            page.evaluate("() => navigator.serviceWorker.ready.then(() => undefined)")
            page.wait_for_function("async () => (await (await caches.open('texelflow')).keys()).length === 2")
    finally:
        server.kill()
        server.wait()
    page = context.new_page()
    page.goto(address)
    read_digits(page, 9)
    context.close()


def test_an_extension(
    example: Callable[[str], Path], playwright_instance: Playwright, tmp_path: Path
) -> None:
    folder = built(example("extension"))
    code = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*.js"))
    assert not re.search(r"\beval\(|new Function|WebAssembly", code)
    flags = [f"--load-extension={folder}", f"--disable-extensions-except={folder}"]
    context = playwright_instance.chromium.launch_persistent_context(
        str(tmp_path / "profile"),
        executable_path=find_chromium(),
        ignore_default_args=["--disable-extensions"],
        args=[*CHROMIUM_FLAGS, *SOFTWARE_WEBGL_FLAGS, *flags, "--headless=new"],
    )
    requests: list[str] = []
    context.on("request", lambda request: requests.append(request.url))
    with watched(context) as page:
        page.goto("chrome://extensions")
        identifier = page.evaluate(
            """() => new Promise((resolve) => chrome.developerPrivate.getExtensionsInfo(
                (all) => resolve(all.find(({ location }) => location === "UNPACKED").id)))"""
        )
        requests.clear()
        page.goto(f"chrome-extension://{identifier}/popup.html")
        read_digits(page, 2)
    own = (f"chrome-extension://{identifier}/", "blob:")
    assert requests and [url for url in requests if not url.startswith(own)] == []
    context.close()


def run_node(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Node.js in the example's folder."""
    environment = {**os.environ, "CHROMIUM": find_chromium() or ""}
    return subprocess.run(
        ["node", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def test_a_program_of_node(example: Callable[[str], Path]) -> None:
    folder = example("node")
    (folder / "my 8.png").write_bytes(sample(8)["buffer"])
    for arguments, digit in ((["headless.js"], SHOWN), (["headless.js", "bundle", "my 8.png"], 8)):
        run = run_node(folder, *arguments)
        assert run.returncode == 0, run.stderr
        answer = json.loads(run.stdout)
        assert answer["digit"] == digit and answer["probability"] > 0.5 and answer["renderer"]
    missing = run_node(folder, "headless.js", "no-such-bundle")
    assert missing.returncode == 1 and "graph.json" in missing.stderr


def test_node_alone_has_no_webgl2(example: Callable[[str], Path], installed: Path) -> None:
    """Importing any entry is fine, as servers that render pages do; loading a model is refused."""
    exports = json.loads((REPOSITORY / "package.json").read_text(encoding="utf-8"))["exports"]
    entries = ["texelflow" + name[1:] for name in exports if name not in ("./package.json", "./iife")]
    program = """
        const entries = await Promise.all(ENTRIES.map((name) => import(name)));
        const { loadModel, TexelflowError } = entries[0];
        for (const source of ["bundle/", "https://host.invalid/bundle/"]) {
            const error = await loadModel(source).catch((problem) => problem);
            console.log(JSON.stringify([error instanceof TexelflowError, error.code, error.message]));
        }
    """.replace("ENTRIES", json.dumps(entries))
    (installed / "alone.mjs").write_text(program, encoding="utf-8")
    run = run_node(installed, "alone.mjs")
    assert run.returncode == 0, run.stderr
    for line in run.stdout.splitlines():
        is_ours, code, message = json.loads(line)
        assert is_ours and code == "no-webgl2" and "browser" in message and "Node" in message
    assert len(run.stdout.splitlines()) == 2


def test_what_is_pinned_is_what_is_tested() -> None:
    """The versions of an example's package.json are those that the tests install."""
    wanted = json.loads((EXAMPLES / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    version = json.loads((REPOSITORY / "package.json").read_text(encoding="utf-8"))["version"]
    for readme in EXAMPLES.rglob("README.md"):
        if "node_modules" not in readme.parts:
            told = re.findall(r"texelflow-([\d.]+)\.tgz", readme.read_text(encoding="utf-8"))
            assert set(told) <= {version}, readme
    named: set[str] = set()
    for path in sorted(EXAMPLES.glob("*/package.json")):
        content = json.loads(path.read_text(encoding="utf-8"))
        packages = {**content["dependencies"], **content.get("devDependencies", {})}
        assert packages.pop("texelflow") == f"file:texelflow-{version}.tgz"
        assert packages.items() <= wanted.items(), path
        named |= packages.keys()
    assert named == wanted.keys()
