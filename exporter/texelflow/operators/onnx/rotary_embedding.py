"""RotaryEmbedding: pairs of numbers turned by an angle for each position.

Source: Su et al., RoFormer, 2021, arXiv:2104.09864.
"""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import divided, floating_dtype


@operator(
    "RotaryEmbedding",
    inputs=(3, 4),
    attributes={
        "interleaved": "0 or 1",
        "num_heads": "a whole number",
        "rotary_embedding_dim": "a whole number",
    },
)
class RotaryEmbedding(Operator):
    """X [batch, heads, length, size] or [batch, length, heads · size]; cosines and sines for each position.

    These are [positions, half], with the positions [batch, length] as the fourth input, or without it
    [batch, length, half].
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X."""
        x, cosines, sines = (node.required(index).known_type for index in range(3))
        floating_dtype(node, [x, cosines, sines])
        rank = 3 if node.input(3) is None else 2
        if x.rank not in (3, 4) or not cosines.rank == sines.rank == rank:
            raise NodeError(
                node, f"its inputs {x}, {cosines} and {sines} are not of ranks 3 or 4, {rank}, {rank}"
            )
        self._sizes(node)
        return [x]

    @staticmethod
    def _sizes(node: Node) -> tuple[Dimension, Dimension, Dimension, int]:
        """Return batch, length and heads, and how many numbers of each head are turned."""
        shape = node.required(0).shape
        heads: Dimension
        if len(shape) == 4:
            batch, heads, length, size = shape
        else:
            (batch, length, hidden), heads = shape, int(node.attributes.get("num_heads", 0))
            if heads < 1:
                raise NodeError(node, "its input of rank 3 needs the attribute num_heads")
            size = divided(node, hidden, heads, "its last extent")
        turned = int(node.attributes.get("rotary_embedding_dim", 0)) or size
        if not isinstance(turned, int) or turned % 2 or (isinstance(size, int) and turned > size):
            raise NodeError(node, f"of a head's {size} numbers {turned} are turned; an even number is needed")
        return batch, length, heads, turned

    def decompose(self, node: Node) -> list[Node] | None:
        """Multiply by cosines and sines, and put the halves together."""
        steps = Decomposition(node)
        x = node.required(0)
        batch, length, heads, turned = self._sizes(node)
        by_head = [batch, length, heads, -1]
        if len(x.shape) == 4:
            first = steps.add("Transpose", "by_position", x, perm=[0, 2, 1, 3])
        else:
            first = steps.add("Reshape", "by_head", x, steps.vector("by_head_shape", by_head))
        own = steps.slice("turned", first, 3, 0, turned)
        rest = steps.slice("rest", first, 3, turned, 2**31 - 1)
        half, interleaved = turned // 2, bool(node.attributes.get("interleaved"))
        pairs: list[Dimension] = [batch, length, heads, *((half, 2) if interleaved else (2, half))]
        apart = steps.reshape("pairs", own, pairs)
        axis = 4 if interleaved else 3
        a, b = (
            steps.add(
                "Squeeze",
                name,
                steps.slice(f"{name}_of", apart, axis, at, at + 1),
                steps.vector(name, [axis]),
            )
            for at, name in enumerate(("real", "imaginary"))
        )
        cosine, sine = (self._angles(steps, node, index, [batch, length, 1, half]) for index in (1, 2))

        def product(value: Value, factor: Value) -> Value:
            return steps.add("Mul", "product", value, factor)

        both = (
            steps.add("Sub", "new_real", product(a, cosine), product(b, sine)),
            steps.add("Add", "new_imaginary", product(a, sine), product(b, cosine)),
        )
        upright = [steps.add("Unsqueeze", "half", value, steps.vector("at", [axis])) for value in both]
        joined = steps.reshape(
            "joined", steps.add("Concat", "halves", *upright, axis=axis), [batch, length, heads, turned]
        )
        whole = steps.add("Concat", "whole", joined, rest, axis=3)
        if len(x.shape) == 4:
            steps.add("Transpose", node.outputs[0], whole, perm=[0, 2, 1, 3])
        else:
            steps.reshape(node.outputs[0], whole, x.shape)
        return steps.nodes

    @staticmethod
    def _angles(steps: Decomposition, node: Node, index: int, shape: list[Dimension]) -> Value:
        """Return cosines or sines so that they broadcast over heads."""
        values, positions = node.required(index), node.input(3)
        if positions is not None:
            # One row of positions may be for the whole batch.
            shape = [positions.shape[0], *shape[1:]]
            values = steps.add("Gather", "of_positions", values, positions, axis=0)
        return steps.reshape("angles", values, shape)
