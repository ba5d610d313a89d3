"""TensorFlow Lite files that ask for more than any machine has."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from tflite_models.builder import ModelMaker


def lite(folder: Path, maker: ModelMaker) -> Path:
    path = folder / "model.tflite"
    path.write_bytes(maker.content())
    return path


def sparse_ocean(folder: Path) -> Path:
    """One number in two gigabytes of zeros."""
    maker = ModelMaker()
    graph = maker.main
    weights = graph.tensor("w", "float32", (2**14, 2**15), np.ones(1, np.float32))
    sparsity = graph.graph.tensors[weights].sparsity = schema.SparsityParametersT()
    sparsity.traversalOrder, levels = [0, 1], []
    for segments in ([0, 1], [0, 1]):
        level = schema.DimensionMetadataT()
        level.format, level.denseSize = 1, 2**15
        for name, numbers in (("arraySegments", segments), ("arrayIndices", [0])):
            vector = schema.Int32VectorT()
            vector.values = numbers
            setattr(level, name, vector)
            setattr(level, f"{name}Type", schema.SparseIndexVector.Int32Vector)
        levels.append(level)
    sparsity.dimMetadata = levels
    levels[0].denseSize = 2**14
    x, y = graph.input("x", "float32", (1, 2**15)), graph.output("y", "float32", (1, 2**14))
    dense = graph.tensor("dense", "float32", (2**14, 2**15))
    graph.add("DENSIFY", [weights], [dense], "DensifyOptions")
    graph.add("FULLY_CONNECTED", [x, dense, -1], [y], "FullyConnectedOptions")
    return lite(folder, maker)


def one_tensor_made_again(folder: Path) -> Path:
    maker = ModelMaker()
    graph = maker.main
    x, y = graph.input("x", "float32", (2,)), graph.output("y", "float32", (2,))
    for _ in range(4000):
        graph.add("ABS", [x], [y])
    graph.add("LSH_PROJECTION", [y], [y])
    return lite(folder, maker)


def shared_nibbles(folder: Path) -> Path:
    """Bytes of numbers of 4 bits that a thousand tensors are."""
    maker = ModelMaker()
    graph = maker.main
    x = graph.input("x", "float32", (2,))
    first = graph.tensor("w", "int8", (2**18,), bytes(2**17), kind=schema.TensorType.INT4)
    buffer = graph.graph.tensors[first].buffer
    for index in range(1000):
        weights = graph.tensor(f"w{index}", "int8", (2**18,), kind=schema.TensorType.INT4)
        graph.graph.tensors[weights].buffer = buffer
        graph.add("DEQUANTIZE", [weights], [graph.tensor(f"d{index}", "float32", (2**18,))])
    graph.add("ABS", [x], [graph.output("y", "float32", (2,))])
    return lite(folder, maker)


def one_table_again(folder: Path) -> Path:
    """Millions of buffers that are one table."""
    count = 2_000_000
    root, head = 16, 8
    # Root at 16: vtable at 40, buffers at slot 4; the vector is behind, its elements point to one table.
    data = bytearray(struct.pack("<I4s", root, b"TFL3") + bytes(head))
    data += struct.pack("<iII", root - 40, 3, 0) + bytes(12)
    data += struct.pack("<HHHHHHH", 14, 12, 4, 0, 0, 0, 8) + bytes(2)
    vector = len(data)
    struct.pack_into("<I", data, root + 8, vector - (root + 8))
    last = vector + 4 + 4 * count
    data += struct.pack("<I", count)
    data += np.arange(last - vector - 4, 0, -4, dtype="<u4").tobytes()
    data += struct.pack("<iHH", -4, 4, 4)
    path = folder / "model.tflite"
    path.write_bytes(data)
    return path


HOSTILE: dict[Callable[[Path], Path], str] = {
    sparse_ocean: "or too large",
    one_tensor_made_again: "LSH_PROJECTION",
    shared_nibbles: "in too many ways",
    one_table_again: "more than 4000000 records",
}
