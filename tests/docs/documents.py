"""The Markdown of the repository that people read, and the code in it.

What is between ``` and ``` is run by test_documented_code.py, by its language (RUN). A comment on the line
above says what code cannot say itself:

- `<!-- file: PATH -->`: it is the content of a file, which later code of the document uses.
- `<!-- bundle: NAME -->`: the folder `bundle/` is that of a stand-in (stand_ins.py, task_models.py).
- `<!-- chosen: FILES -->`: which files a visitor chooses in the file input that it makes.
- `<!-- code: N -->`: its command ends with this exit code.
- `<!-- of: PATH -->`: the text is what that file's page shows; without it, what the code above it prints.
- `<!-- without network: PATH -->`: so, when the page is opened again and no server answers any more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from browser_support import REPOSITORY

FENCE = re.compile(r"^(`{3,})([\w-]*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
NOTE = re.compile(r"^<!-- (file|bundle|chosen|code|of|without network): (.+) -->$")
RUN = {
    "sh": "its commands are run",
    "python": "it is run in this process",
    "js": "it is run in a page, once TypeScript has looked at its types",
    "ts": "so are js and html",
    "html": "so is its script, or the whole page is opened",
    "diff": "what it takes away and what it adds have right types; what it adds is run",
    "glsl": "the shaders of a bundle that is run begin with it",
    "text": "it is what was printed, or what a page shows",
}
"""What is done with code, by its language; there are no others."""

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
