"""Pipelines of scikit-learn, as skl2onnx writes them: predictions are those of ONNX Runtime."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine

from operators.ml.ml_models import assert_alike
from texelflow.checking.references import reference_values, text_indices
from texelflow.pipeline import Options, build

FOLDER = Path(__file__).parents[2] / "models" / "sklearn"
FIXTURES = sorted(FOLDER.glob("*.onnx"))
DATA = {
    "iris": load_iris,
    "words": load_iris,
    "cancer": load_breast_cancer,
    "diabetes": load_diabetes,
    "wine": load_wine,
}


def rows_for(path: Path) -> np.ndarray:
    """Return rows of the data set that the model was fitted to, and some between."""
    if path.stem == "categories":
        return np.random.default_rng(3).integers(0, 5, (20, 3)).astype(np.int64)
    load = DATA[path.stem.split("_")[-1]]
    data = load(return_X_y=True)[0].astype(np.float32)[::3]
    return np.concatenate([data, (data[:-1] + data[1:]) / 2])


@pytest.mark.parametrize("path", FIXTURES, ids=lambda path: path.stem)
def test_predictions(path: Path, tmp_path: Path) -> None:
    model = onnx.load(path)
    assert_alike(model, {model.graph.input[0].name: rows_for(path)}, tmp_path)


@pytest.mark.parametrize("name", ["logistic_iris", "forest_iris", "shares_iris", "forest_words"])
def test_bundles_of_any_number_of_rows(name: str) -> None:
    content = build(FOLDER / f"{name}.onnx", Options()).graph_file
    assert content["inputs"][0]["shape"] != [1, 4]
    classes = ["setosa", "versicolor", "virginica"] if name.endswith("words") else ["0", "1", "2"]
    label, scores = content["outputs"]
    assert scores["meaning"]["labels"] == classes
    assert label.get("meaning", {}).get("labels", ["0", "1", "2"]) == classes
    assert label["dtype"] == "int64"


def test_what_verify_compares_with() -> None:
    path = FOLDER / "forest_words.onnx"
    values = reference_values(path, {"X": rows_for(path)[:40]})
    assert values["output_probability"].shape == (40, 3)
    indices = text_indices(values, {"output_label": ["setosa", "versicolor", "virginica"]})["output_label"]
    assert indices.tolist() == values["output_probability"].argmax(axis=1).tolist()
