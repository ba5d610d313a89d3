"""LinearClassifier and LinearRegressor: a matrix product, biases, and a transform of the sums."""

from __future__ import annotations

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
from texelflow.operators.shapes import unify


def weights_by_target(node: Node, targets: int) -> list[float]:
    """Return the coefficients [targets, features]; raise NodeError if they do not fit the input."""
    coefficients = numbers(node, "coefficients")
    if not coefficients or len(coefficients) % targets:
        raise NodeError(
            node, f"it has {len(coefficients)} coefficients; a positive multiple of {targets} is expected"
        )
    features = row_extents(node)[1]
    unify(node, features, len(coefficients) // targets, "the features and the coefficients of a target")
    return coefficients


def products(
    steps: Decomposition, source: Value, weights: list[float], targets: int, biases: list[float]
) -> Value:
    """Return [rows, targets] of float32: the products with the weights [targets, features], and biases."""
    size = len(weights) // targets
    matrix = steps.constant(
        "weights",
        "float32",
        (size, targets),
        [weights[j * size + i] for i in range(size) for j in range(targets)],
    )
    result = steps.add("MatMul", "products", source, matrix)
    if not any(biases):
        return result
    return steps.add("Add", "sums", result, steps.constant("biases", "float32", (1, len(biases)), biases))


@operator(
    "LinearRegressor",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(numbers="coefficients intercepts", integer="targets", text="post_transform"),
)
class LinearRegressor(Operator):
    """`transform(X Wᵀ + intercepts)`, float32 [rows, targets]; as many intercepts as targets, or none."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless the coefficients fit the features."""
        targets = self._targets(node)
        weights_by_target(node, targets)
        choice(node, "post_transform", "NONE", TRANSFORMS)
        if found := len(numbers(node, "intercepts")):
            require_length(node, "intercepts", found, targets)
        return [TensorType("float32", (row_extents(node)[0], targets))]

    @staticmethod
    def _targets(node: Node) -> int:
        targets = int(node.attributes.get("targets", 1))
        if targets < 1:
            raise NodeError(node, f"targets is {targets}; at least 1 is needed")
        return targets

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply, add, transform."""
        steps, targets = Decomposition(node), self._targets(node)
        weights, biases = weights_by_target(node, targets), numbers(node, "intercepts")
        sums = products(steps, rows(steps), weights, targets, biases)
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        steps.add("Identity", node.outputs[0], transformed(steps, sums, transform, targets))
        return steps.nodes


@operator(
    "LinearClassifier",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        numbers="coefficients intercepts",
        integers="classlabels_ints",
        texts="classlabels_strings",
        integer="multi_class",
        text="post_transform",
    ),
)
class LinearClassifier(Operator):
    """The class of the largest of `X Wᵀ + intercepts`, int64 [rows], and these transformed, float32.

    Scores are [rows, classes]; of two classes one score may tell: above 0 the second wins.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of labels and scores; raise NodeError if attributes do not fit together."""
        targets, classes = self._targets(node), class_count(node, "classlabels_ints")
        weights_by_target(node, targets)
        choice(node, "post_transform", "NONE", TRANSFORMS)
        require_length(node, "labels", classes, max(targets, 2))
        extent = row_extents(node)[0]
        return [TensorType("int64", (extent,)), TensorType("float32", (extent, classes))]

    @staticmethod
    def _targets(node: Node) -> int:
        if not (count := len(numbers(node, "intercepts"))):
            raise NodeError(node, "it has no intercepts; one for each score is needed")
        return count

    def labels(self, node: Node) -> list[list[str] | None]:
        """Return the texts of the classes."""
        labels, words = class_labels(node, "classlabels_ints")
        return [words or None, words or [*map(str, labels)]]

    def warnings(self, node: Node) -> list[str]:
        """Tell of labels that are texts."""
        return text_warning(class_labels(node, "classlabels_ints")[1])

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply, add, choose, transform."""
        steps, targets = Decomposition(node), self._targets(node)
        transform = choice(node, "post_transform", "NONE", TRANSFORMS)
        weights, biases = weights_by_target(node, targets), numbers(node, "intercepts")
        sums = products(steps, rows(steps), weights, targets, biases)
        if targets == 1:
            above = steps.add("Greater", "above", sums, steps.scalar("zero", "float32", 0.0))
            index = two_labels(steps, above)
        else:
            index = steps.add("ArgMax", "index", sums, axis=1, keepdims=0)
        add_labels(steps, index, *class_labels(node, "classlabels_ints"))
        if len(node.outputs) > 1:
            if targets == 1:
                scores = second_class(steps, sums, transform, is_share=True)
            else:
                scores = transformed(steps, sums, transform, targets)
            steps.add("Identity", node.outputs[1], scores)
        return steps.nodes
