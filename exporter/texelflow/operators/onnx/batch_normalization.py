"""BatchNormalization with the mean and variance that training left behind."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank, unify

DEFAULT_EPSILON = 1e-5
NAMES = ("scale", "bias", "mean", "variance")


@operator("BatchNormalization", inputs=5)
class BatchNormalization(Operator):
    """`(X - mean) / √(variance + epsilon) · scale + bias` for each channel (axis 1)."""

    decomposes = True

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 9 dropped the attribute spatial, opset 14 the outputs for training."""
        if opset < 9 and not node.attributes.pop("spatial", 1):
            raise NodeError(node, "spatial=0 (statistics for each pixel) is not supported")
        if opset < 14:
            del node.outputs[1:]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError in training mode or for a statistic of another length."""
        source = node.required(0).known_type
        require_rank(node, source, 2)
        if node.attributes.get("training_mode", 0):
            raise NodeError(node, "training_mode is 1; export the model for inference")
        for index, name in enumerate(NAMES, 1):
            kind = node.required(index).known_type
            require_rank(node, kind, 1, 1)
            unify(node, kind.shape[0], source.shape[1], f"the length of its {name} and its channels")
        return [source]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by one product and one sum, whose factors depend on constants alone."""
        source, result = node.required(0), node.outputs[0]
        steps = Decomposition(node)
        factor, shift = factor_and_shift(steps)
        shape: list[Dimension] = [source.shape[1], *[1] * (source.known_type.rank - 2)]
        scaled = steps.add("Mul", "scaled", source, steps.reshape("factors", factor, shape))
        steps.add("Add", result, scaled, steps.reshape("shifts", shift, shape))
        return steps.nodes


def factor_and_shift(steps: Decomposition) -> tuple[Value, Value]:
    """Add the nodes that compute factor and shift of a normalization, one of each for every channel.

    `X · factor + shift` is its output. Both have the element type of X.
    """
    node = steps.node
    dtype = node.required(0).dtype
    parameters = [(name, node.required(index)) for index, name in enumerate(NAMES, 1)]
    scale, bias, mean, variance = (
        value if value.dtype == dtype else steps.cast(name, value, dtype) for name, value in parameters
    )
    epsilon = steps.scalar("epsilon", dtype, float(node.attributes.get("epsilon", DEFAULT_EPSILON)))
    deviation = steps.add("Sqrt", "deviation", steps.add("Add", "raised", variance, epsilon))
    factor = steps.add("Div", "factor", scale, deviation)
    shift = steps.add("Sub", "shift", bias, steps.add("Mul", "centre", mean, factor))
    return factor, shift
