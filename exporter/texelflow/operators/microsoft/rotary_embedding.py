"""com.microsoft's RotaryEmbedding, whose positions may be a list or where it begins."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT, require_defaults
from texelflow.operators.onnx.rotary_embedding import RotaryEmbedding as Rotation
from texelflow.operators.shapes import require_rank, unify


def turned_half(node: Node, cosines: TensorType, sines: TensorType) -> int:
    """Return how many pairs of a head's numbers tables of angles turn; raise NodeError if it is not known."""
    for table in (cosines, sines):
        require_rank(node, table, 2, 2)
    unify(node, cosines.shape[0], sines.shape[0], "the numbers of rows of its cosines and sines")
    width = unify(node, cosines.shape[1], sines.shape[1], "the widths of its cosines and sines")
    if not isinstance(width, int):
        raise NodeError(node, f"the width of its cosines is {width}; a number known at export is needed")
    return width


@operator(
    "RotaryEmbedding",
    inputs=4,
    attributes={
        **dict.fromkeys(("num_heads", "rotary_embedding_dim"), "a whole number"),
        **dict.fromkeys(("interleaved", "is_packed_batching"), "0 or 1"),
        "scale": "a number",
    },
    domain=MICROSOFT,
)
class RotaryEmbedding(Operator):
    """X [batch, length, heads · size] or [batch, heads, length, size], turned.

    Inputs: X, the positions [batch, length] or the first of them [1], cosines and sines [positions, half].
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X."""
        require_defaults(node, {"is_packed_batching": 0, "scale": 1.0})
        x, positions = node.required(0).known_type, node.required(1).known_type
        require_rank(node, x, 3, 4)
        require_rank(node, positions, 1, 2)
        if positions.dtype not in ("int32", "int64"):
            raise NodeError(node, f"its positions have type {positions.dtype}; int64 is needed")
        length = x.shape[-2]
        if positions.rank == 1:
            unify(node, positions.shape[0], 1, "the number of its first positions and 1")
        else:
            unify(node, positions.shape[0], x.shape[0], "the batches of its input and positions")
            unify(node, positions.shape[1], length, "the lengths of its input and positions")
        return Rotation().infer(self._rotation(node, x, positions.rank == 2))

    @staticmethod
    def _attributes(node: Node) -> dict[str, int]:
        """Return the attributes of ONNX's RotaryEmbedding; without a number of heads the angles tell it."""
        x = node.required(0).known_type
        half = turned_half(node, node.required(2).known_type, node.required(3).known_type)
        turned, heads = (int(node.attributes.get(n, 0)) for n in ("rotary_embedding_dim", "num_heads"))
        if turned and heads < 1 and x.rank == 3:
            raise NodeError(node, "its attribute rotary_embedding_dim needs num_heads")
        if turned and turned != 2 * half:
            raise NodeError(node, f"rotary_embedding_dim is {turned}, but its cosines are for {2 * half}")
        attributes = {"interleaved": int(node.attributes.get("interleaved", 0))}
        if turned:
            attributes["rotary_embedding_dim"] = turned
        if x.rank == 3:
            width = x.shape[2]
            if heads < 1 and not isinstance(width, int):
                raise NodeError(node, f"its last extent is {width}; without num_heads a number is needed")
            attributes["num_heads"] = heads if heads > 0 else max(1, int(str(width)) // (2 * half))
        return attributes

    def _rotation(self, node: Node, x: TensorType, has_list: bool) -> Node:
        """Return the node of ONNX's RotaryEmbedding that has the same result, to infer its type."""
        tables: list[Value | None] = [node.required(2), node.required(3)]
        positions = node.required(1)
        if not has_list:
            positions = Value("positions", TensorType("int64", (1, x.shape[-2])))
        inputs = [node.required(0), *tables, positions]
        return Node("RotaryEmbedding", inputs, [Value("result")], self._attributes(node), node.name)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by ONNX's RotaryEmbedding."""
        steps = Decomposition(node)
        x, positions = node.required(0), node.required(1)
        if len(positions.shape) == 1:
            positions = places_from(steps, steps.cast("first", positions, "int64"), x.shape[-2])
        tables = (node.required(2), node.required(3))
        attributes = self._attributes(node)
        steps.add("RotaryEmbedding", node.outputs[0], x, *tables, positions, **attributes)
        return steps.nodes


def places_from(steps: Decomposition, first: Value, length: Dimension) -> Value:
    """Return positions [1, length] that count on from the first, a number or [1]."""
    shifted = steps.add("Add", "shifted_places", steps.places("places", length), first)
    return steps.reshape("place_row", shifted, [1, length])
