"""Random linear models and support vector machines as ONNX's operators, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from operators.ml.ml_models import CLASSIFIED, CLASSIFIED_BY_TEXT, SCORED, assert_alike, one_node, simplified
from texelflow.errors import ExportError

TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO")
KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def _rows(source: random.Random, features: int, dtype: type = np.float32) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(source.randrange(2**32))
    shape = source.choice([(1, features), (9, features), (features,)])
    return {"x": (numbers.standard_normal(shape) * 3).astype(dtype)}


def _draw(source: random.Random, count: int, scale: float = 1.0) -> list[float]:
    return [round(source.gauss(0, scale), 4) for _ in range(count)]


def _labels(source: random.Random, classes: int) -> tuple[dict[str, Any], dict[str, int]]:
    if source.random() < 0.3:
        return {"classlabels_strings": [*"abcdef"][:classes]}, CLASSIFIED_BY_TEXT
    return {"classlabels_ints": source.sample(range(10), classes)}, CLASSIFIED


def test_random_linear_classifiers(tmp_path: Path) -> None:
    source = random.Random(31)
    for _ in range(60):
        targets, features = source.choice((1, 2, 4)), source.choice((1, 3, 6))
        labels, outputs = _labels(source, max(targets, 2))
        feeds = _rows(source, features, source.choice((np.float32, np.float64, np.int64)))
        model = one_node(
            "LinearClassifier",
            feeds,
            outputs,
            coefficients=_draw(source, targets * features),
            intercepts=_draw(source, targets),
            post_transform=source.choice(TRANSFORMS),
            **labels,
        )
        assert_alike(model, feeds, tmp_path)


def test_random_linear_regressors(tmp_path: Path) -> None:
    source = random.Random(32)
    for _ in range(40):
        targets, features = source.choice((1, 2, 4)), source.choice((1, 3, 6))
        attributes: dict[str, Any] = {"targets": targets}
        if source.random() < 0.5:
            attributes["intercepts"] = _draw(source, targets)
        attributes["post_transform"] = source.choice(TRANSFORMS)
        attributes["coefficients"] = _draw(source, targets * features)
        feeds = _rows(source, features)
        assert_alike(one_node("LinearRegressor", feeds, SCORED, **attributes), feeds, tmp_path)


def test_probit(tmp_path: Path) -> None:
    feeds = {"x": np.linspace(0.01, 0.99, 25, dtype=np.float32).reshape(25, 1)}
    for targets in (1, 2):
        model = one_node(
            "LinearRegressor",
            feeds,
            SCORED,
            targets=targets,
            coefficients=[1.0] * targets,
            post_transform="PROBIT",
        )
        assert_alike(model, feeds, tmp_path, atol=1e-4)


def _kernel(source: random.Random) -> dict[str, Any]:
    return {
        "kernel_type": source.choice(KERNELS),
        "kernel_params": [0.25, source.choice((0.0, 0.5)), source.choice((1.0, 2.0, 3.0, 4.0))],
    }


def test_random_support_vector_regressors(tmp_path: Path) -> None:
    source = random.Random(33)
    for _ in range(50):
        count, features = source.choice((0, 1, 7)), source.choice((1, 4))
        attributes: dict[str, Any] = {"n_supports": count, "one_class": source.choice((0, 0, 1))}
        if count:
            attributes |= {**_kernel(source), "support_vectors": _draw(source, count * features)}
        else:
            attributes["kernel_params"] = [0.0, 0.0, 0.0]
        attributes["coefficients"] = _draw(source, count or features)
        attributes["rho"] = _draw(source, 1)
        feeds = _rows(source, features)
        assert_alike(one_node("SVMRegressor", feeds, SCORED, **attributes), feeds, tmp_path, atol=1e-4)


def test_random_support_vector_classifiers(tmp_path: Path) -> None:
    source = random.Random(34)
    for _ in range(80):
        classes, features = source.choice((2, 2, 3, 5)), source.choice((2, 4))
        pairs = classes * (classes - 1) // 2
        labels, outputs = _labels(source, classes)
        attributes: dict[str, Any] = {**labels, **_kernel(source)}
        attributes["post_transform"] = source.choice(("NONE", "NONE", *TRANSFORMS))
        if source.random() < 0.75:
            counts = [source.choice((1, 2, 4)) for _ in range(classes)]
            attributes |= {
                "vectors_per_class": counts,
                "support_vectors": _draw(source, sum(counts) * features),
                "coefficients": _draw(source, sum(counts) * (classes - 1)),
                "rho": _draw(source, pairs),
            }
            if source.random() < 0.5:
                attributes["prob_a"] = [-abs(number) for number in _draw(source, pairs)]
                attributes["prob_b"] = _draw(source, pairs, 0.3)
        else:
            attributes |= {"coefficients": _draw(source, classes * features), "rho": _draw(source, 1)}
            if source.random() < 0.5:
                attributes["coefficients"] = [abs(number) for number in attributes["coefficients"]]
        feeds = _rows(source, features)
        assert_alike(one_node("SVMClassifier", feeds, outputs, **attributes), feeds, tmp_path, atol=1e-4)


LINEAR = {"coefficients": [1.0] * 8, "intercepts": [0.0, 0.0], "classlabels_ints": [0, 1]}
MACHINE: dict[str, Any] = {
    "classlabels_ints": [0, 1],
    "vectors_per_class": [1, 1],
    "support_vectors": [1.0] * 8,
    "coefficients": [1.0, -1.0],
    "rho": [0.5],
    "kernel_type": "RBF",
    "kernel_params": [0.5, 0.0, 3.0],
}

REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("LinearClassifier", {**LINEAR, "coefficients": [1.0] * 7}, "7 coefficients; a positive multiple of 2"),
    ("LinearClassifier", {**LINEAR, "coefficients": [1.0] * 6}, "differ: 4 and 3"),
    ("LinearClassifier", {**LINEAR, "classlabels_ints": [0, 1, 2]}, "3 labels; 2 are expected"),
    ("LinearClassifier", {**LINEAR, "classlabels_ints": []}, "it has none of classlabels_strings"),
    ("LinearClassifier", {**LINEAR, "post_transform": "MAX"}, "post_transform is 'MAX'"),
    ("LinearClassifier", {**LINEAR, "intercepts": []}, "it has no intercepts"),
    ("SVMClassifier", {**MACHINE, "kernel_type": "COSINE"}, "kernel_type is 'COSINE'"),
    ("SVMClassifier", {**MACHINE, "kernel_params": [0.5]}, "1 kernel_params; 3 are expected"),
    ("SVMClassifier", {**MACHINE, "rho": [0.5, 0.5]}, "2 numbers in rho; 1 are expected"),
    ("SVMClassifier", {**MACHINE, "vectors_per_class": [2]}, "1 vectors_per_class; 2 are expected"),
    ("SVMClassifier", {**MACHINE, "vectors_per_class": [-1, 3]}, "none may be negative"),
    ("SVMClassifier", {**MACHINE, "coefficients": [1.0]}, "1 coefficients; 2 are expected"),
    ("SVMClassifier", {**MACHINE, "support_vectors": [1.0] * 6}, "differ: 4 and 3"),
    ("SVMClassifier", {**MACHINE, "prob_a": [1.0]}, "0 numbers in prob_b; 1 are expected"),
]


@pytest.mark.parametrize(("operator", "attributes", "reason"), REFUSALS)
def test_refusals(tmp_path: Path, operator: str, attributes: dict[str, Any], reason: str) -> None:
    feeds = {"x": np.zeros((2, 4), np.float32)}
    attributes = {name: content for name, content in attributes.items() if content != []}
    with pytest.raises(ExportError, match=reason):
        simplified(one_node(operator, feeds, CLASSIFIED, **attributes), tmp_path)


def test_texts_as_input_are_refused(tmp_path: Path) -> None:
    feeds = {"x": np.array(["a"], object)}
    with pytest.raises(ExportError, match="elements of type string"):
        simplified(one_node("LabelEncoder", feeds, {"y": TensorProto.INT64}), tmp_path)
