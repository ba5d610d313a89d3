"""The Markdown of the repository that people read, and the code in it.

What is between ``` and ``` is run by test_documented_code.py, unless the language says that it is none. A
comment on the line above says what code cannot say itself:

- `<!-- not run: REASON -->`: a machine of the tests cannot, or another test does, which the reason names.
- `<!-- only compiled: REASON -->`: so, but the types of its JavaScript are looked at.
- `<!-- file: PATH -->`: it is the content of a file, which later code of the document uses.
- `<!-- bundle: NAME -->`: the folder `bundle/` is that of one of the stand-ins (stand_ins.py).
- `<!-- code: N -->`: its command ends with this exit code.
- `<!-- of: PATH -->`: the text is what that file's page shows; without it, what the code above it prints.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from browser_support import REPOSITORY

FENCE = re.compile(r"^(`{3,})([\w-]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
NOTE = re.compile(r"^<!-- (not run|only compiled|file|bundle|code|of): (.+) -->$")
RUN = ("sh", "js", "ts", "html", "python")
"""The languages of code that is run."""

DOCUMENTS = (
    REPOSITORY / "README.md",
    REPOSITORY / "converter" / "README.md",
    *sorted((REPOSITORY / "docs").glob("*.md")),
)
"""The documents for users."""


@dataclass(frozen=True)
class Block:
    """A fenced block of a document: where it begins, its language, and the notes above it by their kind."""

    document: Path
    line: int
    language: str
    code: str
    notes: dict[str, str]

    @property
    def place(self) -> str:
        """Say where it is, for people."""
        return f"{self.document.relative_to(REPOSITORY)}:{self.line}"

    @property
    def is_run(self) -> bool:
        """Whether the tests run it."""
        return self.language in RUN and self.reason is None

    @property
    def is_compiled(self) -> bool:
        """Whether its types are looked at, if it has any."""
        return "not run" not in self.notes

    @property
    def reason(self) -> str | None:
        """Why it is not run, if it is not."""
        return self.notes.get("not run") or self.notes.get("only compiled")


def blocks(document: Path) -> list[Block]:
    """Return the fenced blocks of a document, in order."""
    text = document.read_text(encoding="utf-8")
    found = []
    for match in FENCE.finditer(text):
        notes: dict[str, str] = {}
        for line in reversed(text[: match.start()].splitlines()):
            note = NOTE.match(line)
            if not note:
                break
            notes[note[1]] = note[2]
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block(document, line, match[2], match[3], notes))
    return found
