"""A TensorFlow graph being written as a TF.js graph model: nodes, weights, model.json and shards."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARD_BYTES = 4 * 1024 * 1024
"""What tensorflowjs_converter makes by default."""

DTYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL"}


class ConstantWorkError(Exception):
    """A graph would compute the same from constants at each run, for which TF.js is not to blame."""


class TfjsGraph:
    """Collects nodes and constants; `write` puts `model.json` and the weight shards into a folder."""

    def __init__(self) -> None:
        self._nodes: list[dict[str, Any]] = []
        self._weights: dict[str, NDArray[Any]] = {}
        self._names: set[str] = set()

    def node(self, operator: str, name: str, inputs: Sequence[str], **attributes: Any) -> str:
        """Add a node and return its name, made unique. Attributes are Python values; see `_attribute`."""
        unique, count = name, 1
        while unique in self._names:
            unique, count = f"{name}_{count}", count + 1
        self._names.add(unique)
        attr = {key: _attribute(value) for key, value in attributes.items()}
        self._nodes.append({"name": unique, "op": operator, "input": list(inputs), "attr": attr})
        return unique

    def constant(self, values: NDArray[Any], name: str) -> str:
        """Add a weight; integers become int32, as TF.js has no other."""
        narrowed = values.astype(np.int32) if values.dtype == np.int64 else values
        dtype = DTYPES[str(narrowed.dtype)]
        shape = {"dim": [{"size": str(extent)} for extent in narrowed.shape]}
        unique = self.node("Const", name, [], dtype=Type(dtype), value=Tensor(dtype, shape))
        self._weights[unique] = narrowed.copy(order="C")  # a scalar stays one
        return unique

    def placeholder(self, name: str, dtype: str, shape: Sequence[int]) -> str:
        return self.node("Placeholder", name, [], dtype=Type(DTYPES[dtype]), shape=Shape(shape))

    def write(self, folder: Path, half: bool = False) -> None:
        """Write `model.json` and `group1-shard1of1.bin` … into `folder`, which exists.

        With `half`, floating-point weights are stored in 16 bits; TF.js widens them when it loads them.

        Raises:
            ConstantWorkError: a node has constants alone as inputs.
        """
        self._refuse_constant_work()
        stored = self._weights
        if half:
            stored = {name: narrowed(array) for name, array in stored.items()}
        data = b"".join(array.tobytes() for array in stored.values())
        shards = [data[start : start + SHARD_BYTES] for start in range(0, len(data), SHARD_BYTES)]
        paths = [f"group1-shard{index}of{len(shards)}.bin" for index in range(1, len(shards) + 1)]
        for path, shard in zip(paths, shards, strict=True):
            (folder / path).write_bytes(shard)
        entries: list[dict[str, Any]] = [
            {"name": name, "shape": list(array.shape), "dtype": str(array.dtype)}
            for name, array in self._weights.items()
        ]
        for entry in entries:
            if stored[entry["name"]].dtype == np.float16:
                entry["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
        content = {
            "format": "graph-model",
            "generatedBy": "Texelflow's benchmark",
            "modelTopology": {"node": self._nodes, "library": {}, "versions": {"producer": 1087}},
            "weightsManifest": [{"paths": paths, "weights": entries}],
        }
        (folder / "model.json").write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")

    def _refuse_constant_work(self) -> None:
        idle = [
            f"{node['op']} ({node['name']})"
            for node in self._nodes
            if node["input"] and self._weights.keys() >= set(node["input"])
        ]
        if idle:
            raise ConstantWorkError(f"to be folded, for their inputs are constant: {', '.join(idle)}")


def narrowed(array: NDArray[Any]) -> NDArray[Any]:
    """Return floating-point values in 16 bits, others as they are."""
    return array.astype(np.float16) if array.dtype == np.float32 else array


class Type(str):
    """A data type as an attribute."""


class Shape(tuple[int, ...]):
    """A shape as an attribute."""


class Tensor(tuple[str, Mapping[str, Any]]):
    """The type and shape of a constant, whose values are in the shards."""

    def __new__(cls, dtype: str, shape: Mapping[str, Any]) -> Tensor:
        return super().__new__(cls, (dtype, shape))


def _attribute(value: Any) -> dict[str, Any]:
    """Return an AttrValue as protobuf's JSON has it: integers as strings, strings as base64."""
    if isinstance(value, Type):
        return {"type": str(value)}
    if isinstance(value, Shape):
        return {"shape": {"dim": [{"size": str(extent)} for extent in value]}}
    if isinstance(value, Tensor):
        return {"tensor": {"dtype": value[0], "tensorShape": value[1]}}
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int):
        return {"i": str(value)}
    if isinstance(value, float):
        return {"f": value}
    if isinstance(value, str):
        return {"s": base64.b64encode(value.encode()).decode()}
    if value and isinstance(value[0], str):
        return {"list": {"s": [_attribute(item)["s"] for item in value]}}
    return {"list": {"i": [str(item) for item in value]}}
