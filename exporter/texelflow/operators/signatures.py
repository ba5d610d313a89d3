"""How many inputs ONNX's operators take, and of which types their attributes are: checked at import.

An attribute's name says its type: where several operators have one of that name, it is of one type.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from texelflow.graph import Node, NodeError, Value

MANY = 2**31 - 1
"""As many inputs as one likes."""

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


_INPUTS = {
    (1, 1): "Abs Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BitwiseNot Cast Ceil Celu"
    " ConstantOfShape Cos Cosh DepthToSpace Elu Erf Exp EyeLike Flatten Floor Gelu GlobalAveragePool"
    " GlobalLpPool GlobalMaxPool HardSigmoid HardSwish Hardmax Identity IsInf IsNaN LRN LeakyRelu Log"
    " LogSoftmax LpNormalization LpPool MaxPool MeanVarianceNormalization Mish Neg Not Reciprocal Relu"
    " Round Selu Shape Shrink Sigmoid Sign Sin Sinh Size Softmax Softplus Softsign SpaceToDepth Sqrt Tan"
    " Tanh ThresholdedRelu Transpose",
    (1, 2): "ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd"
    " ReduceSum ReduceSumSquare Split Squeeze Trilu Unsqueeze Upsample",
    (1, 3): "Clip Dropout",
    (1, 4): "Pad Resize",
    (1, 5): "Slice",
    (1, MANY): "Concat Max Mean Min Sum",
    (2, 2): "Add And BitShift BitwiseAnd BitwiseOr BitwiseXor CastLike CumSum Div Equal Expand Gather"
    " GatherElements GatherND Greater GreaterOrEqual Less LessOrEqual MatMul Mod Mul Or PRelu Pow"
    " RMSNormalization Reshape Sub Tile Xor",
    (2, 3): "Conv ConvTranspose Gemm LayerNormalization",
    (3, 3): "GroupNormalization InstanceNormalization OneHot Range Where",
    (5, 5): "BatchNormalization",
}

INPUTS = {name: limits for limits, names in _INPUTS.items() for name in names.split()}
"""The least and the most inputs of an operator, in all forms that can be read."""


def kind_of(operator: str, name: str) -> str | None:
    """Return what an attribute is to be, in words; None if no operator has one of that name."""
    return _OTHERS.get((operator, name)) or ATTRIBUTES.get(name)


def check_signature(node: Node) -> None:
    """Raise NodeError if a node has too few or too many inputs, or an attribute that is not of its type."""
    least, most = (0, MANY) if node.domain else INPUTS.get(node.operator, (0, MANY))
    if not least <= len(node.inputs) <= most:
        wanted = f"{least}" if least == most else f"{least} or more" if most == MANY else f"{least} to {most}"
        raise NodeError(node, f"the number of its inputs is {len(node.inputs)}; {wanted} is needed")
    for name, content in node.attributes.items():
        kind = kind_of(node.operator, name)
        if kind is not None and not _CHECKS[kind](content):
            shown = "a tensor" if isinstance(content, Value) else repr(content)
            raise NodeError(node, f"its attribute {name!r} is {shown}; {kind} is expected")


def _is_list_of(content: Any, kind: type) -> bool:
    return isinstance(content, list) and all(isinstance(item, kind) for item in content)
