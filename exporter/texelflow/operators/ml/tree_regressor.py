"""TreeEnsembleRegressor: sums, means, least or largest of what the leaves of trees say."""

from __future__ import annotations

from math import inf

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import (
    DOMAIN,
    TRANSFORMS,
    choice,
    double_warnings,
    kinds,
    numbers,
    require_length,
    row_extents,
    rows,
)
from texelflow.operators.ml.scores import transformed
from texelflow.operators.ml.tree_lists import TREE_ATTRIBUTES, read_trees, read_weights
from texelflow.operators.ml.trees import Trees, leaf_table, leaves_reached, over_trees
from texelflow.operators.shapes import at_least

AGGREGATES = ("AVERAGE", "SUM", "MIN", "MAX")

MOST_WEIGHTS = 2**24
"""The most numbers of a table of weights [leaves and branches, targets]."""


def check_trees(node: Node, trees: Trees, targets: int) -> int:
    """Return the depth of trees; raise NodeError if they are too large or read what is not there."""
    depth = trees.depth(node)
    if trees.size * targets > MOST_WEIGHTS:
        raise NodeError(
            node, f"it has {trees.size} nodes times {targets} targets; {MOST_WEIGHTS} is the most"
        )
    read = [feature for feature, mask in zip(trees.features, trees.masks, strict=True) if mask]
    at_least(node, row_extents(node)[1], max(read, default=-1) + 1, "the number of features")
    return depth


def aggregated(
    steps: Decomposition, trees: Trees, leaf: Value, targets: int, aggregate: str, base: list[float]
) -> Value:
    """Return [rows, targets] of float32, with the base values, if there are any.

    A target for which no leaf that is reached has a weight is 0, without its base value.
    """
    operators = {"MIN": ("ReduceMin", inf), "MAX": ("ReduceMax", -inf)}
    operator, default = operators.get(aggregate, ("ReduceSum", 0.0))
    result = over_trees(steps, operator, "total", leaf_table(steps, trees, leaf, targets, default))
    if aggregate == "AVERAGE" and len(trees.roots) > 1:
        count = steps.scalar("count", "float32", float(len(trees.roots)))
        result = steps.add("Div", "mean", result, count)
    if any(base):
        result = steps.add("Add", "based", result, steps.constant("base", "float32", (1, targets), base))
    is_whole = len(trees.weights) == len(trees.leaves) * targets
    if is_whole or not (any(base) or default):
        return result
    present = over_trees(
        steps, "ReduceMax", "any", leaf_table(steps, trees, leaf, targets, 0.0, presence=True)
    )
    some = steps.add("Greater", "some", present, steps.scalar("no", "float32", 0.0))
    return steps.add("Where", "given", some, result, steps.scalar("nothing", "float32", 0.0))


@operator(
    "TreeEnsembleRegressor",
    inputs=1,
    domain=DOMAIN,
    attributes={
        **TREE_ATTRIBUTES,
        **kinds(
            integers="target_ids target_nodeids target_treeids",
            numbers="target_weights",
            integer="n_targets",
            text="aggregate_function",
            tensor="target_weights_as_tensor",
        ),
    },
)
class TreeEnsembleRegressor(Operator):
    """What the leaves have for each target, float32 [rows, targets], over all trees, and base values."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the trees are malformed or read features that are not there."""
        trees, targets = self._trees(node)
        check_trees(node, trees, targets)
        choice(node, "aggregate_function", "SUM", AGGREGATES)
        choice(node, "post_transform", "NONE", TRANSFORMS)
        if base := self._base(node):
            require_length(node, "base_values", len(base), targets)
        return [TensorType("float32", (row_extents(node)[0], targets))]

    @staticmethod
    def _trees(node: Node) -> tuple[Trees, int]:
        targets = int(node.attributes.get("n_targets", 0))
        if targets < 1:
            raise NodeError(node, f"n_targets is {targets}; at least 1 is needed")
        trees = read_trees(node, numbers(node, "nodes_values", "nodes_values_as_tensor"), "target")
        weights = numbers(node, "target_weights", "target_weights_as_tensor")
        read_weights(node, trees, weights, "target", targets)
        return trees, targets

    @staticmethod
    def _base(node: Node) -> list[float]:
        return numbers(node, "base_values", "base_values_as_tensor")

    def warnings(self, node: Node) -> list[str]:
        """Tell of numbers that are rounded."""
        return double_warnings(node, "nodes_values_as_tensor", "target_weights_as_tensor")

    def decompose(self, node: Node) -> list[Node] | None:
        """Walk, add up, transform."""
        steps, (trees, targets) = Decomposition(node), self._trees(node)
        leaf = leaves_reached(steps, trees, rows(steps), trees.depth(node))
        aggregate = choice(node, "aggregate_function", "SUM", AGGREGATES)
        total = aggregated(steps, trees, leaf, targets, aggregate, self._base(node))
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        steps.add("Identity", node.outputs[0], transformed(steps, total, transform, targets))
        return steps.nodes
