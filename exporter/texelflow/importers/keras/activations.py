"""Activations, by the names that configurations have for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from texelflow.graph import Value
from texelflow.importers.keras.lowering import KERAS_3, Layer

_SAME = {
    "relu": "Relu",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "softplus": "Softplus",
    "softsign": "Softsign",
    "selu": "Selu",
    "exponential": "Exp",
    "mish": "Mish",
}
_FACTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "elu": ("Elu", {"alpha": 1.0}),
    "gelu": ("Gelu", {"approximate": "none"}),
    "celu": ("Celu", {"alpha": 1.0}),
    "hard_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.0}),
    "soft_shrink": ("Shrink", {"lambd": 0.5, "bias": 0.5}),
    "softmax": ("Softmax", {"axis": -1}),
    "log_softmax": ("LogSoftmax", {"axis": -1}),
}


def name_of(layer: Layer, content: object) -> str:
    """Return the name of an activation of a configuration, in lower case; raise NodeError if it is none."""
    while isinstance(content, Mapping):  # Keras 3 writes functions and layers as objects
        inner = content.get("config")
        content = inner if isinstance(inner, str) else content.get("class_name")
    if content is None:
        return "linear"
    if not isinstance(content, str):
        raise layer.fail(f"its activation is {content!r}")
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", content.split(">")[-1]).lower()


def activate(layer: Layer, result: str | Value, x: Value, content: object, dtype: str = "float32") -> Value:
    """Return an activation of x; raise NodeError if it is not known."""
    name = name_of(layer, content)
    if name in ("linear", "identity"):
        return layer.add("Identity", result, x) if isinstance(result, Value) else x
    if name in _SAME:
        return layer.add(_SAME[name], result, x)
    if name in _FACTORS:
        operator, attributes = _FACTORS[name]
        return layer.add(operator, result, x, **attributes)
    if name in ("swish", "silu"):
        return layer.add("Mul", result, x, layer.add("Sigmoid", "gate", x))
    if name in ("relu6", "re_lu6"):
        return clip(layer, result, x, 0, 6, dtype)
    if name == "leaky_relu":
        return layer.add("LeakyRelu", result, x, alpha=0.2)
    if name == "hard_sigmoid":
        slope = 1 / 6 if layer.dialect == KERAS_3 else 0.2
        return layer.add("HardSigmoid", result, x, alpha=slope, beta=0.5)
    if name in ("hard_silu", "hard_swish"):
        return layer.add("HardSwish", result, x)
    if name == "hard_tanh":
        return clip(layer, result, x, -1, 1, dtype)
    if name == "log_sigmoid":
        turned = layer.add("Softplus", "softplus", layer.add("Neg", "negative", x))
        return layer.add("Neg", result, turned)
    if name == "softmin":
        return layer.add("Softmax", result, layer.add("Neg", "negative", x), axis=-1)
    if name == "tanh_shrink":
        return layer.add("Sub", result, x, layer.add("Tanh", "tanh", x))
    if name == "squareplus":
        return _squareplus(layer, result, x, dtype)
    if name == "sparse_plus":
        return _sparse_plus(layer, result, x, dtype)
    raise layer.fail(f"its activation {name!r} is not known: express it by one that is, or as a layer")


def recurrent_activation(layer: Layer, content: object) -> tuple[str, list[float], list[float]]:
    """Return an activation as ONNX's recurrent layers have them: name, and alpha and beta if it takes some.

    Raises:
        NodeError: they have none of that name.
    """
    name = name_of(layer, content)
    known = {
        "tanh": "Tanh",
        "sigmoid": "Sigmoid",
        "relu": "Relu",
        "softsign": "Softsign",
        "softplus": "Softplus",
    }
    if name in known:
        return known[name], [], []
    if name == "hard_sigmoid":
        return "HardSigmoid", [1 / 6 if layer.dialect == KERAS_3 else 0.2], [0.5]
    if name == "linear":
        return "Affine", [1.0], [0.0]
    if name == "elu":
        return "Elu", [1.0], []
    raise layer.fail(f"its activation {name!r} is not supported in recurrent layers")


def clip(layer: Layer, result: str | Value, x: Value, low: float, high: float, dtype: str) -> Value:
    """Return x between two numbers."""
    bounds = (layer.scalar("limit", dtype, low), layer.scalar("limit", dtype, high))
    return layer.add("Clip", result, x, *bounds)


def _squareplus(layer: Layer, result: str | Value, x: Value, dtype: str) -> Value:
    """Return (x + √(x² + 4)) / 2."""
    square = layer.add("Add", "raised", layer.add("Mul", "square", x, x), layer.scalar("four", dtype, 4.0))
    total = layer.add("Add", "total", x, layer.add("Sqrt", "root", square))
    return layer.add("Mul", result, total, layer.scalar("half", dtype, 0.5))


def _sparse_plus(layer: Layer, result: str | Value, x: Value, dtype: str) -> Value:
    """Return 0 up to -1, x from 1 on, and between them (x + 1)² / 4."""
    one = layer.scalar("one", dtype, 1.0)
    raised = clip(layer, "up", layer.add("Add", "next", x, one), 0, 2, dtype)
    root = layer.add("Mul", "root", raised, layer.scalar("half", dtype, 0.5))
    bent = layer.add("Mul", "bent", root, root)
    return layer.add("Where", result, layer.add("Greater", "far", x, one), x, bent)
