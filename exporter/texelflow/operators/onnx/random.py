"""RandomUniform, RandomNormal, the same of a shape like another's, Bernoulli and Multinomial."""

from __future__ import annotations

from texelflow.graph import FLOATING, Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.onnx.cast import dtype_of_code
from texelflow.operators.randomness import NOTE, exponential, normal, scaled, uniform
from texelflow.operators.shapes import floating_dtype, require_rank

SEED = {"seed": "a number"}
BOUNDS = dict.fromkeys(("low", "high", "mean", "scale"), "a number")


class Random(Operator):
    """Numbers that are computed in float32 and converted; the same at every run."""

    def warnings(self, node: Node) -> list[str]:
        """Warn that nothing is random: each run gives the same numbers."""
        return [NOTE]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by arithmetic on the numbers of the elements."""
        steps, result = Decomposition(node), node.outputs[0]
        steps.cast(result, self.numbers(steps), result.dtype)
        return steps.nodes

    def numbers(self, steps: Decomposition) -> Value:
        """Return the numbers before they are converted."""
        raise NotImplementedError


def _dtype(node: Node, default: str) -> str:
    """Return the element type that the attribute dtype numbers, 0 standing for the default."""
    code = int(node.attributes.get("dtype", 0))
    return dtype_of_code(node, code) if code else default


@operator("RandomUniform", "RandomNormal", inputs=0, attributes={**SEED, **BOUNDS})
@operator("RandomUniformLike", "RandomNormalLike", inputs=1, attributes={**SEED, **BOUNDS})
class Distribution(Random):
    """Uniform numbers from `low` to below `high`, or normal ones of a mean and a deviation `scale`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless it is floating."""
        like = node.input(0)
        if like is None and "shape" not in node.attributes:
            raise NodeError(node, "attribute 'shape' is missing")
        listed = [int(extent) for extent in node.attributes.get("shape", [])]
        if min(listed, default=0) < 0:
            raise NodeError(node, f"its shape is {listed}; extents are at least 0")
        shape = tuple(listed) if like is None else like.shape
        dtype = _dtype(node, "float32" if like is None else like.dtype)
        if dtype not in FLOATING:
            raise NodeError(node, f"its numbers have type {dtype}; a floating type is needed")
        return [TensorType(dtype, shape)]

    def numbers(self, steps: Decomposition) -> Value:
        """Return uniform or normal numbers."""
        given, shape = steps.node.attributes, steps.node.outputs[0].shape
        if "Uniform" in self.name:
            low, high = float(given.get("low", 0)), float(given.get("high", 1))
            return scaled(steps, uniform(steps, shape), high - low, low)
        return scaled(steps, normal(steps, shape), float(given.get("scale", 1)), float(given.get("mean", 0)))


@operator("Bernoulli", inputs=1, attributes=SEED)
class Bernoulli(Random):
    """1 with the probability that the input says, else 0."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type."""
        source = node.required(0).known_type
        floating_dtype(node, [source])
        return [TensorType(_dtype(node, source.dtype), source.shape)]

    def numbers(self, steps: Decomposition) -> Value:
        """Compare with uniform numbers."""
        chance = steps.cast("chance", steps.node.required(0), "float32")
        return steps.add("Less", "is_one", uniform(steps, steps.node.required(0).shape), chance)


@operator("Multinomial", inputs=1, attributes={**SEED, "sample_size": "a whole number"})
class Multinomial(Random):
    """Numbers of classes [batch, samples], by logarithms of what their probabilities are proportional to."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless it is int32 or int64."""
        source = node.required(0).known_type
        floating_dtype(node, [source])
        require_rank(node, source, 2, 2)
        dtype, size = _dtype(node, "int32"), int(node.attributes.get("sample_size", 1))
        if dtype not in ("int32", "int64"):
            raise NodeError(node, f"its numbers have type {dtype}; int32 or int64 is needed")
        if size < 1:
            raise NodeError(node, f"sample_size is {size}; at least 1 is needed")
        return [TensorType(dtype, (source.shape[0], size))]

    def numbers(self, steps: Decomposition) -> Value:
        """Return the class whose logarithm, less that of an exponential number, is the largest (Gumbel)."""
        source, result = steps.node.required(0), steps.node.outputs[0]
        batch, classes = source.shape
        logs = steps.reshape("logs", steps.cast("log", source, "float32"), [batch, 1, classes])
        waited = steps.add("Log", "waits", exponential(steps, (*result.shape, classes)))
        return steps.add("ArgMax", "class", steps.add("Sub", "scores", logs, waited), axis=2, keepdims=0)
