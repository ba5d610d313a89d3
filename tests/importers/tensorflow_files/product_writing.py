"""Cases of TensorFlow's products, convolutions and what fuses them."""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from case_writing import R, case, floats, graph_case


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
