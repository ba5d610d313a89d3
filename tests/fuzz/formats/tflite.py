"""TensorFlow Lite: a FlatBuffer, packed anew by the object API of the public schema."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from test_tflite_detections import detector, suppression
from test_tflite_files import branches, counter, loop, small_numbers, sparse, two_signatures
from test_tflite_metadata import with_metadata
from tflite_models.movement_cases import CASES as FLOAT
from tflite_models.quantised_cases import CASES as QUANTISED
from tflite_models.stablehlo_cases import CASES as STABLEHLO
from tflite_models.state_cases import CASES as STATES

from fuzz.format import Files, Format

ENTRY = "model.tflite"
EVERY = 3
"""Of the cases of operators: each has a few."""


def _seeds() -> list[Files]:
    whole = [loop(), branches(), counter(True), counter(False), two_signatures(), sparse(True), sparse(False)]
    whole += [detector(True, True), detector(False, False), suppression(), with_metadata("float32")]
    whole += [small_numbers(schema.TensorType.INT4, 4, True)]
    whole += [case.content for case in STABLEHLO]
    seen: dict[str, int] = {}
    for case in (*FLOAT, *QUANTISED, *STATES):
        seen[case.operator] = seen.get(case.operator, 0) + 1
        if seen[case.operator] % EVERY == 1:
            whole.append(case.content())
    return [{ENTRY: content} for content in whole]


def _decode(files: Files) -> Any:
    return _plain(schema.ModelT.InitFromObj(schema.Model.GetRootAs(files[ENTRY], 0)))


def _plain(value: Any) -> Any:
    """Arrays of bytes as bytes, others as lists, in objects that the schema made."""
    if isinstance(value, np.ndarray):
        return value.tobytes() if value.dtype == np.uint8 else value.tolist()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    for name, inner in list(vars(value).items()) if hasattr(value, "__dict__") else ():
        setattr(value, name, _plain(inner))
    return value


def _packable(value: Any, key: str = "") -> Any:
    if isinstance(value, bytes):
        return (
            value
            if key in ("name", "description", "signatureKey", "customCode", "sharedName", "container")
            else list(value)
        )
    if isinstance(value, list):
        for index, each in enumerate(value):
            value[index] = _packable(each)
    for name, inner in list(vars(value).items()) if hasattr(value, "__dict__") else ():
        setattr(value, name, _packable(inner, name))
    return value


def _encode(records: Any) -> Files:
    builder = flatbuffers.Builder(0)
    builder.Finish(_packable(records).Pack(builder), b"TFL3")
    return {ENTRY: bytes(builder.Output())}


def _words() -> Sequence[str]:
    return [
        "TFLITE_METADATA",
        "TFLite_Detection_PostProcess",
        "MaxPoolingWithArgmax2D",
        "Convolution2DTransposeBias",
    ]


def _tensor(choose: random.Random, records: Any) -> None:
    """Another shape, type, buffer or quantisation of a tensor."""
    tensor = choose.choice(choose.choice(records.subgraphs).tensors)
    kind = choose.randrange(6)
    if kind == 0:
        tensor.shape = [
            choose.choice((0, 1, 2, 3, 7, -1, 2**20, 2**31 - 1))
            for _ in range(choose.choice((0, 1, 2, 4, 5, 9)))
        ]
    elif kind == 1:
        tensor.type = choose.randrange(23)
    elif kind == 2:
        tensor.buffer = choose.randrange(len(records.buffers))
    elif kind == 3:
        tensor.isVariable = not tensor.isVariable
    elif kind == 4 and tensor.quantization is not None:
        scales = [choose.choice((0.0, 1.0, -1.0, float("inf"), float("nan"), 1e-38))] * choose.randrange(1, 4)
        tensor.quantization.scale = scales
        tensor.quantization.zeroPoint = [choose.choice((0, 1000, -1, 2**62))] * choose.choice(
            (1, len(scales))
        )
    else:
        tensor.shapeSignature = [choose.choice((-1, 1, 3))] * len(
            tensor.shape if tensor.shape is not None else ()
        )


def _operator(choose: random.Random, records: Any) -> None:
    """Another operator, other inputs, or other numbers among options."""
    graph = choose.choice(records.subgraphs)
    operator = choose.choice(graph.operators)
    kind = choose.randrange(4)
    if kind == 0:
        code = choose.choice(records.operatorCodes)
        code.builtinCode = number = choose.randrange(210)
        code.deprecatedBuiltinCode = min(number, 127)
    elif kind == 1 and operator.inputs is not None and len(operator.inputs):
        inputs = list(operator.inputs)
        inputs[choose.randrange(len(inputs))] = choose.randrange(-1, len(graph.tensors))
        operator.inputs = inputs[: choose.randrange(1, len(inputs) + 1)] if choose.random() < 0.3 else inputs
    elif kind == 2 and operator.outputs is not None and len(operator.outputs):
        operator.outputs = [choose.randrange(-1, len(graph.tensors)) for _ in range(choose.choice((1, 2, 5)))]
    elif operator.builtinOptions is not None:
        names = [
            name for name, value in vars(operator.builtinOptions).items() if isinstance(value, int | float)
        ]
        if names:
            number = choose.choice((0, 1, 2, 3, 5, 100, -1, 2**31 - 1, -(2**31)))
            setattr(operator.builtinOptions, choose.choice(names), number)


def _numbers(choose: random.Random, records: Any) -> None:
    """Other numbers in a constant, as sizes and axes are."""
    buffer = choose.choice(
        [each for each in records.buffers if each.data is not None and len(each.data) >= 4]
    )
    data = bytearray(bytes(buffer.data))
    at = choose.randrange(len(data) // 4) * 4
    number = choose.choice((0, 1, -1, 2, 5, 99, 2**31 - 1, -(2**31)))
    data[at : at + 4] = number.to_bytes(4, "little", signed=True)
    buffer.data = bytes(data)


CHANGES = (_tensor, _operator, _numbers)
FORMAT = Format(ENTRY, ("tflite",), _seeds, _decode, _encode, _words, CHANGES)
