"""Models with damaged nodes: import and passes give an ExportError or a Graph, never another exception."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
import pytest

from model_support import model_parameters
from texelflow.backends.webgl2.passes import prepare
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.passes import simplify

DAMAGES_PER_MODEL = 12
NUMBERS = (-(2**63), -1, 0, 1, 2, 3, 7, 2**31, 2**62)


def _damage(model: onnx.ModelProto, source: random.Random) -> None:
    """Change one thing: an attribute, an input, the operator, an initializer, or the shape of an input."""
    node = source.choice(model.graph.node)
    kind = source.randrange(6)
    if kind == 0 and node.attribute:
        attribute = source.choice(node.attribute)
        if attribute.type == onnx.AttributeProto.INTS and attribute.ints:
            attribute.ints[source.randrange(len(attribute.ints))] = source.choice(NUMBERS)
        elif attribute.type == onnx.AttributeProto.INT:
            attribute.i = source.choice(NUMBERS)
        else:
            node.attribute.remove(attribute)
    elif kind == 1 and node.attribute:
        node.attribute[0].type = source.choice((1, 2, 3, 4, 6, 7, 8))
    elif kind == 2 and len(node.input) > 1:
        del node.input[source.randrange(len(node.input))]
    elif kind == 3 and node.input:
        names = [name for other in model.graph.node for name in other.input]
        node.input[source.randrange(len(node.input))] = source.choice(names)
    elif kind == 4 and model.graph.initializer:
        tensor = source.choice(model.graph.initializer)
        tensor.dims.append(1) if source.random() < 0.5 else tensor.dims.reverse()
    else:
        node.op_type = source.choice(model.graph.node).op_type


@pytest.mark.parametrize("path", model_parameters())
def test_damaged_nodes(tmp_path: Path, path: Path) -> None:
    content = path.read_bytes()
    damaged = tmp_path / "damaged.onnx"
    source = random.Random(path.parent.name)
    for _ in range(DAMAGES_PER_MODEL):
        model = onnx.ModelProto.FromString(content)
        _damage(model, source)
        damaged.write_bytes(model.SerializeToString())
        try:
            graph = read_model(damaged)
            simplify(graph)
            prepare(graph)
        except ExportError as error:
            assert error.problems
