"""What the operators of ai.onnx.ml share: their attributes, and inputs of rows of features."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import Node, NodeError, TensorType, Value
from texelflow.graph.constants import unpack_elements
from texelflow.operators.decomposition import Decomposition
from texelflow.operators.shapes import require_rank

DOMAIN = "ai.onnx.ml"

NUMERIC = ("float32", "float64", "int64", "int32", "float16", "bfloat16")
"""The element types of features."""

TRANSFORMS = ("NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT")


def kinds(**names: str) -> dict[str, str]:
    """Return what attributes are, by kind: `numbers="offset scale"`."""
    words = {
        "flag": "0 or 1",
        "integer": "a whole number",
        "integers": "a list of whole numbers",
        "number": "a number",
        "numbers": "a list of numbers",
        "text": "a text",
        "texts": "a list of texts",
        "tensor": "a tensor",
    }
    return {name: words[kind] for kind, listed in names.items() for name in listed.split()}


def require_numeric(node: Node, kind: TensorType) -> None:
    """Raise NodeError unless the elements are numbers that features may be."""
    if kind.dtype not in NUMERIC:
        raise NodeError(node, f"its input has type {kind.dtype}; one of {', '.join(NUMERIC)} is needed")


def row_extents(node: Node) -> tuple[Dimension, Dimension]:
    """Return how many rows and features the input [rows, features] has; one of rank 1 is one row."""
    kind = node.required(0).known_type
    require_numeric(node, kind)
    require_rank(node, kind, 1, 2)
    return (1, kind.shape[0]) if kind.rank == 1 else (kind.shape[0], kind.shape[1])


def rows(steps: Decomposition) -> Value:
    """Return the input as a matrix [rows, features] of float32."""
    value = as_float32(steps, steps.node.required(0))
    return steps.reshape("row", value, [1, *value_shape(steps)]) if len(value_shape(steps)) == 1 else value


def value_shape(steps: Decomposition) -> Sequence[Dimension]:
    """Return the shape of the input."""
    return steps.node.required(0).shape


def as_float32(steps: Decomposition, value: Value) -> Value:
    """Return a value as float32."""
    return value if value.dtype == "float32" else steps.cast("as_float", value, "float32")


def numbers(node: Node, name: str, tensor_name: str = "") -> list[float]:
    """Return a list of numbers, or else the elements of the tensor of doubles of opset 3; [] if absent."""
    tensor = node.attributes.get(tensor_name) if tensor_name else None
    listed = node.attributes.get(name) or []
    if tensor is None:
        return [float(number) for number in listed]
    if listed:
        raise NodeError(node, f"it has both {name} and {tensor_name}; one of them is expected")
    return tensor_elements(node, tensor_name)


def tensor_elements(node: Node, name: str) -> list[float]:
    """Return the elements of an attribute that is a tensor; [] if it is absent."""
    tensor = node.attributes.get(name)
    if tensor is None:
        return []
    if tensor.constant is None or tensor.dtype == "bool":
        raise NodeError(node, f"its {name} are no numbers")
    elements = unpack_elements(tensor.dtype, tensor.constant.tobytes())
    return [float(item) for item in elements if isinstance(item, int | float)]


def whole_numbers(node: Node, name: str) -> list[int]:
    """Return a list of whole numbers; [] if it is absent."""
    return [int(number) for number in node.attributes.get(name) or []]


def texts(node: Node, name: str) -> list[str]:
    """Return a list of texts; [] if it is absent."""
    return [str(text) for text in node.attributes.get(name) or []]


def choice(node: Node, name: str, default: str, allowed: Sequence[str]) -> str:
    """Return an attribute that is one of some texts; raise NodeError if it is another."""
    found = node.attributes.get(name, default)
    if found not in allowed:
        raise NodeError(node, f"{name} is {found!r}; one of {', '.join(allowed)} is expected")
    return str(found)


def require_length(node: Node, what: str, found: int, wanted: int) -> None:
    """Raise NodeError unless there are as many as wanted."""
    if found != wanted:
        raise NodeError(node, f"it has {found} {what}; {wanted} are expected")


def double_warnings(node: Node, *names: str) -> list[str]:
    """Return a warning if one of the tensors given by name, or the input, has 64 bits."""
    tensors = [node.attributes.get(name) for name in names]
    if any(isinstance(tensor, Value) and tensor.dtype == "float64" for tensor in tensors):
        return ["its numbers of 64 bits are rounded to 32: results near a threshold may differ"]
    return []
