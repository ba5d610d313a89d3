"""GroupNorm and SkipGroupNorm of diffusion models: channels last or not, with the activation behind it."""

from __future__ import annotations

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT, wanted
from texelflow.operators.onnx.normalization import DEFAULT_EPSILON
from texelflow.operators.shapes import broadcast_to, divided, require_rank, unify

_OWN = {"activation": "a whole number", "groups": "a whole number", "channels_last": "0 or 1"}


@operator("GroupNorm", inputs=3, attributes=_OWN, domain=MICROSOFT)
@operator("SkipGroupNorm", inputs=(4, 5), attributes=_OWN, domain=MICROSOFT)
class GroupNorm(Operator):
    """X [N, H, W, C], or [N, C, H, W] without channels_last, normalised in groups of channels; then SiLU.

    Inputs: X, gamma and beta [C]; of SkipGroupNorm also skip, of the shape of X or [N, C], and bias [C],
    which are added first. Outputs: the result, and that sum.
    """

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X."""
        x = node.required(0).known_type
        if not x.is_floating:
            raise NodeError(node, f"its input has type {x.dtype}; a floating type is needed")
        require_rank(node, x, 4, 4)
        channels = x.shape[self._channel_axis(node)]
        groups = int(node.attributes.get("groups", 0))
        if groups < 1:
            raise NodeError(node, f"its attribute groups is {groups}; at least 1 is needed")
        if (activation := node.attributes.get("activation")) not in (0, 1):
            raise NodeError(node, f"its attribute activation is {activation}; 0 or 1 (SiLU) is expected")
        divided(node, channels, groups, "its number of channels")
        for index, name in ((1, "gamma"), (2, "beta"), (4, "bias")):
            value = node.input(index)
            if value is not None:
                unify(node, value.known_type.size, channels, f"the lengths of {name} and of the channels")
        if (skip := node.input(3)) is not None:
            require_rank(node, skip.known_type, 2, 4)
            if len(skip.shape) == 2:
                unify(node, skip.shape[0], x.shape[0], "the batches of its input and skip")
                unify(node, skip.shape[1], channels, "the channels of its input and skip")
            else:
                broadcast_to(node, skip.shape, x.shape, "its skip")
        return [x, x][: len(node.outputs)]

    @staticmethod
    def _channel_axis(node: Node) -> int:
        return 3 if node.attributes.get("channels_last", 1) else 1

    def decompose(self, node: Node) -> list[Node] | None:
        """Add, put channels first, normalise, and back."""
        steps = Decomposition(node)
        x, axis = node.required(0), self._channel_axis(node)
        addends = [value for value in (node.input(3), node.input(4)) if value is not None]
        for position, value in enumerate(addends):
            is_last = position == len(addends) - 1
            result: str | Value = node.outputs[1] if is_last and wanted(node, 1) else "sum"
            x = steps.add("Add", result, x, self._upright(steps, value, axis))
        last = axis == 3
        image = steps.add("Transpose", "channels_first", x, perm=[0, 3, 1, 2]) if last else x
        activates = bool(node.attributes["activation"])
        normal = steps.add(
            "GroupNormalization",
            "normal" if last or activates else node.outputs[0],
            image,
            *(self._vector(steps, node.required(index)) for index in (1, 2)),
            num_groups=int(node.attributes["groups"]),
            epsilon=float(node.attributes.get("epsilon", DEFAULT_EPSILON)),
        )
        if activates:
            normal = steps.add("Swish", "active" if last else node.outputs[0], normal)
        if last:
            steps.add("Transpose", node.outputs[0], normal, perm=[0, 2, 3, 1])
        return steps.nodes

    @staticmethod
    def _vector(steps: Decomposition, value: Value) -> Value:
        return value if len(value.shape) == 1 else steps.reshape("vector", value, [value.known_type.size])

    @staticmethod
    def _upright(steps: Decomposition, value: Value, axis: int) -> Value:
        """Return a skip or a bias so that it broadcasts over images."""
        if len(value.shape) == 4:
            return value
        batch = value.shape[0] if len(value.shape) == 2 else 1
        channels = value.shape[-1]
        if axis == 3:
            return steps.reshape("for_channels", value, [batch, 1, 1, channels])
        return steps.reshape("for_channels", value, [batch, channels, 1, 1])
