"""BatchNormalization with the mean and variance that training left behind, or with those of the batch."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank, unify

DEFAULT_EPSILON = 1e-5
DEFAULT_MOMENTUM = 0.9
NAMES = ("scale", "bias", "mean", "variance")


@operator("BatchNormalization", inputs=5)
class BatchNormalization(Operator):
    """`(X - mean) / √(variance + epsilon) · scale + bias` for each channel (axis 1).

    In training mode mean and variance are those of the batch, and further outputs are the inputs `mean` and
    `variance` times momentum and these times the rest.
    """

    def upgrade(self, node: Node, opset: int) -> None:
        """Opset 9 dropped the attribute spatial, opset 14 the outputs for training."""
        if opset < 9 and not node.attributes.pop("spatial", 1):
            raise NodeError(node, "spatial=0 (statistics for each pixel) is not supported")
        if opset < 14:
            del node.outputs[1:]

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types; raise NodeError for a statistic of another length."""
        source = node.required(0).known_type
        require_rank(node, source, 2)
        for index, name in enumerate(NAMES, 1):
            kind = node.required(index).known_type
            require_rank(node, kind, 1, 1)
            unify(node, kind.shape[0], source.shape[1], f"the length of its {name} and its channels")
        if not trains(node) and len(node.outputs) > 1:
            raise NodeError(node, "it has outputs that only training_mode 1 gives")
        return [source, *(node.required(index).known_type for index in (3, 4))][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by one product and one sum, whose factors depend on constants alone, unless it trains."""
        source, result = node.required(0), node.outputs[0]
        if trains(node):
            return _in_training(node)
        steps = Decomposition(node)
        factor, shift = factor_and_shift(steps)
        shape: list[Dimension] = [source.shape[1], *[1] * (source.known_type.rank - 2)]
        scaled = steps.add("Mul", "scaled", source, steps.reshape("factors", factor, shape))
        steps.add("Add", result, scaled, steps.reshape("shifts", shift, shape))
        return steps.nodes


def trains(node: Node) -> bool:
    """Whether a BatchNormalization goes by its batch."""
    return bool(node.attributes.get("training_mode", 0))


def _in_training(node: Node) -> list[Node]:
    """Return the nodes that take mean and variance of the batch."""
    source, result = node.required(0), node.outputs[0]
    steps, rank, dtype = Decomposition(node), source.known_type.rank, source.dtype
    axes = [axis for axis in range(rank) if axis != 1]
    mean = steps.reduce("ReduceMean", "batch_mean", source, axes)
    centred = steps.add("Sub", "centred", source, mean)
    squares = steps.add("Mul", "squares", centred, centred)
    variance = steps.reduce("ReduceMean", "batch_variance", squares, axes)
    epsilon = steps.scalar("epsilon", dtype, float(node.attributes.get("epsilon", DEFAULT_EPSILON)))
    deviation = steps.add("Sqrt", "deviation", steps.add("Add", "raised", variance, epsilon))
    upright: list[Dimension] = [source.shape[1], *[1] * (rank - 2)]
    scale, bias = (
        steps.reshape(name, steps.cast(f"{name}_number", node.required(index), dtype), upright)
        for index, name in enumerate(NAMES[:2], 1)
    )
    normal = steps.add("Mul", "scaled", steps.add("Div", "normal", centred, deviation), scale)
    steps.add("Add", result, normal, bias)
    momentum = float(node.attributes.get("momentum", DEFAULT_MOMENTUM))
    for output, index, found in zip(node.outputs[1:], (3, 4), (mean, variance), strict=False):
        before = node.required(index)
        flat = steps.reshape("flat", steps.cast("found", found, before.dtype), before.shape)
        old = steps.add("Mul", "old", before, steps.scalar("momentum", before.dtype, momentum))
        new = steps.add("Mul", "new", flat, steps.scalar("rest", before.dtype, 1 - momentum))
        steps.add("Add", output, old, new)
    return steps.nodes


def factor_and_shift(steps: Decomposition) -> tuple[Value, Value]:
    """Add the nodes that compute factor and shift of a normalisation, one of each for every channel.

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
