"""Models whose parts are known, for the part of the player that shows what a model is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import texelflow

FLOAT = TensorProto.FLOAT


def weight(name: str, shape: tuple[int, ...], seed: int) -> onnx.TensorProto:
    """A float32 initializer of normal numbers."""
    numbers = np.random.default_rng(seed).normal(0, 0.2, shape).astype(np.float32)
    return numpy_helper.from_array(numbers, name)


def two_blocks(folder: Path) -> Path:
    """A net of pictures [1, 3, 32, 32] whose nodes are named by blocks; returns the model's file.

    A stem, two blocks of two convolutions and a sum each, and a head with a square product.
    """
    nodes = [helper.make_node("Conv", ["picture", "stem"], ["x0"], "stem/conv", pads=[1] * 4)]
    constants = [weight("stem", (16, 3, 3, 3), 0), weight("dense", (16, 16), 9)]
    for block in (1, 2):
        source, middle, far, target = (f"x{block - 1}", f"a{block}", f"b{block}", f"x{block}")
        for place, (name, before, after) in enumerate([("first", source, middle), ("second", middle, far)]):
            constants.append(weight(f"w{block}{place}", (16, 16, 3, 3), 10 * block + place))
            nodes.append(
                helper.make_node(
                    "Conv",
                    [before, f"w{block}{place}"],
                    [after],
                    f"body/block{block}/{name}",
                    pads=[1] * 4,
                )
            )
        nodes.append(
            helper.make_node("MaxPool", [far], [f"p{block}"], f"body/block{block}/pool", kernel_shape=[1, 1])
        )
        nodes.append(helper.make_node("Add", [f"p{block}", source], [target], f"body/block{block}/add"))
    nodes += [
        helper.make_node("GlobalAveragePool", ["x2"], ["mean"], "head/mean"),
        helper.make_node("Flatten", ["mean"], ["flat"], "head/flat"),
        helper.make_node("MatMul", ["flat", "dense"], ["scores"], "head/dense"),
    ]
    graph = helper.make_graph(
        nodes,
        "blocks",
        [helper.make_tensor_value_info("picture", FLOAT, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("scores", FLOAT, [1, 16])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    model.producer_name, model.producer_version = "a framework", "1.2"
    path = folder / "blocks.onnx"
    onnx.save(model, str(path))
    return path


def products(folder: Path) -> Path:
    """A model of weights in all the ways that they are stored in few bits: products and convolutions."""
    constants = [
        weight("square", (64, 64), 1),
        weight("wide", (64, 96), 2),
        weight("points", (64, 64, 1, 1), 3),
        weight("window", (64, 64, 3, 3), 4),
    ]
    nodes = [
        helper.make_node("MatMul", ["x", "square"], ["a"], "square_product"),
        helper.make_node("MatMul", ["a", "wide"], ["b"], "wide_product"),
        helper.make_node("Conv", ["image", "points"], ["c"], "points_conv"),
        helper.make_node("Conv", ["c", "window"], ["d"], "window_conv", pads=[1] * 4),
    ]
    graph = helper.make_graph(
        nodes,
        "products",
        [
            helper.make_tensor_value_info("x", FLOAT, [8, 64]),
            helper.make_tensor_value_info("image", FLOAT, [1, 64, 8, 8]),
        ],
        [
            helper.make_tensor_value_info("b", FLOAT, [8, 96]),
            helper.make_tensor_value_info("d", FLOAT, [1, 64, 8, 8]),
        ],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    path = folder / "products.onnx"
    onnx.save(model, str(path))
    return path


def bundle_of(model: Path, name: str, **options: str) -> Path:
    """Exports a model beside its file; returns the bundle."""
    bundle = model.with_name(name)
    texelflow.export(model, bundle, name=name, **options)
    return bundle
