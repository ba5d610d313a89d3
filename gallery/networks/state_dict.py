"""Reads weights that PyTorch wrote before its version 1.6: pickles, and behind them the numbers.

A pickle is a program. Here it may make dictionaries of tensors, and nothing else is called.
"""

from __future__ import annotations

import pickle
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True, slots=True)
class _Storage:
    kind: np.dtype[Any]
    key: str
    count: int


@dataclass(frozen=True, slots=True)
class _Tensor:
    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(content: bytes) -> dict[str, Array]:
    """Return the weights by their names.

    Raises:
        ValueError: it is no such file, or has something else than tensors of float32 and int64.
    """
    file = BytesIO(content)
    try:
        if (_load(file), _load(file)) != (MAGIC, PROTOCOL):
            raise ValueError("no weights as PyTorch wrote them before 1.6")
        _load(file)  # sizes of the machine's types
        tensors: Mapping[str, _Tensor] = _load(file)
        kinds = {tensor.storage.key: tensor.storage for tensor in tensors.values()}
        numbers: dict[str, Array] = {}
        for key in _load(file):
            storage = kinds[key]
            (count,) = np.frombuffer(file.read(8), "<i8")
            if count != storage.count:
                raise ValueError(f"storage {key} has {count} numbers, and not {storage.count}")
            numbers[key] = np.frombuffer(file.read(int(count) * storage.kind.itemsize), storage.kind)
        return {name: _array(name, tensor, numbers) for name, tensor in tensors.items()}
    except (pickle.UnpicklingError, EOFError, KeyError, AttributeError, TypeError) as problem:
        raise ValueError(f"the weights are damaged: {problem}") from None


def _array(name: str, tensor: _Tensor, numbers: Mapping[str, Array]) -> Array:
    part = numbers[tensor.storage.key][tensor.offset :]
    last = sum((extent - 1) * step for extent, step in zip(tensor.shape, tensor.strides, strict=True))
    if min(tensor.shape, default=1) < 1 or min(tensor.strides, default=0) < 0 or last >= len(part):
        raise ValueError(f"{name} is not among the numbers of the file")
    steps = [step * part.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(part, tensor.shape, steps).copy()


def _load(file: BinaryIO) -> Any:
    return _Unpickler(file).load()


class _Unpickler(pickle.Unpickler):
    """Knows what weights are made of; everything else that a pickle may call is refused."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return lambda storage, offset, shape, strides, *_: _Tensor(storage, offset, shape, strides)
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} is nothing that weights are made of")

    def persistent_load(self, told: Any) -> _Storage:
        _, kind, key, _, count, *_ = told
        return _Storage(kind, key, count)
