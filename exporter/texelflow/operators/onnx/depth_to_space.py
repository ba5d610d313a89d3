"""DepthToSpace and SpaceToDepth: blocks of channels to blocks of pixels, and back."""

from __future__ import annotations

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import divided, require_rank


def block_size(node: Node) -> int:
    """Return the side of a block of pixels."""
    size = int(node.attributes.get("blocksize", 0))
    if size < 1:
        raise NodeError(node, f"blocksize is {size}; at least 1 is expected")
    return size


def channel_order(node: Node) -> str:
    """Return "DCR" if the place in a block is the slow part of a channel's number, "CRD" if the fast one."""
    mode: str = node.attributes.get("mode", "DCR")
    if mode not in ("DCR", "CRD"):
        raise NodeError(node, f"mode is {mode!r}; 'DCR' or 'CRD' is expected")
    return mode


@operator("DepthToSpace", inputs=1)
class DepthToSpace(Operator):
    """[N, C, H, W] → [N, C/b², H·b, W·b]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with fewer channels and more pixels."""
        source, b = node.required(0).known_type, block_size(node)
        require_rank(node, source, 4, 4)
        n, c, h, w = source.shape
        channels = divided(node, c, b * b, "its number of channels")
        return [TensorType(source.dtype, (n, channels, h * b, w * b))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Reshape, Transpose, Reshape."""
        b, target = block_size(node), node.outputs[0]
        n, _, h, w = node.required(0).shape
        c = target.shape[1]
        mode = channel_order(node)
        steps = Decomposition(node)
        split: list[Dimension] = [n, b, b, c, h, w] if mode == "DCR" else [n, c, b, b, h, w]
        order = [0, 3, 4, 1, 5, 2] if mode == "DCR" else [0, 1, 4, 2, 5, 3]
        blocks = steps.reshape("blocks", node.required(0), split)
        steps.reshape(target, steps.add("Transpose", "moved", blocks, perm=order), target.shape)
        return steps.nodes


@operator("SpaceToDepth", inputs=1)
class SpaceToDepth(Operator):
    """[N, C, H, W] → [N, C·b², H/b, W/b]."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type with more channels and fewer pixels."""
        source, b = node.required(0).known_type, block_size(node)
        require_rank(node, source, 4, 4)
        n, c, h, w = source.shape
        rows, columns = divided(node, h, b, "its height"), divided(node, w, b, "its width")
        return [TensorType(source.dtype, (n, c * (b * b), rows, columns))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Reshape, Transpose, Reshape."""
        b, target = block_size(node), node.outputs[0]
        order = [0, 3, 5, 1, 2, 4] if channel_order(node) == "DCR" else [0, 1, 3, 5, 2, 4]
        n, c, _, _ = node.required(0).shape
        _, _, h, w = target.shape
        steps = Decomposition(node)
        blocks = steps.reshape("blocks", node.required(0), [n, c, h, b, w, b])
        steps.reshape(target, steps.add("Transpose", "moved", blocks, perm=order), target.shape)
        return steps.nodes
