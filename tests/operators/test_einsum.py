"""Random equations of Einsum, with ellipses, diagonals and broadcasting, against NumPy."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper

from model_support import save_text
from operators.written_back import written_back
from texelflow.errors import ExportError
from texelflow.importers import read_model
from texelflow.passes import simplify

EQUATIONS = 200
LABELS = "ijklm"
EXTENTS = dict(zip(LABELS, (2, 3, 4, 5, 1), strict=True))
BROAD = (3, 2)


def _random_equation(source: random.Random) -> tuple[str, list[tuple[int, ...]]]:
    """Return an equation and the shapes of its operands."""
    terms, shapes = [], []
    any_broad = False
    for _ in range(source.randint(1, 3)):
        letters = [source.choice(LABELS) for _ in range(source.randint(1, 3))]
        shape = [EXTENTS[letter] for letter in letters]
        if source.random() < 0.3:
            place, count = source.randint(0, len(letters)), source.randint(0, 2)
            broad = [source.choice((1, extent)) for extent in BROAD[len(BROAD) - count :]]
            shape[place:place] = broad
            letters.insert(place, "...")
            any_broad = True
        terms.append("".join(letters))
        shapes.append(tuple(shape))
    left = ",".join(terms)
    if source.random() < 0.2:
        return left, shapes
    used = sorted({letter for letter in left if letter in LABELS})
    result = source.sample(used, source.randint(0, len(used)))
    if any_broad:
        result.insert(source.randint(0, len(result)), "...")
    return f"{left}->{''.join(result)}", shapes


def test_random_equations(tmp_path: Path) -> None:
    source, numbers = random.Random(5), np.random.default_rng(5)
    for _ in range(EQUATIONS):
        equation, shapes = _random_equation(source)
        arrays = {
            f"x{index}": numbers.standard_normal(shape).astype(np.float32)
            for index, shape in enumerate(shapes)
        }
        expected = np.einsum(equation, *arrays.values())
        graph = helper.make_graph(
            [helper.make_node("Einsum", [*arrays], ["y"], equation=equation)],
            "einsum",
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
                for name, array in arrays.items()
            ],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
        onnx.save(model, tmp_path / "einsum.onnx")
        read = read_model(tmp_path / "einsum.onnx")
        simplify(read)
        session = onnxruntime.InferenceSession(written_back(read).SerializeToString())
        [result] = session.run(None, arrays)
        assert result.shape == expected.shape, equation
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4, err_msg=equation)


REFUSALS = [
    ("ij,jk->ik", "has 2 terms for 1 inputs"),
    ("ijk->i", "the term 'ijk' of its equation is none for a tensor of rank 2"),
    ("i1->i", "the term 'i1' of its equation is none"),
    ("ij->k", "has labels twice, or of no term"),
    ("ij->ii", "has labels twice, or of no term"),
    ("ii->i", "the extents of 'i' differ: 2 and 3"),
]


@pytest.mark.parametrize(("equation", "reason"), REFUSALS)
def test_refusals(equation: str, reason: str, tmp_path: Path) -> None:
    text = f'g (float[2, 3] x) => (float[a] y) {{ y = Einsum <equation = "{equation}"> (x) }}'
    with pytest.raises(ExportError, match=reason):
        simplify(read_model(save_text(text, tmp_path)))
