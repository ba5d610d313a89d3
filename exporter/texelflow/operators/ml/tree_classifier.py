"""TreeEnsembleClassifier: the class with the most weight of the leaves of trees."""

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
from texelflow.operators.ml.scores import (
    add_labels,
    class_count,
    class_labels,
    second_class,
    text_warning,
    transformed,
    two_labels,
)
from texelflow.operators.ml.tree_lists import TREE_ATTRIBUTES, read_trees, read_weights
from texelflow.operators.ml.tree_regressor import aggregated, check_trees
from texelflow.operators.ml.trees import Trees, leaf_table, leaves_reached, over_trees


@operator(
    "TreeEnsembleClassifier",
    inputs=1,
    domain=DOMAIN,
    attributes={
        **TREE_ATTRIBUTES,
        **kinds(
            integers="class_ids class_nodeids class_treeids classlabels_int64s",
            numbers="class_weights",
            texts="classlabels_strings",
            tensor="class_weights_as_tensor",
        ),
    },
)
class TreeEnsembleClassifier(Operator):
    """Labels, int64 [rows], and transformed sums of weights, float32 [rows, classes].

    Of two classes, leaves may have weights for one only: then it is the second's score, whichever it is.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of labels and scores; raise NodeError if the trees are malformed."""
        trees, classes, base = self._parts(node)
        check_trees(node, trees, classes)
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        if classes > 2 and base:
            require_length(node, "base_values", len(base), classes)
        if len(base) > classes:
            raise NodeError(node, f"it has {len(base)} base_values for {classes} classes")
        if classes == 1 and class_labels(node, "classlabels_int64s")[1]:
            raise NodeError(node, "its one class has a text as its label; two classes or more are needed")
        if classes == 2:
            self._has_second(node, trees)
            if transform == "PROBIT" and len(base) < 2 and not self._has_second(node, trees):
                raise NodeError(
                    node, "post_transform is PROBIT for one score of two classes, which is undefined"
                )
        extent = row_extents(node)[0]
        return [TensorType("int64", (extent,)), TensorType("float32", (extent, classes))]

    @staticmethod
    def _parts(node: Node) -> tuple[Trees, int, list[float]]:
        classes = class_count(node, "classlabels_int64s")
        trees = read_trees(node, numbers(node, "nodes_values", "nodes_values_as_tensor"), "class")
        weights = numbers(node, "class_weights", "class_weights_as_tensor")
        read_weights(node, trees, weights, "class", classes)
        return trees, classes, numbers(node, "base_values", "base_values_as_tensor")

    @staticmethod
    def _has_second(node: Node, trees: Trees) -> bool:
        """Return whether leaves have a weight for the second of two classes: all, or none."""
        having = {leaf for leaf, target in trees.weights if target == 1}
        if having and len(having) < len(trees.leaves):
            raise NodeError(
                node, "some leaves have a weight for the second of its two classes and others have none"
            )
        return bool(having)

    def labels(self, node: Node) -> list[list[str] | None]:
        """Return the texts of the classes."""
        integers, words = class_labels(node, "classlabels_int64s")
        return [words or None, words or [*map(str, integers)]]

    def warnings(self, node: Node) -> list[str]:
        """Tell of labels that are texts, and of numbers that are rounded."""
        texts = text_warning(class_labels(node, "classlabels_int64s")[1])
        return texts + double_warnings(node, "nodes_values_as_tensor", "class_weights_as_tensor")

    def decompose(self, node: Node) -> list[Node] | None:
        """Walk, add up, choose, transform."""
        steps, (trees, classes, base) = Decomposition(node), self._parts(node)
        leaf = leaves_reached(steps, trees, rows(steps), trees.depth(node))
        sums = aggregated(steps, trees, leaf, classes, "SUM", [])
        if classes > 2:
            scores = self._of_many(steps, trees, leaf, sums, base)
        elif classes == 2:
            scores = self._of_two(steps, trees, sums, base)
        else:
            scores = self._of_one(steps, sums, base)
        if len(node.outputs) > 1:
            steps.add("Identity", node.outputs[1], scores)
        return steps.nodes

    def _of_many(
        self, steps: Decomposition, trees: Trees, leaf: Value, sums: Value, base: list[float]
    ) -> Value:
        """Choose the largest sum among the classes that have any; return the scores."""
        node, classes = steps.node, class_count(steps.node, "classlabels_int64s")
        eligible = sums
        if base:
            sums = steps.add("Add", "based", sums, steps.constant("base", "float32", (1, classes), base))
            eligible = sums
        elif len(trees.weights) < len(trees.leaves) * classes and min(trees.weights.values()) <= 0:
            table = leaf_table(steps, trees, leaf, classes, 0.0, presence=True)
            present = over_trees(steps, "ReduceMax", "any", table)
            some = steps.add("Greater", "some", present, steps.scalar("no", "float32", 0.0))
            eligible = steps.add("Where", "eligible", some, sums, steps.scalar("never", "float32", -inf))
        index = steps.add("ArgMax", "index", eligible, axis=1, keepdims=0)
        add_labels(steps, index, *class_labels(node, "classlabels_int64s"))
        return transformed(steps, sums, choice(node, "post_transform", "NONE", TRANSFORMS), classes)

    def _of_two(self, steps: Decomposition, trees: Trees, sums: Value, base: list[float]) -> Value:
        """Choose by the score of the second class, or the only one there is; return the scores."""
        node = steps.node
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        first, second = (steps.slice(name, sums, 1, i, i + 1) for i, name in enumerate(("first", "second")))
        has_second = self._has_second(node, trees)
        has_first = any(target == 0 for _, target in trees.weights)
        # As in ONNX Runtime the first sum gets the base value of the second; what has no weights is 0.
        if len(base) == 2 and has_second:
            second = steps.add("Add", "based", first, steps.scalar("base", "float32", base[1]))
            first = steps.add("Neg", "opposite", second) if has_first else first
        elif base and has_first:
            first = steps.add("Add", "based", first, steps.scalar("base", "float32", base[0]))
        deciding = second if has_second else first
        is_binary = len({target for _, target in trees.weights}) == 1
        is_positive = all(weight >= 0 for weight in trees.weights.values())
        bound = 0.5 if is_binary and is_positive else 0.0
        above = steps.add("Greater", "above", deciding, steps.scalar("bound", "float32", bound))
        index = two_labels(steps, above)
        integers, words = class_labels(node, "classlabels_int64s")
        # Of weights for both classes, ONNX Runtime tells 0 and 1, whatever the labels are.
        add_labels(steps, index, integers if is_binary else [] if words else [0, 1], words)
        if has_second or len(base) == 2:
            both = steps.add("Concat", "scores", first, second, axis=1)
            return transformed(steps, both, transform, 2)
        return second_class(steps, first, transform, is_share=is_positive)

    @staticmethod
    def _of_one(steps: Decomposition, sums: Value, base: list[float]) -> Value:
        """Tell 1 where the only score is above 0, else 0; return it."""
        if base:
            sums = steps.add("Add", "based", sums, steps.scalar("base", "float32", base[0]))
        above = steps.add("Greater", "above", sums, steps.scalar("zero", "float32", 0.0))
        index = two_labels(steps, above)
        add_labels(steps, index, [0, 1], [])
        return transformed(steps, sums, choice(steps.node, "post_transform", "NONE", TRANSFORMS), 1)
