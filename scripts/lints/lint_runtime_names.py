"""Fail where webruntime/src names an operator: the exporter lowers them all, so the runtime knows none.

An operator whose name is also a word (Not, Shape, Range …) counts only as a whole string: `case "Not":`.
"""

import re
import sys
from pathlib import Path

from onnx.defs import get_all_schemas

ROOT = Path(__file__).parents[2]
RUNTIME = ROOT / "webruntime" / "src"
WORDS = {
    *(
        "Add",
        "And",
        "Cast",
        "Compress",
        "Constant",
        "Equal",
        "Expand",
        "Floor",
        "Gradient",
        "Greater",
        "Identity",
    ),
    *(
        "If",
        "Less",
        "Loop",
        "Max",
        "Mean",
        "Min",
        "Momentum",
        "Not",
        "Optional",
        "Or",
        "Pad",
        "Range",
        "Resize",
    ),
    *("Round", "Scan", "Shape", "Sign", "Size", "Slice", "Split", "Sum", "Unique", "Where"),
}


def main() -> int:
    """Print every occurrence; return the exit code."""
    names = {schema.name for schema in get_all_schemas()}
    terms = [rf"\b{re.escape(name)}\b" for name in sorted(names - WORDS)]
    whole_string = rf"([\"'`])(?:{'|'.join(sorted(WORDS))})\1"
    pattern = re.compile("|".join([whole_string, *terms]))
    found = 0
    for path in sorted(RUNTIME.rglob("*.ts")):
        text = path.read_text(encoding="utf-8")
        for match in pattern.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            print(f"{path.relative_to(ROOT)}:{line}: names the operator {match.group()}", file=sys.stderr)
            found += 1
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
