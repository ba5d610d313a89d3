"""The errors that callers of the package see: ExportError, and DefectError for bugs of Texelflow."""

from __future__ import annotations

import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LONGEST = 4000
"""Characters of a reason: names that a file has may be of any length."""


def _shortened(text: str) -> str:
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 500]} … {text[-500:]}"


@dataclass(frozen=True)
class Choice:
    """What a caller has to choose, for a program to offer: one of `names`.

    `option` is the argument of `texelflow.export` that takes it, or `model`: then names are paths of models
    within what was given.
    """

    option: str
    names: tuple[str, ...]


class ExportError(Exception):
    """The model or the data given is at fault: it cannot be read, exported, verified or written.

    `problems` are all the reasons at once, one line each; a single message is its own only problem.
    `choice` is what would help, where the caller only has to choose; None elsewhere.
    `str()` shows the message with the problems below it.
    """

    def __init__(self, message: str, problems: Iterable[str] = (), choice: Choice | None = None) -> None:
        self.choice = choice
        self.message = _shortened(message)
        self.problems = [_shortened(problem) for problem in problems] or [self.message]
        super().__init__(self.message)

    def __str__(self) -> str:
        if self.problems == [self.message]:
            return self.message
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])


class DefectError(Exception):
    """Texelflow is at fault: an exception that nobody foresaw, which is the cause of this one.

    `str()` says what it was and where, and asks to report it.
    """

    def __init__(self, cause: BaseException, stage: str = "") -> None:
        self.stage = stage
        self.nodes = list(getattr(cause, "__notes__", []))
        frame = traceback.extract_tb(cause.__traceback__)[-1]
        where = ", ".join(
            [f"at {Path(frame.filename).name}:{frame.lineno}", *filter(None, [stage]), *self.nodes]
        )
        super().__init__(
            f"{type(cause).__name__}: {cause} ({where}). This is a defect of Texelflow: please report it"
            " with the model and what the command prints with TEXELFLOW_TRACEBACK=1 in front"
        )
