"""Files of safetensors: a header of JSON, and tensors one after another.

Source: github.com/huggingface/safetensors.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path

from texelflow.errors import ExportError
from texelflow.graph import DTYPES, MOST_AXES, ConstantData, TensorType, Value
from texelflow.importers.files.mapped_files import map_file, overlapping

LARGEST_HEADER = 100_000_000
"""As the format has it."""

NAMES = {
    "F64": "float64",
    "F32": "float32",
    "F16": "float16",
    "BF16": "bfloat16",
    "I64": "int64",
    "I32": "int32",
    "I16": "int16",
    "I8": "int8",
    "U8": "uint8",
    "BOOL": "bool",
}


def read_safetensors(path: Path) -> dict[str, Value]:
    """Return the tensors of a file by name, as constants whose bytes stay in the file until they are read.

    Raises:
        ExportError: it is damaged, or cut.
    """
    content = map_file(path)

    def damaged(what: str) -> ExportError:
        return ExportError(f"{path} is no intact safetensors file: {what}; fetch it again")

    if len(content) < 8:
        raise damaged(f"it has {len(content)} bytes, fewer than its header")
    length = int.from_bytes(content[:8], "little")
    if length > min(LARGEST_HEADER, len(content) - 8):
        raise damaged(f"its header should have {length} bytes, but the file has {len(content)}")
    try:
        entries = json.loads(bytes(content[8 : 8 + length]))
    except (ValueError, RecursionError) as error:
        raise damaged(f"its header is not JSON ({error})") from None
    if not isinstance(entries, Mapping):
        raise damaged("its header is no object")
    data = content[8 + length :]
    values: dict[str, Value] = {}
    places: list[tuple[int, int, str]] = []
    for name, entry in entries.items():
        if name == "__metadata__":
            continue
        try:
            dtype, shape = NAMES.get(entry["dtype"]), tuple(entry["shape"])
            first, last = entry["data_offsets"]
            fits = all(type(number) is int and number >= 0 for number in (*shape, first, last))
        except (TypeError, KeyError, ValueError):
            raise damaged(f"the entry of tensor {name!r} is not as it should be") from None
        if dtype is None:
            continue  # whoever needs it says that it is missing
        fits = fits and len(shape) <= MOST_AXES and last <= len(data)
        if not fits or last - first != prod(shape) * DTYPES[dtype]:
            raise damaged(
                f"tensor {name!r} is {entry['dtype']}{list(shape)[:MOST_AXES]} at {first} to {last}"
            )
        places.append((first, last, name))
        values[name] = Value(name, TensorType(dtype, shape), constant=ConstantData([data[first:last]]))
    if two := overlapping(places):
        raise damaged(f"tensors {two[0]!r} and {two[1]!r} have the same bytes")
    return values
