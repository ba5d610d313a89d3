"""HDF5 files, read by what the worker brings (hdf5.ts), behind the interface that the importers use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pyodide.ffi import JsException, to_js

from texelflow.importers.files.hdf5 import Hdf5Error, use_reader

T = TypeVar("T")


def install(open_file: Any) -> None:
    """Let HDF5 files be read by `open_file`: from bytes to an `Hdf5File` of hdf5.ts."""
    use_reader(lambda source: _PageFile(open_file, source))


class _PageFile:
    def __init__(self, open_file: Any, source: Path | bytes) -> None:
        content = source if isinstance(source, bytes) else source.read_bytes()
        self._file: Any = _checked(lambda: open_file(to_js(content)))

    def close(self) -> None:
        self._file = None

    def texts(self, path: str, attribute: str) -> list[str] | None:
        found = _checked(lambda: self._file.texts(path, attribute))
        return None if found is None else found.to_py()

    def names(self, path: str) -> list[str]:
        # By name, as HDF5's own library lists them.
        return sorted(_checked(lambda: self._file.names(path)).to_py())

    def is_array(self, path: str) -> bool:
        return bool(_checked(lambda: self._file.isArray(path)))

    def array(self, path: str) -> tuple[str, tuple[int, ...], bytes]:
        found = _checked(lambda: self._file.array(path))
        return found.dtype, tuple(found.shape.to_py()), found.bytes.to_bytes()


def _checked(read: Callable[[], T]) -> T:
    try:
        return read()
    except JsException as error:
        raise Hdf5Error(error.message) from None
