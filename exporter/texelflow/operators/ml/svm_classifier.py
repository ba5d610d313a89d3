"""SVMClassifier: votes of all pairs of classes (LIBSVM), or the largest of linear sums (LIBLINEAR)."""

from __future__ import annotations

from itertools import accumulate, combinations

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import (
    DOMAIN,
    TRANSFORMS,
    choice,
    kinds,
    numbers,
    require_length,
    row_extents,
    rows,
    whole_numbers,
)
from texelflow.operators.ml.linear import products
from texelflow.operators.ml.pairwise_coupling import MOST_CLASSES, Coupling
from texelflow.operators.ml.scores import (
    add_labels,
    class_count,
    class_labels,
    second_class,
    text_warning,
    transformed,
    two_labels,
)
from texelflow.operators.ml.svm_kernels import kernel_parameters, kernel_values
from texelflow.operators.shapes import unify

_LEAST_SHARE = 1e-7
"""The least probability of a class of a pair."""


@operator(
    "SVMClassifier",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        numbers="coefficients kernel_params prob_a prob_b rho support_vectors",
        integers="classlabels_ints vectors_per_class",
        texts="classlabels_strings",
        text="kernel_type post_transform",
    ),
)
class SVMClassifier(Operator):
    """Labels, int64 [rows], and scores, float32.

    Scores are [rows, classes], with prob_a and prob_b as probabilities. Without these, votes of more than two
    classes give the decision of each pair instead, [rows, pairs].
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of labels and scores; raise NodeError if attributes do not fit together."""
        classes, vectors = self._class_count(node), self._vector_count(node)
        pairs = classes * (classes - 1) // 2
        choice(node, "post_transform", "NONE", TRANSFORMS)
        kernel_parameters(node)
        coefficients, rho = len(numbers(node, "coefficients")), len(numbers(node, "rho"))
        shares = len(numbers(node, "prob_a"))
        require_length(node, "numbers in prob_b", len(numbers(node, "prob_b")), shares)
        columns = classes
        if vectors:
            if classes < 2:
                raise NodeError(node, "its support vectors are of one class; two or more are needed")
            require_length(node, "vectors_per_class", len(whole_numbers(node, "vectors_per_class")), classes)
            require_length(node, "coefficients", coefficients, (classes - 1) * vectors)
            require_length(node, "numbers in rho", rho, pairs)
            if shares:
                require_length(node, "numbers in prob_a", shares, pairs)
                if classes > MOST_CLASSES:
                    raise NodeError(
                        node,
                        f"it has probabilities of {classes} classes; at most {MOST_CLASSES} are possible",
                    )
            elif classes > 2:
                columns = pairs
            size = self._size(node, len(numbers(node, "support_vectors")), vectors)
        else:
            if not rho:
                raise NodeError(node, "it has no rho")
            size = self._size(node, coefficients, classes)
        extent, features = row_extents(node)
        unify(node, features, size, "the features and those of its support vectors")
        return [TensorType("int64", (extent,)), TensorType("float32", (extent, columns))]

    @staticmethod
    def _size(node: Node, found: int, count: int) -> int:
        if not found or found % count:
            raise NodeError(node, f"it has {found} numbers for {count} vectors; a multiple is expected")
        return found // count

    @staticmethod
    def _class_count(node: Node) -> int:
        return class_count(node, "classlabels_ints")

    @staticmethod
    def _vector_count(node: Node) -> int:
        counts = whole_numbers(node, "vectors_per_class")
        if any(count < 0 for count in counts):
            raise NodeError(node, f"vectors_per_class are {counts}; none may be negative")
        return sum(counts)

    def labels(self, node: Node) -> list[list[str] | None]:
        """Return the texts of the classes; scores of pairs have none."""
        integers, words = class_labels(node, "classlabels_ints")
        names = words or [*map(str, integers)]
        pairs = [f"{one} or {other}" for one, other in combinations(names, 2)]
        is_pairs = len(names) > 2 and self._vector_count(node) and not numbers(node, "prob_a")
        return [words or None, pairs if is_pairs else names]

    def warnings(self, node: Node) -> list[str]:
        """Tell of labels that are texts."""
        return text_warning(class_labels(node, "classlabels_ints")[1])

    def decompose(self, node: Node) -> list[Node] | None:
        """Compute the scores, choose, transform."""
        steps = Decomposition(node)
        if self._vector_count(node):
            index, scores = self._by_votes(steps)
        else:
            index, scores = self._by_sums(steps)
        add_labels(steps, index, *class_labels(node, "classlabels_ints"))
        if len(node.outputs) > 1:
            steps.add("Identity", node.outputs[1], scores)
        return steps.nodes

    def _by_sums(self, steps: Decomposition) -> tuple[Value, Value]:
        """Return the index of the class and the scores of a linear model."""
        node, classes = steps.node, self._class_count(steps.node)
        coefficients, rho = numbers(node, "coefficients"), numbers(node, "rho")[0]
        sums = products(steps, rows(steps), coefficients, classes, [rho] * classes)
        index = steps.add("ArgMax", "index", sums, axis=1, keepdims=0)
        if classes == 2 and not numbers(node, "prob_a"):
            index = self._favoured(steps, sums, index, all(number >= 0 for number in coefficients))
        return index, transformed(steps, sums, choice(node, "post_transform", "NONE", TRANSFORMS), classes)

    @staticmethod
    def _favoured(steps: Decomposition, sums: Value, index: Value, is_positive: bool) -> Value:
        """Return 1 if the larger of two sums is above a bound, as in ONNX Runtime, else the index."""
        bound = steps.scalar("bound", "float32", 0.5 if is_positive else 0.0)
        largest = steps.reduce("ReduceMax", "largest", sums, [1])
        comparison = "GreaterOrEqual" if is_positive else "Greater"
        above = steps.add(comparison, "above", largest, bound)
        is_second = two_labels(steps, above)
        return steps.add("Max", "favoured", index, is_second)

    def _by_votes(self, steps: Decomposition) -> tuple[Value, Value]:
        """Return the index of the class with the most votes of pairs, and the scores."""
        node, classes = steps.node, self._class_count(steps.node)
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        decisions = self._decisions(steps, classes)
        pairs = [*combinations(range(classes), 2)]
        zero = steps.scalar("zero", "float32", 0.0)
        won = steps.cast("won", steps.add("Greater", "is_won", decisions, zero), "float32")
        # A pair gives one vote to its second class, or takes it from there to the first.
        moves = [float((k == i) - (k == j)) for i, j in pairs for k in range(classes)]
        start = [float(sum(k == j for _, j in pairs)) for k in range(classes)]
        votes = steps.add(
            "Add",
            "votes",
            steps.add(
                "MatMul", "moved", won, steps.constant("moves", "float32", (len(pairs), classes), moves)
            ),
            steps.constant("votes_before", "float32", (1, classes), start),
        )
        index = steps.add("ArgMax", "index", votes, axis=1, keepdims=0)
        if len(node.outputs) < 2:
            return index, votes
        if numbers(node, "prob_a"):
            shares = Coupling(steps, self._pair_shares(steps, decisions), classes).probabilities()
            return index, transformed(steps, shares, transform, classes)
        if classes == 2:
            return index, second_class(steps, decisions, transform, is_share=transform != "NONE")
        return index, transformed(steps, decisions, transform, len(pairs))

    def _decisions(self, steps: Decomposition, classes: int) -> Value:
        """Return [rows, pairs]: above 0 where the first class of a pair wins."""
        node, count = steps.node, self._vector_count(steps.node)
        kernels = kernel_values(steps, rows(steps), numbers(node, "support_vectors"), count)
        coefficients = numbers(node, "coefficients")
        sizes = whole_numbers(node, "vectors_per_class")
        starts = [0, *accumulate(sizes)]
        weights: list[float] = []
        for i, j in combinations(range(classes), 2):
            # The coefficients of a class are one row shorter than the classes: without itself.
            row = [0.0] * count
            for own, other in ((i, j - 1), (j, i)):
                part = slice(starts[own], starts[own + 1])
                row[part] = coefficients[other * count : (other + 1) * count][part]
            weights += row
        return products(steps, kernels, weights, classes * (classes - 1) // 2, numbers(node, "rho"))

    @staticmethod
    def _pair_shares(steps: Decomposition, decisions: Value) -> Value:
        """Return the probability [rows, pairs] that it is the first class of a pair, by Platt's sigmoids."""
        node = steps.node
        slopes, shifts = (
            steps.constant(name, "float32", (1, len(numbers(node, name))), numbers(node, name))
            for name in ("prob_a", "prob_b")
        )
        logit = steps.add("Add", "logit", steps.add("Mul", "sloped", decisions, slopes), shifts)
        share = steps.add("Sigmoid", "share", steps.add("Neg", "negated", logit))
        bounds = (_LEAST_SHARE, 1 - _LEAST_SHARE)
        return steps.add("Clip", "limited", share, *(steps.scalar("limit", "float32", x) for x in bounds))
