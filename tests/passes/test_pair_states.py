"""States that are found by their names."""

from __future__ import annotations

import pytest

from texelflow.errors import ExportError
from texelflow.graph import Graph, TensorType, Value
from texelflow.options import AUTO
from texelflow.passes import pair_states

PAIRS = [
    ("present.0.key", "past_key_values.0.key"),
    ("present.0.value", "past_key_values.0.value"),
    ("present_1", "past_1"),
    ("present_key_values.11.value", "past_key_values.11.value"),
    ("hn", "h0"),
    ("c_n", "c_0"),
    ("stateN", "state"),
    ("new_conv_state", "conv_state"),
    ("next.h.3", "prev.h.3"),
    ("lstm_c_out", "lstm_c_in"),
    ("cache_updated", "cache_old"),
    ("h_next", "h"),
]


def graph_of(inputs: list[str], outputs: list[str]) -> Graph:
    kind = TensorType("float32", (1, 2))
    return Graph("g", [Value(name, kind) for name in inputs], [Value(name, kind) for name in outputs], [])


@pytest.mark.parametrize(("after", "before"), PAIRS)
def test_pairs(after: str, before: str) -> None:
    """Each is found among others that are none."""
    graph = graph_of(["input_ids", "x", before], ["logits", "y", after])
    [state] = pair_states.run(graph, {AUTO: AUTO})
    assert (state.after.name, state.before.name) == (after, before)


def test_all_at_once() -> None:
    layers = [
        (f"present.{n}.{kind}", f"past_key_values.{n}.{kind}") for n in range(12) for kind in ("key", "value")
    ]
    graph = graph_of(
        ["input_ids", *(before for _, before in layers)], ["logits", *(after for after, _ in layers)]
    )
    found = pair_states.run(graph, {AUTO: AUTO})
    assert [(state.after.name, state.before.name) for state in found] == layers


def test_what_is_named_comes_first() -> None:
    graph = graph_of(["x", "h0", "other"], ["y", "hn"])
    [state] = pair_states.run(graph, {AUTO: AUTO, "hn": "other"})
    assert state.before.name == "other"


@pytest.mark.parametrize(
    ("inputs", "outputs"), [(["x"], ["y"]), (["input"], ["output"]), (["a_in", "a_old"], ["a_out", "a_new"])]
)
def test_none_is_found(inputs: list[str], outputs: list[str]) -> None:
    with pytest.raises(ExportError, match="no output's name pairs up"):
        pair_states.run(graph_of(inputs, outputs), {AUTO: AUTO})
