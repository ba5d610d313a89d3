"""One use of a source: whether it may fetch, whom it reports progress to, and its temporary folders."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

Progress = Callable[[str, float], None]


class Session:
    """What fetching and unpacking need beside an address; a context whose end removes its folders."""

    def __init__(self, offline: bool = False, progress: Progress | None = None) -> None:
        self.offline = offline or is_set("TEXELFLOW_OFFLINE")
        self._progress = progress
        self._folders: list[Path] = []

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def report(self, doing: str, fraction: float) -> None:
        """Tell what is being done, and the fraction of it that is done."""
        if self._progress is not None:
            self._progress(doing, min(max(fraction, 0.0), 1.0))

    def new_folder(self, inside: Path | None = None) -> Path:
        """Return an empty folder, which only this user reads, for as long as the session lasts."""
        folder = Path(tempfile.mkdtemp(prefix="texelflow-", dir=inside))
        self._folders.append(folder)
        return folder


def is_set(variable: str) -> bool:
    """Return whether a variable of the environment says yes."""
    return os.environ.get(variable, "").strip().lower() not in ("", "0", "false", "no", "off")


def link(existing: Path, path: Path) -> None:
    """Let `path` be a file that exists, without copying it where the system can do that."""
    path.parent.mkdir(parents=True, exist_ok=True)
    target = existing.resolve()
    try:
        path.hardlink_to(target)  # stays what it is when a newer version takes the other name
    except OSError:
        try:
            path.symlink_to(target)
        except OSError:
            shutil.copyfile(target, path)
