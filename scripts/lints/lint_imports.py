"""Hold the direction of imports, in Python and in TypeScript (ARCHITECTURE.md says why).

Python: `ROOMS` says which parts of the package each part may import. In a backend, kernels, layouts and plans
know no operator. What turns a model into a bundle imports neither numpy nor onnx, so that it can run where
they cannot be installed.
TypeScript: index → api → backends → host, bundle → graph, wait (`BELOW`). Only backends/ uses GL.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "exporter" / "texelflow"
RUNTIME = ROOT / "webruntime" / "src"

BASE = {"errors", "resources", "version"}
MODEL = {*BASE, "dimensions", "graph", "options", "pictures"}
MEANING = {*MODEL, "operators"}
CONVERSION = {*MEANING, "passes", "importers", "backends", "bundle", "huggingface_files", "pipeline"}
"""What turns a model into a bundle."""

ROOMS: dict[str, set[str]] = {
    "errors": set(),
    "version": set(),
    "resources": {"errors"},
    "dimensions": {"errors"},
    "graph": {"errors", "dimensions"},
    "pictures": {"dimensions"},
    "bundle": {"errors", "dimensions", "graph"},
    "options": {"bundle", "pictures"},
    "huggingface_files": {"bundle", "dimensions", "graph", "options"},
    "operators": MODEL,
    "passes": MEANING,
    "importers": MEANING,
    "backends": {*MEANING, "passes"},
    "pipeline": CONVERSION,
    "conversion": {*MEANING, "passes", "importers"},
    "sources": {*BASE, "huggingface_files", "importers"},
}
"""For each part of the conversion path the parts that it may import besides itself.

Other parts may import any of these.
"""

WITHOUT_OPERATORS = {"kernels", "layout", "plan"}
"""Parts of a backend that know no operator."""

NEVER_IN_CONVERSION = {
    *("numpy", "onnx", "onnxruntime", "playwright", "click", "rich"),
    *("urllib", "http", "ssl", "socket", "huggingface_hub", "kagglehub", "skl2onnx"),
}
BELOW: dict[str, set[str]] = {
    "wait": set(),
    "graph": {"errors", "bundle/generated"},
    "bundle": {"errors", "graph", "wait"},
    "host": {"errors", "bundle"},
    "backends": {"errors", "graph", "bundle", "host", "wait", "api/timings"},
    "backends/webgl2/gl": {"errors", "wait"},
    "api": {"errors", "backends", "bundle", "graph", "wait"},
    "worker": {"errors", "api", "backends", "bundle", "graph"},
    "adapters": {"errors", "api", "bundle", "graph"},
    "ends": set(),
    "text": {"errors", "bundle", "graph"},
    "pipelines": {"errors", "api", "bundle", "graph", "ends", "text", "worker"},
}
"""For each folder of the runtime what it may import besides itself."""

PEERS = {"@huggingface/tokenizers", "@huggingface/jinja"}
"""Packages that pages install for themselves, for text/."""

USES_GL = re.compile(r"\bgl\.\w|WebGL2RenderingContext")
TYPESCRIPT_IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?from\s+["']([^"']+)["']""", re.MULTILINE)


def python_violations() -> Iterator[str]:
    """Yield one line for each Python import that goes the wrong way."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = [part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts]
        for line, module in imported_modules(path):
            top, _, rest = module.partition(".")
            target = rest.partition(".")[0] if top == "texelflow" else ""
            if reason := python_reason(parts, top, target):
                yield f"{path.relative_to(ROOT)}:{line}: imports {module}: {reason}"


def python_reason(parts: list[str], top: str, target: str) -> str | None:
    """Return why a module at `parts` of the package may not import `top` (or texelflow.`target`), or None."""
    room = parts[0]
    if room in CONVERSION and top in NEVER_IN_CONVERSION:
        return "the conversion path does without it"
    if target == "cli" and room != "cli":
        return "nothing imports the command line"
    if room in ROOMS and target and target not in {room, *ROOMS[room]}:
        return f"{room} imports only {', '.join(sorted(ROOMS[room])) or 'nothing of the package'}"
    if room == "backends" and target == "operators" and WITHOUT_OPERATORS.intersection(parts):
        return "kernels, layouts and plans know no operator"
    return None


def imported_modules(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and full name of what a file imports, modules or names in them, also inside functions."""
    package = [*path.relative_to(PACKAGE.parent).parent.parts]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = [*package[: len(package) - node.level + 1]] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            # `from texelflow import cli` names the module only after `import`.
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def typescript_violations() -> Iterator[str]:
    """Yield one line for each TypeScript import that goes the wrong way."""
    for path in sorted(RUNTIME.rglob("*.ts")):
        text = path.read_text(encoding="utf-8")
        if path.relative_to(RUNTIME).parts[0] != "backends" and USES_GL.search(text):
            yield f"{path.relative_to(ROOT)}: only backends use GL"
        for match in TYPESCRIPT_IMPORT.finditer(text):
            name = match.group(1)
            shown = f"{path.relative_to(ROOT)}: imports {name}"
            own = path.relative_to(RUNTIME).as_posix()
            if own.startswith("text/") and name in PEERS:
                continue
            if not name.startswith("."):
                yield f"{shown}: the runtime has no dependency"
                continue
            target = (path.parent / name).resolve()
            wanted = target.relative_to(RUNTIME).as_posix()
            for folder, allowed in BELOW.items():
                if own.startswith(f"{folder}/") and not wanted.startswith((f"{folder}/", *allowed)):
                    yield f"{shown}: {folder}/ imports only {', '.join(sorted(allowed)) or 'nothing'}"
            if target.stem == "index" and target.parent == RUNTIME and path.parent != RUNTIME:
                yield f"{shown}: nothing below imports index.ts"


def main() -> int:
    """Print all violations; return the exit code."""
    violations = [*python_violations(), *typescript_violations()]
    for violation in violations:
        print(violation, file=sys.stderr)
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
