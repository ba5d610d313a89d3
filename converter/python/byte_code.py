"""Runs in Pyodide under Node: packs modules as byte code of Pyodide's own Python, those that are needed.

`build.mjs` calls it. An archive is a zip without compression, since all of it is compressed on its way.
"""

from __future__ import annotations

import ast
import importlib
import marshal
import pkgutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path

DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)

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


def pack(folder: str, archive: str, wanted: Callable[[str], bool]) -> None:
    """Write an archive of the modules below a folder that are wanted, and of all files that are no modules.

    Raises:
        SyntaxError: a file is no Python.
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
    """Return the content of a .pyc file (PEP 552) that is never compared with its source."""
    source = path.read_bytes()
    code = compile(without_documentation(source), name, "exec", dont_inherit=True)
    unchecked = (1).to_bytes(4, "little")
    return MAGIC_NUMBER + unchecked + source_hash(source) + marshal.dumps(code)


def without_documentation(source: bytes) -> ast.Module:
    """Return a module as it is parsed, without what documents it and its parts: a seventh of the byte code.

    Assertions stay, which Python's own way of doing so would take along.
    """
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            place = node.body.pop(0)
            if not node.body and not isinstance(node, ast.Module):
                node.body.append(ast.copy_location(ast.Pass(), place))
    return tree


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
