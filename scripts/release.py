"""Build what is published into build/release: `python scripts/release.py`, which `make release` runs.

These are the wheel, the sdist, the npm tarballs of the runtime and of the exporter for pages, what they are
made of as a CycloneDX document, and the SHA-256 of each. The same sources give the same bytes: what has a
date gets that of `SOURCE_DATE_EPOCH`, in seconds since 1970, and without it that of the last commit.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from sbom import bill_of_materials
from versions import version_of

ROOT = Path(__file__).parent.parent


class ReleaseError(Exception):
    """What keeps the release from being made, and what to do."""


def release_date(root: Path) -> int:
    """Return the date of all that is built, in seconds since 1970.

    Raises:
        ReleaseError: SOURCE_DATE_EPOCH is no number, or it is not set and `root` has no commit.
    """
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        given = _run(["git", "log", "-1", "--format=%ct"], root).strip()
    if not (given.isascii() and given.isdigit()):
        raise ReleaseError(f"SOURCE_DATE_EPOCH is {given!r}, but must be seconds since 1970")
    return int(given)


def build_release(root: Path, folder: Path) -> None:
    """Build the runtime, the exporter for pages, and all packages of the sources in `root` into `folder`.

    What is in `folder` gives way.

    Raises:
        ReleaseError: the versions differ, or a tool is missing or fails.
    """
    _run(["npm", "run", "--silent", "build"], root)
    converter = root / "build" / "converter"
    _run([sys.executable, str(root / "converter" / "build_converter.py"), str(converter)], root)
    pack_release(root, folder, converter)


def pack_release(root: Path, folder: Path, converter: Path) -> None:
    """Do what `build_release` does with the runtime in dist/ and the exporter in `converter` as they are."""
    try:
        version = version_of(root)
    except ValueError as error:
        raise ReleaseError(str(error)) from None
    date = release_date(root)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".release-") as scratch:
        made = Path(scratch) / "release"
        made.mkdir()
        _run([sys.executable, "-m", "hatchling", "build", "-d", str(made)], root, SOURCE_DATE_EPOCH=str(date))
        listed = json.loads((root / "package.json").read_text(encoding="utf-8"))["files"]
        _pack_for_npm(root, ("package.json", "README.md", "LICENSE", *listed), Path(scratch) / "npm", made)
        parts = sorted(path.name for path in converter.iterdir() if not path.name.startswith("."))
        _pack_for_npm(converter, parts, Path(scratch) / "converter", made)
        document = bill_of_materials(root, version, date, sorted(made.iterdir()))
        (made / f"texelflow-{version}.cdx.json").write_text(document, encoding="utf-8")
        digests = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(made.iterdir())
        }
        sums = "".join(f"{digest}  {name}\n" for name, digest in digests.items())
        (made / "SHA256SUMS").write_text(sums, encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


def _pack_for_npm(root: Path, names: Sequence[str], folder: Path, made: Path) -> None:
    """Let npm pack files and folders of `root` into `made`, from a copy in `folder`.

    There all files have one mode: npm keeps modes, and those depend on the umask.
    """
    for name in names:
        source = root / name
        for path in sorted(source.rglob("*")) if source.is_dir() else [source]:
            if path.is_file():
                copy = folder / path.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
                copy.chmod(0o644)
    _run(["npm", "pack", "--silent", "--ignore-scripts", "--pack-destination", str(made)], folder)


def _run(command: list[str], root: Path, **environment: str) -> str:
    """Return what a command prints; raise ReleaseError if it is missing or fails."""
    program = shutil.which(command[0])
    if program is None:
        raise ReleaseError(f"{command[0]} is not installed: run `make setup`")
    finished = subprocess.run(
        [program, *command[1:]],
        cwd=root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if finished.returncode:
        raise ReleaseError(f"`{' '.join(command)}` failed:\n{finished.stdout}{finished.stderr}")
    return finished.stdout


def main() -> int:
    """Build, print what was built; return the exit code."""
    folder = ROOT / "build" / "release"
    try:
        if "SOURCE_DATE_EPOCH" not in os.environ and _run(["git", "status", "--porcelain"], ROOT):
            print(
                "warning: not all changes are committed, so nobody else can build the same", file=sys.stderr
            )
        build_release(ROOT, folder)
    except ReleaseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for path in sorted(folder.iterdir()):
        print(f"{path.relative_to(ROOT)}  {path.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
