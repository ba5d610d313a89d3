"""What exporters may write that changes nothing: odd names, unused and repeated things."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

NAMES = (
    *("a/b", "a_b", "a.b", "a:0", "a b", "0", "constructor", "toString", "length", "ä", "数", "a\tb", "a\nb"),
    *('"', "'", "\\", "<b>", "a[0]", "x,y", "x=1", "%", "..", "/", "v1/v1", "A", "a", "weights", "input"),
    *("output", "result", "s", "n", "float", "main", "N", "hasOwnProperty", "a" * 300, "😀", "-", "--x", "@"),
    *("#", "$", "null", "undefined", "NaN"),
)


def odd(model: onnx.ModelProto, random: np.random.Generator) -> dict[str, str]:
    """Change a model in ways that change nothing; return the new names of what had others."""
    graph = model.graph
    chance = lambda p: random.random() < p
    if chance(0.4):
        spare = helper.make_tensor_value_info("spare", onnx.TensorProto.FLOAT, ["spare_extent", 2])
        graph.input.insert(int(random.integers(0, len(graph.input) + 1)), spare)
    if chance(0.3):
        graph.initializer.append(numpy_helper.from_array(np.zeros(3, np.float32), "never_read"))
    if chance(0.3) and graph.initializer:
        again = onnx.TensorProto.FromString(graph.initializer[0].SerializeToString())
        again.name = "as_before"
        graph.initializer.append(again)
        graph.node.append(helper.make_node("Identity", ["as_before"], ["copied"]))
        graph.output.append(helper.make_empty_tensor_value_info("copied"))
        graph.output[-1].type.tensor_type.elem_type = again.data_type
    if chance(0.4):
        for node in graph.node:
            node.name = ""
            node.doc_string = "what\nit does"
            if node.domain == "" and chance(0.2):
                node.domain = "ai.onnx"
    if any(node.domain == "ai.onnx" for node in graph.node):
        version = next(one.version for one in model.opset_import if one.domain == "")
        model.opset_import.append(helper.make_opsetid("ai.onnx", version))
    names: dict[str, str] = {}
    if chance(0.7):
        known = sorted(
            {n for node in graph.node for n in (*node.input, *node.output) if n}
            | {i.name for i in (*graph.input, *graph.initializer)}
        )
        odd_names = [str(name) for name in random.permutation(NAMES)]
        for name in known:
            if odd_names and chance(0.5):
                names[name] = odd_names.pop()
        rename(graph, names)
    return names


def rename(graph: Any, names: dict[str, str]) -> None:
    """Give values of a graph, and of those in it, other names."""
    for one in (*graph.input, *graph.output, *graph.initializer, *graph.value_info):
        one.name = names.get(one.name, one.name)
    for node in graph.node:
        node.input[:] = [names.get(n, n) for n in node.input]
        node.output[:] = [names.get(n, n) for n in node.output]
        for attribute in node.attribute:
            if attribute.type == onnx.AttributeProto.GRAPH:
                rename(attribute.g, names)
