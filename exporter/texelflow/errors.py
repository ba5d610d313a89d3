"""The error that callers of the package catch."""

from __future__ import annotations

from collections.abc import Iterable


class ExportError(Exception):
    """The model or the data given is at fault: it cannot be read, exported, verified or written.

    `problems` are all the reasons at once, one line each; a single message is its own only problem.
    `str()` shows the message with the problems below it.
    """

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        self.message = message
        self.problems = list(problems) or [message]
        super().__init__(message)

    def __str__(self) -> str:
        if self.problems == [self.message]:
            return self.message
        return "\n".join([self.message, *(f"  - {problem}" for problem in self.problems)])
