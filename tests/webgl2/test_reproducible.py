"""A model is exported to the same bundle each time.

Values that lowering makes for itself are freed when it is done with them, and Python gives the numbers (`id`)
of freed objects to new ones: where tables went by them, a constant was taken for a value of another shape.
"""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import texelflow
from free_sizes.random_graphs import random_trials
from model_support import save_text
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build

EXPORTER = Path(texelflow.__file__).parent

PRODUCT_BEFORE_A_FILL = """
product_before_a_fill (float[1, 5, rows, columns] x, float[batch, 1, 4] b)
    => (float[b0, b1, 1, 4] y, float[batch, 1] z)
<int64[1] zero = {0}, int64[1] two = {2}> {
  pooled = GlobalAveragePool (x)
  y = MatMul (pooled, b)
  shape = Shape (b)
  first = Slice (shape, zero, two)
  z = ConstantOfShape (first)
}"""

TIMES = 8


def test_a_fill_behind_a_product(tmp_path: Path) -> None:
    source = save_text(PRODUCT_BEFORE_A_FILL, tmp_path)
    first, *others = (build(source, Options()).graph_file for _ in range(TIMES))
    assert all(other == first for other in others)


def test_random_graphs(tmp_path: Path) -> None:
    exported = 0
    for trial in random_trials(5, 24, Counter()):
        source = tmp_path / f"{trial.name}.onnx"
        source.write_bytes(trial.model.SerializeToString())
        try:
            first = build(source, Options()).graph_file
        except ExportError:
            continue
        assert build(source, Options()).graph_file == first, trial.name
        exported += 1
    assert exported > 12


def test_no_table_goes_by_the_numbers_of_objects() -> None:
    """Sets and dictionaries hold the objects themselves, which so stay alive."""
    calls = [
        f"{path.relative_to(EXPORTER)}:{node.lineno}"
        for path in EXPORTER.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "id"
    ]
    assert not calls, "id() is called"
