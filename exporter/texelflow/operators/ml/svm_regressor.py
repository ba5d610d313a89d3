"""SVMRegressor: a sum of kernels, or a linear model; also the outlier detector of one class."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import (
    DOMAIN,
    kinds,
    numbers,
    require_length,
    row_extents,
    rows,
)
from texelflow.operators.ml.linear import products
from texelflow.operators.ml.svm_kernels import kernel_parameters, kernel_values
from texelflow.operators.shapes import unify


@operator(
    "SVMRegressor",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        numbers="coefficients kernel_params rho support_vectors",
        integer="n_supports",
        flag="one_class",
        text="kernel_type post_transform",
    ),
)
class SVMRegressor(Operator):
    """`Σ coefficient * kernel(x, vector) + rho`, float32 [rows, 1]; with one_class 1 above 0, else -1.

    Without support vectors the coefficients are those of the features. As in ONNX Runtime, post_transform
    does nothing.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError if attributes do not fit together or to the features."""
        count = int(node.attributes.get("n_supports", 0))
        coefficients, vectors = numbers(node, "coefficients"), numbers(node, "support_vectors")
        kernel_parameters(node)
        require_length(node, "numbers in rho", len(numbers(node, "rho")), 1)
        if count < 0 or not coefficients:
            raise NodeError(node, f"n_supports is {count} with {len(coefficients)} coefficients")
        if count:
            require_length(node, "coefficients", len(coefficients), count)
            if not vectors or len(vectors) % count:
                raise NodeError(node, f"{len(vectors)} numbers are no {count} support vectors")
        size = len(vectors) // count if count else len(coefficients)
        extent, features = row_extents(node)
        unify(node, features, size, "the features and those of its support vectors")
        return [TensorType("float32", (extent, 1))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Compute kernels, add them."""
        steps, count = Decomposition(node), int(node.attributes.get("n_supports", 0))
        source, coefficients = rows(steps), numbers(node, "coefficients")
        if count:
            source = kernel_values(steps, source, numbers(node, "support_vectors"), count)
        total = products(steps, source, coefficients, 1, numbers(node, "rho"))
        if node.attributes.get("one_class"):
            above = steps.add("Greater", "above", total, steps.scalar("zero", "float32", 0.0))
            inside, outside = (steps.scalar(name, "float32", x) for name, x in (("in", 1.0), ("out", -1.0)))
            steps.add("Where", node.outputs[0], above, inside, outside)
        else:
            steps.add("Identity", node.outputs[0], total)
        return steps.nodes
