"""Firefox, WebKitGTK, and Chromium on SwiftShader and on Mesa's llvmpipe, as Debian has them, on a screen
that nobody sees.

The page that they open (page.html) fetches from the test's server what it is to evaluate: no driver is
needed, and Debian has none for Firefox. Errors and warnings of the page are among what the browsers print.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from browser_support import CHROMIUM_FLAGS, CONTENT_TYPES, SOFTWARE_WEBGL_FLAGS, PageServer
from texelflow.checking.browser import EXECUTABLES

PAGE = Path(__file__).with_name("page.html")

CALL_SECONDS = 120
CONSOLE_SECONDS = 10

FIREFOX_PREFERENCES = {
    "webgl.force-enabled": True,
    "webgl.max-warnings-per-context": 1000,
    # Prints errors and warnings.
    "browser.dom.window.dump.enabled": True,
    "devtools.console.stdout.content": True,
    # No page of its own before or over the test's.
    "browser.aboutwelcome.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionPolicyBypassNotification": True,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "termsofuse.bypassNotification": True,
}


@contextlib.contextmanager
def virtual_screen() -> Iterator[str]:
    """Give the name of a display that shows what is drawn there to nobody."""
    reading, writing = os.pipe()
    options = ["-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), *options], pass_fds=[writing], stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as numbers:
            yield f":{numbers.readline().strip()}"
    finally:
        server.terminate()
        server.wait()


class InstalledBrowser(ABC):
    """A browser with one page, which `server` serves; `close` ends it. Subclasses say how to start it.

    It has the methods of Playwright's `Page` that bundle_runner.py calls.
    """

    name: ClassVar[str]
    packages: ClassVar[str]
    """The packages of Debian that it needs."""
    message: ClassVar[re.Pattern[str]]
    """A line that it prints for an error or a warning of the page."""

    def __init__(self, server: PageServer, display: str) -> None:
        self._commands: queue.Queue[dict[str, Any]] = queue.Queue()
        self._results: queue.Queue[dict[str, Any]] = queue.Queue()
        server.fixed["/page.html"] = (200, CONTENT_TYPES[".html"], PAGE.read_bytes())
        server.posts["/command"] = self._exchange
        self._folder = tempfile.TemporaryDirectory(prefix=f"{self.name}-", ignore_cleanup_errors=True)
        home = Path(self._folder.name)
        self._log = home / "log.txt"
        self._read = 0
        self._canaries = itertools.count()
        environment = {**os.environ, "HOME": str(home), "DISPLAY": display}
        with self._log.open("wb") as log:
            # In a session of its own, so that it ends with all its processes.
            self._process = subprocess.Popen(
                self._command_line(home, server.url("/page.html")),
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            self._result()
        except BaseException:
            self.close()
            raise

    @classmethod
    def missing(cls) -> str:
        """Say what is not installed and how to get it; empty if all is there."""
        if cls.executable() and shutil.which("Xvfb"):
            return ""
        return f"{cls.name} or Xvfb is not installed: on Debian, run `sudo apt-get install {cls.packages}`"

    @classmethod
    @abstractmethod
    def executable(cls) -> str | None:
        """Return the path of the browser, None if it is not installed."""

    @abstractmethod
    def _command_line(self, home: Path, url: str) -> list[str]:
        """Return the command that opens a page and keeps what it stores in `home`."""

    def evaluate(self, code: str, argument: Any = None) -> Any:
        """Call a function in the page, or evaluate an expression; what goes in and out is JSON.

        Raises:
            RuntimeError: it throws or rejects, or the browser ends or takes too long.
        """
        self._commands.put({"code": code, "argument": argument})
        result = self._result()
        if "error" in result:
            raise RuntimeError(result["error"])
        return result["value"]

    def add_script_tag(self, path: Path) -> None:
        """Run a classic script in the page."""
        self.evaluate("(text) => { (0, eval)(text); }", path.read_text())

    def reload(self) -> None:
        """Open the page afresh."""
        self._commands.put({"code": "() => { location.reload(); return new Promise(() => {}); }"})
        self._result()

    def messages(self) -> list[str]:
        """Return the errors and warnings of the page since the last call."""
        canary = f"canary {next(self._canaries)}"
        self.evaluate("(text) => { setTimeout(() => { throw new Error(text); }); }", canary)
        deadline = time.monotonic() + CONSOLE_SECONDS
        while canary not in (text := self._log.read_text(errors="replace")[self._read :]):
            if time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} does not print what its console says")
            time.sleep(0.05)
        self._read += len(text)
        return [line for line in text.splitlines() if self.message.search(line) and canary not in line]

    def close(self) -> None:
        """End the browser and all that it started, and remove what it stored."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._folder.cleanup()

    def _exchange(self, result: bytes) -> bytes:
        self._results.put(json.loads(result))
        return json.dumps(self._commands.get()).encode()

    def _result(self) -> dict[str, Any]:
        deadline = time.monotonic() + CALL_SECONDS
        while True:
            with contextlib.suppress(queue.Empty):
                return self._results.get(timeout=1)
            if time.monotonic() > deadline or self._process.poll() is not None:
                how = "takes too long" if self._process.poll() is None else "ended"
                raise RuntimeError(
                    f"{self.name} {how}; it printed\n{self._log.read_text(errors='replace')[-2000:]}"
                )


class Chromium(InstalledBrowser):
    """Chromium on SwiftShader, as the rest of the suite has it."""

    name = "Chromium on SwiftShader"
    drawing: ClassVar[Sequence[str]] = SOFTWARE_WEBGL_FLAGS
    """The flags that say what draws."""
    packages = "chromium libegl1 libgl1-mesa-dri xvfb"
    # What it says of the speed of a buffer that is read back is no complaint.
    message = re.compile(r":CONSOLE(?!.*(performance warning|OpenGL, Performance))")

    @classmethod
    def executable(cls) -> str | None:
        return os.environ.get("TEXELFLOW_CHROMIUM") or next(
            filter(None, map(shutil.which, EXECUTABLES)), None
        )

    def _command_line(self, home: Path, url: str) -> list[str]:
        flags = [*CHROMIUM_FLAGS, *self.drawing]
        flags += ["--headless=new", f"--user-data-dir={home}", "--enable-logging=stderr"]
        return [str(self.executable()), *flags, url]


class ChromiumOnMesa(Chromium):
    """Chromium on llvmpipe, a driver with other rounding and limits than SwiftShader."""

    name = "Chromium on llvmpipe"
    drawing = ("--use-gl=angle", "--use-angle=gl-egl", "--ignore-gpu-blocklist")


class Firefox(InstalledBrowser):
    """Firefox, as `firefox-esr` or `firefox`."""

    name = "Firefox"
    packages = "firefox-esr xvfb"
    # What its user interface prints names no address of ours.
    message = re.compile(r"^JavaScript (error|warning): (http:|, line 0: WebGL)")

    @classmethod
    def executable(cls) -> str | None:
        return shutil.which("firefox-esr") or shutil.which("firefox")

    def _command_line(self, home: Path, url: str) -> list[str]:
        lines = [f'user_pref("{name}", {json.dumps(value)});' for name, value in FIREFOX_PREFERENCES.items()]
        (home / "user.js").write_text("\n".join(lines))
        return [str(self.executable()), "--no-remote", "--profile", str(home), url]


class WebKit(InstalledBrowser):
    """WebKitGTK in its MiniBrowser."""

    name = "WebKitGTK"
    packages = "libwebkit2gtk-4.1-0 xvfb"
    message = re.compile(r"CONSOLE (\S+ )?(ERROR|WARN)")

    @classmethod
    def executable(cls) -> str | None:
        return next(map(str, Path("/usr/lib").glob("*/webkit2gtk-4.1/MiniBrowser")), None)

    def _command_line(self, home: Path, url: str) -> list[str]:
        # Line by line: else what goes into a file is kept back.
        by_line = ["stdbuf", "--output=L"]
        return [*by_line, str(self.executable()), "--enable-write-console-messages-to-stdout=true", url]


BROWSERS: Sequence[type[InstalledBrowser]] = (Chromium, ChromiumOnMesa, Firefox, WebKit)
