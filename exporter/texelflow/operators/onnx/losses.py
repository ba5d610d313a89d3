"""NegativeLogLikelihoodLoss and SoftmaxCrossEntropyLoss: how far scores are from the right classes."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import floating_dtype, unify

REDUCTIONS = ("none", "sum", "mean")


@operator(
    "NegativeLogLikelihoodLoss",
    "SoftmaxCrossEntropyLoss",
    inputs=(2, 3),
    attributes={"ignore_index": "a whole number", "reduction": "a text"},
)
class Loss(Operator):
    """Scores [N, classes, …], log-probabilities for the first; right classes [N, …]; a weight for each class.

    The loss of all, or of each where `reduction` is none; SoftmaxCrossEntropyLoss also gives the
    log-probabilities. Classes that are `ignore_index` count nothing.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of the loss, and of the log-probabilities."""
        scores, target = node.required(0).known_type, node.required(1).known_type
        dtype = floating_dtype(node, [scores])
        reduction = node.attributes.get("reduction", "mean")
        if reduction not in REDUCTIONS:
            raise NodeError(node, f"reduction is {reduction!r}; one of {', '.join(REDUCTIONS)} is expected")
        if target.dtype not in ("int32", "int64") or target.rank != scores.rank - 1 or scores.rank < 2:
            raise NodeError(node, f"its classes {target} are not whole numbers, one for each of {scores}")
        for axis, (a, b) in enumerate(zip(target.shape, (scores.shape[0], *scores.shape[2:]), strict=True)):
            unify(node, a, b, f"the extents of its classes along axis {axis} and those of its scores")
        if (weight := node.input(2)) is not None:
            if len(weight.shape) != 1:
                raise NodeError(node, f"its weights {weight} are not one for each class")
            unify(node, weight.shape[0], scores.shape[1], "the numbers of its weights and classes")
        shape = target.shape if reduction == "none" else ()
        return [TensorType(dtype, shape), scores][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Choose each score by its class, weigh, and sum."""
        steps = Decomposition(node)
        scores, target = node.required(0), node.required(1)
        if self.name == "SoftmaxCrossEntropyLoss":
            scores = steps.add("LogSoftmax", "log_probabilities", scores, axis=1)
            for result in node.outputs[1:]:
                steps.add("Identity", result, scores)
        kept, classes = self._kept(steps, node, target)
        upright = steps.add("Unsqueeze", "upright", classes, steps.vector("axis", [1]))
        chosen = steps.add("GatherElements", "of_upright", scores, upright, axis=1)
        losses = steps.add("Neg", "losses", steps.add("Squeeze", "chosen", chosen, steps.vector("axis", [1])))
        weights = self._weights(steps, node, classes, kept)
        if weights is not None:
            losses = steps.add("Mul", "weighted", losses, weights)
        reduction = node.attributes.get("reduction", "mean")
        if reduction == "none":
            steps.add("Identity", node.outputs[0], losses)
        elif reduction == "sum":
            steps.add("ReduceSum", node.outputs[0], losses, keepdims=0)
        elif weights is None:
            steps.add("ReduceMean", node.outputs[0], losses, keepdims=0)
        else:
            total, weight = (
                steps.add("ReduceSum", name, value, keepdims=0)
                for name, value in (("total", losses), ("weight", weights))
            )
            steps.add("Div", node.outputs[0], total, weight)
        return steps.nodes

    @staticmethod
    def _kept(steps: Decomposition, node: Node, target: Value) -> tuple[Value | None, Value]:
        """Return which classes count, None for all, and classes of which none is out of range."""
        ignored = node.attributes.get("ignore_index")
        if ignored is None:
            return None, target
        same = steps.add("Equal", "is_ignored", target, steps.scalar("ignored", target.dtype, int(ignored)))
        kept = steps.add("Not", "kept", same)
        return kept, steps.add("Where", "classes", kept, target, steps.scalar("first", target.dtype, 0))

    @staticmethod
    def _weights(steps: Decomposition, node: Node, classes: Value, kept: Value | None) -> Value | None:
        """Return the weight of each loss, None where all count alike."""
        dtype, given = node.required(0).dtype, node.input(2)
        weights = None if given is None else steps.add("Gather", "weights", given, classes, axis=0)
        if kept is None:
            return weights
        if weights is None:
            return steps.cast("counts", kept, dtype)
        return steps.add("Where", "kept_weights", kept, weights, steps.scalar("nothing", dtype, 0.0))
