"""Random ensembles of trees as ONNX's operators, against ONNX Runtime's own; malformed ones are refused."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from operators.ml.ml_models import CLASSIFIED, CLASSIFIED_BY_TEXT, SCORED, assert_alike, one_node, simplified
from texelflow.errors import ExportError

MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ")
TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO")
VALUES = (-1.0, 0.0, 0.5, 1.0, 2.0)
FEATURES = 4
MODELS = 120


def _random_trees(source: random.Random, prefix: str, targets: list[int], *, full: bool) -> dict[str, Any]:
    """Return the attributes of some trees, whose leaves have a weight for all `targets` or for some."""
    modes = source.choice([(mode,) for mode in MODES[:4]] + [MODES])
    columns: dict[str, list[Any]] = {
        name: []
        for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
    }
    weights: dict[str, list[Any]] = {name: [] for name in ("ids", "treeids", "nodeids", "weights")}
    for tree in range(source.choice((1, 2, 5))):
        sizes, open_nodes = 1, [(0, 0)]
        while open_nodes:
            number, depth = open_nodes.pop(source.randrange(len(open_nodes)))
            columns["treeids"].append(tree)
            columns["nodeids"].append(number)
            is_leaf = depth == 5 or source.random() < 0.15 * depth
            columns["featureids"].append(0 if is_leaf else source.randrange(FEATURES))
            columns["values"].append(0.0 if is_leaf else source.choice(VALUES))
            columns["modes"].append("LEAF" if is_leaf else source.choice(modes))
            columns["truenodeids"].append(0 if is_leaf else sizes)
            columns["falsenodeids"].append(0 if is_leaf else sizes + 1)
            if is_leaf:
                for target in targets if full else source.sample(targets, source.randint(1, len(targets))):
                    for name, item in (("ids", target), ("treeids", tree), ("nodeids", number)):
                        weights[name].append(item)
                    weights["weights"].append(source.choice((-1.0, -0.25, 0.25, 0.5, 0.75, 1.5)))
            else:
                open_nodes += [(sizes, depth + 1), (sizes + 1, depth + 1)]
                sizes += 2
    if source.random() < 0.3:
        columns["missing_value_tracks_true"] = [source.randrange(2) for _ in columns["modes"]]
    return {
        **{f"nodes_{name}": column for name, column in columns.items()},
        **{f"{prefix}_{name}": column for name, column in weights.items()},
    }


def _rows(source: random.Random) -> dict[str, np.ndarray]:
    count = source.choice((1, 7, 40))
    rows = [[source.choice((*VALUES, 0.3, -2.5, 7.0, np.nan)) for _ in range(FEATURES)] for _ in range(count)]
    return {"x": np.array(rows, np.float32)}


def test_random_regressors(tmp_path: Path) -> None:
    source = random.Random(21)
    for _ in range(MODELS):
        targets = source.choice((1, 2, 3))
        trees = _random_trees(source, "target", [*range(targets)], full=source.random() < 0.5)
        attributes: dict[str, Any] = {
            "n_targets": targets,
            "aggregate_function": source.choice(("SUM", "AVERAGE", "MIN", "MAX")),
            "post_transform": source.choice(TRANSFORMS),
        }
        if source.random() < 0.5:
            attributes["base_values"] = [source.choice((-0.5, 0.25, 1.0)) for _ in range(targets)]
        feeds = _rows(source)
        assert_alike(one_node("TreeEnsembleRegressor", feeds, SCORED, **trees, **attributes), feeds, tmp_path)


def test_random_classifiers(tmp_path: Path) -> None:
    source = random.Random(22)
    for _ in range(MODELS):
        classes = source.choice((2, 2, 3, 4))
        scored = [*range(classes)]
        if classes == 2 and source.random() < 0.6:
            scored = [source.randrange(2)]
        full = classes == 2 or source.random() < 0.5
        trees = _random_trees(source, "class", scored, full=full)
        if source.random() < 0.5:
            trees["class_weights"] = [abs(weight) for weight in trees["class_weights"]]
        attributes: dict[str, Any] = {"post_transform": source.choice(TRANSFORMS)}
        bases = [0, 0, classes, 1] if classes == 2 and scored != [1] else [0, classes]
        if base := source.choice(bases):
            attributes["base_values"] = [source.choice((-0.5, 0.25, 1.0)) for _ in range(base)]
        by_text = source.random() < 0.3
        if by_text:
            attributes["classlabels_strings"] = [*"abcd"][:classes]
        else:
            attributes["classlabels_int64s"] = source.sample(range(10), classes)
        outputs = CLASSIFIED_BY_TEXT if by_text else CLASSIFIED
        if len(attributes.get("base_values", [])) == 1 and scored != [0]:
            del attributes["base_values"]
        feeds = _rows(source)
        model = one_node("TreeEnsembleClassifier", feeds, outputs, **trees, **attributes)
        assert_alike(model, feeds, tmp_path)


@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.int32])
def test_other_inputs(dtype: type, tmp_path: Path) -> None:
    source = random.Random(23)
    trees = _random_trees(source, "class", [0, 1, 2], full=True)
    feeds = {"x": np.arange(12).reshape(3, 4).astype(dtype)}
    model = one_node("TreeEnsembleClassifier", feeds, CLASSIFIED, **trees, classlabels_int64s=[0, 1, 2])
    assert_alike(model, feeds, tmp_path)


def test_trees_of_opset_5(tmp_path: Path) -> None:
    source = random.Random(24)
    for _ in range(30):
        targets = source.choice((1, 2))
        attributes = _random_trees_of_opset_5(source, targets)
        feeds = _rows(source)
        model = one_node("TreeEnsemble", feeds, SCORED, opset=5, n_targets=targets, **attributes)
        assert_alike(model, feeds, tmp_path)


def _random_trees_of_opset_5(source: random.Random, targets: int) -> dict[str, Any]:
    """Return the attributes of some trees of two levels; some branches ask for membership."""
    columns: dict[str, list[int]] = {
        name: [] for name in ("featureids", "trueleafs", "truenodeids", "falseleafs", "falsenodeids")
    }
    modes, splits, members, leaves, roots = [], [], [], 0, []
    for _ in range(source.choice((1, 3))):
        first = len(modes)
        roots.append(first)
        for number in range(3):
            modes.append(source.randrange(7))
            splits.append(source.choice(VALUES))
            if modes[-1] == 6:
                members += [*source.sample((0.5, 1.0, 2.0), source.choice((1, 2))), np.nan]
            columns["featureids"].append(source.randrange(FEATURES))
            for side, child in (("true", 1), ("false", 2)):
                columns[f"{side}leafs"].append(int(number > 0))
                columns[f"{side}nodeids"].append(leaves if number else first + child)
                leaves += number > 0
    tensors = {
        "nodes_modes": np.array(modes, np.uint8),
        "nodes_splits": np.array(splits, np.float32),
        "leaf_weights": np.array([source.choice((-1.0, 0.5, 2.0)) for _ in range(leaves)], np.float32),
    }
    if members:
        tensors["membership_values"] = np.array(members, np.float32)
    return {
        **{f"nodes_{name}": column for name, column in columns.items()},
        **{name: numpy_helper.from_array(array, name) for name, array in tensors.items()},
        "tree_roots": roots,
        "leaf_targetids": [source.randrange(targets) for _ in range(leaves)],
        "aggregate_function": source.choice((0, 1, 2, 3)),
    }


STUMP: dict[str, Any] = {
    "nodes_treeids": [0, 0, 0],
    "nodes_nodeids": [0, 1, 2],
    "nodes_featureids": [0, 0, 0],
    "nodes_values": [0.5, 0.0, 0.0],
    "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
    "nodes_truenodeids": [1, 0, 0],
    "nodes_falsenodeids": [2, 0, 0],
    "target_ids": [0, 0],
    "target_treeids": [0, 0],
    "target_nodeids": [1, 2],
    "target_weights": [1.0, 2.0],
    "n_targets": 1,
}

REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"nodes_values": [0.5]}, "1 nodes_values for 3 nodes"),
    ({"nodes_nodeids": [0, 1, 1]}, "two nodes of a tree have one number"),
    ({"nodes_truenodeids": [7, 0, 0]}, "leads to node 7, which is not there"),
    ({"nodes_truenodeids": [0, 0, 0]}, "leads back to itself"),
    (
        {
            "nodes_modes": ["BRANCH_LEQ", "BRANCH_LEQ", "LEAF"],
            "nodes_truenodeids": [1, 0, 0],
            "nodes_falsenodeids": [2, 2, 0],
        },
        "leads back to itself",
    ),
    ({"nodes_modes": ["BRANCH", "LEAF", "LEAF"]}, "mode 'BRANCH'"),
    ({"nodes_featureids": [9, 0, 0]}, "the number of features is 4; at least 10"),
    ({"nodes_featureids": [-1, 0, 0]}, "compares feature -1"),
    ({"target_ids": [0, 1]}, "a weight for target 1; there are 1"),
    ({"target_nodeids": [1, 1]}, "two weights for target 0"),
    ({"target_weights": [1.0]}, "1 target_weights; 2 are expected"),
    ({"target_treeids": [0]}, "as many of each are expected"),
    ({"n_targets": 0}, "n_targets is 0"),
    ({"base_values": [1.0, 2.0]}, "2 base_values; 1 are expected"),
    ({"post_transform": "TANH"}, "post_transform is 'TANH'"),
    ({"aggregate_function": "PRODUCT"}, "aggregate_function is 'PRODUCT'"),
]


@pytest.mark.parametrize(("changes", "reason"), REFUSALS)
def test_refusals(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    feeds = {"x": np.zeros((2, 4), np.float32)}
    model = one_node("TreeEnsembleRegressor", feeds, SCORED, **{**STUMP, **changes})
    with pytest.raises(ExportError, match=reason):
        simplified(model, tmp_path)


def test_numbers_of_64_bits_are_told(tmp_path: Path) -> None:
    trees = dict(STUMP)
    tensor = helper.make_tensor("values", TensorProto.DOUBLE, [3], trees.pop("nodes_values"))
    feeds = {"x": np.zeros((2, 4), np.float64)}
    trees["target_weights_as_tensor"] = helper.make_tensor(
        "weights", TensorProto.DOUBLE, [2], trees.pop("target_weights")
    )
    model = one_node("TreeEnsembleRegressor", feeds, SCORED, nodes_values_as_tensor=tensor, **trees)
    graph = assert_alike(model, feeds, tmp_path)
    assert any("64 bits" in warning for warning in graph.warnings)
