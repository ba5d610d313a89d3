"""Fail where webruntime/src names an operator: the exporter lowers them all, so the runtime knows none.

Names that are also words of English or of the platform (Shape, Size, If …) are allowed in comments.
"""

import re
import sys
from pathlib import Path

from onnx.defs import get_all_schemas

ROOT = Path(__file__).parent.parent
RUNTIME = ROOT / "webruntime" / "src"
ALLOWED = {"Shape", "Size", "Range"}
"""Names of operators that are also types of the format or of the browser."""

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
ENGLISH = re.compile(r"[A-Z][a-z]+")


def main() -> int:
    """Print every occurrence; return the exit code."""
    names = {schema.name for schema in get_all_schemas()} - ALLOWED
    word = re.compile(rf"\b(?:{'|'.join(sorted(map(re.escape, names)))})\b")
    found = 0
    for path in sorted(RUNTIME.rglob("*.ts")):
        text = path.read_text(encoding="utf-8")
        comments = [match.span() for match in COMMENT.finditer(text)]
        for match in word.finditer(text):
            in_comment = any(start <= match.start() < end for start, end in comments)
            if (
                in_comment
                and ENGLISH.fullmatch(match.group())
                and match.group() not in ("Conv", "Gemm", "Relu")
            ):
                continue
            line = text.count("\n", 0, match.start()) + 1
            print(f"{path.relative_to(ROOT)}:{line}: names the operator {match.group()}", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
