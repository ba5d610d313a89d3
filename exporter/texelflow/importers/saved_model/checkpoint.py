"""Checkpoints of TensorFlow: variables in shards, found by an index.

Source: tensorflow/core/util/tensor_bundle (Apache-2.0).
"""

from __future__ import annotations

from math import prod
from pathlib import Path

from google.protobuf.message import DecodeError

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, MOST_AXES
from texelflow.importers.files.mapped_files import inside, is_file, map_file
from texelflow.importers.saved_model.table import read_table
from texelflow.importers.tensorflow.definitions import read_shape
from texelflow.importers.tensorflow.dtypes import dtype_of
from texelflow.importers.tensorflow.messages import message_class
from texelflow.importers.tensorflow.tensors import Tensor, TensorError
from texelflow.importers.tensorflow.wire import WireError

FOLDER, INDEX = "variables", "variables.index"
_MOST_SHARDS = 10**5


class Checkpoint:
    """The variables of a folder by their keys; their bytes stay in the shards."""

    def __init__(self, model_file: Path) -> None:
        """Read the index beside the file of the graph.

        Raises:
            ExportError: it is damaged.
        """
        self.folder = model_file.parent / FOLDER
        self._model_file = model_file
        self._shards: dict[int, memoryview] = {}
        self._entries: dict[str, memoryview] = {}
        self._read: dict[str, Tensor] = {}
        self._left: dict[int, int] = {}
        path = self._path(INDEX)
        if path is None:
            return
        try:
            table = read_table(map_file(path))
            header = message_class("BundleHeader").FromString(bytes(table.pop(b"", b"")))
        except (WireError, DecodeError) as error:
            raise ExportError(f"{path} is damaged: {error}") from error
        if header.endianness:
            raise ExportError(f"{path} is of big-endian numbers, which is not supported")
        if not 0 < header.num_shards <= _MOST_SHARDS:
            raise ExportError(f"{path} is of {header.num_shards} shards: it is damaged")
        self._count = header.num_shards
        self._entries = {key.decode("utf-8", "replace"): value for key, value in table.items()}

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def read(self, key: str) -> Tensor:
        """Return a variable, the same one each time.

        Raises:
            TensorError: it is damaged, or not stored in one piece.
            ExportError: a shard is missing.
        """
        if key not in self._read:
            self._read[key] = self._read_entry(key)
        return self._read[key]

    def _read_entry(self, key: str) -> Tensor:
        try:
            entry = message_class("BundleEntry").FromString(bytes(self._entries[key]))
        except DecodeError as error:
            raise TensorError(f"its entry is damaged: {error}") from error
        dtype, extents = dtype_of(entry.dtype), read_shape(entry.shape) or ()
        shape = tuple(extent for extent in extents if extent is not None)
        if entry.slices:
            raise TensorError(
                "it is stored in slices, which is not supported: save the model without partitions"
            )
        if dtype not in DTYPES:
            return Tensor(dtype, shape, b"")
        shard = self._shard(entry.shard_id)
        begin, size = entry.offset, entry.size
        if begin < 0 or size < 0 or begin + size > len(shard):
            raise TensorError(f"it is bytes {begin} to {begin + size} of a shard that has {len(shard)}")
        if len(extents) > MOST_AXES:
            raise TensorError(f"it has {len(extents)} axes; at most {MOST_AXES} are supported")
        count = DTYPES[dtype] * prod(shape)
        if len(shape) != len(extents) or count != size:
            raise TensorError(f"{dtype}{list(extents)} has {count} bytes, but {size} are stored")
        left = self._left[entry.shard_id] = self._left.get(entry.shard_id, len(shard)) - size
        if left < 0:  # a small file could be many variables
            raise TensorError("with it variables have more bytes than their shard: they lie over each other")
        return Tensor(dtype, shape, shard[begin : begin + size])

    def _shard(self, number: int) -> memoryview:
        if number not in self._shards:
            name = f"variables.data-{number:05d}-of-{self._count:05d}"
            path = self._path(name) if 0 <= number < self._count else None
            if path is None:
                raise ExportError(f"{name} is not in {self.folder}: the model is not complete")
            self._shards[number] = map_file(path)
        return self._shards[number]

    def _path(self, name: str) -> Path | None:
        """Return a file of the checkpoint, if there is one in the model's folder."""
        path = inside(self._model_file, f"{FOLDER}/{name}")
        return path if path is not None and is_file(path) else None
