"""FusedMatMul and FusedGemm: products with transposes, a factor, and an activation."""

from __future__ import annotations

from collections.abc import Mapping

from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.operators import Operator, operator
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.microsoft.domain import MICROSOFT
from texelflow.operators.onnx.gemm import Gemm
from texelflow.operators.onnx.matmul import MatMul
from texelflow.operators.shapes import floating_dtype

_OWN = dict.fromkeys(("transBatchA", "transBatchB"), "0 or 1")

ACTIVATIONS: Mapping[str, tuple[str, ...]] = {
    "Relu": (),
    "Sigmoid": (),
    "Softplus": (),
    "Softsign": (),
    "Tanh": (),
    "Elu": ("alpha",),
    "HardSigmoid": ("alpha", "beta"),
    "LeakyRelu": ("alpha",),
    "Selu": ("alpha", "gamma"),
    "ThresholdedRelu": ("alpha",),
}
"""The activations of FusedGemm, with the attributes that they take as activation_<name>."""


def _permutation(node: Node, side: str, rank: int) -> list[int]:
    """Return the order of the axes in which an operand of FusedMatMul is multiplied."""
    order = list(range(rank))
    if rank > 2 and node.attributes.get(f"transBatch{side}"):
        order = [*order[1:-1], 0, order[-1]]
    if rank > 1 and node.attributes.get(f"trans{side}"):
        order[-2:] = order[:-3:-1]
    return order


@operator("FusedMatMul", inputs=2, attributes=_OWN, domain=MICROSOFT)
class FusedMatMul(Operator):
    """`alpha · A' B'`, where ' may turn the last two axes, and move the first axis behind the batches."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the product's type."""
        operands: list[Value | None] = []
        for index, side in enumerate("AB"):
            kind = node.required(index).known_type
            shape = tuple(kind.shape[axis] for axis in _permutation(node, side, kind.rank))
            operands.append(Value(side, TensorType(kind.dtype, shape)))
        floating_dtype(node, [node.required(0).known_type, node.required(1).known_type])
        return MatMul().infer(Node("MatMul", operands, [Value("product")], {}, node.name))

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Transpose, MatMul and Mul, as far as each is needed."""
        steps = Decomposition(node)
        operands: list[Value] = []
        for index, side in enumerate("AB"):
            value = node.required(index)
            order = _permutation(node, side, len(value.shape))
            if order != sorted(order):
                value = steps.add("Transpose", "turned", value, perm=order)
            operands.append(value)
        alpha, result = float(node.attributes.get("alpha", 1.0)), node.outputs[0]
        product = steps.add("MatMul", result if alpha == 1 else "product", *operands)
        if alpha != 1:
            steps.add("Mul", result, product, steps.scalar("alpha", result.dtype, alpha))
        return steps.nodes


@operator(
    "FusedGemm",
    inputs=(2, 3),
    attributes=dict.fromkeys((f"activation_{name}" for name in ("alpha", "beta", "gamma")), "a number"),
    domain=MICROSOFT,
)
class FusedGemm(Operator):
    """`activation(alpha · A B + beta · C)`."""

    def infer(self, node: Node) -> list[TensorType]:
        """Return the Gemm's type; raise NodeError for an activation that is not known."""
        activation = node.attributes.get("activation", "")
        if activation and activation not in ACTIVATIONS:
            known = ", ".join(ACTIVATIONS)
            raise NodeError(node, f"activation {activation!r} is not supported; known are {known}")
        for name in ACTIVATIONS.get(activation, ()):
            if f"activation_{name}" not in node.attributes:
                raise NodeError(node, f"activation {activation} needs the attribute activation_{name}")
        return Gemm().infer(node)

    def decompose(self, node: Node) -> list[Node] | None:
        """Replace by Gemm and the activation."""
        steps = Decomposition(node)
        attributes = dict(node.attributes)
        activation = attributes.pop("activation", "")
        numbers = {name: attributes.pop(f"activation_{name}", None) for name in ("alpha", "beta", "gamma")}
        result = node.outputs[0]
        product = steps.add("Gemm", "product" if activation else result, *node.inputs, **attributes)
        if activation:
            parameters = {name: numbers[name] for name in ACTIVATIONS[activation]}
            steps.add(activation, result, product, **parameters)
        return steps.nodes
