"""Arrays by name in one compressed file: an .npz of a thousand small ones is mostly its own directory."""

from __future__ import annotations

import base64
import json
import lzma
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def save(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays to a file, the same bytes for the same arrays."""
    content = {
        name: [str(array.dtype), list(array.shape), base64.b64encode(array.tobytes()).decode()]
        for name, array in arrays.items()
    }
    path.write_bytes(lzma.compress(json.dumps(content).encode(), preset=9 | lzma.PRESET_EXTREME))


def load(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a file by name."""
    content = json.loads(lzma.decompress(path.read_bytes()))
    return {
        name: np.frombuffer(base64.b64decode(data), dtype).reshape(shape)
        for name, (dtype, shape, data) in content.items()
    }


def numbered(arrays: Mapping[str, np.ndarray], prefix: str) -> list[np.ndarray]:
    """Return the arrays whose names are a prefix and a number, in their order from 0."""
    count = sum(name.startswith(prefix) for name in arrays)
    return [arrays[f"{prefix}{index}"] for index in range(count)]
