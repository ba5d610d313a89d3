"""From sums to scores: the post_transform of classifiers and regressors, as ONNX Runtime computes it."""

from __future__ import annotations

from math import sqrt

from texelflow.graph import Node, NodeError, Value
from texelflow.operators.decomposition import Decomposition

_SMALLEST = 1e-7
"""SOFTMAX_ZERO leaves what lies nearer to zero."""


def transformed(steps: Decomposition, scores: Value, transform: str, columns: int) -> Value:
    """Return scores [rows, columns] of float32 transformed; of one column only PROBIT does anything."""
    if transform == "PROBIT":
        return probit(steps, scores)
    if columns == 1 or transform == "NONE":
        return scores
    if transform == "LOGISTIC":
        return steps.add("Sigmoid", "logistic", scores)
    if transform == "SOFTMAX":
        return steps.add("Softmax", "softmax", scores, axis=1)
    return _softmax_zero(steps, scores)


def second_class(steps: Decomposition, score: Value, transform: str, *, is_share: bool) -> Value:
    """Return the scores [rows, 2] of both classes, given that of the second one [rows, 1].

    LOGISTIC makes probabilities of it. Else both sum to 1 (`is_share`), or to 0.
    """
    if transform == "PROBIT":
        raise NodeError(
            steps.node, "post_transform is PROBIT for one score of two classes, which is undefined"
        )
    if is_share and transform != "LOGISTIC":
        first = steps.add("Sub", "other", steps.scalar("one", "float32", 1.0), score)
    else:
        first = steps.add("Neg", "other", score)
    both = steps.add("Concat", "both", first, score, axis=1)
    return steps.add("Sigmoid", "logistic", both) if transform == "LOGISTIC" else both


def class_labels(node: Node, integers_name: str) -> tuple[list[int], list[str]]:
    """Return the numbers of the classes and their texts: one of the lists is empty."""
    numbers = [int(label) for label in node.attributes.get(integers_name) or []]
    words = [str(label) for label in node.attributes.get("classlabels_strings") or []]
    if bool(numbers) == bool(words):
        found = "both" if numbers else "none"
        raise NodeError(node, f"it has {found} of classlabels_strings and {integers_name}; one is needed")
    return numbers, words


def class_count(node: Node, integers_name: str) -> int:
    """Return how many classes there are."""
    numbers, words = class_labels(node, integers_name)
    return len(numbers) + len(words)


def add_labels(steps: Decomposition, index: Value, numbers: list[int], words: list[str]) -> None:
    """Let the first output be the labels [rows] by the index of the class; of texts, the index itself."""
    result = steps.node.outputs[0]
    if words or numbers == list(range(len(numbers))):
        steps.cast(result, index, "int64")
        return
    steps.add("Gather", result, steps.vector("labels", numbers), index, axis=0)


def two_labels(steps: Decomposition, is_second: Value) -> Value:
    """Return 1 where the condition [rows, 1] holds, else 0: int64 [rows]."""
    flat = steps.add("Squeeze", "winner", is_second, steps.vector("columns", [1]))
    return steps.cast("winner_index", flat, "int64")


def text_warning(words: list[str]) -> list[str]:
    """Return the warning that labels that are texts come out as numbers."""
    return ["its labels are texts: the output has their indices, its labels the texts"] if words else []


def probit(steps: Decomposition, scores: Value) -> Value:
    """Return √2 times the inverse of erf at 2 x - 1, by Winitzki's approximation."""

    def number(step: str, element: float) -> Value:
        return steps.scalar(step, "float32", element)

    one = number("one", 1.0)
    x = steps.add("Sub", "centred", steps.add("Mul", "twice", scores, number("two", 2.0)), one)
    product = steps.add(
        "Mul", "product", steps.add("Sub", "below", one, x), steps.add("Add", "above", one, x)
    )
    logarithm = steps.add("Log", "logarithm", product)
    half = steps.add("Mul", "half", logarithm, number("a_half", 0.5))
    v = steps.add("Add", "v", half, number("constant", 2 / (3.14159 * 0.147)))
    quotient = steps.add("Mul", "quotient", logarithm, number("inverse", 1 / 0.147))
    square = steps.add("Mul", "square", v, v)
    root = steps.add("Sqrt", "root", steps.add("Sub", "difference", square, quotient))
    size = steps.add("Sqrt", "size", steps.add("Sub", "rest", root, v))
    negative = steps.add("Less", "negative", x, number("zero", 0.0))
    signed = steps.add("Where", "signed", negative, steps.add("Neg", "negated", size), size)
    return steps.add("Mul", "probit", signed, number("root_of_two", sqrt(2)))


def _softmax_zero(steps: Decomposition, scores: Value) -> Value:
    """Return the softmax of the scores that are not 0; the others stay next to 0."""
    largest = steps.reduce("ReduceMax", "largest", scores, [1])
    exponential = steps.add("Exp", "exponential", steps.add("Sub", "difference", scores, largest))
    none = steps.scalar("none", "float32", 0.0)
    size = steps.add("Abs", "magnitude", scores)
    counts = steps.add("Greater", "counts", size, steps.scalar("smallest", "float32", _SMALLEST))
    total = steps.reduce("ReduceSum", "total", steps.add("Where", "counted", counts, exponential, none), [1])
    factor = steps.add("Exp", "factor", steps.add("Neg", "of_largest", largest))
    others = steps.add("Mul", "others", scores, factor)
    return steps.add("Div", "softmax", steps.add("Where", "shares", counts, exponential, others), total)
