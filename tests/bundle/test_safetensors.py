"""Weight files: the layout of safetensors, alignment, splitting, hashes, half precision."""

from __future__ import annotations

import hashlib
import json
import math
import struct
from pathlib import Path
from typing import Any

import pytest

from texelflow.bundle.float16 import to_float16
from texelflow.bundle.safetensors import WeightEntry, group_into_files, split_rows, write_safetensors
from texelflow.graph import DTYPES, ConstantData
from texelflow.graph.constants import pack_elements, unpack_elements


def _entry(key: str, dtype: str, shape: tuple[int, ...], start: int = 0) -> WeightEntry:
    size = math.prod(shape)
    content = bytes((start + index) % 251 for index in range(size * DTYPES[dtype]))
    return WeightEntry(key, dtype, shape, ConstantData([memoryview(content)]))


def _read(path: Path) -> tuple[dict[str, Any], bytes]:
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    return json.loads(content[8 : 8 + length]), content[8 + length :]


def test_layout(tmp_path: Path) -> None:
    entries = [_entry("a", "float32", (2, 3)), _entry("é", "int8", (5,), 7), _entry("none", "bool", (0, 4))]
    file = write_safetensors(tmp_path / "w.safetensors", entries)
    header, data = _read(tmp_path / "w.safetensors")
    assert header == {
        "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]},
        "é": {"dtype": "I8", "shape": [5], "data_offsets": [24, 29]},
        "none": {"dtype": "BOOL", "shape": [0, 4], "data_offsets": [29, 29]},
    }
    assert data == b"".join(entry.data.tobytes() for entry in entries)
    content = (tmp_path / "w.safetensors").read_bytes()
    assert struct.unpack("<Q", content[:8])[0] % 8 == 0
    assert file == {
        "name": "w.safetensors",
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


def test_every_element_type_has_a_name(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "w", [_entry(dtype, dtype, (3,)) for dtype in DTYPES])
    header, _ = _read(tmp_path / "w")
    assert {name: field["dtype"] for name, field in header.items()} == {
        "float32": "F32",
        "float16": "F16",
        "bfloat16": "BF16",
        "float64": "F64",
        "int8": "I8",
        "uint8": "U8",
        "int16": "I16",
        "uint16": "U16",
        "int32": "I32",
        "uint32": "U32",
        "int64": "I64",
        "uint64": "U64",
        "bool": "BOOL",
    }


def test_wrong_size_and_repeated_keys_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="24 bytes expected, 23 given"):
        WeightEntry("a", "float32", (2, 3), ConstantData([bytes(23)]))
    with pytest.raises(ValueError, match="two weights have the key 'a'"):
        write_safetensors(tmp_path / "w", [_entry("a", "int8", (1,)), _entry("a", "int8", (2,))])


def test_order_is_by_element_size_then_as_given() -> None:
    entries = [
        _entry("byte", "uint8", (3,)),
        _entry("long", "int64", (1,)),
        _entry("b", "float32", (1,)),
        _entry("half", "float16", (3,)),
        _entry("a", "int32", (1,)),
    ]
    [file] = group_into_files(entries)
    assert [entry.key for entry in file] == ["long", "b", "a", "half", "byte"]
    offset = 0
    for entry in file:
        assert offset % DTYPES[entry.dtype] == 0
        offset += entry.bytes_count


def test_files_up_to_the_limit() -> None:
    entries = [
        _entry(name, "int8", (size,)) for name, size in zip("abcdef", (40, 60, 1, 99, 150, 5), strict=True)
    ]
    files = group_into_files(entries, limit=100)
    assert [[entry.key for entry in file] for file in files] == [["a", "b"], ["c", "d"], ["e"], ["f"]]
    assert group_into_files([]) == []


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((10, 5), [(4, 5), (4, 5), (2, 5)]),
        ((8, 5), [(4, 5), (4, 5)]),
        ((4, 5), [(4, 5)]),
        ((3, 30), [(1, 30), (1, 30), (1, 30)]),
        ((1, 99), [(1, 99)]),
        ((99,), [(20,)] * 4 + [(19,)]),
        ((), [()]),
        ((0, 99), [(0, 99)]),
    ],
)
def test_split_along_axis_0(shape: tuple[int, ...], expected: list[tuple[int, ...]]) -> None:
    entry = _entry("w", "float32", shape)
    parts = split_rows(entry, limit=80)
    assert [part.shape for part in parts] == expected
    assert b"".join(part.data.tobytes() for part in parts) == entry.data.tobytes()
    assert len({part.key for part in parts}) == len(parts)


def test_split_of_several_buffers() -> None:
    content = bytes(range(60))
    data = ConstantData([content[:7], memoryview(content)[7:8], b"", content[8:]])
    parts = split_rows(WeightEntry("w", "int8", (20, 3), data), limit=12)
    assert [part.data.tobytes() for part in parts] == [content[i : i + 12] for i in range(0, 60, 12)]


def _half(numbers: list[float]) -> tuple[list[Any], int]:
    data, clamped = to_float16(ConstantData([pack_elements("float32", numbers)]))
    assert data.bytes_count == 2 * len(numbers)
    return unpack_elements("float16", data.tobytes()), clamped


def test_float16() -> None:
    assert _half([0.0, 1.0, -2.5, 1 / 3, 1e-9]) == ([0.0, 1.0, -2.5, 0.333251953125, 0.0], 0)
    assert _half([]) == ([], 0)
    assert _half([65504.0, 65519.0, -65519.0]) == ([65504.0, 65504.0, -65504.0], 0)
    assert _half([65520.0, -1e9, 3e38, 1.0]) == ([65504.0, -65504.0, 65504.0, 1.0], 3)


def test_float16_of_infinities_and_nan() -> None:
    numbers, clamped = _half([math.inf, -math.inf, math.nan, 1e9])
    assert clamped == 1
    assert numbers[:2] == [math.inf, -math.inf]
    assert math.isnan(numbers[2])
    assert numbers[3] == 65504.0


def test_float16_of_many() -> None:
    numbers = [float(index % 2048) for index in range(200_000)]
    numbers[150_000] = 1e6
    converted, clamped = _half(numbers)
    numbers[150_000] = 65504.0
    assert converted == numbers
    assert clamped == 1
