"""TreeEnsemble, of opset 5: trees whose leaves have lists of their own."""

from __future__ import annotations

from math import isnan

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import (
    DOMAIN,
    double_warnings,
    kinds,
    require_length,
    row_extents,
    rows,
    tensor_elements,
    whole_numbers,
)
from texelflow.operators.ml.scores import transformed
from texelflow.operators.ml.tree_regressor import AGGREGATES, aggregated, check_trees
from texelflow.operators.ml.trees import MASKS, Trees, leaves_reached, missing_mask

_TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO", "PROBIT")
"""By number. ONNX says that 1 is SOFTMAX and 2 LOGISTIC, but ONNX Runtime computes these."""

_MODES = ("BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ", "BRANCH_MEMBER")


@operator(
    "TreeEnsemble",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        integers="leaf_targetids nodes_falseleafs nodes_falsenodeids nodes_featureids"
        " nodes_missing_value_tracks_true nodes_trueleafs nodes_truenodeids tree_roots",
        integer="aggregate_function n_targets post_transform",
        tensor="leaf_weights membership_values nodes_hitrates nodes_modes nodes_splits",
    ),
)
class TreeEnsemble(Operator):
    """What the leaves have for each target, [rows, targets] of the input's element type, over all trees."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if the trees are malformed or read features that are not there."""
        trees, targets = self._trees(node)
        check_trees(node, trees, targets)
        self._named(node, "aggregate_function", 1, AGGREGATES)
        self._named(node, "post_transform", 0, _TRANSFORMS)
        dtype = node.required(0).dtype
        return [TensorType(dtype, (row_extents(node)[0], targets))]

    @staticmethod
    def _named(node: Node, name: str, default: int, names: tuple[str, ...]) -> str:
        number = int(node.attributes.get(name, default))
        if not 0 <= number < len(names):
            raise NodeError(node, f"{name} is {number}; 0 to {len(names) - 1} are expected")
        return names[number]

    def _trees(self, node: Node) -> tuple[Trees, int]:
        targets = int(node.attributes.get("n_targets", 0))
        if targets < 1:
            raise NodeError(node, f"n_targets is {targets}; at least 1 is needed")
        trees = self._branches(node)
        weights, target_ids = tensor_elements(node, "leaf_weights"), whole_numbers(node, "leaf_targetids")
        require_length(node, "leaf_weights", len(weights), len(target_ids))
        first = len(tensor_elements(node, "nodes_modes"))
        for leaf, (target, weight) in enumerate(zip(target_ids, weights, strict=True), first):
            trees.add_weight(node, leaf, target, weight, targets)
        return trees, targets

    @staticmethod
    def _branches(node: Node) -> Trees:
        """Return branches, then leaves, then branches for all but the first member of a set."""
        modes, splits = tensor_elements(node, "nodes_modes"), tensor_elements(node, "nodes_splits")
        count, leaves = len(modes), len(whole_numbers(node, "leaf_targetids"))
        columns = {
            name: whole_numbers(node, f"nodes_{name}")
            for name in ("featureids", "trueleafs", "truenodeids", "falseleafs", "falsenodeids")
        }
        missing = whole_numbers(node, "nodes_missing_value_tracks_true") or [0] * count
        lengths = {name: len(column) for name, column in columns.items()}
        lengths |= {"splits": len(splits), "missing_value_tracks_true": len(missing)}
        for name, length in lengths.items():
            require_length(node, f"nodes_{name}", length, count)
        trees = Trees()
        sets = _member_sets(node, modes)
        extra: list[tuple[int, float, int, int]] = []
        for number in range(count):
            feature = columns["featureids"][number]
            mode = _MODES[int(modes[number])] if 0 <= modes[number] < len(_MODES) else ""
            if not mode:
                raise NodeError(
                    node, f"a node has the mode {modes[number]}; 0 to {len(_MODES) - 1} are expected"
                )
            on_true, on_false = (
                _child(
                    node, columns[f"{side}nodeids"][number], columns[f"{side}leafs"][number], count, leaves
                )
                for side in ("true", "false")
            )
            if mode != "BRANCH_MEMBER":
                mask = missing_mask(MASKS[mode], missing[number] == 1)
                trees.add(feature, splits[number], mask, on_true, on_false)
                continue
            # A member of a set equals one of its numbers: a chain of branches, all but the last wrong so far.
            numbers = sets[number]
            mask = missing_mask(MASKS["BRANCH_EQ"], missing[number] == 1)
            following = count + leaves + len(extra)
            places = [*range(following, following + len(numbers) - 1), on_false]
            trees.add(feature, numbers[0], mask, on_true, places[0])
            extra += [
                (feature, value, on_true, place) for value, place in zip(numbers[1:], places[1:], strict=True)
            ]
        for _ in range(leaves):
            trees.add_leaf()
        for feature, value, on_true, on_false in extra:
            trees.add(feature, value, MASKS["BRANCH_EQ"], on_true, on_false)
        trees.roots = whole_numbers(node, "tree_roots")
        if any(not 0 <= root < count for root in trees.roots):
            raise NodeError(node, f"its roots {trees.roots} are not all among {count} nodes")
        return trees

    def warnings(self, node: Node) -> list[str]:
        """Tell of numbers that are rounded, and of a transform that is not ONNX's."""
        found = double_warnings(node, "nodes_splits", "leaf_weights")
        if (transform := self._named(node, "post_transform", 0, _TRANSFORMS)) in ("LOGISTIC", "SOFTMAX"):
            found.append(f"its post_transform is {transform}, as in ONNX Runtime; ONNX says otherwise")
        return found

    def decompose(self, node: Node) -> list[Node] | None:
        """Walk, add up, transform."""
        steps, (trees, targets) = Decomposition(node), self._trees(node)
        leaf = leaves_reached(steps, trees, rows(steps), trees.depth(node))
        aggregate = self._named(node, "aggregate_function", 1, AGGREGATES)
        total = aggregated(steps, trees, leaf, targets, aggregate, [])
        result = transformed(steps, total, self._named(node, "post_transform", 0, _TRANSFORMS), targets)
        steps.cast(node.outputs[0], result, node.outputs[0].dtype)
        return steps.nodes


def _member_sets(node: Node, modes: list[float]) -> dict[int, list[float]]:
    """Return the numbers of each branch that asks for membership: NaN ends a set."""
    sets: list[list[float]] = [[]]
    for number in tensor_elements(node, "membership_values"):
        if isnan(number):
            sets.append([])
        else:
            sets[-1].append(number)
    members = [number for number, mode in enumerate(modes) if mode == _MODES.index("BRANCH_MEMBER")]
    found = dict(zip(members, sets, strict=False))
    if any(not found.get(number) for number in members):
        raise NodeError(node, f"membership_values has no numbers for one of {len(members)} branches")
    return found


def _child(node: Node, number: int, is_leaf: int, branches: int, leaves: int) -> int:
    """Return the number of a child: leaves come after the branches."""
    count = leaves if is_leaf else branches
    if not 0 <= number < count:
        what = "leaves" if is_leaf else "nodes"
        raise NodeError(node, f"a branch leads to number {number} of {count} {what}")
    return branches + number if is_leaf else number
