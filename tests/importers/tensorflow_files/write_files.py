"""Writes operators.json.xz: small graphs of TensorFlow's operators, inputs, and what TensorFlow computes.

Run by hand, where `tensorflow-cpu` (2.21) is installed; nothing else needs it:

    python tests/importers/tensorflow_files/write_files.py
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import packed_arrays
import tensorflow as tf
from google.protobuf import text_format
from tensorflow.python.framework import convert_to_constants

FOLDER = Path(__file__).parent
R = tf.raw_ops
random = np.random.default_rng(7)
files: dict[str, np.ndarray] = {}


def floats(*shape: int, low: float = -2, high: float = 2) -> np.ndarray:
    # Few digits, which compress well.
    return (np.round(random.uniform(low, high, shape) * 64) / 64).astype(np.float32)


def ints(*shape: int, low: int = -9, high: int = 10, dtype: Any = np.int32) -> np.ndarray:
    return random.integers(low, high, shape).astype(dtype)


def case(
    name: str,
    function: Callable[..., Any],
    *inputs: np.ndarray,
    free: Sequence[tuple[int, int]] = (),
    lower: bool = False,
    fixed: Sequence[int] = (),
) -> None:
    """Add a case: outputs are called out0, out1 and so on, inputs x0 and so on.

    `free` are axes (input, axis) of no declared extent. `lower`: control flow as Switch and Merge. `fixed`
    are inputs that the test makes constants.
    """
    specs = []
    for index, array in enumerate(inputs):
        shape = [None if (index, axis) in free else extent for axis, extent in enumerate(array.shape)]
        specs.append(tf.TensorSpec(shape, array.dtype, name=f"x{index}"))

    @tf.function(input_signature=specs)
    def wrapped(*arguments: Any) -> list[Any]:
        results = function(*arguments)
        results = results if isinstance(results, list | tuple) else [results]
        return [tf.identity(result, name=f"out{index}") for index, result in enumerate(results)]

    concrete = wrapped.get_concrete_function()
    expected = concrete(*map(tf.constant, inputs))
    concrete = convert_to_constants.convert_variables_to_constants_v2(concrete, lower_control_flow=lower)
    graph = concrete.graph.as_graph_def()
    outputs = [tensor.name for tensor in concrete.outputs]
    for index, output in enumerate(outputs):
        node = graph.node.add(name=f"out{index}_", op="Identity", input=[output.removesuffix(":0")])
        node.attr["T"].type = concrete.outputs[index].dtype.as_datatype_enum
    add(name, graph, inputs, [value.numpy() for value in expected], fixed)


def add(
    name: str,
    graph: Any,
    inputs: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
    fixed: Sequence[int] = (),
) -> None:
    for node in [*graph.node, *(node for function in graph.library.function for node in function.node_def)]:
        for attribute in [key for key in node.attr if key.startswith("_")]:
            del node.attr[attribute]
        node.ClearField("experimental_debug_info")
    for function in graph.library.function:
        function.arg_attr.clear()
    graph.ClearField("debug_info") if hasattr(graph, "debug_info") else None
    files[f"{name}/graph"] = np.frombuffer(graph.SerializeToString(deterministic=True), np.uint8)
    for index, array in enumerate(inputs):
        files[f"{name}/x{index}"] = array
    for index, array in enumerate(expected):
        files[f"{name}/out{index}"] = np.asarray(array)
    if fixed:
        files[f"{name}/fixed"] = np.array(fixed)


def graph_case(name: str, text: str, inputs: Sequence[np.ndarray], outputs: Sequence[str]) -> None:
    """Add a case of a graph as text, whose inputs are Placeholders x0, x1, …"""
    graph = text_format.Parse(text, tf.compat.v1.GraphDef())
    for index, array in enumerate(inputs):
        node = graph.node.add(name=f"x{index}", op="Placeholder")
        node.attr["dtype"].type = tf.as_dtype(array.dtype).as_datatype_enum
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(array.shape).as_proto())
    with tf.Graph().as_default() as origin, tf.compat.v1.Session() as session:
        tf.import_graph_def(graph, name="")
        feeds = {f"x{index}:0": array for index, array in enumerate(inputs)}
        types = [origin.get_tensor_by_name(output).dtype for output in outputs]
        expected = session.run(list(outputs), feeds)
    for index, (output, dtype) in enumerate(zip(outputs, types, strict=True)):
        node = graph.node.add(name=f"out{index}_", op="Identity", input=[output])
        node.attr["T"].type = dtype.as_datatype_enum
    add(name, graph, inputs, expected)


def v1_case(name: str, function: Callable[..., Any], *inputs: np.ndarray) -> None:
    """Add a case of TensorFlow 1, whose control flow is made of Switch and Merge."""
    with tf.Graph().as_default() as origin, tf.compat.v1.Session() as session:
        tf.compat.v1.disable_control_flow_v2()
        tf.compat.v1.disable_tensor_equality()
        places = [
            tf.compat.v1.placeholder(array.dtype, array.shape, f"x{i}") for i, array in enumerate(inputs)
        ]
        results = function(*places)
        results = results if isinstance(results, list | tuple) else [results]
        outputs = [tf.identity(result, name=f"out{index}_") for index, result in enumerate(results)]
        expected = session.run(outputs, dict(zip(places, inputs, strict=True)))
        graph = origin.as_graph_def()
        tf.compat.v1.enable_control_flow_v2()
    add(name, graph, inputs, expected)


def elementwise() -> None:
    for name in (
        "Abs Neg Exp Sin Cos Tan Atan Sinh Cosh Asinh Tanh Erf Erfc Floor Ceil Round Rint Sign Sigmoid Relu"
        " Relu6 Elu Selu Square Expm1 ZerosLike OnesLike IsNan IsInf IsFinite Reciprocal"
    ).split():
        names = {"Relu": "features", "Relu6": "features", "Elu": "features", "Selu": "features"}
        key = names.get(name, "x")
        UNARY.append((name, key, floats(3, 5)))
    for name in "Log Sqrt Rsqrt Log1p Acosh".split():
        UNARY.append((name, "x", floats(3, 5, low=1.01, high=4)))
    for name in "Asin Acos Atanh".split():
        UNARY.append((name, "x", floats(3, 5, low=-0.95, high=0.95)))
    for name in "Softplus Softsign".split():
        UNARY.append((name, "features", floats(3, 5)))
    names = [entry[0] for entry in UNARY]
    case(
        "unary",
        lambda *xs: [getattr(R, name)(**{key: x}) for (name, key, _), x in zip(UNARY, xs, strict=True)],
        *[array for _, _, array in UNARY],
    )
    assert len(set(names)) == len(names)
    case(
        "unary_special",
        lambda x: [R.IsNan(x=x), R.IsInf(x=x), R.IsFinite(x=x), R.Log1p(x=x), R.Expm1(x=x), R.Sign(x=x)],
        np.array([0.0, 1e-7, -1e-7, 1e-4, np.inf, np.nan, 30.0, -0.5], np.float32),
    )
    case(
        "unary_more",
        lambda x, i, b: [
            R.LeakyRelu(features=x, alpha=0.3),
            R.LeakyRelu(features=x),
            R.Softmax(logits=x),
            R.LogSoftmax(logits=x),
            R.Abs(x=i),
            R.Neg(x=i),
            R.Sign(x=i),
            R.Square(x=i),
            R.Relu(features=i),
            R.Invert(x=i),
            R.LogicalNot(x=b),
            R.StopGradient(input=x),
            R.EnsureShape(input=x, shape=[3, 5]),
            R.CheckNumerics(tensor=x, message="m"),
            R.L2Loss(t=x),
        ],
        floats(3, 5),
        ints(3, 5),
        ints(3, 5) > 0,
    )
    for dtype, others in (("float", floats), ("int", ints)):
        x, y = others(2, 3, 4), others(3, 1)
        y = np.where(y == 0, y + 3, y).astype(y.dtype)
        names = [
            "Add",
            "AddV2",
            "Sub",
            "Mul",
            "Maximum",
            "Minimum",
            "SquaredDifference",
            "FloorDiv",
            "FloorMod",
        ]
        names += ["Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "Div"]
        names += (
            ["RealDiv"] if dtype == "float" else ["TruncateDiv", "TruncateMod", "BitwiseAnd", "BitwiseOr"]
        )
        names += ["BitwiseXor"] if dtype == "int" else ["TruncateMod"]
        case(
            f"binary_{dtype}", lambda x, y, names=names: [getattr(R, name)(x=x, y=y) for name in names], x, y
        )
    zeros = np.array([0, 1.5, -2, 0, 3], np.float32)
    other = np.array([0, 0, 2, 2, -0.5], np.float32)
    case(
        "binary_zero",
        lambda x, y: [
            R.DivNoNan(x=x, y=y),
            R.MulNoNan(x=x, y=y),
            R.Xdivy(x=x, y=tf.abs(y) + 1.0),
            R.Xlogy(x=x, y=tf.abs(y) + 1.0),
            R.Xlogy(x=tf.zeros_like(x), y=y),
            R.Atan2(y=x, x=y),
            R.Atan2(y=y, x=x),
            R.ApproximateEqual(x=x, y=y, tolerance=1.6),
            R.Pow(x=tf.abs(x) + 0.5, y=y),
        ],
        zeros,
        other,
    )
    a, b = ints(4, 3) > 0, ints(4, 3) > 0
    case(
        "logic",
        lambda a, b, x, y, row: [
            R.LogicalAnd(x=a, y=b),
            R.LogicalOr(x=a, y=b),
            R.Select(condition=a, x=x, y=y),
            R.Select(condition=row, x=x, y=y),
            R.SelectV2(condition=a, t=x, e=tf.constant(7.0)),
            R.ClipByValue(t=x, clip_value_min=-0.5, clip_value_max=1.0),
            R.AddN(inputs=[x, y, x]),
            R.AddN(inputs=[x]),
        ],
        a,
        b,
        floats(4, 3),
        floats(4, 3),
        np.array([True, False, False, True]),
    )
    pairs = [(tf.float32, tf.int32), (tf.float32, tf.bool), (tf.int32, tf.float32), (tf.int32, tf.int64)]
    pairs += [(tf.int32, tf.bool), (tf.bool, tf.float32), (tf.bool, tf.int32), (tf.float32, tf.float16)]
    pairs += [(tf.uint8, tf.float32), (tf.int64, tf.int32), (tf.uint8, tf.int32)]
    case(
        "cast",
        lambda *xs: [R.Cast(x=x, DstT=target) for x, (_, target) in zip(xs, pairs, strict=True)],
        *[
            (
                ints(2, 3) > 0
                if source == tf.bool
                else floats(2, 3, low=0 if source == tf.uint8 else -3, high=3) * 2
            ).astype(source.as_numpy_dtype)
            for source, _ in pairs
        ],
    )


UNARY: list[tuple[str, str, np.ndarray]] = []


def products() -> None:
    a, b = floats(3, 4), floats(4, 5)
    case(
        "matmul",
        lambda a, b: [
            R.MatMul(a=a, b=b),
            R.MatMul(a=tf.transpose(a), b=b, transpose_a=True),
            R.MatMul(a=a, b=tf.transpose(b), transpose_b=True),
            R.MatMul(a=tf.transpose(a), b=tf.transpose(b), transpose_a=True, transpose_b=True),
        ],
        a,
        b,
    )
    case(
        "batch_matmul",
        lambda a, b, c: [
            R.BatchMatMul(x=a, y=b),
            R.BatchMatMulV2(x=a, y=c, adj_y=True),
            R.BatchMatMulV3(x=b, y=a, Tout=tf.float32, adj_x=True, adj_y=True),
            tf.einsum("bij,bjk->bik", a, b),
            tf.einsum("...ij,...kj->...ik", a, c),
            tf.einsum("bij->bji", a),
            tf.einsum("bij,bik->jk", a, a),
        ],
        floats(2, 3, 4),
        floats(2, 4, 5),
        floats(1, 2, 4),
        free=[(0, 0), (1, 0)],
    )


def convolutions() -> None:
    x, odd = floats(2, 8, 7, 3), floats(1, 9, 6, 4)
    w33, w32, w11 = floats(3, 3, 3, 5), floats(3, 2, 3, 4), floats(1, 1, 3, 2)

    def conv(x: Any, w: Any, stride: int, padding: str, dilation: int = 1, **more: Any) -> Any:
        return R.Conv2D(
            input=x,
            filter=w,
            strides=[1, stride, stride, 1],
            padding=padding,
            dilations=[1, dilation, dilation, 1],
            **more,
        )

    case(
        "conv2d",
        lambda x: [
            *(conv(x, w, s, p) for w in (w33, w32, w11) for s in (1, 2, 3) for p in ("SAME", "VALID")),
            conv(x, w33, 1, "SAME", 2),
            conv(x, w33, 1, "VALID", 2),
            conv(x, w33, 2, "EXPLICIT", explicit_paddings=[0, 0, 1, 2, 0, 1, 0, 0]),
            R.Conv2D(input=x, filter=w32, strides=[1, 2, 1, 1], padding="SAME"),
        ],
        x,
        free=[(0, 0)],
    )
    case(
        "conv2d_free", lambda x: [conv(x, w33, 2, "SAME"), conv(x, w33, 1, "VALID")], x, free=[(0, 1), (0, 2)]
    )
    case("conv2d_grouped", lambda x: [conv(x, floats(3, 3, 2, 6), 1, "SAME")], odd)
    dw1, dw2 = floats(3, 3, 4, 1), floats(2, 3, 4, 2)

    def depthwise(x: Any, w: Any, stride: int, padding: str, dilation: int = 1, **more: Any) -> Any:
        return R.DepthwiseConv2dNative(
            input=x,
            filter=w,
            strides=[1, stride, stride, 1],
            padding=padding,
            dilations=[1, dilation, dilation, 1],
            **more,
        )

    case(
        "depthwise",
        lambda x: [
            *(depthwise(x, w, s, p) for w in (dw1, dw2) for s in (1, 2) for p in ("SAME", "VALID")),
            R.BiasAdd(value=x, bias=[1.0, 2.0, 3.0, 4.0]),
            R.BiasAdd(value=tf.transpose(x, [0, 3, 1, 2]), bias=[1.0, 2.0, 3.0, 4.0], data_format="NCHW"),
            R.BiasAdd(value=x[0, 0], bias=[1.0, 2.0, 3.0, 4.0]),
        ],
        odd,
    )
    back = floats(3, 3, 2, 4)

    def backward(x: Any, size: Any, w: Any, stride: int, padding: str, **more: Any) -> Any:
        return R.Conv2DBackpropInput(
            input_sizes=size,
            filter=w,
            out_backprop=x,
            strides=[1, stride, stride, 1],
            padding=padding,
            **more,
        )

    case(
        "conv2d_backprop",
        lambda x: [
            backward(x, [1, 18, 12, 2], back, 2, "SAME"),
            backward(x, [1, 17, 11, 2], back, 2, "SAME"),
            backward(x, [1, 19, 13, 2], back, 2, "VALID"),
            backward(x, [1, 20, 14, 2], back, 2, "VALID"),
            backward(x, [1, 9, 6, 2], back, 1, "SAME"),
            backward(x, [1, 11, 8, 2], back, 1, "VALID"),
            backward(x, [1, 27, 18, 2], floats(2, 2, 2, 4), 3, "SAME"),
            backward(x, [1, 18, 12, 2], back, 2, "EXPLICIT", explicit_paddings=[0, 0, 1, 0, 0, 1, 0, 0]),
        ],
        odd,
    )
    case(
        "conv2d_backprop_free",
        lambda x: [
            backward(
                x, tf.stack([tf.shape(x)[0], tf.shape(x)[1] * 2, tf.shape(x)[2] * 2, 2]), back, 2, "SAME"
            )
        ],
        odd,
        free=[(0, 0), (0, 1), (0, 2)],
    )
    volume, w3 = floats(1, 5, 6, 4, 2), floats(3, 2, 3, 2, 3)
    case(
        "conv3d",
        lambda x: [
            R.Conv3D(input=x, filter=w3, strides=[1, 1, 1, 1, 1], padding="SAME"),
            R.Conv3D(input=x, filter=w3, strides=[1, 2, 1, 2, 1], padding="VALID"),
            R.MaxPool3D(input=x, ksize=[1, 2, 2, 2, 1], strides=[1, 2, 2, 2, 1], padding="SAME"),
            R.AvgPool3D(input=x, ksize=[1, 3, 2, 2, 1], strides=[1, 1, 2, 1, 1], padding="SAME"),
        ],
        volume,
    )
    case(
        "pool",
        lambda x: (
            [
                operator(**{key: x}, ksize=[1, *k, 1], strides=[1, s, s, 1], padding=p)
                for operator, key in ((R.MaxPool, "input"), (R.AvgPool, "value"))
                for k in ((2, 2), (3, 2))
                for s in (1, 2)
                for p in ("SAME", "VALID")
            ]
            + [R.MaxPoolV2(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID")]
        ),
        odd,
    )
    scale, offset, mean, variance = floats(4), floats(4), floats(4), floats(4, low=0.3)

    def norm(operator: Any, x: Any, training: bool, **more: Any) -> list[Any]:
        given = ([], []) if training else (mean, variance)
        made = operator(
            x=x,
            scale=scale,
            offset=offset,
            mean=given[0],
            variance=given[1],
            is_training=training,
            epsilon=0.01,
            **more,
        )
        return [made.y, made.batch_mean] if training else [made.y]

    case(
        "batch_norm",
        lambda x: [
            *norm(R.FusedBatchNorm, x, False),
            *norm(R.FusedBatchNormV3, x, False),
            *norm(R.FusedBatchNormV3, x, True),
            R.LRN(input=x, depth_radius=1, bias=1.5, alpha=0.7, beta=0.75),
        ],
        odd,
    )


NODE = """
node {{ name: "{name}" op: "{op}" {inputs} {attributes} }}
"""


def attribute(name: str, kind: str, value: str) -> str:
    return f'attr {{ key: "{name}" value {{ {kind}: {value} }} }}'


def texts(name: str, *values: str) -> str:
    listed = " ".join(f's: "{value}"' for value in values)
    return f'attr {{ key: "{name}" value {{ list {{ {listed} }} }} }}'


def numbers(name: str, *values: int) -> str:
    listed = " ".join(f"i: {value}" for value in values)
    return f'attr {{ key: "{name}" value {{ list {{ {listed} }} }} }}'


def fused() -> None:
    """What Grappler makes of convolutions and products; these have no Python functions."""
    kind = attribute("T", "type", "DT_FLOAT")
    text, outputs = "", []
    window = numbers("strides", 1, 2, 2, 1) + attribute("padding", "s", '"SAME"') + kind
    window += numbers("dilations", 1, 1, 1, 1) + attribute("epsilon", "f", "0.02")
    operators = {
        "_FusedConv2D": [
            ("BiasAdd",),
            ("BiasAdd", "Relu"),
            ("BiasAdd", "Relu6"),
            ("BiasAdd", "Elu"),
            ("BiasAdd", "LeakyRelu"),
            ("FusedBatchNorm", "Relu"),
            ("FusedBatchNorm",),
        ],
        "_FusedMatMul": [("BiasAdd",), ("BiasAdd", "Relu"), ("BiasAdd", "Tanh"), ("BiasAdd", "Sigmoid")],
    }
    for op, lists in operators.items():
        for index, names in enumerate(lists):
            operands = ["x0", "x1"] if op == "_FusedConv2D" else ["x2", "x3"]
            if op == "_FusedMatMul":
                operands.append("x5")
            else:
                operands += ["x4"] if names[0] == "BiasAdd" else ["x4", "x6", "x7", "x8"]
            name = f"{op.strip('_')}_{index}"
            attributes = kind if op == "_FusedMatMul" else window
            attributes += texts("fused_ops", *names) + attribute("num_args", "i", str(len(operands) - 2))
            if "LeakyRelu" in names:
                attributes += attribute("leakyrelu_alpha", "f", "0.3")
            if op == "_FusedConv2D":
                listed = "type: DT_FLOAT " * (len(operands) - 2)
                attributes += f'attr {{ key: "TArgs" value {{ list {{ {listed} }} }} }}'
            inputs = " ".join(f'input: "{operand}"' for operand in operands)
            text += NODE.format(name=name, op=op, inputs=inputs, attributes=attributes)
            outputs.append(f"{name}:0")
    inputs = [floats(2, 7, 6, 3), floats(3, 3, 3, 4), floats(3, 4), floats(4, 5), floats(4), floats(5)]
    graph_case("fused", text, [*inputs, floats(4), floats(4), floats(4, low=0.4)], outputs)


def reductions() -> None:
    x = floats(2, 3, 4)
    functions = [R.Sum, R.Mean, R.Max, R.Min, R.Prod, R.EuclideanNorm]
    case(
        "reduce",
        lambda x: [
            f(input=x, axis=axis, keep_dims=keeps)
            for f in functions
            for axis, keeps in ((1, False), ([0, -1], True), ([0, 1, 2], False), ([], False))
        ],
        x,
        free=[(0, 0)],
    )
    case(
        "reduce_more",
        lambda x, b, i: [
            R.All(input=b, axis=[1]),
            R.Any(input=b, axis=[0, 2], keep_dims=True),
            R.Sum(input=i, axis=[2]),
            R.Max(input=i, axis=[0]),
            R.ArgMax(input=x, dimension=1),
            R.Mean(input=i, axis=[1]),
            R.ArgMax(input=x, dimension=-1, output_type=tf.int32),
            R.ArgMin(input=x, dimension=0),
            *(
                R.Cumsum(x=x, axis=axis, exclusive=e, reverse=r)
                for axis, e, r in ((0, False, False), (-1, True, False), (1, False, True), (2, True, True))
            ),
            R.Cumprod(x=x, axis=1),
            R.CumulativeLogsumexp(x=x, axis=1),
            R.CumulativeLogsumexp(x=x, axis=2, reverse=True),
        ],
        x,
        ints(2, 3, 4) > 0,
        ints(2, 3, 4),
    )


def shapes() -> None:
    case(
        "shape",
        lambda x, n: [
            R.Shape(input=x),
            R.Shape(input=x, out_type=tf.int64),
            R.Size(input=x),
            R.Rank(input=x),
            *R.ShapeN(input=[x, x[0]]),
            R.Reshape(tensor=x, shape=[-1, 6]),
            R.Reshape(tensor=x, shape=[tf.shape(x)[0], -1]),
            R.ExpandDims(input=x, axis=1),
            R.ExpandDims(input=x, axis=-1),
            R.Squeeze(input=x[:1], axis=[0]),
            R.Squeeze(input=x[:, :1], axis=[-2]),
            R.Fill(dims=tf.shape(x), value=3.5),
            R.BroadcastTo(input=x[:, :1], shape=tf.shape(x)),
            R.Tile(input=x, multiples=[2, 1, 3]),
            R.Transpose(x=x, perm=[2, 0, 1]),
            R.Range(start=0, limit=tf.shape(x)[0] * 2, delta=1),
            R.Range(start=1.0, limit=3.2, delta=0.5),
            R.LinSpace(start=1.0, stop=2.0, num=5),
            R.InvertPermutation(x=[2, 0, 1]),
            R.ZerosLike(x=n),
            R.BroadcastArgs(s0=[3, 1], s1=[2, 1, 4]),
            R.Pack(values=[x, x + 1.0], axis=1),
            R.Pack(values=[x, x], axis=-1),
            *R.Unpack(value=x, num=3, axis=1),
            R.ConcatV2(values=[x, x * 2.0], axis=-1),
            R.Concat(concat_dim=1, values=[x, x]),
            *R.Split(axis=2, value=x, num_split=2),
            *R.SplitV(value=x, size_splits=[1, -1, 1], axis=-1, num_split=3),
            *R.ConcatOffset(concat_dim=1, shape=[[2, 2, 5], [2, 3, 5], [2, 4, 5]]),
        ],
        floats(2, 3, 4),
        ints(5),
        free=[(0, 0)],
    )


def slices() -> None:
    x = floats(4, 5, 6)
    case(
        "strided_slice",
        lambda x: [
            x[1],
            x[-1],
            x[1:3],
            x[:, ::2],
            x[..., -2],
            x[::-1],
            x[:, 4:1:-2],
            x[tf.newaxis, 1, ..., tf.newaxis, 2:],
            x[..., tf.newaxis],
            x[1:-1, -3:, :-1],
            x[0, 1, 2],
            x[:, tf.newaxis, ::-1, ..., 1],
            x[3:1],
            x[tf.shape(x)[0] - 2 :],
            x[: tf.shape(x)[1] // 2],
            x[:, -100:3],
            x[2:100],
        ],
        x,
    )
    case(
        "strided_slice_free",
        lambda x: [x[:, 1:-1], x[-1], x[:, ::2], x[..., ::-1, :]],
        x,
        free=[(0, 0), (0, 1)],
    )
    case(
        "slice_and_pad",
        lambda x: [
            R.Slice(input=x, begin=[1, 0, 2], size=[2, -1, 3]),
            R.Slice(input=x, begin=[0, 1, 0], size=[-1, 1, -1]),
            R.Pad(input=x, paddings=[[1, 0], [0, 2], [3, 1]]),
            R.PadV2(input=x, paddings=[[0, 0], [1, 2], [0, 1]], constant_values=-1.5),
            R.MirrorPad(input=x, paddings=[[1, 2], [0, 0], [3, 1]], mode="REFLECT"),
            R.MirrorPad(input=x, paddings=[[4, 2], [0, 1], [3, 6]], mode="SYMMETRIC"),
            R.ReverseV2(tensor=x, axis=[0, -1]),
            R.ReverseSequence(input=x, seq_lengths=[5, 1, 3, 2], seq_dim=1, batch_dim=0),
            R.ReverseSequence(input=x, seq_lengths=[1, 2, 3, 4, 2], seq_dim=0, batch_dim=1),
            R.ReverseSequence(input=x, seq_lengths=[1, 2, 3, 4], seq_dim=2, batch_dim=0),
            R.Roll(input=x, shift=[1, -2], axis=[0, 2]),
            R.Roll(input=x, shift=[7], axis=[1]),
            *(
                R.MatrixBandPart(input=x, num_lower=lower, num_upper=upper)
                for lower, upper in ((0, -1), (-1, 0), (1, 2))
            ),
        ],
        x,
    )
    image = floats(2, 4, 6, 4)
    case(
        "blocks",
        lambda x: [
            R.SpaceToBatchND(input=x, block_shape=[2, 3], paddings=[[0, 0], [0, 0]]),
            R.SpaceToBatchND(input=x, block_shape=[2, 2], paddings=[[1, 1], [2, 0]]),
            R.BatchToSpaceND(input=tf.tile(x, [3, 1, 1, 1]), block_shape=[2, 3], crops=[[1, 0], [2, 1]]),
            R.BatchToSpaceND(input=x[..., 0], block_shape=[2], crops=[[1, 1]]),
            R.DepthToSpace(input=x, block_size=2),
            R.SpaceToDepth(input=x, block_size=2),
        ],
        image,
    )


def gathers() -> None:
    x = floats(3, 4, 5)
    case(
        "gather",
        lambda x, i, j: [
            R.GatherV2(params=x, indices=i, axis=0),
            R.GatherV2(params=x, indices=i, axis=-1),
            R.Gather(params=x, indices=i),
            R.GatherV2(params=x, indices=2, axis=1),
            R.GatherV2(params=x, indices=j, axis=1, batch_dims=1),
            R.GatherV2(params=x, indices=j, axis=2, batch_dims=1),
            R.GatherV2(params=x[..., 0], indices=j, axis=1, batch_dims=1),
            R.GatherNd(params=x, indices=[[0, 1], [2, 3]]),
            R.GatherNd(params=x, indices=[[[2], [0]]]),
            R.ScatterNd(indices=[[1], [3], [1]], updates=[1.0, 2.0, 4.0], shape=[5]),
            R.TensorScatterUpdate(tensor=x, indices=[[0, 1], [2, 3]], updates=x[0, :2]),
            R.TensorScatterAdd(tensor=x, indices=[[0], [0]], updates=x[1:]),
            R.TensorScatterSub(tensor=x, indices=[[0], [2]], updates=x[1:]),
            R.TensorScatterMax(tensor=x, indices=[[0], [2]], updates=x[1:]),
            R.OneHot(indices=[0, 3, -1, 9], depth=4, on_value=2.0, off_value=-1.0),
            R.OneHot(indices=i, depth=3, on_value=1.0, off_value=0.0, axis=0),
            R.OneHot(indices=[[1, 0]], depth=3, on_value=5, off_value=1, axis=1),
            *R.TopKV2(input=x, k=3),
            *R.TopKV2(input=x[0, 0], k=1),
        ],
        x,
        ints(2, 2, low=0, high=3),
        ints(3, 2, low=0, high=4),
    )
    case("where", lambda x: [R.Where(condition=x > 0.5)], x)
    case("unique", lambda x: list(R.Unique(x=x)), np.array([4, 2, 4, 7, 2, 0], np.int32))


def images() -> None:
    x = floats(2, 5, 7, 3)
    sizes = ([10, 14], [3, 4], [8, 7])
    outs: list[Callable[[Any], Any]] = []
    for f in (R.ResizeBilinear, R.ResizeNearestNeighbor):
        for size in sizes:
            for flags in ({}, {"align_corners": True}, {"half_pixel_centers": True}):
                outs.append(lambda x, f=f, size=size, flags=flags: f(images=x, size=size, **flags))
    case("resize", lambda x: [f(x) for f in outs], x)
    case(
        "resize_cubic",
        lambda x: [R.ResizeBicubic(images=x, size=size, half_pixel_centers=True) for size in sizes],
        x,
    )
    boxes = np.array([[0.1, 0.2, 0.8, 0.9], [0, 0, 1, 1], [0.5, -0.2, 1.2, 0.4]], np.float32)
    case(
        "crop_and_resize",
        lambda x: [
            R.CropAndResize(
                image=x, boxes=boxes, box_ind=[1, 0, 1], crop_size=[4, 3], extrapolation_value=0.5
            )
        ],
        x,
    )
    corner = floats(12, 2, low=0, high=1)
    boxes = np.concatenate([corner, corner + floats(12, 2, low=0.1, high=0.5)], 1)
    scores = random.permutation(12).astype(np.float32) / 12

    def nms(boxes: Any, scores: Any) -> list[Any]:
        common = {"boxes": boxes, "scores": scores, "max_output_size": 6, "iou_threshold": 0.3}
        return [
            R.NonMaxSuppression(**common),
            R.NonMaxSuppressionV2(**common),
            R.NonMaxSuppressionV3(**common, score_threshold=0.4),
            *R.NonMaxSuppressionV4(**common, score_threshold=0.4, pad_to_max_output_size=True),
            *R.NonMaxSuppressionV5(
                **common, score_threshold=0.4, soft_nms_sigma=0.0, pad_to_max_output_size=False
            ),
            *R.NonMaxSuppressionV5(
                **common, score_threshold=0.7, soft_nms_sigma=0.0, pad_to_max_output_size=True
            ),
        ]

    case("suppression", nms, boxes, scores)


def various() -> None:
    """Spectra, numbers rounded as in training, and places of numbers."""

    def spectra(x: Any) -> list[Any]:
        half = R.RFFT(input=x, fft_length=[8])
        return [
            *(function(input=half) for function in (R.Real, R.Imag)),
            R.ComplexAbs(x=R.RFFT(input=x, fft_length=[5])),
            R.IRFFT(input=half, fft_length=[8]),
            R.IRFFT(input=half, fft_length=[6]),
            R.ComplexAbs(x=R.RFFT2D(input=x, fft_length=[3, 8])),
            R.Real(input=R.IFFT(input=R.FFT(input=R.Complex(real=x, imag=x * 2.0)))),
            R.Imag(input=R.Mul(x=half, y=R.Conj(input=half + half))),
            R.Real(input=R.FFT2D(input=R.Complex(real=x, imag=x - 1.0))),
        ]

    case("spectra", spectra, floats(2, 3, 8))
    steps = floats(4, 9, low=-3, high=9)
    case(
        "rounded",
        lambda x: [
            R.FakeQuantWithMinMaxArgs(inputs=x, min=-2.3, max=6.1),
            R.FakeQuantWithMinMaxVars(inputs=x, min=-1.1, max=4.9, num_bits=4, narrow_range=True),
            R.FakeQuantWithMinMaxVars(inputs=x, min=1.0, max=4.9),
        ],
        steps,
    )
    case(
        "places",
        lambda x, i: [
            R.SparseToDense(
                sparse_indices=[[0, 1], [2, 3]],
                output_shape=[3, 4],
                sparse_values=[5.0, 6.0],
                default_value=-1.0,
            ),
            R.SparseToDense(sparse_indices=[1, 3], output_shape=[5], sparse_values=2.0, default_value=0.5),
            R.UnsortedSegmentSum(data=x, segment_ids=[2, 0, -1, 2], num_segments=4),
            R.Bucketize(input=x, boundaries=[-1.0, 0.5, 3.0]),
            R.Bucketize(input=i, boundaries=[-1.0, 0.5, 3.0]),
        ],
        steps,
        ints(2, 5),
    )


def counting(x: Any) -> list[Any]:
    """A loop whose turns are known, with an inner one, and a value that no turn changes."""
    weight = tf.constant(floats(3, 3))

    def body(i: Any, y: Any) -> tuple[Any, Any]:
        _, z = tf.while_loop(lambda j, _: j < 2, lambda j, z: (j + 1, z + tf.cast(i, tf.float32)), (0, y))
        return i + 1, tf.tanh(tf.matmul(z, weight))

    return list(tf.while_loop(lambda i, _: i < 3, body, (tf.constant(0), x)))


def sequence(x: Any) -> list[Any]:
    """Lists of tensors: map, scan, and one that is read backwards."""
    mapped = tf.map_fn(lambda row: row * 2.0 + tf.reduce_sum(row), x)
    scanned = tf.scan(lambda total, row: total * 0.5 + row, x)
    array = tf.TensorArray(tf.float32, 4)
    for index in range(4):
        array = array.write(3 - index, x[index] + float(index))
    return [mapped, scanned, array.stack(), array.read(1), array.gather([2, 0]), array.concat()]


def branches(x: Any, flag: Any) -> list[Any]:
    """Choices by data, and by what is known at export."""
    by_data = tf.cond(flag, lambda: x * 2.0, lambda: tf.exp(x))
    nested = tf.cond(flag, lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: x - 1.0), lambda: x)
    known = tf.cond(tf.shape(x)[0] > 1, lambda: tf.reduce_sum(x, 1), lambda: tf.zeros([3]))
    switched = tf.switch_case(tf.cast(flag, tf.int32), [lambda: x - 5.0, lambda: x * 3.0, lambda: x])
    return [by_data, nested, known, switched]


@tf.function
def helper(x: Any, y: Any) -> tuple[Any, Any]:
    return tf.matmul(x, y), x - 1.0


def control() -> None:
    x, rows, flag = floats(2, 3), floats(4, 3), np.array(True)
    case("while_v2", counting, x)
    case("while_lowered", counting, x, lower=True)
    case("lists", sequence, rows)
    case("lists_lowered", sequence, rows, lower=True)
    case("if_v2", branches, x, flag)
    case("if_v2_false", branches, x, np.array(False))
    case("if_lowered", branches, x, flag, lower=True)
    case("calls", lambda x, y: [helper(x, y)[0], helper(x, y)[1]], x, floats(3, 2))
    v1_case("while_v1", counting, x)
    v1_case(
        "lists_v1",
        lambda x: [tf.map_fn(lambda row: row * 2.0, x), tf.scan(lambda a, b: a * 0.5 + b, x)],
        rows,
    )
    v1_case(
        "cond_v1",
        lambda x, flag: [
            tf.cond(flag, lambda: x * 2.0, lambda: tf.exp(x)),
            tf.cond(flag, lambda: tf.cond(tf.reduce_sum(x) > 0, lambda: x + 1.0, lambda: x - 1.0), lambda: x),
            tf.cond(flag, lambda: tf.constant(1.0), lambda: tf.constant(2.0)),
        ],
        x,
        flag,
    )


def main() -> None:
    for write in (
        elementwise,
        products,
        convolutions,
        fused,
        reductions,
        shapes,
        slices,
        gathers,
        images,
        various,
        control,
    ):
        write()
    path = FOLDER / "operators.json.xz"
    packed_arrays.save(path, files)
    names = {name.split("/")[0] for name in files}
    print(len(names), "cases,", path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
