"""Plans of small graphs as they were agreed on: a change of a lowering shows as a difference of these files.

Shader text is left out. After an intended change, run with TEXELFLOW_WRITE_GOLDENS=1 and read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from goldens.graphs import GRAPHS
from model_support import save_text
from texelflow.pipeline import Options, build

FOLDER = Path(__file__).parent
WIDTH = 110


@pytest.mark.parametrize("name", GRAPHS)
def test_golden(name: str, tmp_path: Path) -> None:
    """graph.json without shader text is the golden file's."""
    content = build(save_text(GRAPHS[name], tmp_path, f"{name}.onnx"), Options()).graph_file
    golden = FOLDER / f"{name}.json"
    text = _text(_without_shaders(content)) + "\n"
    if os.environ.get("TEXELFLOW_WRITE_GOLDENS"):
        golden.write_text(text, encoding="utf-8")
    assert golden.read_text(encoding="utf-8") == text, (
        f"the plan of {name} has changed; if that is intended, run with TEXELFLOW_WRITE_GOLDENS=1"
    )


def test_no_golden_is_left_over() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(GRAPHS)


def _without_shaders(content: dict[str, Any]) -> dict[str, Any]:
    plan = content["plans"]["webgl2"]
    programs = [
        {key: value for key, value in program.items() if key != "source"} for program in plan["programs"]
    ]
    del content["provenance"]
    return {**content, "generator": "texelflow", "plans": {"webgl2": {**plan, "programs": programs}}}


def _text(value: Any, indent: str = "") -> str:
    """Return JSON with what fits on a line on one; long lists of numbers in lines of four times four."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= WIDTH or not isinstance(value, (dict, list)):
        return line
    inner = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key)}: {_text(item, inner)}" for key, item in value.items()]
        return "{\n" + ",\n".join(inner + item for item in items) + f"\n{indent}}}"
    if any(isinstance(item, dict) for item in value):
        return "[\n" + ",\n".join(inner + _text(item, inner) for item in value) + f"\n{indent}]"
    items = [json.dumps(item) for item in value]
    rows = [", ".join(items[start : start + 16]) for start in range(0, len(items), 16)]
    return "[\n" + ",\n".join(inner + row for row in rows) + f"\n{indent}]"
