"""An exception that nobody foresaw is one message that says where it happened: no traceback, and no fault of
the model.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import cast

import click
import pytest

import texelflow
from model_support import save_text
from texelflow.backends.webgl2.group import Group
from texelflow.backends.webgl2.lower import Rule, rules
from texelflow.cli.running import exit_on_error
from texelflow.graph import Node, NodeError
from texelflow.operators import registry


def fail(as_json: bool) -> None:
    """Raise inside what every command runs in."""
    with exit_on_error(as_json):
        raise IndexError("list index out of range")


def test_defect_is_reported_with_its_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("TEXELFLOW_TRACEBACK", raising=False)
    with pytest.raises(click.exceptions.Exit) as caught:
        fail(as_json=True)
    assert caught.value.exit_code == 1
    captured = capsys.readouterr()
    message = json.loads(captured.out)["error"]
    assert "IndexError: list index out of range (at test_defects.py:" in message
    assert "Traceback" not in captured.err


def test_defect_is_raised_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEXELFLOW_TRACEBACK", "1")
    with pytest.raises(IndexError):
        fail(as_json=False)


MODEL = "g (float[2, 3] x) => (float[2, 3] y) { [a_node] y = Softmax(x) }"
METHODS = {"upgrade": "reading the model", "infer": "rewriting the graph", "decompose": "rewriting the graph"}


def replace(monkeypatch: pytest.MonkeyPatch, method: str, replacement: Callable[..., None]) -> None:
    """Have a method of Softmax, or the rule by which what it decomposes to is lowered, do something else."""
    if method == "lower":
        rule = dataclasses.replace(rules()["", "ReduceMax"], lower=replacement)
        monkeypatch.setitem(cast(dict[tuple[str, str], Rule], rules()), ("", "ReduceMax"), rule)
    else:
        monkeypatch.setattr(type(registry()["", "Softmax"]), method, replacement)


@pytest.mark.parametrize("method", [*METHODS, "lower"])
@pytest.mark.parametrize("error", [IndexError, AssertionError, RecursionError, KeyError])
def test_a_defect_of_an_operator_names_stage_and_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str, error: type[Exception]
) -> None:
    def fail(*_: object) -> None:
        raise error("unforeseen")

    replace(monkeypatch, method, fail)
    with pytest.raises(texelflow.DefectError) as caught:
        texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
    message = str(caught.value)
    assert message.startswith(error.__name__) and "defect of Texelflow" in message
    assert METHODS.get(method, "lowering to draws") in message
    assert "'a_node'" in message
    assert isinstance(caught.value.__cause__, error)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize(
    ("place", "stage"),
    [
        ("texelflow.backends.webgl2.passes.fuse_biases.run", "rewriting the graph"),
        ("texelflow.pipeline.build_bundle.share_pixels", "lowering to draws"),
        ("texelflow.pipeline.graph_file.name_derived", "describing the bundle"),
        ("texelflow.bundle.writer.write_bundle", "writing the bundle"),
    ],
)
def test_a_defect_of_any_stage_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, stage: str
) -> None:
    def fail(*_: object) -> None:
        raise KeyError("unforeseen")

    monkeypatch.setattr(place, fail)
    with pytest.raises(texelflow.DefectError) as caught:
        texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
    assert stage in str(caught.value) and isinstance(caught.value.__cause__, KeyError)
    assert not (tmp_path / "bundle").exists()


@pytest.mark.parametrize("method", [*METHODS, "lower"])
def test_a_fault_of_the_model_is_none_of_texelflow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def refuse(*given: object) -> None:
        nodes = [one.node if isinstance(one, Group) else one for one in given]
        raise NodeError(next(node for node in nodes if isinstance(node, Node)), "it is odd")

    replace(monkeypatch, method, refuse)
    with pytest.raises(texelflow.ExportError, match="it is odd"):
        texelflow.export(save_text(MODEL, tmp_path), tmp_path / "bundle")
