"""Reads HDF5 files with h5py if it is installed, or with a reader that a page provides.

Only what Keras writes is needed: attributes that are text, groups, and arrays of numbers in the file itself.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from pathlib import Path
from typing import Any, Protocol, TypeVar

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, ConstantData, TensorType, Value
from texelflow.importers.files.hdf5_heaps import damage_of_heaps
from texelflow.importers.files.zip_members import ALLOWANCE, RATIO

MAGIC = b"\x89HDF\r\n\x1a\n"

LARGEST_ARRAY = 2**33
"""Bytes of an array."""

DAMAGE = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, NotImplementedError, OSError, RuntimeError),
    *(SystemError, TypeError, ValueError, zlib.error),
)
"""What h5py raises for damaged files."""

T = TypeVar("T")


class Hdf5Error(Exception):
    """What a file does not have, or has otherwise than Keras writes it."""


class Hdf5(Protocol):
    """A file that is open. Groups and arrays are named by their path; all raise Hdf5Error."""

    def close(self) -> None:
        """Close it; nothing is asked for afterwards."""

    def texts(self, path: str, attribute: str) -> list[str] | None:
        """Return an attribute, one text or several; None if there is no such attribute."""

    def names(self, path: str) -> list[str]:
        """Return the names in a group, in the file's order; empty if it is not a group."""

    def is_array(self, path: str) -> bool:
        """Return whether there is an array at a path."""

    def array(self, path: str) -> tuple[str, tuple[int, ...], bytes | memoryview]:
        """Return an array: element type by NumPy's name, shape, and its bytes, little-endian, row-major."""


Reader = Callable[[Path | bytes], Hdf5]
_readers: list[Reader] = []


def use_reader(reader: Reader) -> None:
    """Read files with `reader` instead of h5py from now on; it raises Hdf5Error for other files."""
    _readers[:] = [reader]


def open_hdf5(source: Path | bytes, name: str) -> Hdf5:
    """Open a file, or its content; `name` is for messages.

    Raises:
        ExportError: it is no HDF5 file, or nothing that reads these is installed.
    """
    try:
        return (_readers[0] if _readers else _H5py)(source)
    except Hdf5Error as error:
        raise ExportError(f"{name} cannot be read: {error}") from None
    except ModuleNotFoundError:
        raise ExportError(
            f"{name}: reading HDF5 files needs the package h5py: pip install 'texelflow[keras]'"
        ) from None


def array_value(file: Hdf5, path: str, name: str) -> Value:
    """Return an array as a constant; raise Hdf5Error unless its elements are numbers."""
    dtype, shape, content = file.array(path)
    if dtype not in DTYPES:
        raise Hdf5Error(f"its array {path!r} has elements of type {dtype}, which is not supported")
    if len(content) != prod(shape) * DTYPES[dtype]:
        raise Hdf5Error(f"its array {path!r} of shape {list(shape)} has {len(content)} bytes")
    return Value(name, TensorType(dtype, shape), ConstantData([content]))


class _H5py:
    def __init__(self, source: Path | bytes) -> None:
        import h5py  # type: ignore[import-untyped]  # it has no types

        self._h5py: Any = h5py
        try:
            if damage := damage_of_heaps(source):
                raise Hdf5Error(f"it is damaged: {damage}")
            self._file: Any = h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source, "r")
        except OSError as error:
            raise Hdf5Error(f"it is no HDF5 file, or is damaged ({error})") from None

    def close(self) -> None:
        self._file.close()

    def texts(self, path: str, attribute: str) -> list[str] | None:
        found = self._checked(lambda: self._at(path).attrs.get(attribute))
        if found is None:
            return None
        items: Sequence[Any] = found.tolist() if hasattr(found, "tolist") else found
        if isinstance(items, str | bytes):
            items = [items]
        if not isinstance(items, list) or not all(isinstance(item, str | bytes) for item in items):
            raise Hdf5Error(f"its attribute {attribute!r} is no text")
        return [item.decode(errors="replace") if isinstance(item, bytes) else item for item in items]

    def names(self, path: str) -> list[str]:
        try:
            group = self._at(path)
        except Hdf5Error:
            return []
        return self._checked(lambda: list(group)) if isinstance(group, self._h5py.Group) else []

    def is_array(self, path: str) -> bool:
        try:
            return isinstance(self._at(path), self._h5py.Dataset)
        except Hdf5Error:
            return False

    def array(self, path: str) -> tuple[str, tuple[int, ...], memoryview]:
        found = self._at(path)
        if not isinstance(found, self._h5py.Dataset):
            raise Hdf5Error(f"it has no array {path!r}")
        return self._checked(lambda: self._read(found, path))

    def _read(self, found: Any, path: str) -> tuple[str, tuple[int, ...], memoryview]:
        """Return an array; raise Hdf5Error, or what h5py does."""
        if found.external or found.is_virtual:
            raise Hdf5Error(f"its array {path!r} is in another file, which is not supported")
        if found.shape is None or found.nbytes > LARGEST_ARRAY:
            raise Hdf5Error(f"its array {path!r} is empty or too large")
        self._check_filters(found, path)
        # What is not stored, or is compressed, may be any size.
        largest = max(found.nbytes, prod(found.chunks or ()) * found.dtype.itemsize)
        if largest > RATIO * found.id.get_storage_size() + ALLOWANCE:
            raise Hdf5Error(f"its array {path!r} has {largest} bytes, of which the file stores few")
        content = found[()]
        name = "bfloat16" if str(content.dtype) == "bfloat16" else str(content.dtype.newbyteorder("="))
        little = content.astype(content.dtype.newbyteorder("<"), order="C", copy=False)
        shape = tuple(int(extent) for extent in found.shape)
        return name, shape, memoryview(little.reshape(-1).view("u1"))

    def _check_filters(self, found: Any, path: str) -> None:
        """Raise Hdf5Error if parts of an array unpack to more than they should, or in an unknown way."""
        settings = found.id.get_create_plist()
        filters = [settings.get_filter(index)[0] for index in range(settings.get_nfilters())]
        h5z = self._h5py.h5z
        if any(
            each not in (h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32, h5z.FILTER_DEFLATE) for each in filters
        ):
            raise Hdf5Error(f"its array {path!r} is packed by a filter that is not read; gzip is")
        if h5z.FILTER_DEFLATE not in filters:
            return
        if filters.count(h5z.FILTER_DEFLATE) > 1:
            raise Hdf5Error(f"its array {path!r} is compressed twice")
        most = prod(found.chunks) * found.dtype.itemsize + 4  # and a checksum
        for index in range(found.id.get_num_chunks()):
            left_out, chunk = found.id.read_direct_chunk(found.id.get_chunk_info(index).chunk_offset)
            if left_out >> filters.index(h5z.FILTER_DEFLATE) & 1:
                continue
            if len(zlib.decompressobj().decompress(chunk, most + 1)) > most:
                raise Hdf5Error(f"a part of its array {path!r} unpacks to more than {most} bytes")

    def _at(self, path: str) -> Any:
        """Return what is at a path; links to other files and by name are not followed."""
        found = self._file
        for part in path.split("/"):
            if part:
                found = self._checked(partial(self._member, found, part, path))
        return found

    def _member(self, group: Any, name: str, path: str) -> Any:
        if not isinstance(group.get(name, getlink=True), self._h5py.HardLink):
            raise Hdf5Error(f"it has no {path!r}")
        return group[name]

    @staticmethod
    def _checked(read: Callable[[], T]) -> T:
        """Return what is read; h5py raises many kinds of errors for what is damaged."""
        try:
            return read()
        except DAMAGE as error:
            raise Hdf5Error(f"it is damaged ({error})") from None
