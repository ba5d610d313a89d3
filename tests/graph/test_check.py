"""A graph, or groups of nodes, that break what passes rely on are told, with the pass that did so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import texelflow
from model_support import save_text
from texelflow.backends.webgl2.group import Group
from texelflow.graph import Graph
from texelflow.graph.check import BrokenGraphError

MODEL = """g (float[2, 3] x, float[3, 4] w) => (float[2, 4] y) {
    a = Neg(x)
    m = MatMul(a, w)
    y = Relu(m)
}"""


def reverse(graph: Graph) -> None:
    graph.nodes.reverse()


def make_twice(graph: Graph) -> None:
    graph.nodes.append(graph.nodes[0])


def forget_the_type(graph: Graph) -> None:
    graph.nodes[0].outputs[0].type = None


def leave_an_output(graph: Graph) -> None:
    graph.nodes.pop()


def disown(graph: Graph) -> None:
    graph.nodes[0].outputs[0].producer = graph.nodes[1]


GRAPHS: list[tuple[Callable[[Graph], None], str]] = [
    (reverse, "which is not there yet"),
    (make_twice, "which is there already"),
    (forget_the_type, "which has no type"),
    (leave_an_output, "the caller reads"),
    (disown, "whose producer is another"),
]


@pytest.mark.parametrize(("damage", "text"), GRAPHS, ids=[damage.__name__ for damage, _ in GRAPHS])
def test_a_pass_that_breaks_the_graph_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[Graph], None], text: str
) -> None:
    damage.__module__ = "the_guilty_pass"
    monkeypatch.setattr("texelflow.passes._SIMPLIFYING", [*_simplifying(), damage])
    message = _broken(tmp_path)
    assert text in message and "after the_guilty_pass" in message


def swap(groups: list[Group]) -> None:
    groups.reverse()


def repeat(groups: list[Group]) -> None:
    groups.append(groups[-1])


def drop(groups: list[Group]) -> None:
    groups.pop()


GROUPS: list[tuple[Callable[[list[Group]], None], str]] = [
    (swap, "which is not there yet"),
    (repeat, "which is there already"),
    (drop, "which nothing makes"),
]


@pytest.mark.parametrize(("damage", "text"), GROUPS, ids=[damage.__name__ for damage, _ in GROUPS])
def test_a_pass_that_breaks_groups_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: Callable[[list[Group]], None], text: str
) -> None:
    damage.__module__ = "the_guilty_pass"
    monkeypatch.setattr("texelflow.backends.webgl2.passes.share_epilogues.run", damage)
    message = _broken(tmp_path)
    assert text in message and "after the_guilty_pass" in message


def _simplifying() -> tuple[Callable[[Graph], object], ...]:
    from texelflow.passes import _SIMPLIFYING

    return _SIMPLIFYING


def _broken(folder: Path) -> str:
    """Export the model; return the message of the defect that it shows."""
    with pytest.raises(texelflow.DefectError) as caught:
        texelflow.export(save_text(MODEL, folder), folder / "bundle")
    assert isinstance(caught.value.__cause__, BrokenGraphError)
    return str(caught.value)
