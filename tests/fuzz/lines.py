"""Which lines of functions run, by the interpreter's own tracing: a line costs until it is reached once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

_TOP = "<module>"


class Lines:
    """The lines inside of functions below a folder, and those that ran since `start`.

    Lines that run as a module is imported say nothing, and are left out.
    """

    def __init__(self, folder: Path) -> None:
        self.of: dict[str, set[int]] = {}
        self.missing: dict[str, set[int]] = {}
        for path in sorted(folder.rglob("*.py")):
            code = compile(path.read_text(encoding="utf-8"), str(path), "exec")
            self.of[str(path)] = set(_lines(code))
            self.missing[str(path)] = set(self.of[str(path)])

    def start(self) -> None:
        """Note from now on what runs."""
        sys.settrace(self._call)

    def stop(self) -> None:
        """Note nothing any more."""
        sys.settrace(None)

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        missing = self.missing.get(frame.f_code.co_filename)
        if not missing:
            return None
        missing.discard(frame.f_lineno)

        def line(inner: FrameType, _event: str, _argument: Any) -> Any:
            missing.discard(inner.f_lineno)
            return line

        return line


def _lines(code: CodeType) -> Iterator[int]:
    """Yield the lines of the functions in a module, or of a function; not those of classes."""
    if code.co_flags & 2:  # a function: its locals are fast
        yield from (line for _, _, line in code.co_lines() if line is not None)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _lines(constant)
