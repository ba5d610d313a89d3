"""Builds the exporter for pages into `build/converter`; `make demo` runs this.

The folder is the npm package `@texelflow/convert`: `index.js`, which pages import, and a folder named by its
content with Pyodide, the exporter as byte code and what both need; beside each file it has what brotli makes
of it. Nothing is done where the folder was built from the same sources.

It needs the packages of `npm ci`, and takes Jinja, MarkupSafe and protobuf from the Python that runs it,
their `.py` files only: where they have faster parts in C, they do without.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

CONVERTER = Path(__file__).resolve().parent
REPOSITORY = CONVERTER.parent
EXPORTER = REPOSITORY / "exporter" / "texelflow"

FOLDERS_LEFT_OUT = {"cli", "checking"}
LEFT_OUT = (
    *(
        f"sources/{name}.py"
        for name in "cache download huggingface kaggle npm packages pypi web web_file".split()
    ),
    *("sources/schemes/[!_]*", "sources/live/[!_]*", "sources/torchscript/*"),
)
"""What no page uses of the exporter: commands, what runs browsers, what fetches, live objects."""

PACKAGES = {"jinja2": "jinja2", "MarkupSafe": "markupsafe", "protobuf": "google"}
"""The packages that the exporter needs, and their folders."""

SOURCES = (
    "package.json",
    "package-lock.json",
    "tsconfig.json",
    "*LICENSE",
    "THIRD*.md",
    "converter/**/*",
    "shaders/**/*",
)
"""What else the result depends on, beside the exporter and its packages."""


class BuildError(Exception):
    """Something that the build needs is missing; the message says how to get it."""


def python_files() -> Iterator[tuple[str, Path]]:
    """Yield all files of the archive of modules, each with its path there.

    Raises:
        BuildError: a package is not installed.
    """
    for path in sorted(EXPORTER.rglob("*")):
        name = path.relative_to(EXPORTER)
        is_left_out = name.parts[0] in FOLDERS_LEFT_OUT or any(map(name.match, LEFT_OUT))
        if path.is_file() and path.suffix in (".py", ".json") and not is_left_out:
            yield f"texelflow/{name.as_posix()}", path
    for path in sorted((REPOSITORY / "shaders").rglob("*.*")):
        yield f"texelflow/shaders/{path.relative_to(REPOSITORY / 'shaders').as_posix()}", path
    for path in sorted((CONVERTER / "python").glob("texelflow_*.py")):
        yield path.name, path
    for package, folder in PACKAGES.items():
        try:
            files = distribution(package).files or []
        except PackageNotFoundError:
            raise BuildError(f"{package} is not installed in this Python: run `make setup`") from None
        for file in sorted(files):
            if file.suffix == ".py" and file.parts[0] == folder:
                yield file.as_posix(), Path(str(file.locate()))


def digest(plain: bool) -> str:
    """Return a digest of all that the result depends on."""
    found = hashlib.sha256(f"{sys.version} {plain}".encode())
    files = [path for pattern in SOURCES for path in sorted(REPOSITORY.glob(pattern)) if path.is_file()]
    for name, path in (*((str(path), path) for path in files), *python_files()):
        if "__pycache__" not in name:
            found.update(f"{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def build(folder: Path, plain: bool = False) -> bool:
    """Build into `folder`, in place of an earlier build; return whether there was anything to do.

    With `plain` there is nothing of brotli, which takes most of the time.

    Raises:
        BuildError: something is missing or fails, or `folder` is something else than an earlier build.
    """
    mark = folder / ".built-from"
    if folder.exists() and not mark.is_file():
        raise BuildError(f"{folder} exists and is no built converter; name another folder or remove it")
    made_from = digest(plain)
    if mark.is_file() and mark.read_text(encoding="utf-8") == made_from:
        return False
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".converter-") as scratch:
        modules, made = Path(scratch) / "modules", Path(scratch) / "converter"
        for name, path in python_files():
            (modules / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, modules / name)
        run_node(modules, made, plain)
        (made / mark.name).write_text(made_from, encoding="utf-8")
        if folder.exists():
            folder.rename(Path(scratch) / "earlier")
        made.rename(folder)
    return True


def run_node(modules: Path, made: Path, plain: bool) -> None:
    """Let Node do what needs Pyodide and esbuild; raise BuildError if it fails."""
    node = shutil.which("node")
    if node is None or not (REPOSITORY / "node_modules" / "pyodide").is_dir():
        raise BuildError("Node.js or the npm package pyodide is missing: run `npm ci`, or `make setup`")
    command = [node, str(CONVERTER / "build.mjs"), str(modules), str(made), *(["--plain"] if plain else [])]
    finished = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if finished.returncode:
        raise BuildError(f"`{' '.join(command)}` failed:\n{finished.stdout}{finished.stderr}")
    print(finished.stdout, end="")


def main() -> None:
    """Reads the command line, builds, and says where the result is."""
    parser = argparse.ArgumentParser(description="Build the exporter for pages.")
    parser.add_argument("directory", nargs="?", type=Path, default=REPOSITORY / "build" / "converter")
    parser.add_argument("--plain", action="store_true", help="without brotli's files, as for tests")
    arguments = parser.parse_args()
    directory = arguments.directory
    try:
        fresh = build(directory, arguments.plain)
    except (BuildError, OSError) as problem:
        sys.exit(f"The converter could not be built: {problem}")
    print(f"The converter is in {directory}{'' if fresh else ', as it was: nothing has changed'}.")


if __name__ == "__main__":
    main()
