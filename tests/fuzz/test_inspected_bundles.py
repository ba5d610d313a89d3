"""`texelflow inspect` of spoiled bundles: what they are, or one error; nothing that controls a terminal."""

from __future__ import annotations

import json
import re
from pathlib import Path

import onnx
import pytest
from click.testing import CliRunner

import texelflow
from fuzz.bundles.kinds import Files, make
from fuzz.bundles.mutants import mutant
from fuzz.small_models import image_model
from texelflow.cli.commands.inspect import inspect

KINDS = ("image", "states", "a cache that the first run does not have", "NonZero of each rank")
MUTANTS = 40
LONGEST = 200_000
"""Characters that are printed of a bundle whose names are long."""

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
HOSTILE = "\x1b]0;title\x07\x1b[2J\u202eexe.gpj\u2066[link=file:///etc/passwd][/]\r\n\x9b31m"


def inspected(files: Files, folder: Path, *options: str) -> tuple[int, str]:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    result = CliRunner().invoke(inspect, [str(folder), *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
    return result.exit_code, result.output


@pytest.mark.parametrize("name", KINDS)
def test_spoiled(name: str, tmp_path: Path) -> None:
    files = make(name).files
    ends = set()
    for number in range(MUTANTS):
        code, text = inspected(mutant(name, files, number), tmp_path)
        assert code == 0 or "error" in text, (number, text)
        assert not CONTROLS.search(text) and len(text) < LONGEST, (number, text[:1000])
        ends.add(code)
    assert len(ends) == 2, ends


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_names_that_control_a_terminal(options: tuple[str, ...], tmp_path: Path) -> None:
    """Every text of a bundle but its format's own words."""
    files = make("image").files
    graph = json.loads(files["graph.json"])
    graph["name"] = graph["generator"] = HOSTILE
    graph["provenance"].update(source=HOSTILE, options=[HOSTILE])
    for entry in graph["inputs"] + graph["outputs"]:
        entry["name"] = HOSTILE + entry["name"]
        entry.setdefault("meaning", {})["labels"] = [HOSTILE]
    code, text = inspected({**files, "graph.json": json.dumps(graph).encode()}, tmp_path, *options)
    assert code == 0 and "exe.gpj" in text
    assert not CONTROLS.search(text), text


def test_names_in_code(tmp_path: Path) -> None:
    """Names of a model are words of model.d.ts, whatever they are, and its lines are those that it shows."""
    model = image_model().model()
    names = [*model.graph.input, *model.graph.output]
    for value in names:
        for node in model.graph.node:
            for list_ in (node.input, node.output):
                list_[:] = [f"{HOSTILE}{name}" if name == value.name else name for name in list_]
        value.name = HOSTILE + value.name
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    texelflow.export(
        tmp_path / "model.onnx", tmp_path / "bundle", name=f"{HOSTILE}*/ }} alert(1); //\u2028alert(2)"
    )
    text = (tmp_path / "bundle" / "model.d.ts").read_text(encoding="utf-8")
    plain = tmp_path / "plain"
    onnx.save(image_model().model(), tmp_path / "plain.onnx")
    texelflow.export(tmp_path / "plain.onnx", plain)
    assert not CONTROLS.search(text) and "\u2028" not in text
    assert len(text.splitlines()) == len((plain / "model.d.ts").read_text().splitlines())
