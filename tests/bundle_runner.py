"""Runs exported bundles in a page on NumPy arrays, through the public API of the runtime."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from playwright.sync_api import Page

_LOAD = """
async ({key, url, device}) => {
    globalThis.models ??= {};
    globalThis.models[key] = await texelflow.loadModel(url, {device});
    return globalThis.models[key].device;
}
"""

_RUN = """
async ({key, feeds}) => {
    const arrays = {float32: Float32Array, float64: Float64Array, int64: BigInt64Array, uint64: BigUint64Array,
        float16: Uint16Array, bfloat16: Uint16Array, int32: Int32Array, uint32: Uint32Array, int16: Int16Array,
        uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array, bool: Uint8Array};
    const inputs = {};
    for (const [name, {dtype, shape, data}] of Object.entries(feeds)) {
        const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
        inputs[name] = new texelflow.Tensor(dtype, shape, new arrays[dtype](bytes.buffer));
    }
    const outputs = await globalThis.models[key].run(inputs);
    const encode = (data) => {
        const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
        let text = '';
        for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
        return btoa(text);
    };
    return Object.fromEntries(Object.entries(outputs).map(([name, {dtype, shape, data}]) =>
        [name, {dtype, shape, data: encode(data)}]));
}
"""

_DISPOSE = "(key) => { globalThis.models[key].dispose(); delete globalThis.models[key]; }"


class LoadedBundle:
    """A bundle loaded in a page; a context manager that disposes of it."""

    _count = 0

    def __init__(self, page: Page, url: str, device: Mapping[str, Any] | None = None) -> None:
        LoadedBundle._count += 1
        self._key = f"model{LoadedBundle._count}"
        self._page = page
        self.device = page.evaluate(_LOAD, {"key": self._key, "url": url, "device": dict(device or {})})

    def __enter__(self) -> LoadedBundle:
        return self

    def __exit__(self, *_: object) -> None:
        self._page.evaluate(_DISPOSE, self._key)

    def texture_bytes(self) -> int:
        """Bytes of all textures that the model holds."""
        statistics = self._page.evaluate("(key) => texelflow.statistics(globalThis.models[key])", self._key)
        return int(statistics["textureBytes"]["now"])

    def run(self, feeds: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Run on arrays; bfloat16 results come as uint16 bit patterns."""
        encoded = {
            name: {
                "dtype": str(array.dtype),
                "shape": list(array.shape),
                "data": base64.b64encode(np.ascontiguousarray(array).tobytes()).decode(),
            }
            for name, array in feeds.items()
        }
        results = self._page.evaluate(_RUN, {"key": self._key, "feeds": encoded})
        return {
            name: np.frombuffer(
                base64.b64decode(result["data"]),
                np.uint16 if result["dtype"] == "bfloat16" else result["dtype"],
            ).reshape(result["shape"])
            for name, result in results.items()
        }
