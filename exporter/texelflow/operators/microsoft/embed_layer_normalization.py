"""EmbedLayerNormalization: the sum of the embeddings of words, places and segments, normalised."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT, wanted
from texelflow.operators.microsoft.skip_normalization import SKIP_EPSILON
from texelflow.operators.onnx.gather import require_indices
from texelflow.operators.shapes import at_least, floating_dtype, require_rank, unify


@operator(
    "EmbedLayerNormalization",
    inputs=(7, 9),
    attributes={"mask_index_type": "a whole number"},
    domain=MICROSOFT,
)
class EmbedLayerNormalization(Operator):
    """Inputs: words and segments [batch, length], the three embeddings [entries, size], gamma, beta [size].

    Then a mask [batch, length] and the places [batch or 1, length]. Outputs: the result [batch, length,
    size], how many entries of the mask are 1 [batch], and the sum that is normalised.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of the outputs."""
        ids = node.required(0).known_type
        require_indices(node, ids)
        require_rank(node, ids, 2, 2)
        tables = [node.required(2), node.required(3), node.required(5), node.required(6)]
        if (node.input(1) is None) != (node.input(4) is None):
            raise NodeError(node, "it has segments or their embedding; both or none are needed")
        if (segments := node.input(4)) is not None:
            tables.append(segments)
            self._require_ids(node, 1, ids)
        dtype = floating_dtype(node, [value.known_type for value in tables])
        size = tables[0].shape[-1]
        for value in tables[1:]:
            size = unify(node, size, value.shape[-1], "the last extents of its embeddings, gamma and beta")
        if node.input(7) is not None:
            self._require_ids(node, 7, ids)
        if (places := node.input(8)) is None:
            at_least(node, node.required(3).shape[0], ids.shape[1], "the number of places that it embeds")
        else:
            require_indices(node, places.known_type)
            require_rank(node, places.known_type, 2, 2)
            unify(node, places.shape[1], ids.shape[1], "the numbers of its places and words")
        result = TensorType(dtype, (*ids.shape, size))
        return [result, TensorType("int32", ids.shape[:1]), result][: len(node.outputs)]

    @staticmethod
    def _require_ids(node: Node, index: int, ids: TensorType) -> None:
        kind = node.required(index).known_type
        require_indices(node, kind)
        require_rank(node, kind, 2, 2)
        for axis in (0, 1):
            unify(node, kind.shape[axis], ids.shape[axis], f"the extents of inputs 0 and {index}")

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather, add, normalise, count."""
        steps = Decomposition(node)
        words, segments, mask, places = (node.input(index) for index in (0, 1, 7, 8))
        assert words is not None
        batch, length = words.shape
        if places is None:
            places = steps.places("places", length)
        embedded = steps.add("Gather", "words", node.required(2), words, axis=0)
        total_step: str | Value = node.outputs[2] if wanted(node, 2) else "sum"
        positioned = steps.add(
            "Add",
            total_step if segments is None else "positioned",
            embedded,
            steps.add("Gather", "positions", node.required(3), places, axis=0),
        )
        if segments is not None:
            of_segments = steps.add("Gather", "segments", node.required(4), segments, axis=0)
            positioned = steps.add("Add", total_step, positioned, of_segments)
        epsilon = float(node.attributes.get("epsilon", SKIP_EPSILON))
        steps.add(
            "LayerNormalization",
            node.outputs[0],
            positioned,
            node.required(5),
            node.required(6),
            axis=-1,
            epsilon=epsilon,
        )
        if wanted(node, 1):
            self._count(steps, node, mask, batch)
        return steps.nodes

    @staticmethod
    def _count(steps: Decomposition, node: Node, mask: Value | None, batch: Dimension) -> None:
        if mask is None:
            steps.add(
                "Expand", node.outputs[1], steps.scalar("none", "int32", 0), steps.vector("all", [batch])
            )
            return
        ones = steps.add("Equal", "is_one", mask, steps.scalar("one", mask.dtype, 1))
        counts = steps.cast("ones", ones, "int32")
        steps.add("ReduceSum", node.outputs[1], counts, steps.vector("axes", [1]), keepdims=0)
