"""Find circles of imports: files that import each other, be it by way of others, or for types only.

Files in a circle cannot be understood one after the other. What both need belongs into a file below them, or
the lower one says in a type of its own what it needs of the upper one. What the runtime loads by `import()`
when it needs it is no import here: such a part lies above what loads it.
"""

import os
import re
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from lint_imports import PACKAGE, ROOT, imported_modules

NOT_OURS = {"node_modules", "build", "dist"}
"""Folders whose scripts others wrote, or that are made."""

SCRIPT_IMPORT = re.compile(r"""^(?:import|export)\b[^;"'(]*?["'](\.[^"']+)["']""", re.MULTILINE)


def python_imports() -> dict[str, set[str]]:
    """Return for each file of the package the files that it imports."""
    modules = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        modules[".".join(parts).removesuffix(".__init__")] = path

    def file_of(name: str) -> Path | None:
        """Return the file of a module, or of the one that has what is named."""
        return modules.get(name) or modules.get(name.rpartition(".")[0])

    return {
        shown(path): {shown(file) for _, name in imported_modules(path) if (file := file_of(name))}
        - {shown(path)}
        for path in modules.values()
    }


def script_imports() -> dict[str, set[str]]:
    """Return for each TypeScript or JavaScript file of the repository the files that it imports."""
    found = {}
    for folder, inner, names in os.walk(ROOT):
        inner[:] = sorted(name for name in inner if name not in NOT_OURS and not name.startswith("."))
        for path in (Path(folder, name) for name in sorted(names)):
            if path.suffix in (".ts", ".js", ".mjs"):
                found[shown(path)] = set(script_targets(path))
    return found


def script_targets(path: Path) -> Iterator[str]:
    """Yield the files that a script imports, of those that are there."""
    for name in SCRIPT_IMPORT.findall(path.read_text(encoding="utf-8")):
        target = (path.parent / name).resolve()
        for file in (target, target.with_name(f"{target.name}.ts")):
            if file.is_file():
                yield shown(file)


def shown(path: Path) -> str:
    """Return a path as messages have it."""
    return path.relative_to(ROOT).as_posix()


def main() -> int:
    """Print a circle of each language, if there is one; return the exit code."""
    code = 0
    for imports in (python_imports(), script_imports()):
        assert sum(map(len, imports.values())) > len(imports), "imports are not found"
        try:
            TopologicalSorter(imports).prepare()
        except CycleError as error:
            print(f"imports in a circle: {' → '.join(reversed(error.args[1]))}", file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main())
