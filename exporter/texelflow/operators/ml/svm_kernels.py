"""The kernels of support vector machines: what a row and a support vector have in common."""

from __future__ import annotations

from texelflow.graph import Node, Value
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import choice, numbers, require_length
from texelflow.operators.ml.linear import products

KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def kernel_parameters(node: Node) -> tuple[str, float, float, float]:
    """Return the kernel, and its gamma, coef0 and degree; raise NodeError if they are malformed."""
    kernel, found = choice(node, "kernel_type", "LINEAR", KERNELS), numbers(node, "kernel_params")
    if not found:
        return kernel, 0.0, 0.0, 0.0
    require_length(node, "kernel_params", len(found), 3)
    gamma, coef0, degree = found
    return kernel, gamma, coef0, degree


def kernel_values(steps: Decomposition, source: Value, vectors: list[float], count: int) -> Value:
    """Return [rows, count] of float32: the kernel of each row and each support vector [count, features]."""
    kernel, gamma, start, degree = kernel_parameters(steps.node)
    if kernel == "RBF":
        # Not by the products, whose difference would cancel where the features are large.
        features = len(vectors) // count
        vector = steps.constant("vectors", "float32", (1, count, features), vectors)
        upright = steps.add("Unsqueeze", "upright", source, steps.vector("axis", [1]))
        difference = steps.add("Sub", "difference", upright, vector)
        square = steps.add("Mul", "square", difference, difference)
        distance = steps.add("ReduceSum", "distance", square, steps.vector("last", [2]), keepdims=0)
        exponent = steps.add("Mul", "exponent", distance, steps.scalar("gamma", "float32", -gamma))
        return steps.add("Exp", "kernel", exponent)
    value = products(steps, source, vectors, count, [])
    if kernel == "LINEAR":
        return value
    value = steps.add("Mul", "scaled", value, steps.scalar("gamma", "float32", gamma))
    value = steps.add("Add", "shifted", value, steps.scalar("start", "float32", start))
    if kernel == "SIGMOID":
        return steps.add("Tanh", "kernel", value)
    if degree not in (2.0, 3.0):
        return steps.add("Pow", "kernel", value, steps.scalar("degree", "float32", degree))
    square = steps.add("Mul", "square", value, value)
    return square if degree == 2.0 else steps.add("Mul", "cube", square, value)
