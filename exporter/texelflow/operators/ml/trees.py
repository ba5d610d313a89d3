"""Ensembles of decision trees: the nodes as vectors, and the walk from all roots at once, level by level."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan

from texelflow.graph import Node, NodeError, Value
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import row_extents

DEEPEST = 1000

_LESS, _EQUAL, _GREATER, _UNORDERED = 1, 2, 4, 8

MASKS = {
    "BRANCH_LEQ": _LESS | _EQUAL,
    "BRANCH_LT": _LESS,
    "BRANCH_GTE": _GREATER | _EQUAL,
    "BRANCH_GT": _GREATER,
    "BRANCH_EQ": _EQUAL,
    "BRANCH_NEQ": _LESS | _GREATER | _UNORDERED,
}
"""For which results of comparing a feature with the threshold a branch is true."""

LEAF = "LEAF"

_COMPARISONS = {
    MASKS["BRANCH_LEQ"]: "LessOrEqual",
    MASKS["BRANCH_LT"]: "Less",
    MASKS["BRANCH_GTE"]: "GreaterOrEqual",
    MASKS["BRANCH_GT"]: "Greater",
    MASKS["BRANCH_EQ"]: "Equal",
}


@dataclass(slots=True)
class Trees:
    """Nodes by number: what they compare, and where they lead. A leaf leads to itself."""

    features: list[int] = field(default_factory=list)
    thresholds: list[float] = field(default_factory=list)
    masks: list[int] = field(default_factory=list)
    on_true: list[int] = field(default_factory=list)
    on_false: list[int] = field(default_factory=list)
    roots: list[int] = field(default_factory=list)
    weights: dict[tuple[int, int], float] = field(default_factory=dict)
    """By leaf and target."""

    @property
    def size(self) -> int:
        return len(self.masks)

    @property
    def leaves(self) -> list[int]:
        return [number for number, mask in enumerate(self.masks) if not mask]

    def add(self, feature: int, threshold: float, mask: int, on_true: int, on_false: int) -> None:
        """Add a node."""
        self.features.append(feature)
        self.thresholds.append(threshold)
        self.masks.append(mask)
        self.on_true.append(on_true)
        self.on_false.append(on_false)

    def add_leaf(self) -> int:
        """Add a leaf; return its number. What it compares does not matter."""
        self.add(0, 0.0, 0, self.size, self.size)
        return self.size - 1

    def add_weight(self, node: Node, leaf: int, target: int, weight: float, targets: int) -> None:
        """Let a leaf have a weight for a target; raise NodeError for a target that is not or has one."""
        if not 0 <= target < targets:
            raise NodeError(node, f"a leaf has a weight for target {target}; there are {targets}")
        if (leaf, target) in self.weights:
            raise NodeError(node, f"a leaf has two weights for target {target}")
        self.weights[leaf, target] = weight

    def depth(self, node: Node) -> int:
        """Return the most branches on a way to a leaf; raise NodeError if one goes round or is too long.

        Checks thresholds and features as well.
        """
        if not self.roots:
            raise NodeError(node, "it has no trees")
        depths: dict[int, int] = {}
        open_nodes: set[int] = set()
        pending = list(self.roots)
        while pending:
            number = pending[-1]
            if number in depths or not self.masks[number]:
                depths.setdefault(number, 0)
                pending.pop()
                continue
            children = (self.on_true[number], self.on_false[number])
            if number in open_nodes:
                open_nodes.remove(number)
                depths[number] = 1 + max(depths[child] for child in children)
                pending.pop()
                continue
            if isnan(self.thresholds[number]) or not 0 <= self.features[number] < 2**31:
                raise NodeError(
                    node,
                    f"a branch compares feature {self.features[number]} with {self.thresholds[number]}",
                )
            open_nodes.add(number)
            if any(child in open_nodes for child in children):
                raise NodeError(node, "a branch of a tree leads back to itself")
            pending.extend(children)
        deepest = max(depths[root] for root in self.roots)
        if deepest > DEEPEST:
            raise NodeError(node, f"its trees have {deepest} levels; at most {DEEPEST} are possible")
        return deepest


def missing_mask(mask: int, tracks_true: bool) -> int:
    """Return the mask of a branch; `tracks_true` says that it is true if the feature is missing, a NaN."""
    return mask | _UNORDERED if tracks_true else mask


def leaves_reached(steps: Decomposition, trees: Trees, source: Value, depth: int) -> Value:
    """Return the leaf of each tree that a row of `source` [rows, features] ends in: int32 [rows, trees]."""
    count, size = len(trees.roots), trees.size
    children = [child for pair in zip(trees.on_false, trees.on_true, strict=True) for child in pair]
    child_table = steps.constant("children", "int32", (2 * size,), children)
    tables = {
        "feature": steps.constant("features", "int32", (size,), trees.features),
        "threshold": steps.constant("thresholds", "float32", (size,), trees.thresholds),
        "mask": steps.constant("masks", "int32", (size,), trees.masks),
    }
    masks = {mask for mask in trees.masks if mask}
    two = steps.scalar("two", "int32", 2)
    index = steps.constant("roots", "int32", (1, count), trees.roots)
    if not depth:
        shape = steps.vector("leaves_shape", [row_extents(steps.node)[0], count])
        return steps.add("Expand", "leaf", index, shape)
    for level in range(depth):
        if level:
            feature = steps.add("Gather", "feature", tables["feature"], index, axis=0)
            number = steps.add("GatherElements", "number", source, feature, axis=1)
            threshold = steps.add("Gather", "threshold", tables["threshold"], index, axis=0)
            mask = None
            if len(masks) > 1 or not masks <= _COMPARISONS.keys():
                mask = steps.add("Gather", "mask", tables["mask"], index, axis=0)
        else:  # all rows are at the roots
            features, limits, own = (
                [column[root] for root in trees.roots]
                for column in (trees.features, trees.thresholds, trees.masks)
            )
            first = steps.constant("root_features", "int32", (count,), features)
            number = steps.add("Gather", "number", source, first, axis=1)
            threshold = steps.constant("root_thresholds", "float32", (1, count), limits)
            mask = steps.constant("root_masks", "int32", (1, count), own)
        is_true = _is_true(steps, number, threshold, mask, masks)
        place = steps.add("Mul", "twice", index, two)
        place = steps.add("Add", "place", place, steps.cast("turn", is_true, "int32"))
        index = steps.add("Gather", "node", child_table, place, axis=0)
    return index


def _is_true(
    steps: Decomposition, number: Value, threshold: Value, mask: Value | None, masks: set[int]
) -> Value:
    """Return whether branches are true: by one comparison if all compare alike."""
    only = _COMPARISONS.get(min(masks)) if len(masks) == 1 else None
    if only is not None:
        return steps.add(only, "is_true", number, threshold)
    result = steps.scalar("unordered", "int32", _UNORDERED)
    for comparison, bit in (("Greater", _GREATER), ("Equal", _EQUAL), ("Less", _LESS)):
        holds = steps.add(comparison, comparison.lower(), number, threshold)
        result = steps.add("Where", "relation", holds, steps.scalar("bit", "int32", bit), result)
    common = steps.add("BitwiseAnd", "common", result, mask)
    return steps.add("Greater", "is_true", common, steps.scalar("none", "int32", 0))


def leaf_table(
    steps: Decomposition, trees: Trees, leaf: Value, targets: int, default: float, *, presence: bool = False
) -> Value:
    """Return the weights [rows, trees, targets] of leaves, or, with `presence`, 1 where there is one."""
    table = [default] * (trees.size * targets)
    for (number, target), weight in trees.weights.items():
        table[number * targets + target] = 1.0 if presence else weight
    name = "present" if presence else "weights"
    weights = steps.constant(f"{name}_table", "float32", (trees.size, targets), table)
    return steps.add("Gather", name, weights, leaf, axis=0)


def over_trees(steps: Decomposition, operator: str, step: str, value: Value) -> Value:
    """Return [rows, targets] of what leaves have: their sum, least or largest."""
    return steps.add(operator, step, value, steps.vector(f"{step}_axis", [1]), keepdims=0)
