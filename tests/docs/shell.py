"""Runs the commands of documents, with servers of their own in place of the network's."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.request import urlopen

from browser_support import REPOSITORY
from texelflow.cli.commands import commands

sys.path.append(str(REPOSITORY / "tests" / "sources"))

from registries import put_package, put_repository
from source_server import SourceServer

PROCESSES = ("verify", "evaluate", "bench")
"""Commands that open a browser of their own, and so run in a process of their own."""
CHECKOUT = re.compile(r"^(make|pip|\.) ", re.MULTILINE)
"""What is done in a checkout of the repository."""
SETTINGS = {
    "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    # One small module in place of all tests.
    "TESTS": "tests/docs/test_documented_links.py",
    "WORKERS": "0",
    # What is to be installed is prepared, and what would be done is told.
    "PIP_DRY_RUN": "1",
    "PIP_NO_DEPS": "1",
    "PIP_NO_BUILD_ISOLATION": "0",
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
}
"""How a checkout is spared what takes long; for pip, `no` of a setting is said by 0."""


@dataclass(frozen=True)
class Shell:
    """Runs commands; those that ask servers have an environment of their own."""

    environment: Mapping[str, str]

    def run(self, code: str, expected: int) -> str:
        """Run a block of commands that end with an exit code; return what they say."""
        if CHECKOUT.search(code):
            return in_checkout(code)
        return "".join(self._command(line, expected) for line in commands_of(code))

    def _command(self, line: str, expected: int) -> str:
        words = shlex.split(line, comments=True)
        if words[:1] != ["texelflow"]:
            return output_of(["sh", "-e", "-c", line])
        own = [sys.executable, "-m", "texelflow.cli", *words[1:]]
        if words[1] in PROCESSES:
            return output_of(own)
        if re.search(r" (npm|pypi|hf|kaggle|https):", line):
            return output_of(own, **self.environment)
        if words[1] == "serve":
            return served([*own, "--port", "0"])
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            code = commands.main(words[1:], prog_name="texelflow", standalone_mode=False)
        assert (code or 0) == expected, f"{line}\n{output.getvalue()}"
        return output.getvalue()


@contextmanager
def open_shell(models: Path, home: Path) -> Iterator[Shell]:
    """Yield a shell; the packages and repositories that documents name have models of `models`."""
    server = SourceServer()
    files = {"dist/silero_vad_v5.onnx": (models / "silero_vad.onnx").read_bytes()}
    put_package(server, "@ricky0123/vad-web", {"0.0.1": files}, {"latest": "0.0.1"})
    put_repository(server, "org/name", {"onnx/model.onnx": (models / "mobilenet.onnx").read_bytes()})
    yield Shell(
        {
            "HOME": str(home),
            "TEXELFLOW_CACHE": str(home / "cache"),
            "NPM_CONFIG_REGISTRY": f"{server.url}/",
            "HF_ENDPOINT": server.url,
            "HF_HUB_DISABLE_TELEMETRY": "1",
        }
    )
    server.close()


def commands_of(code: str) -> list[str]:
    """Return the commands of a block of shell code, one a line, but for lines that end in a backslash."""
    return [line for line in code.replace("\\\n", " ").splitlines() if line.strip() and line[0] != "#"]


def output_of(command: list[str], cwd: Path | None = None, **environment: str) -> str:
    """Run a command; return what it says."""
    # The tests may be run by make: its settings are none of what make is told here.
    outside = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    known = {**outside, **environment}
    done = subprocess.run(
        command, cwd=cwd, env=known, capture_output=True, text=True, check=False, timeout=900
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{shlex.join(command)}\n{said}"
    return said


def in_checkout(code: str) -> str:
    """Run a block in the repository, in one shell. Of a target that serves, what serves is run alone."""
    target = re.fullmatch(r"make (\w+)\n", code)
    if target is None:
        return output_of(["sh", "-e", "-c", code], REPOSITORY, **SETTINGS)
    # What other targets make belongs to their own tests.
    made = [part for name in ("examples", "build/site/docs/index.html") for part in ("-o", name)]
    recipe = output_of(["make", "--dry-run", "-o", "setup", *made, target[1]], REPOSITORY).splitlines()
    if "serve.py" in recipe[-1]:
        return served_recipe(shlex.split(recipe[-1]))
    return output_of(["make", *made, target[1]], REPOSITORY, **SETTINGS)


def served_recipe(words: list[str]) -> str:
    """Run the last line of a recipe, which serves what the others built; return what it says."""
    folder = Path("served") / words[2]
    folder.mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html>", encoding="utf-8")
    port = words[words.index("--port") + 1]
    words = [sys.executable, str(REPOSITORY / words[1]), *words[2:]]
    words[words.index("--port") + 1] = "0"
    said = served(words, folder.parents[len(folder.parts) - 2])
    return re.sub(r"://localhost:\d+/", f"://localhost:{port}/", said)


def served(command: list[str], cwd: Path | None = None) -> str:
    """Start what serves until it is interrupted, and interrupt it; return what it says, and the page."""
    # Where tests run in the background, interrupts are ignored, which processes hand on.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.PIPE, text=True, preexec_fn=heard) as server:
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
