"""Features before a model: Scaler, Normalizer, Binarizer, Imputer, and how they are chosen and joined."""

from __future__ import annotations

from math import isnan

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import MANY, Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.ml.attributes import (
    DOMAIN,
    as_float32,
    choice,
    kinds,
    numbers,
    require_length,
    require_numeric,
    whole_numbers,
)
from texelflow.operators.shapes import require_rank, sum_of, unify


def check_by_feature(node: Node, count: int, what: str) -> None:
    """Raise NodeError unless there is one number, or one for each feature, the last axis of two at most."""
    kind = node.required(0).known_type
    require_numeric(node, kind)
    if not count:
        raise NodeError(node, f"it has no {what}; one, or one for each feature is needed")
    if count > 1:
        require_rank(node, kind, 1, 2)
        unify(node, kind.shape[-1], count, f"the features and its {what}")


@operator("Scaler", inputs=1, domain=DOMAIN, attributes=kinds(numbers="offset scale"))
class Scaler(Operator):
    """`(x - offset) * scale`, float32, of any shape; one number for all, or one for each feature."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless offset and scale fit the features."""
        scale = numbers(node, "scale")
        check_by_feature(node, len(scale), "scale")
        require_length(node, "numbers in offset", len(numbers(node, "offset")), len(scale))
        return [TensorType("float32", node.required(0).shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Subtract, multiply."""
        steps = Decomposition(node)
        offset, scale = (
            steps.constant(name, "float32", (len(numbers(node, name)),), numbers(node, name))
            for name in ("offset", "scale")
        )
        centred = steps.add("Sub", "centred", as_float32(steps, node.required(0)), offset)
        steps.add("Mul", node.outputs[0], centred, scale)
        return steps.nodes


@operator("Normalizer", inputs=1, domain=DOMAIN, attributes=kinds(text="norm"))
class Normalizer(Operator):
    """Rows divided by their largest number (MAX), sum of magnitudes (L1) or length (L2), if that is not 0.

    The output is float32 of the input's shape, [rows, features] or [features].
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type."""
        kind = node.required(0).known_type
        require_numeric(node, kind)
        require_rank(node, kind, 1, 2)
        choice(node, "norm", "MAX", ("MAX", "L1", "L2"))
        return [TensorType("float32", kind.shape)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Reduce each row, divide by it."""
        steps, axes = Decomposition(node), [len(node.required(0).shape) - 1]
        source = as_float32(steps, node.required(0))
        match choice(node, "norm", "MAX", ("MAX", "L1", "L2")):
            case "MAX":
                size = steps.reduce("ReduceMax", "largest", source, axes)
            case "L1":
                size = steps.reduce("ReduceSum", "sum", steps.add("Abs", "magnitude", source), axes)
            case _:
                square = steps.add("Mul", "square", source, source)
                size = steps.add("Sqrt", "length", steps.reduce("ReduceSum", "squares", square, axes))
        is_zero = steps.add("Equal", "is_zero", size, steps.scalar("zero", "float32", 0.0))
        divisor = steps.add("Where", "divisor", is_zero, steps.scalar("one", "float32", 1.0), size)
        steps.add("Div", node.outputs[0], source, divisor)
        return steps.nodes


@operator("Binarizer", inputs=1, domain=DOMAIN, attributes=kinds(number="threshold"))
class Binarizer(Operator):
    """1 where x is above the threshold, else 0: of the input's type."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        require_numeric(node, node.required(0).known_type)
        return [node.required(0).known_type]

    def decompose(self, node: Node) -> list[Node] | None:
        """Compare."""
        steps = Decomposition(node)
        threshold = steps.scalar("threshold", "float32", float(node.attributes.get("threshold", 0.0)))
        above = steps.add("Greater", "above", as_float32(steps, node.required(0)), threshold)
        steps.cast(node.outputs[0], above, node.outputs[0].dtype)
        return steps.nodes


@operator(
    "Imputer",
    inputs=1,
    domain=DOMAIN,
    attributes=kinds(
        numbers="imputed_value_floats",
        number="replaced_value_float",
        integers="imputed_value_int64s",
        integer="replaced_value_int64",
    ),
)
class Imputer(Operator):
    """What equals a number, or is NaN if that is, replaced: by one number, or by one for each feature."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type; raise NodeError unless there are numbers of that type that fit it."""
        kind = node.required(0).known_type
        check_by_feature(node, len(self._imputed(node)), f"imputed numbers of type {kind.dtype}")
        return [kind]

    @staticmethod
    def _imputed(node: Node) -> list[float] | list[int]:
        if node.required(0).known_type.is_floating:
            return numbers(node, "imputed_value_floats")
        return whole_numbers(node, "imputed_value_int64s")

    def decompose(self, node: Node) -> list[Node] | None:
        """Compare, choose."""
        steps, source, imputed = Decomposition(node), node.required(0), self._imputed(node)
        name = "replaced_value_float" if source.known_type.is_floating else "replaced_value_int64"
        replaced = node.attributes.get(name, 0)
        if isnan(replaced):
            is_missing = steps.add("IsNaN", "is_missing", source)
        else:
            is_missing = steps.add(
                "Equal", "is_missing", source, steps.scalar("replaced", source.dtype, replaced)
            )
        value = steps.constant("imputed", source.dtype, (len(imputed),), imputed)
        steps.add("Where", node.outputs[0], is_missing, value, source)
        return steps.nodes


@operator("ArrayFeatureExtractor", inputs=2, domain=DOMAIN)
class ArrayFeatureExtractor(Operator):
    """The features at the indices of the second input: [..., indices], those of a vector as a row."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type."""
        kind, indices = node.required(0).known_type, node.required(1).known_type
        require_rank(node, kind, 1)
        if indices.dtype not in ("int64", "int32"):
            raise NodeError(node, f"its indices have type {indices.dtype}; int64 is needed")
        before: tuple[Dimension, ...] = (1,) if kind.rank == 1 else kind.shape[:-1]
        return [TensorType(kind.dtype, (*before, indices.size))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather along the last axis."""
        steps, source, indices = Decomposition(node), node.required(0), node.required(1)
        flat = steps.reshape("indices", indices, [indices.known_type.size])
        if len(source.shape) == 1:
            source = steps.reshape("row", source, [1, source.shape[0]])
        steps.add("Gather", node.outputs[0], source, flat, axis=node.outputs[0].known_type.rank - 1)
        return steps.nodes


@operator("FeatureVectorizer", inputs=(1, MANY), domain=DOMAIN, attributes=kinds(integers="inputdimensions"))
class FeatureVectorizer(Operator):
    """The features of all inputs as float32 [rows, features], each cut or padded with 0 to its dimension."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type; raise NodeError unless there is a dimension for each input."""
        sizes = whole_numbers(node, "inputdimensions")
        require_length(node, "inputdimensions", len(sizes), len(node.inputs))
        extent: Dimension | None = None
        for index, size in enumerate(sizes):
            kind = node.required(index).known_type
            require_numeric(node, kind)
            require_rank(node, kind, 1, 2)
            if size < 0:
                raise NodeError(node, f"inputdimensions has {size}, which is negative")
            own: Dimension = 1 if kind.rank == 1 else kind.shape[0]
            extent = own if extent is None else unify(node, extent, own, "the rows of its inputs")
            if not isinstance(kind.shape[-1], int):
                unify(node, kind.shape[-1], size, "the features of an input and its dimension")
        assert extent is not None
        return [TensorType("float32", (extent, sum_of(sizes)))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Cast, cut or pad, join."""
        steps = Decomposition(node)
        parts: list[Value] = []
        for index, size in enumerate(whole_numbers(node, "inputdimensions")):
            source = node.required(index)
            value, features = as_float32(steps, source), source.shape[-1]
            if len(source.shape) == 1:
                value = steps.reshape("row", value, [1, features])
            if isinstance(features, int) and features > size:
                value = steps.slice("cut", value, 1, 0, size)
            elif isinstance(features, int) and features < size:
                value = steps.add("Pad", "padded", value, steps.vector("missing", [0, 0, 0, size - features]))
            parts.append(value)
        steps.add("Concat", node.outputs[0], *parts, axis=1)
        return steps.nodes
