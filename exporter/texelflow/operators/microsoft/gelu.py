"""Gelu and its variants, some with a bias or a gate (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""

from __future__ import annotations

from texelflow.graph import Node, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.shapes import broadcast_to, divided, floating_dtype, require_rank, unify

_APPROXIMATE = {"Gelu": "none", "BiasGelu": "none", "FastGelu": "tanh"}

QUICK_ALPHA = 1.702


@operator("Gelu", inputs=1, domain=MICROSOFT)
@operator("FastGelu", inputs=(1, 2), domain=MICROSOFT)
@operator("BiasGelu", inputs=2, domain=MICROSOFT)
class Gelu(Operator):
    """Gelu of X, or of X + bias [channels]; FastGelu by the approximation with tanh."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X."""
        floating_dtype(node, [value.known_type for value in node.reads])
        x, bias = node.required(0).known_type, node.input(1)
        if bias is not None:
            require_rank(node, bias.known_type, 1, 1)
            broadcast_to(node, bias.shape, x.shape, "its bias")
        return [x]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Add and ONNX's Gelu."""
        steps = Decomposition(node)
        x, bias = node.required(0), node.input(1)
        if bias is not None:
            x = steps.add("Add", "biased", x, bias)
        steps.add("Gelu", node.outputs[0], x, approximate=_APPROXIMATE[self.name])
        return steps.nodes


@operator("QuickGelu", inputs=1, domain=MICROSOFT)
class QuickGelu(Operator):
    """`x * sigmoid(alpha * x)`; alpha is 1.702 by default."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of x."""
        kind = node.required(0).known_type
        floating_dtype(node, [kind])
        return [kind]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by ONNX's Swish."""
        steps = Decomposition(node)
        alpha = float(node.attributes.get("alpha", QUICK_ALPHA))
        steps.add("Swish", node.outputs[0], node.required(0), alpha=alpha)
        return steps.nodes


@operator("BiasSplitGelu", inputs=2, domain=MICROSOFT)
class BiasSplitGelu(Operator):
    """X [batch, pixels, 2·size] + bias [2·size], its first half times the Gelu of its second."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X with half its last extent."""
        x, bias = node.required(0).known_type, node.required(1).known_type
        dtype = floating_dtype(node, [x, bias])
        require_rank(node, x, 3, 3)
        require_rank(node, bias, 1, 1)
        unify(node, bias.shape[0], x.shape[2], "the lengths of its bias and of its input's last axis")
        return [TensorType(dtype, (*x.shape[:2], divided(node, x.shape[2], 2, "its last extent")))]

    def decompose(self, node: Node) -> list[Node] | None:
        """Add, split, and multiply by the gate."""
        steps = Decomposition(node)
        biased = steps.add("Add", "biased", node.required(0), node.required(1))
        half = node.outputs[0].shape[2]
        sizes = steps.vector("halves", [half, half])
        linear, gate = steps.add_all("Split", ["linear", "gate"], biased, sizes, axis=2)
        steps.add("Mul", node.outputs[0], linear, steps.add("Gelu", "opened", gate))
        return steps.nodes


@operator("BiasAdd", inputs=3, domain=MICROSOFT)
class BiasAdd(Operator):
    """X [batch, pixels, channels] + bias [channels] + skip, which has the shape of X."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the type of X."""
        x, bias, skip = (node.required(index).known_type for index in range(3))
        floating_dtype(node, [x, bias, skip])
        broadcast_to(node, bias.shape, x.shape, "its bias")
        broadcast_to(node, skip.shape, x.shape, "its skip")
        return [x]

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by two sums."""
        steps = Decomposition(node)
        biased: Value = steps.add("Add", "biased", node.required(0), node.required(1))
        steps.add("Add", node.outputs[0], biased, node.required(2))
        return steps.nodes
