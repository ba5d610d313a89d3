"""Seeded damage to bytes, and to models and documents that stay well-formed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import onnx

NUMBERS = (-(2**63), -(2**31), -2, -1, 0, 1, 2, 3, 7, 255, 2**31, 2**40, 2**62)


def damaged_bytes(source: random.Random, content: bytes) -> bytes:
    """Return the content with bits flipped, its end cut, or pieces overwritten, swapped, repeated or lost."""
    data = bytearray(content)
    for _ in range(source.choice((1, 1, 1, 2, 4))):
        if not data:
            break
        first, last = sorted(source.randrange(len(data) + 1) for _ in range(2))
        last = min(last, first + 40)
        kind = source.randrange(7)
        if kind == 0:
            data[source.randrange(len(data))] ^= 1 << source.randrange(8)
        elif kind == 1:
            data[source.randrange(len(data))] = source.choice((0, 1, 127, 128, 255))
        elif kind == 2:
            del data[source.randrange(len(data)) :]
        elif kind == 3:
            data[first:last] = source.randbytes(last - first)
        elif kind == 4:
            other = source.randrange(len(data) + 1)
            data[other:other] = data[first:last]
        elif kind == 5:
            del data[first:last]
        else:
            half = (first + last) // 2
            data[first:last] = data[half:last] + data[first:half]
    return bytes(data)


def damage_model(source: random.Random, model: onnx.ModelProto, operators: Sequence[str]) -> None:
    """Change one thing of a model: of a node, a shape, a type, a name, or a constant."""
    graph = model.graph
    node = source.choice(graph.node)
    kind = source.randrange(13)
    if kind == 0:
        node.op_type = source.choice(operators)
    elif kind == 1 and node.attribute:
        _damage_attribute(source, source.choice(node.attribute))
    elif kind == 2:
        name = source.choice(("axis", "axes", "pads", "strides", "perm", "group", "mode", "keepdims", "to"))
        wild: list[Any] = [
            source.choice(NUMBERS),
            [source.choice(NUMBERS)],
            "wrong",
            0.5,
            [1, 2, 3, 4, 5, 6, 7],
        ]
        node.attribute.append(onnx.helper.make_attribute(name, source.choice(wild)))
    elif kind == 3 and node.input:
        del node.input[source.randrange(len(node.input)) :]
    elif kind == 4 and node.input:
        names = ["", "nowhere", *(name for other in graph.node for name in (*other.input, *other.output))]
        node.input[source.randrange(len(node.input))] = source.choice(names)
    elif kind == 5 and graph.input:
        shape = source.choice(graph.input).type.tensor_type.shape
        for dimension in shape.dim[:2]:
            dimension.dim_value = source.choice(NUMBERS)
    elif kind == 6 and graph.input:
        source.choice(graph.input).type.tensor_type.elem_type = source.randrange(25)
    elif kind == 8:
        _damage_rank(source, source.choice(graph.input).type.tensor_type.shape)
    elif kind == 9:
        _damage_outputs(source, graph, node)
    elif kind == 10 and node.attribute:
        _retype_attribute(source, source.choice(node.attribute))
    elif kind == 11 and node.input:
        node.input.append(source.choice(["", *(name for other in graph.node for name in other.input)]))
    elif kind == 7 and graph.initializer:
        _damage_tensor(source, source.choice(graph.initializer))
    else:
        model.opset_import[0].version = source.choice((-1, 0, 1, 6, 7, 9, 11, 13, 18, 99, 2**40))


def damage_document(source: random.Random, document: dict[str, Any], protected: frozenset[str]) -> None:
    """Replace, remove or repeat one value anywhere in a JSON document, but not below `protected` keys."""
    holder: Any = document
    while True:
        keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        keys = [key for key in keys if key not in protected]
        if not keys:
            return
        key = source.choice(keys)
        value = holder[key]
        if not isinstance(value, (dict, list)) or not value or source.random() < 0.2:
            break
        holder = value
    kind = source.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder, list):
        holder.insert(source.randrange(len(holder) + 1), value)
    elif kind == 2 and isinstance(value, int):
        holder[key] = value + source.choice((-1, 1))
    else:
        wild: list[Any] = [
            None,
            True,
            -1,
            0,
            1,
            7,
            2**31,
            1.5,
            1e300,
            "",
            "x",
            "__proto__",
            [],
            {},
            [["+"]],
            ["//", 1, 0],
        ]
        holder[key] = source.choice(wild)


def _damage_attribute(source: random.Random, attribute: onnx.AttributeProto) -> None:
    if attribute.type == onnx.AttributeProto.INTS and attribute.ints and source.random() < 0.6:
        attribute.ints[source.randrange(len(attribute.ints))] = source.choice(NUMBERS)
    elif attribute.type == onnx.AttributeProto.INTS and source.random() < 0.5:
        attribute.ints.append(source.choice(NUMBERS))
    elif attribute.type == onnx.AttributeProto.INT:
        attribute.i = source.choice(NUMBERS)
    elif attribute.type == onnx.AttributeProto.FLOAT:
        attribute.f = source.choice((0.0, -1.0, float("inf"), float("nan"), 1e38))
    elif attribute.type == onnx.AttributeProto.STRING:
        attribute.s = source.choice((b"", b"wrong", b"\xff\xfe"))
    else:
        attribute.type = source.randrange(15)


def _retype_attribute(source: random.Random, attribute: onnx.AttributeProto) -> None:
    """Give an attribute another type, and what belongs to it."""
    name = attribute.name
    wild: list[Any] = [1, -1, [1, 2], [0.5], 0.5, "wrong", ["a", "b"], onnx.TensorProto(), onnx.GraphProto()]
    attribute.CopyFrom(onnx.helper.make_attribute(name, source.choice(wild)))


def _damage_rank(source: random.Random, shape: onnx.TensorShapeProto) -> None:
    if shape.dim and source.random() < 0.6:
        del shape.dim[source.randrange(len(shape.dim))]
    else:
        shape.dim.add().dim_value = source.choice((0, 1, 2, 2**40))


def _damage_outputs(source: random.Random, graph: onnx.GraphProto, node: onnx.NodeProto) -> None:
    """Lose, repeat or rename an output of a node or of the graph."""
    kind = source.randrange(5)
    names = [name for other in graph.node for name in other.output]
    if kind == 0 and node.output:
        del node.output[-1]
    elif kind == 1:
        node.output.append(source.choice(["", "another", *names]))
    elif kind == 2 and node.output:
        node.output[source.randrange(len(node.output))] = source.choice(["", "another", *names])
    elif kind == 3:
        graph.output.append(source.choice(graph.output))
    else:
        graph.output.add().name = source.choice(["", "nowhere", *names])


def _damage_tensor(source: random.Random, tensor: onnx.TensorProto) -> None:
    kind = source.randrange(4)
    if kind == 0:
        tensor.dims.append(source.choice(NUMBERS))
    elif kind == 1 and tensor.dims:
        tensor.dims[source.randrange(len(tensor.dims))] = source.choice(NUMBERS)
    elif kind == 2:
        tensor.data_type = source.randrange(25)
    else:
        tensor.raw_data = tensor.raw_data[: source.randrange(len(tensor.raw_data) + 1)]
