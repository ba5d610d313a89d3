"""Constants made without NumPy have the bytes that NumPy gives them."""

from __future__ import annotations

import struct

import ml_dtypes
import numpy as np
import pytest

from texelflow.graph.constants import pack_elements, unpack_elements

FLOATING = {
    "float16": np.float16,
    "bfloat16": ml_dtypes.bfloat16,
    "float32": np.float32,
    "float64": np.float64,
}


def numbers_around(dtype: str) -> np.ndarray:
    """Return numbers of a type, the middles between them, and numbers beyond its largest."""
    patterns = np.random.default_rng(3).integers(0, 2**32, 20000, np.uint32)
    wide = patterns.view(np.float32)
    if dtype == "float64":
        return wide.astype(np.float64)
    held = (np.arange(2**16, dtype=np.uint16).view(FLOATING[dtype]) if dtype != "float32" else wide).astype(
        np.float32
    )
    middles = np.nextafter(held, np.float32(0)) / 2 + held / 2
    half = np.array([65504, 65519.99, 65520, -65520, 1e39, -1e39, 1e300, 0.0, -0.0, np.inf, -np.inf])
    return np.concatenate([held, middles, wide, half])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", FLOATING)
def test_floating_numbers_are_rounded(dtype: str) -> None:
    numbers = numbers_around(dtype)
    packed = np.frombuffer(pack_elements(dtype, numbers.tolist()), FLOATING[dtype])
    expected = (
        numbers.astype(np.float32).astype(FLOATING[dtype])
        if dtype == "bfloat16"
        else numbers.astype(FLOATING[dtype])
    )
    same = (packed.astype(np.float64) == expected.astype(np.float64)) | (
        np.isnan(packed) & np.isnan(expected)
    )
    assert same.all(), list(zip(numbers[~same], packed[~same], expected[~same], strict=True))[:8]
    finite = ~np.isnan(packed)
    again = np.array(unpack_elements(dtype, packed.tobytes()))
    np.testing.assert_array_equal(again[finite], packed.astype(np.float64)[finite])


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"])
def test_whole_numbers_are_kept_or_refused(dtype: str) -> None:
    info = np.iinfo(dtype)
    ends = [int(info.min), int(info.max), 1]
    assert pack_elements(dtype, ends) == np.array(ends, dtype).tobytes()
    assert unpack_elements(dtype, pack_elements(dtype, ends)) == ends
    with pytest.raises(struct.error):
        pack_elements(dtype, [int(info.max) + 1])
