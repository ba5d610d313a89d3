"""MatMulNBits and GatherBlockQuantized, against ONNX Runtime's own."""

from __future__ import annotations

import random
import time
from pathlib import Path

import numpy as np
import pytest

from operators.microsoft.microsoft_models import Arrays, Layer, check, exported, normal, with_free_sizes
from texelflow.errors import ExportError
from texelflow.operators.microsoft.blocked_weights import unpacked

LAYERS = 40


def _bytes(source: random.Random, *shape: int) -> np.ndarray:
    return np.random.default_rng(source.randrange(2**32)).integers(0, 256, shape).astype(np.uint8)


def _weights(source: random.Random, columns: int, inner: int, bits: int, block: int) -> Arrays:
    blocks = -(-inner // block)
    return {
        "b": _bytes(source, columns, blocks, block * bits // 8),
        "scales": 0.1 * normal(source, columns, blocks),
        "packed": _bytes(source, columns, -(-blocks * bits // 8)),
        "floats": 8 + normal(source, columns, blocks),
        "bias": normal(source, columns),
    }


def test_products(tmp_path: Path) -> None:
    source = random.Random(1)
    for _ in range(LAYERS):
        bits, block = source.choice((2, 4, 4, 8)), source.choice((16, 32))
        inner, columns = source.choice((16, 32, 48, 40, 96)), source.choice((1, 3, 8))
        constants = _weights(source, columns, inner, bits, block)
        if source.random() < 0.5:  # as many a row are stored in files of older versions
            constants = {
                name: a.ravel() if name in ("scales", "packed") else a for name, a in constants.items()
            }
        inputs = ["a", "b", "scales", source.choice(("", "packed", "floats" if bits == 4 else "")), "", ""]
        if source.random() < 0.4:
            inputs[5] = "bias"
        while not inputs[-1]:
            inputs.pop()
        constants = {name: array for name, array in constants.items() if name in inputs}
        attributes = {"K": inner, "N": columns, "bits": bits, "block_size": block}
        feeds = {"a": normal(source, *source.choice(((2, inner), (1, 3, inner))))}
        check(Layer("MatMulNBits", inputs, feeds, constants, attributes), tmp_path, atol=2e-4)


def test_products_of_free_sizes(tmp_path: Path) -> None:
    source = random.Random(2)
    weights = _weights(source, 6, 40, 4, 32)
    constants = {name: weights[name] for name in ("b", "scales", "packed")}
    attributes = {"K": 40, "N": 6, "bits": 4, "block_size": 32}
    feeds = [{"a": normal(source, *sizes, 40)} for sizes in ((1, 4), (3, 1))]
    inputs, shapes = ["a", "b", "scales", "packed"], {"a": ["B", "L", 40]}
    layer = Layer("MatMulNBits", inputs, feeds[0], constants, attributes, shapes=shapes)
    with_free_sizes(layer, feeds[1:], tmp_path, atol=2e-4)


def test_gathered_rows(tmp_path: Path) -> None:
    source = random.Random(3)
    for _ in range(LAYERS // 2):
        bits, block, rows = source.choice((4, 8)), source.choice((16, 32)), 7
        blocks = source.choice((1, 2, 3))
        constants = {
            "table": _bytes(source, rows, blocks * block * bits // 8),
            "scales": 0.1 * normal(source, rows, blocks),
        }
        inputs = ["table", "at", "scales"]
        if source.random() < 0.6:
            inputs.append("zeros")
            constants["zeros"] = _bytes(source, rows, -(-blocks * bits // 8))
        at = np.random.default_rng(source.randrange(99)).integers(0, rows, source.choice(((1, 4), (3,))))
        attributes = {"bits": bits, "block_size": block, "gather_axis": 0, "quantize_axis": 1}
        layer = Layer("GatherBlockQuantized", inputs, {"at": at}, constants, attributes)
        layer.shapes = {"at": ["B", "L"][: at.ndim]}
        check(layer, tmp_path)


def test_many_numbers_are_unpacked_at_once() -> None:
    data = bytes(range(256)) * 40_000
    start = time.process_time()
    numbers = unpacked(data, 4)
    assert time.process_time() - start < 5  # 10 MB: a loop over each number would take longer
    assert numbers[:4] == bytes([0, 0, 1, 0])
    assert numbers[510:512] == bytes([15, 15])
    assert unpacked(b"\xe4", 2) == bytes([0, 1, 2, 3])


ATTRIBUTES = {"K": 32, "N": 3, "bits": 4, "block_size": 32}
REFUSALS = [
    (["a", "b", "scales", "", "g"], {}, [], r"input 4 \(g_idx\) is not supported"),
    (["a", "b", "scales"], {"bits": 3}, [], "bits is 3; 2, 4, 8 are possible"),
    (["a", "b", "scales"], {"K": 64}, [], "the last extent of its input and K differ"),
    (["a", "b", "scales"], {"N": 4}, [], r"uint8\[4, 1, 16\] is needed"),
    (["a", "b", "scales"], {"weight_prepacked": 1}, [], "weight_prepacked is 1; only 0 is supported"),
    (["a", "b", "scales"], {}, ["b"], "its weights are computed from data; a constant is needed"),
    (["a", "b", "scales", "packed"], {}, ["packed"], "its zero points are computed from data"),
    (["a", "b", "bias"], {"block_size": 16}, [], "is needed"),
]


@pytest.mark.parametrize(("inputs", "attributes", "fed", "reason"), REFUSALS)
def test_refusals(
    inputs: list[str], attributes: dict[str, int], fed: list[str], reason: str, tmp_path: Path
) -> None:
    source = random.Random(4)
    arrays = {**_weights(source, 3, 32, 4, 32), "g": np.zeros(32, np.int32)}
    constants = {name: arrays[name] for name in inputs if name in arrays and name not in fed}
    feeds = {"a": normal(source, 2, 32)} | {name: arrays[name] for name in fed}
    layer = Layer("MatMulNBits", inputs, feeds, constants, ATTRIBUTES | attributes)
    with pytest.raises(ExportError, match=reason):
        exported(layer.model(), tmp_path)
