"""Damaged TensorFlow Lite files: a clear error, or a bundle; no crash, no hang."""

from __future__ import annotations

import random
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema
from test_tflite_detections import detector
from test_tflite_files import branches, counter, loop, sparse, two_signatures
from tflite_models.movement_cases import CASES as FLOAT
from tflite_models.quantised_cases import CASES as QUANTISED
from tflite_models.state_cases import CASES as STATES

from texelflow import ExportError
from texelflow.importers import read_model
from texelflow.pipeline import Options, build

MUTANTS = 800
LONGEST = 8.0
"""Seconds for one."""

WORDS = (0, 1, 2, 3, 5, 127, 128, 255, 256, 65535, 2**31 - 1, 2**31, 2**32 - 1, 2**32 - 2, 2**24)


def sources() -> Iterator[bytes]:
    """Whole models, of each kind that there is."""
    yield from (loop(), branches(), counter(True), two_signatures(), sparse(True), detector(True, True))
    for cases, step in ((FLOAT, 7), (QUANTISED, 7), (STATES, 5)):
        yield from (case.content() for case in cases[::step])


def damaged(content: bytes, choose: random.Random) -> bytes:
    """Some bytes, or words where words are, have other values; or the end is missing."""
    data = bytearray(content)
    kind = choose.randrange(10)
    if kind == 0:
        return bytes(data[: choose.randrange(8, len(data))])
    for _ in range(choose.choice((1, 1, 2, 5))):
        at = choose.randrange(8, len(data))
        if kind < 4:
            data[at] = choose.randrange(256)
        elif kind < 6:
            data[at] ^= 1 << choose.randrange(8)
        else:
            at = min(at // 4 * 4, len(data) - 4)
            struct.pack_into("<I", data, at, choose.choice(WORDS))
    return bytes(data)


def changed(content: bytes, choose: random.Random) -> bytes:
    """A whole file in which records have other numbers than they should."""
    model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(content, 0))
    graph = choose.choice(model.subgraphs)
    for _ in range(choose.choice((1, 1, 2, 3))):
        tensor = choose.choice(graph.tensors)
        operation = choose.choice(graph.operators) if graph.operators else None
        kind = choose.randrange(9)
        if kind == 0:
            tensor.shape = [choose.choice((0, 1, 2, 3, 7, -1, 2**20)) for _ in range(choose.randrange(6))]
        elif kind == 1:
            tensor.type = choose.randrange(23)
        elif kind == 2:
            tensor.buffer = choose.randrange(len(model.buffers))
        elif kind == 3 and tensor.quantization is not None:
            tensor.quantization.scale = [
                choose.choice((0.0, 1.0, -1.0, float("inf"), 1e-38))
            ] * choose.randrange(1, 4)
            tensor.quantization.zeroPoint = [choose.choice((0, 1000, -1))] * len(tensor.quantization.scale)
        elif kind == 4:
            tensor.isVariable = not tensor.isVariable
        elif kind == 5:
            model.operatorCodes[0].builtinCode = choose.randrange(210)
        elif kind == 6 and operation is not None and len(operation.inputs):
            inputs = list(operation.inputs)
            inputs[choose.randrange(len(inputs))] = choose.randrange(-1, len(graph.tensors))
            operation.inputs = (
                inputs[: choose.randrange(1, len(inputs) + 1)] if choose.random() < 0.3 else inputs
            )
        elif kind == 7 and operation is not None and operation.builtinOptions is not None:
            names = [name for name, value in vars(operation.builtinOptions).items() if isinstance(value, int)]
            if names:
                number = choose.choice((0, 1, 2, 3, 5, 100))
                setattr(operation.builtinOptions, choose.choice(names), number)
        elif kind == 8:
            buffer = choose.choice(model.buffers)
            if buffer.data is not None and len(buffer.data) >= 4:
                numbers = bytearray(bytes(buffer.data))
                at = choose.randrange(len(numbers) // 4) * 4
                struct.pack_into("<i", numbers, at, choose.choice((0, 1, -1, 2, 5, 99, 2**31 - 1)))
                buffer.data = np.frombuffer(bytes(numbers), np.uint8)
    builder = flatbuffers.Builder(0)
    try:
        builder.Finish(model.Pack(builder), b"TFL3")
    except (struct.error, TypeError, AttributeError, ValueError):  # what no file can say
        return content
    return bytes(builder.Output())


def test_damaged_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is damaged, an ExportError says so, if anything."""
    models = list(sources())
    choose = random.Random(17)
    refused = 0
    for index in range(MUTANTS):
        change = changed if index % 2 else damaged
        content = change(models[index // 2 % len(models)], choose)
        path = tmp_path / "model.tflite"
        path.write_bytes(content)
        start = time.monotonic()
        try:
            build(path, Options())
        except ExportError as error:
            refused += 1
            assert "Traceback" not in str(error)
        except Exception as error:
            (tmp_path / "broken.tflite").write_bytes(content)
            pytest.fail(f"mutant {index} of {index % len(models)}: {error!r} ({tmp_path}/broken.tflite)")
        assert time.monotonic() - start < LONGEST, f"mutant {index}"
    assert refused > MUTANTS / 4


def test_empty_and_cut(tmp_path: Path) -> None:
    content = branches()
    for length in (8, 12, 40, len(content) // 2):
        path = tmp_path / "model.tflite"
        path.write_bytes(content[:length])
        with pytest.raises(ExportError, match="damaged"):
            read_model(path)
