"""Writes the runtime's scripts into a folder: what `texelflow runtime` does."""

from __future__ import annotations

import shutil
from filecmp import cmp
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.resources import javascript_directory


def write_runtime(directory: Path, force: bool = False) -> list[Path]:
    """Write `texelflow.js`, and the scripts that it loads or pages may import besides, into `directory`.

    The folder is made where it is missing; what else is in it stays. With `force`, scripts of another version
    are replaced.

    Raises:
        ExportError: the folder has other scripts of these names, or cannot be written.
    """
    scripts = sorted(javascript_directory().glob("*.js"))
    others = [
        script.name
        for script in scripts
        if (directory / script.name).exists() and not cmp(script, directory / script.name, shallow=False)
    ]
    if others and not force:
        raise ExportError(
            f"{directory} has other files named {', '.join(others)}: replace them with --force, or choose "
            "another folder"
        )
    try:
        directory.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(script, directory / script.name)) for script in scripts]
    except OSError as error:
        raise ExportError(f"cannot write to {directory}: {error.strerror}") from None
