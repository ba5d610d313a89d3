"""The types of ONNX's attributes, by name: each is checked before an operator reads it.

The name says it all: where several operators have an attribute of one name, it has one type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from texelflow.ir import Node, NodeError, Value

_NAMES = {
    "0 or 1": "allowzero antialias ceil_mode count_include_pad detect_negative detect_positive"
    " exclude_outside exclusive fmod keepdims noop_with_empty_axes reverse saturate select_last_index"
    " spatial storage_order training_mode transA transB upper",
    "a whole number": "axis batch_dims blocksize dtype end group k num_groups num_outputs p seed size start"
    " stash_type to value_int",
    "a list of whole numbers": "axes dilations ends kernel_shape output_padding output_shape pads perm"
    " shape split starts strides value_ints",
    "a number": "alpha beta bias cubic_coeff_a epsilon extrapolation_value gamma lambd max min momentum"
    " ratio value_float",
    "a list of numbers": "activation_params scales value_floats",
    "a text": "activation approximate auto_pad coordinate_transformation_mode direction"
    " keep_aspect_ratio_policy mode nearest_mode round_mode",
    "a tensor": "value",
}

ATTRIBUTES = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What an attribute is, by its name."""

_OTHERS = {("Pad", "value"): "a number"}
"""The same for an attribute that is something else in an operator's old form."""

_CHECKS: dict[str, Callable[[Any], bool]] = {
    "0 or 1": lambda content: isinstance(content, int) and content in (0, 1),
    "a whole number": lambda content: isinstance(content, int),
    "a list of whole numbers": lambda content: _is_list_of(content, int),
    "a number": lambda content: isinstance(content, float),
    "a list of numbers": lambda content: _is_list_of(content, float),
    "a text": lambda content: isinstance(content, str),
    "a tensor": lambda content: isinstance(content, Value),
}


def kind_of(operator: str, name: str) -> str | None:
    """Return what an attribute is to be, in words; None if no operator has one of that name."""
    return _OTHERS.get((operator, name)) or ATTRIBUTES.get(name)


def check_attributes(node: Node) -> None:
    """Raise NodeError if an attribute of a node is not of its type."""
    for name, content in node.attributes.items():
        kind = kind_of(node.operator, name)
        if kind is not None and not _CHECKS[kind](content):
            shown = "a tensor" if isinstance(content, Value) else repr(content)
            raise NodeError(node, f"its attribute {name!r} is {shown}; {kind} is expected")


def _is_list_of(content: Any, kind: type) -> bool:
    return isinstance(content, list) and all(isinstance(item, kind) for item in content)
