"""What outputs are reduced to before a page reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import texelflow
from model_support import save_text
from texelflow.errors import ExportError
from texelflow.options.arguments import parse_top_k

MODEL = """
    g (float[B, L, 4] x, float[4, 9] w) => (float[B, L, 9] logits, float[B, L, 4] hidden)
    { hidden = Tanh(x) logits = MatMul(hidden, w) }"""


def test_shapes_and_names(tmp_path: Path) -> None:
    path = save_text(MODEL, tmp_path)
    summary = texelflow.inspect(path, last=["logits", "hidden"], top_k={"logits": 3})
    assert [(one.name, one.dtype, [*map(str, one.shape)]) for one in summary.outputs] == [
        ("logits_values", "float32", ["B", "1", "3"]),
        ("logits_indices", "int64", ["B", "1", "3"]),
        ("hidden", "float32", ["B", "1", "4"]),
    ]
    options = texelflow.pipeline.build(path, texelflow.pipeline.Options(last=["hidden"], top_k={"logits": 2}))
    assert options.graph_file["provenance"]["options"] == ["last=hidden", "top-k=logits=2"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"last": ["scores"]}, "there is no output 'scores' to reduce; the outputs are logits, hidden"),
        ({"top_k": {"scores": 1}}, "there is no output 'scores' to reduce"),
        ({"top_k": {"logits": 10}}, "the extent of axis"),
    ],
)
def test_refusals(tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ExportError) as caught:
        texelflow.inspect(save_text(MODEL, tmp_path), **options)
    assert reason in str(caught.value)


def test_a_name_that_is_taken(tmp_path: Path) -> None:
    path = save_text(MODEL.replace("hidden", "logits_values"), tmp_path)
    with pytest.raises(ExportError, match="an input or output is called 'logits_values' already"):
        texelflow.inspect(path, top_k={"logits": 2})


def test_the_name_of_an_input(tmp_path: Path) -> None:
    path = save_text(
        MODEL.replace("float[4, 9] w", "float[4, 9] logits_indices").replace(
            "(hidden, w)", "(hidden, logits_indices)"
        ),
        tmp_path,
    )
    with pytest.raises(ExportError, match="an input or output is called 'logits_indices' already"):
        texelflow.inspect(path, top_k={"logits": 2})


def test_an_output_without_positions(tmp_path: Path) -> None:
    path = save_text("g (float[N] x) => (float[N] y) { y = Tanh(x) }", tmp_path)
    with pytest.raises(ExportError, match="axis -2"):
        texelflow.inspect(path, last=["y"])


@pytest.mark.parametrize("text", ["logits", "logits=", "=4", "logits=0", "logits=-1", "logits=x"])
def test_options_that_say_nothing(text: str) -> None:
    with pytest.raises(ValueError, match="is not OUTPUT=K, such as logits=40"):
        parse_top_k([text])


def test_options() -> None:
    assert parse_top_k(["a=1", "b=c=40"]) == {"a": 1, "b=c": 40}
    with pytest.raises(ValueError, match="output 'a' is given twice"):
        parse_top_k(["a=1", "a=2"])
