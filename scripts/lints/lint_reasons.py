"""Find what silences a checker without a reason beside it.

In Python that is `# noqa` and `# type: ignore`, each behind a line's code and with the reason behind it; in
TypeScript `as unknown as`, with a comment in the lines above it. Biome asks for reasons by itself.
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from lint_circles import NOT_OURS, shown
from lint_imports import ROOT

BARE = re.compile(r"# (?:noqa: [A-Z0-9, ]*[0-9]|type: ignore\[[\w, -]+\])\s*$")
TWICE_CAST, COMMENT = " as unknown as ", re.compile(r"^\s*(?://|/?\*)")
ABOVE = 6
"""How many lines above `as unknown as` the reason may stand."""


def bare_lines(path: Path) -> Iterator[int]:
    """Yield the numbers of the lines of a file that silence a checker and do not say why."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        if path.suffix == ".py":
            is_bare = BARE.search(line) is not None
        else:
            is_bare = TWICE_CAST in line and not any(
                map(COMMENT.match, lines[max(0, number - ABOVE) : number])
            )
        if is_bare:
            yield number + 1


def main() -> int:
    """Print all such lines; return the exit code."""
    code = 0
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if name not in NOT_OURS and not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names)):
            for line in bare_lines(path) if path.suffix in (".py", ".ts") else ():
                print(f"{shown(path)}:{line}: say why the checker is silenced", file=sys.stderr)
                code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
