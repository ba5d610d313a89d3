"""Checks that a node has the number of inputs that its operator takes, and attributes of the right types.

An attribute's name says its type: where several operators have one of that name, it is of one type.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from texelflow.graph import Node, NodeError, Value
from texelflow.operators import MANY, Operator

_NAMES = {
    "0 or 1": "exclusive fmod reverse saturate spatial storage_order training_mode",
    "1 or not": "allowzero ceil_mode keepdims noop_with_empty_axes",
    "0 or not": "align_corners antialias count_include_pad detect_negative detect_positive exclude_outside"
    " select_last_index transA transB upper",
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

FLAGS: dict[str, Callable[[int], bool]] = {"1 or not": lambda x: x == 1, "0 or not": lambda x: x != 0}
"""Which numbers turn a flag on: ONNX Runtime takes any, though ONNX knows 0 and 1 only."""

ATTRIBUTES = {name: kind for kind, names in _NAMES.items() for name in names.split()}
"""What an attribute is, by its name, where its operator does not say it."""

_CHECKS: dict[str, Callable[[Any], bool]] = {
    "0 or 1": lambda content: isinstance(content, int) and content in (0, 1),
    **dict.fromkeys(("a whole number", *FLAGS), lambda content: isinstance(content, int)),
    "a list of whole numbers": lambda content: _is_list_of(content, int),
    "a number": lambda content: isinstance(content, float),
    "a list of numbers": lambda content: _is_list_of(content, float),
    "a text": lambda content: isinstance(content, str),
    "a list of texts": lambda content: _is_list_of(content, str),
    "a tensor": lambda content: isinstance(content, Value),
}


def check_signature(node: Node, operator: Operator) -> None:
    """Raise NodeError if a node has too few or too many inputs, or an attribute that is not of its type."""
    least, most = operator.inputs
    if not least <= len(node.inputs) <= most:
        wanted = f"{least}" if least == most else f"{least} or more" if most == MANY else f"{least} to {most}"
        raise NodeError(node, f"the number of its inputs is {len(node.inputs)}; {wanted} is needed")
    check_attributes(node, operator.attributes)


def check_attributes(node: Node, own: Mapping[str, str] | None = None) -> None:
    """Raise NodeError if an attribute is not of its type; `own` has those that its operator says itself.

    Flags that may be other numbers than 0 and 1 are made one of these.
    """
    kinds = {**ATTRIBUTES, **(own or {})}
    for name, content in node.attributes.items():
        kind = kinds.get(name)
        if kind is not None and not _CHECKS[kind](content):
            shown = "a tensor" if isinstance(content, Value) else repr(content)
            raise NodeError(node, f"its attribute {name!r} is {shown}; {kind} is expected")
        if kind in FLAGS:
            node.attributes[name] = int(FLAGS[kind](content))


def _is_list_of(content: Any, kind: type) -> bool:
    return isinstance(content, list) and all(isinstance(item, kind) for item in content)
