"""Trees as TreeEnsembleClassifier and TreeEnsembleRegressor write them: lists of what each node has."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from texelflow.graph import Node, NodeError
from texelflow.operators.ml.attributes import kinds
from texelflow.operators.ml.trees import LEAF, MASKS, Trees, missing_mask

TREE_ATTRIBUTES = kinds(
    integers="nodes_falsenodeids nodes_featureids nodes_missing_value_tracks_true nodes_nodeids nodes_treeids"
    " nodes_truenodeids",
    numbers="base_values nodes_hitrates nodes_values",
    texts="nodes_modes",
    text="post_transform",
    tensor="base_values_as_tensor nodes_hitrates_as_tensor nodes_values_as_tensor",
)


def read_trees(node: Node, thresholds: list[float], prefix: str) -> Trees:
    """Return the trees of the older operators, without weights; raise NodeError if their lists do not fit.

    `prefix` begins the names of the lists of weights, such as `target`.
    """
    columns = {
        name: list(node.attributes.get(f"nodes_{name}") or [])
        for name in ("treeids", "nodeids", "featureids", "modes", "truenodeids", "falsenodeids")
    }
    count = len(columns["treeids"])
    missing = list(node.attributes.get("nodes_missing_value_tracks_true") or [])
    for name, column in (*columns.items(), ("values", thresholds), ("missing_value_tracks_true", missing)):
        if len(column) != count and (column or name != "missing_value_tracks_true"):
            raise NodeError(
                node, f"it has {len(column)} nodes_{name} for {count} nodes; as many are expected"
            )
    keys = [*zip(columns["treeids"], columns["nodeids"], strict=True)]
    numbers = {key: number for number, key in enumerate(keys)}
    if len(numbers) != count:
        raise NodeError(node, "two nodes of a tree have one number")
    trees = Trees()
    for number, (tree, _) in enumerate(keys):
        mode = columns["modes"][number]
        if mode == LEAF:
            trees.add_leaf()
            continue
        if mode not in MASKS:
            raise NodeError(
                node, f"a node has the mode {mode!r}; one of {', '.join((*MASKS, LEAF))} is expected"
            )
        children = [
            _child(node, numbers, tree, columns[name][number]) for name in ("truenodeids", "falsenodeids")
        ]
        mask = missing_mask(MASKS[mode], bool(missing) and missing[number] == 1)
        trees.add(columns["featureids"][number], thresholds[number], mask, children[0], children[1])
    trees.roots = [next(group)[0] for _, group in groupby(enumerate(keys), key=lambda item: item[1][0])]
    _check_weights(node, prefix)
    return trees


def _child(node: Node, numbers: dict[tuple[int, int], int], tree: int, child: int) -> int:
    found = numbers.get((tree, child))
    if found is None:
        raise NodeError(node, f"a branch of tree {tree} leads to node {child}, which is not there")
    return found


def _check_weights(node: Node, prefix: str) -> None:
    lengths = [len(node.attributes.get(f"{prefix}_{name}") or []) for name in ("ids", "nodeids", "treeids")]
    if len(set(lengths)) != 1:
        names = f"{prefix}_ids, {prefix}_nodeids and {prefix}_treeids"
        raise NodeError(node, f"it has {', '.join(map(str, lengths))} {names}; as many of each are expected")


def read_weights(node: Node, trees: Trees, weights: Sequence[float], prefix: str, targets: int) -> None:
    """Add the weights of leaves; those of branches are passed over, as old converters wrote them."""
    ids, nodes, tree_ids = (
        list(node.attributes.get(f"{prefix}_{name}") or []) for name in ("ids", "nodeids", "treeids")
    )
    if len(weights) != len(ids):
        raise NodeError(node, f"it has {len(weights)} {prefix}_weights; {len(ids)} are expected")
    keys = zip(node.attributes["nodes_treeids"], node.attributes["nodes_nodeids"], strict=True)
    numbers = {key: number for number, key in enumerate(keys)}
    for target, tree, number, weight in zip(ids, tree_ids, nodes, weights, strict=True):
        found = _child(node, numbers, tree, number)
        if not trees.masks[found]:
            trees.add_weight(node, found, target, weight, targets)
    weighted = {leaf for leaf, _ in trees.weights}
    if missing := [leaf for leaf in trees.leaves if leaf not in weighted]:
        raise NodeError(node, f"{len(missing)} of its leaves have no weight")
