"""NonMaxSuppression: of boxes that overlap, those with the highest scores."""

from __future__ import annotations

from texelflow.dimensions import symbol
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, learn, operator
from texelflow.operators.shapes import require_rank, unify


@operator("NonMaxSuppression", inputs=(2, 5), attributes={"center_point_box": "0 or 1"})
class NonMaxSuppression(Operator):
    """The boxes that are kept, int64 [count, 3]: batch, class and box of each.

    Inputs: boxes [batches, boxes, 4], scores [batches, classes, boxes], and the most boxes of a class, the
    overlap (area of the intersection over that of the union) above which a box is left out, the least score.
    How many there are a run learns when it has chosen them.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the list: a row for each box that is kept."""
        boxes, scores = node.required(0).known_type, node.required(1).known_type
        require_rank(node, boxes, 3, 3)
        require_rank(node, scores, 3, 3)
        if boxes.dtype != "float32" or scores.dtype != "float32":
            raise NodeError(node, f"its boxes and scores are {boxes} and {scores}; float32 is needed")
        unify(node, boxes.shape[0], scores.shape[0], "the batches of its boxes and scores")
        unify(node, boxes.shape[1], scores.shape[2], "the numbers of its boxes and scores")
        unify(node, boxes.shape[2], 4, "the numbers of a box and 4")
        [count] = learn(node, [".count"])
        return [TensorType("int64", (symbol(count), 3))]
