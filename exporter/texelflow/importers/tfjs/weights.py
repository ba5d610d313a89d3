"""The weights of a TF.js model: slices of its shards, quantised ones decoded by nodes that run at load.

Source: the weightsManifest of tfjs-core/src/io/types.ts (Apache-2.0).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from texelflow.errors import ExportError
from texelflow.graph import MOST_AXES, ConstantData, TensorType, Value
from texelflow.graph.constants import constant_value, unpack_elements
from texelflow.importers.files.finite import is_finite
from texelflow.importers.files.mapped_files import inside, is_file, map_file
from texelflow.operators import EVALUATION_LIMIT
from texelflow.operators.builder import GraphBuilder

SIZES = {
    "float32": 4,
    "int32": 4,
    "bool": 1,
    "uint8": 1,
    "uint16": 2,
    "float16": 2,
    "int8": 1,
    "complex64": 8,
}
_QUANTIZED = ("uint8", "uint16", "float16")
_LARGEST = 2.0**30
"""What quantised numbers are below of, so that they fit any type."""


@dataclass(frozen=True, slots=True)
class Weight:
    """A weight as it is stored: the element type of its bytes, and how numbers become what it means.

    It means number · scale + least, rounded for whole numbers, as `dtype`; a scale of None is none. Of texts
    there are no bytes.
    """

    name: str
    dtype: str
    stored: str
    shape: tuple[int, ...]
    data: Sequence[memoryview]
    scale: float | None = None
    least: float = 0.0

    def value(self, builder: GraphBuilder, result: str) -> Value:
        """Return the weight through nodes of a builder that bear its name."""
        builder.prefix = builder.name = result
        constant = Value(result, TensorType(self.stored, self.shape), ConstantData(list(self.data)))
        if self.scale is None:
            if self.stored == self.dtype:
                return constant
            return builder.cast("decoded", constant, self.dtype)
        if math.prod(self.shape) <= EVALUATION_LIMIT:
            return self._decoded(result)
        zero = -self.least / self.scale
        if self.dtype == "float32" and self.stored == "uint8" and _is_whole(zero):
            # As the runtime decodes quantised weights where it reads them.
            scale = builder.scalar("scale", "float32", self.scale)
            offset = builder.scalar("offset", "uint8", round(zero))
            return builder.add("DequantizeLinear", "decoded", constant, scale, offset)
        numbers = builder.cast("numbers", constant, "float32")
        scaled = builder.add("Mul", "scaled", numbers, builder.scalar("scale", "float32", self.scale))
        moved = builder.add("Add", "moved", scaled, builder.scalar("least", "float32", self.least))
        if self.dtype == "float32":
            return moved
        return builder.cast("decoded", builder.add("Round", "rounded", moved), self.dtype)

    def _decoded(self, result: str) -> Value:
        """Return a small weight's numbers, which may be needed at export, computed as TF.js does."""
        assert self.scale is not None
        stored = unpack_elements(self.stored, b"".join(self.data))
        numbers = [float(number) * self.scale + self.least for number in stored if isinstance(number, int)]
        if self.dtype != "float32":
            numbers = [math.floor(number + 0.5) for number in numbers]
        return constant_value(result, self.dtype, self.shape, numbers)


def _is_whole(zero: float) -> bool:
    return 0 <= zero <= 255 and abs(zero - round(zero)) < 1e-6


def read_weights(manifest: object, model_file: Path) -> dict[str, Weight]:
    """Return the weights of a manifest by name.

    Raises:
        ExportError: the manifest is damaged, or a shard is missing, outside of the folder, or cut off.
    """
    weights: dict[str, Weight] = {}
    taken: set[Path] = set()
    for group in _list(manifest, "weightsManifest"):
        shards = []
        for name in _list(_field(group, "paths"), "paths"):
            path = _shard(model_file, name)
            if path in taken:  # a small file could be many weights
                raise ExportError(f"the weightsManifest has the shard {name!r} twice")
            taken.add(path)
            shards.append(map_file(path))
        position = 0
        for entry in _list(_field(group, "weights"), "weights"):
            weight, position = _read_weight(entry, shards, position)
            if weight.name in weights:
                raise ExportError(f"the weightsManifest has two weights called {weight.name!r}")
            weights[weight.name] = weight
    return weights


def _read_weight(entry: object, shards: Sequence[memoryview], position: int) -> tuple[Weight, int]:
    name, dtype = str(_field(entry, "name")), str(_field(entry, "dtype"))
    shape = tuple(_list(_field(entry, "shape"), f"shape of {name!r}"))
    if len(shape) > MOST_AXES:
        raise ExportError(f"weight {name!r} has {len(shape)} axes; at most {MOST_AXES} are supported")
    if not all(type(extent) is int and 0 <= extent < 2**40 for extent in shape):
        raise ExportError(f"weight {name!r} has the shape {list(shape)}; extents of at least 0 are needed")
    quantization = entry.get("quantization") if isinstance(entry, Mapping) else None
    stored, scale, least = dtype, None, 0.0
    if quantization:
        stored = str(_field(quantization, "dtype"))
        if stored not in _QUANTIZED or dtype not in ("float32", "int32"):
            known = ", ".join(_QUANTIZED)
            raise ExportError(
                f"weight {name!r} is {dtype}, quantised to {stored}; float32 or int32 to {known} is known"
            )
        if stored != "float16":
            scale, least = (_number(quantization, key, name) for key in ("scale", "min"))
            if not scale or max(abs(scale) * 65535, abs(least)) > _LARGEST:
                raise ExportError(f"weight {name!r} is quantised by a scale of {scale} from {least} on")
    if dtype == "string":
        return _read_texts(name, shape, shards, position)
    if stored not in SIZES or dtype not in SIZES:
        raise ExportError(f"weight {name!r} is of the type {stored}, which is not known")
    length = math.prod(shape) * SIZES[stored]
    data = _bytes(shards, position, length)
    if data is None:
        total = sum(map(len, shards))
        raise ExportError(
            f"weight {name!r} is bytes {position} to {position + length} of its shards, which have {total}:"
            " they are cut off, or belong to another model"
        )
    return Weight(name, dtype, stored, shape, data, scale, least), position + length


def _read_texts(
    name: str, shape: tuple[int, ...], shards: Sequence[memoryview], position: int
) -> tuple[Weight, int]:
    """Pass over texts: of each four bytes that say how long it is, then the text."""
    for _ in range(math.prod(shape)):
        head = _bytes(shards, position, 4)
        if head is None:
            raise ExportError(f"weight {name!r} is cut off")
        position += 4 + int.from_bytes(b"".join(head), "little")
    return Weight(name, "string", "string", shape, []), position


def _bytes(shards: Sequence[memoryview], position: int, length: int) -> list[memoryview] | None:
    """Return the parts of shards, one behind the other, from a position on; None if there are not as many."""
    parts: list[memoryview] = []
    for shard in shards:
        if position < len(shard) and length:
            part = shard[position : position + length]
            parts.append(part)
            length -= len(part)
            position = 0
        else:
            position = max(position - len(shard), 0)
    return None if length else parts


def _shard(model_file: Path, name: object) -> Path:
    """Return the path of a shard; raise ExportError unless it lies beside model.json."""
    path = inside(model_file, name) if isinstance(name, str) and ":" not in name else None
    if path is None:
        raise ExportError(f"the shard {name!r} is not inside the model's folder, as it must be")
    if not is_file(path):
        raise ExportError(f"the shard {name!r} is not beside model.json; put it into {model_file.parent}")
    return path


def _field(entry: object, key: str) -> Any:
    if not isinstance(entry, Mapping) or key not in entry:
        raise ExportError(f"an entry of the weightsManifest has no {key!r}")
    return entry[key]


def _list(content: object, what: str) -> list[Any]:
    if not isinstance(content, list):
        raise ExportError(f"the {what} of model.json is no list")
    return content


def _number(entry: object, key: str, name: str) -> float:
    number = _field(entry, key)
    if not is_finite(number):
        raise ExportError(f"weight {name!r} is quantised with a {key} of {number!r}; a number is needed")
    return float(number)
