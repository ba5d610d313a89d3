"""Random operators on features and categories, against ONNX Runtime's own."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper

from operators.ml.ml_models import DOMAIN, SCORED, assert_alike, one_node, simplified
from texelflow.errors import ExportError
from texelflow.pipeline import Options, build

SHAPES = ((4,), (1, 4), (5, 4))
INTEGERS = {"y": TensorProto.INT64}
NUMBERS = (-1.0, 0.0, 0.5, 2.0, 3.0)


def _draw(source: random.Random, shape: tuple[int, ...], dtype: type = np.float32) -> np.ndarray:
    numbers = [source.choice(NUMBERS) for _ in range(int(np.prod(shape)))]
    return np.array(numbers, dtype).reshape(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
def test_scaler(shape: tuple[int, ...], count: int, dtype: type, tmp_path: Path) -> None:
    source = random.Random(41)
    feeds = {"x": _draw(source, shape, dtype)}
    attributes = {name: [source.choice(NUMBERS) for _ in range(count)] for name in ("offset", "scale")}
    assert_alike(one_node("Scaler", feeds, SCORED, **attributes), feeds, tmp_path)


@pytest.mark.parametrize("norm", ["MAX", "L1", "L2"])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float32, np.int64])
def test_normalizer(norm: str, shape: tuple[int, ...], dtype: type, tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(42), shape, dtype)}
    feeds["x"].reshape(-1, 4)[0] *= 0  # a row of zeros stays so
    assert_alike(one_node("Normalizer", feeds, SCORED, norm=norm), feeds, tmp_path)


@pytest.mark.parametrize("attributes", [{}, {"threshold": 0.5}])
def test_binarizer(attributes: dict[str, float], tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(43), (3, 2, 4))}
    assert_alike(one_node("Binarizer", feeds, SCORED, **attributes), feeds, tmp_path)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 4])
@pytest.mark.parametrize("replaced", [2.0, float("nan")])
def test_imputer_of_floats(shape: tuple[int, ...], count: int, replaced: float, tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(44), shape)}
    feeds["x"].flat[0] = np.nan
    imputed = [7.0, 8.0, 9.0, 10.0][:count]
    model = one_node("Imputer", feeds, SCORED, imputed_value_floats=imputed, replaced_value_float=replaced)
    assert_alike(model, feeds, tmp_path)


def test_imputer_of_integers(tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(45), (5, 4), np.int64)}
    model = one_node("Imputer", feeds, INTEGERS, imputed_value_int64s=[7, 8, 9, 10], replaced_value_int64=2)
    assert_alike(model, feeds, tmp_path)


@pytest.mark.parametrize("shape", [*SHAPES, (2, 3, 4)])
@pytest.mark.parametrize("indices", [[2], [[0, 3], [1, 1]]])
def test_array_feature_extractor(shape: tuple[int, ...], indices: list[Any], tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(46), shape), "i": np.array(indices, np.int64)}
    assert_alike(one_node("ArrayFeatureExtractor", feeds, SCORED), feeds, tmp_path)


@pytest.mark.parametrize("sizes", [[4, 2], [3, 1], [6, 2]])
def test_feature_vectorizer(sizes: list[int], tmp_path: Path) -> None:
    source = random.Random(47)
    feeds = {"x": _draw(source, (5, 4)), "z": _draw(source, (5, 2))}
    assert_alike(one_node("FeatureVectorizer", feeds, SCORED, inputdimensions=sizes), feeds, tmp_path)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.int64, np.float32, np.float64])
def test_one_hot_encoder(shape: tuple[int, ...], dtype: type, tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(48), shape, dtype)}
    assert_alike(one_node("OneHotEncoder", feeds, SCORED, cats_int64s=[3, 0, -1]), feeds, tmp_path)


ENCODERS: list[tuple[type, dict[str, int], dict[str, Any]]] = [
    (np.int64, SCORED, {"keys_int64s": [3, 0], "values_floats": [0.5, -2.0]}),
    (np.int64, SCORED, {"keys_int64s": [3, 3], "values_floats": [0.5, -2.0], "default_float": 9.0}),
    (np.float32, INTEGERS, {"keys_floats": [0.5, float("nan")], "values_int64s": [7, 8]}),
    (np.float32, INTEGERS, {"keys_floats": [2.0], "values_int64s": [7], "default_int64": 2**31 - 1}),
    (np.int64, {"y": TensorProto.STRING}, {"keys_int64s": [3, 0, 2], "values_strings": ["a", "b", "a"]}),
]


@pytest.mark.parametrize(("dtype", "outputs", "attributes"), ENCODERS)
def test_label_encoder(
    dtype: type, outputs: dict[str, int], attributes: dict[str, Any], tmp_path: Path
) -> None:
    feeds = {"x": _draw(random.Random(49), (5, 4), dtype)}
    if dtype is np.float32:
        feeds["x"].flat[3] = np.nan
    assert_alike(one_node("LabelEncoder", feeds, outputs, opset=4, **attributes), feeds, tmp_path)


def test_label_encoder_of_tensors(tmp_path: Path) -> None:
    feeds = {"x": _draw(random.Random(50), (5, 4), np.float64)}
    tensors = {
        "keys_tensor": helper.make_tensor("keys", TensorProto.DOUBLE, [2], [0.5, 3.0]),
        "values_tensor": helper.make_tensor("values", TensorProto.DOUBLE, [2], [1.0, 2.0]),
        "default_tensor": helper.make_tensor("default", TensorProto.DOUBLE, [1], [-1.0]),
    }
    model = one_node("LabelEncoder", feeds, {"y": TensorProto.DOUBLE}, opset=4, **tensors)
    assert_alike(model, feeds, tmp_path)


FLOATS = {"x": np.zeros((2, 4), np.float32)}
REFUSALS: list[tuple[str, dict[str, Any], str]] = [
    ("Scaler", {"offset": [1.0], "scale": [1.0, 2.0, 3.0]}, "differ: 4 and 3"),
    ("Scaler", {"offset": [1.0], "scale": [1.0, 2.0, 3.0, 4.0]}, "1 numbers in offset; 4 are expected"),
    ("Scaler", {}, "it has no scale"),
    ("Scaler", {"scale": "much"}, "a list of numbers is expected"),
    ("Normalizer", {"norm": "L3"}, "norm is 'L3'"),
    ("Imputer", {"imputed_value_int64s": [1]}, "no imputed numbers of type float32"),
    ("FeatureVectorizer", {"inputdimensions": [1, 2]}, "2 inputdimensions; 1 are expected"),
    ("OneHotEncoder", {"cats_strings": ["a"]}, "numbers, each once, are needed"),
    ("LabelEncoder", {"keys_int64s": [1], "values_int64s": [1]}, "its keys int64"),
    ("LabelEncoder", {"keys_floats": [1.0], "values_int64s": [1, 2]}, "1 keys and 2 values"),
    ("LabelEncoder", {"keys_strings": ["a"], "values_int64s": [1]}, "are texts"),
    ("CastMap", {}, "a map is no tensor"),
    ("CategoryMapper", {}, "it maps texts"),
]


@pytest.mark.parametrize(("operator", "attributes", "reason"), REFUSALS)
def test_refusals(tmp_path: Path, operator: str, attributes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ExportError, match=reason):
        simplified(one_node(operator, FLOATS, SCORED, **attributes), tmp_path)


def test_zip_map_is_its_input(tmp_path: Path) -> None:
    node = helper.make_node("ZipMap", ["x"], ["y"], domain=DOMAIN, classlabels_strings=["a", "b"])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["N", 2])
    y = helper.make_value_info(
        "y",
        helper.make_sequence_type_proto(
            helper.make_map_type_proto(
                TensorProto.STRING, helper.make_tensor_type_proto(TensorProto.FLOAT, None)
            )
        ),
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid(DOMAIN, 3)]
    model = helper.make_model(helper.make_graph([node], "g", [x], [y]), opset_imports=opsets, ir_version=10)
    assert_alike(model, {"x": np.eye(3, 2, dtype=np.float32)}, tmp_path)
    bundle = build(tmp_path / "model.onnx", Options())
    [output] = bundle.graph_file["outputs"]
    assert output["shape"] == ["N", 2]
    assert output["meaning"]["labels"] == ["a", "b"]
    assert any("one tensor" in warning for warning in bundle.summary.warnings)
