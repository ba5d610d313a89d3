"""CausalConvWithState: a depthwise convolution along time that remembers what it still needs."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import at_least, floating_dtype, require_rank, unify

ACTIVATIONS = ("none", "silu", "swish")


@operator("CausalConvWithState", inputs=(2, 4))
class CausalConvWithState(Operator):
    """The input [N, C, L] behind a state [N, C, k - 1] by weights [C, 1, k]: L results, and the next state.

    Bias and state, zeros where it is omitted, are the inputs behind the weights.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the types of result and state; raise NodeError if weights, bias or state do not fit."""
        source, weight = node.required(0).known_type, node.required(1).known_type
        dtype = floating_dtype(node, [value.known_type for value in node.reads])
        require_rank(node, source, 3, 3)
        require_rank(node, weight, 3, 3)
        batch, channels, _ = source.shape
        unify(node, weight.shape[0], channels, "the channels of its input and its weight")
        unify(node, weight.shape[1], 1, "the channels that a filter of its weight reads and 1")
        at_least(node, weight.shape[2], 1, "the length of its weight")
        activation = node.attributes.get("activation", "none")
        if activation not in ACTIVATIONS:
            raise NodeError(
                node, f"activation is {activation!r}; one of {', '.join(ACTIVATIONS)} is expected"
            )
        if not isinstance(channels, int) and not isinstance(weight.shape[0], int):
            raise NodeError(node, f"it has {channels} channels; a number known at export is needed")
        state = (batch, channels, weight.shape[2] - 1)
        if (bias := node.input(2)) is not None:
            require_rank(node, bias.known_type, 1, 1)
            unify(node, bias.shape[0], channels, "the lengths of its bias and its channels")
        if (past := node.input(3)) is not None:
            require_rank(node, past.known_type, 3, 3)
            for axis, (a, b) in enumerate(zip(past.shape, state, strict=True)):
                unify(
                    node, a, b, f"the extents of its state along axis {axis} as they are and as they must be"
                )
        return [source, TensorType(dtype, state)][: len(node.outputs)]

    def decompose(self, node: Node) -> list[Node] | None:
        """Convolve what is joined; its end is the next state."""
        steps, source, weight = Decomposition(node), node.required(0), node.required(1)
        remembered, length = weight.shape[2] - 1, source.shape[2]
        past, bias = node.input(3), node.input(2)
        if past is None:
            before = steps.vector("pads", [0, 0, remembered, 0, 0, 0])
            joined = steps.add("Pad", "joined", source, before)
        else:
            joined = steps.add("Concat", "joined", past, source, axis=2)
        group = next(extent for extent in (source.shape[1], weight.shape[0]) if isinstance(extent, int))
        inputs = [joined, weight, *([bias] if bias is not None else [])]
        if node.attributes.get("activation", "none") == "none":
            steps.add("Conv", node.outputs[0], *inputs, group=group)
        else:
            found = steps.add("Conv", "convolved", *inputs, group=group)
            steps.add("Mul", node.outputs[0], found, steps.add("Sigmoid", "gate", found))
        if len(node.outputs) > 1:
            end = steps.slice("end", joined, 2, length, length + remembered)
            steps.add("Identity", node.outputs[1], end)
        return steps.nodes
