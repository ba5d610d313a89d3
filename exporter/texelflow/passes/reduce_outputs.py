"""Reduces outputs to what a page wants of them, so that a run reads back no more.

Rules:
1. Of an output of `last` only the last position is left, along the axis before the last: the logits behind a
   text's last token. The axis stays, with extent 1.
2. An output of `top_k` becomes two, `<name>_values` and `<name>_indices`: the k largest numbers along the
   last axis in order, and where they are (int64), as ONNX's TopK has them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from texelflow.errors import ExportError
from texelflow.graph import Graph, Value
from texelflow.operators.builder import GraphBuilder


def run(graph: Graph, last: Collection[str], top_k: Mapping[str, int]) -> None:
    """Reduce the outputs of these names; types are not known yet.

    Raises:
        ExportError: there is no such output, or a name that it gets is taken.
    """
    names = [value.name for value in graph.outputs]
    for name in (*last, *top_k):
        if name not in names:
            raise ExportError(f"there is no output {name!r} to reduce; the outputs are {', '.join(names)}")
    outputs: list[Value] = []
    for value in graph.outputs:
        name = value.name
        builder = GraphBuilder(name, name)
        if name in last:
            _rename(value, f"{name}/all_positions")
            index = builder.vector("last_position", [-1])
            value = builder.add("Gather", Value(name), value, index, axis=-2)
        if name in top_k:
            _rename(value, f"{name}/all")
            made = [Value(f"{name}_values"), Value(f"{name}_indices")]
            outputs += builder.add_all("TopK", made, value, builder.vector("k", [top_k[name]]), axis=-1)
        else:
            outputs.append(value)
        graph.nodes += builder.nodes
    taken = {
        *(value.name for value in graph.inputs),
        *(value.name for value in graph.outputs if value in outputs),
    }
    if twice := sorted({value.name for value in outputs if value not in graph.outputs} & taken):
        raise ExportError(f"an input or output is called {twice[0]!r} already: reduce no output to that name")
    graph.outputs = outputs


def _rename(value: Value, name: str) -> None:
    """Leave an output's name to what it is reduced to; an input keeps its own."""
    if value.producer is not None:
        value.name = name
