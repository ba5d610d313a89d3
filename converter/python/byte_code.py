"""Runs in Pyodide under Node: packs modules as byte code of Pyodide's own Python, those that are needed.

`build.mjs` calls it. An archive is a zip without compression, since all of it is compressed on its way.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import py_compile
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

CODECS = (
    "ascii cp437 idna latin_1 raw_unicode_escape unicode_escape utf_16 utf_16_le utf_32 utf_32_le utf_8_sig"
)
ALSO = frozenset(
    {
        *(f"encodings.{name}" for name in CODECS.split()),
        # What other modules load when something fails, to tell where.
        *("linecache", "tokenize", "token", "traceback", "codeop", "_colorize", "textwrap", "difflib"),
        *("bz2", "gzip", "tarfile", "_compression"),
    }
)
"""Modules of the standard library that are loaded by name, or late, when something needs them."""


def pack(folder: str, archive: str, wanted: Callable[[str], bool] = lambda _module: True) -> None:
    """Write an archive of the modules below a folder that are wanted, and of all files that are no modules.

    Raises:
        py_compile.PyCompileError: a file is no Python.
    """
    root = Path(folder)
    with zipfile.ZipFile(archive, "w") as packed:
        for path in sorted(file for file in root.rglob("*") if file.is_file()):
            name = path.relative_to(root).as_posix()
            if path.suffix != ".py":
                _write(packed, name, path.read_bytes())
            elif wanted(_module(name)):
                _write(packed, f"{name}c", _compiled(path, name))


def _write(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    # Without a date, so that the same sources give the same archive.
    packed.writestr(zipfile.ZipInfo(name), content)


def _compiled(path: Path, name: str) -> bytes:
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "module.pyc"
        mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
        py_compile.compile(str(path), str(made), name, doraise=True, invalidation_mode=mode)
        return made.read_bytes()


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def load_all(folder: str, package: str) -> set[str]:
    """Load all modules of a package below a folder, with what they import late; return all that is loaded.

    Raises:
        ImportError: one imports what is neither there nor in the standard library.
    """
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        importlib.import_module(found.name)
    for name in imported(f"{folder}/{package}"):
        if name.partition(".")[0] in sys.stdlib_module_names:
            importlib.import_module(name)
    return {*sys.modules}


def imported(folder: str) -> Iterator[str]:
    """Yield the modules that the files below a folder import, also in functions."""
    for path in Path(folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                yield node.module
