"""ReverseSequence: the first entries of each sequence in the opposite order."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank, unify


@operator(
    "ReverseSequence", inputs=2, attributes=dict.fromkeys(("batch_axis", "time_axis"), "a whole number")
)
class ReverseSequence(Operator):
    """Of each sequence along `batch_axis` as many entries along `time_axis` as its length says."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the input's type."""
        kind, lengths = node.required(0).known_type, node.required(1).known_type
        require_rank(node, kind, 2)
        if {self._batch_axis(node), int(node.attributes.get("time_axis", 0))} != {0, 1}:
            raise NodeError(node, "its batch_axis and time_axis are not 0 and 1")
        if lengths.rank != 1:
            raise NodeError(node, f"its lengths {lengths} are not one for each sequence")
        unify(
            node,
            lengths.shape[0],
            kind.shape[self._batch_axis(node)],
            "the numbers of its lengths and sequences",
        )
        return [kind]

    @staticmethod
    def _batch_axis(node: Node) -> int:
        return int(node.attributes.get("batch_axis", 1))

    def decompose(self, node: Node) -> list[Node] | None:
        """Gather each entry from where it comes."""
        steps, x = Decomposition(node), node.required(0)
        batch_axis = self._batch_axis(node)
        length = x.shape[1 - batch_axis]
        ones: list[Dimension] = [1] * (len(x.shape) - 2)
        across: list[Dimension] = [1, 1, *ones]
        along: list[Dimension] = [1, 1, *ones]
        across[batch_axis], along[1 - batch_axis] = x.shape[batch_axis], length
        lengths = steps.reshape("lengths", steps.cast("numbers", node.required(1), "int64"), across)
        places = steps.reshape("along", steps.places("places", length), along)
        last = steps.add("Sub", "last", lengths, steps.index("one", 1))
        opposite = steps.add("Sub", "opposite", last, places)
        source = steps.add("Where", "source", steps.add("Less", "within", places, lengths), opposite, places)
        everywhere = steps.add("Expand", "everywhere", source, steps.vector("shape", x.shape))
        steps.add("GatherElements", node.outputs[0], x, everywhere, axis=1 - batch_axis)
        return steps.nodes
