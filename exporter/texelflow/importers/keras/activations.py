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
