"""Small image models whose answers are known, exported for the demo's second part."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import onnx
from onnx import TensorProto, helper

import texelflow

FLOAT = TensorProto.FLOAT


def constant(name: str, shape: list[int], values: list[float]) -> onnx.TensorProto:
    """A float32 initializer."""
    return helper.make_tensor(name, FLOAT, shape, values)


def save(
    path: Path,
    nodes: list[onnx.NodeProto],
    picture: Sequence[int | str],
    outputs: dict[str, list[int]],
    constants: list[onnx.TensorProto],
) -> Path:
    """Writes a model with one input `picture` of the given shape, float32 throughout."""
    graph = helper.make_graph(
        nodes,
        path.stem,
        [helper.make_tensor_value_info("picture", FLOAT, picture)],
        [helper.make_tensor_value_info(name, FLOAT, shape) for name, shape in outputs.items()],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(path))
    return path


def colour_classifier(folder: Path, image: str | None = "0..1") -> Path:
    """[1, 3, 8, 8] to scores [1, 3, 1, 1]: how red, green and blue the picture is, times 10."""
    source = save(
        folder / "colours.onnx",
        [
            helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
            helper.make_node("Mul", ["mean", "ten"], ["scores"]),
        ],
        [1, 3, 8, 8],
        {"scores": [1, 3, 1, 1]},
        [constant("ten", [1], [10.0])],
    )
    labels = folder / "labels.txt"
    labels.write_text("red\ngreen\nblue\n", encoding="utf-8")
    bundle = folder / "colours"
    texelflow.export(source, bundle, image=image, labels=labels, name="Colours")
    return bundle


def box_detector(folder: Path) -> Path:
    """Boxes [1, 4, 4] at fixed places, scores [1, 4, 2] that grow with the picture's red: two objects."""
    corners = [0.1, 0.1, 0.4, 0.5, 0.11, 0.1, 0.4, 0.52, 0.6, 0.5, 0.9, 0.9, 0.0, 0.0, 0.2, 0.2]
    # Background and face: the second box overlaps the first, the fourth is mostly background.
    weights = [0.0, 0.95, 0.0, 0.9, 0.0, 0.8, 0.0, 0.2]
    offsets = [0.05, 0.0, 0.1, 0.0, 0.2, 0.0, 0.8, 0.0]
    source = save(
        folder / "boxes.onnx",
        [
            helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
            helper.make_node("Conv", ["mean", "first"], ["red"]),
            helper.make_node("Squeeze", ["red", "last"], ["level"]),
            helper.make_node("Mul", ["level", "weights"], ["faces"]),
            helper.make_node("Add", ["faces", "offsets"], ["scores"]),
            helper.make_node("Mul", ["level", "corners"], ["boxes"]),
        ],
        [1, 3, 16, 24],
        {"scores": [1, 4, 2], "boxes": [1, 4, 4]},
        [
            constant("first", [1, 3, 1, 1], [1.0, 0.0, 0.0]),
            helper.make_tensor("last", TensorProto.INT64, [1], [3]),
            constant("weights", [1, 4, 2], weights),
            constant("offsets", [1, 4, 2], offsets),
            constant("corners", [1, 4, 4], corners),
        ],
    )
    bundle = folder / "boxes"
    texelflow.export(source, bundle, image="0..1", name="Boxes")
    return bundle


def red_mask(folder: Path) -> Path:
    """[1, 3, 16, 24] to [1, 1, 16, 24]: the red channel as it is."""
    source = save(
        folder / "mask.onnx",
        [helper.make_node("Conv", ["picture", "first"], ["mask"])],
        [1, 3, 16, 24],
        {"mask": [1, 1, 16, 24]},
        [constant("first", [1, 3, 1, 1], [1.0, 0.0, 0.0])],
    )
    bundle = folder / "mask"
    texelflow.export(source, bundle, image="0..1", name="Mask")
    return bundle


def enlarger(folder: Path) -> Path:
    """A grey picture [1, 1, 8, 8] to [1, 1, 16, 16]: every pixel four times."""
    source = save(
        folder / "enlarger.onnx",
        [
            helper.make_node("Conv", ["picture", "four"], ["copies"]),
            helper.make_node("DepthToSpace", ["copies"], ["larger"], blocksize=2),
        ],
        [1, 1, 8, 8],
        {"larger": [1, 1, 16, 16]},
        [constant("four", [4, 1, 1, 1], [1.0] * 4)],
    )
    bundle = folder / "enlarger"
    texelflow.export(source, bundle, image="0..1,channels=gray", name="Enlarger")
    return bundle


def measurements(folder: Path) -> Path:
    """Two outputs without a picture's meaning: the three channel means less 2, and twice that."""
    source = save(
        folder / "measurements.onnx",
        [
            helper.make_node("GlobalAveragePool", ["picture"], ["mean"]),
            helper.make_node("Add", ["mean", "less"], ["once"]),
            helper.make_node("Add", ["once", "once"], ["twice"]),
        ],
        [1, 3, 8, 8],
        {"once": [1, 3, 1, 1], "twice": [1, 3, 1, 1]},
        [constant("less", [1], [-2.0])],
    )
    bundle = folder / "measurements"
    texelflow.export(source, bundle, image="0..1", name="Measurements")
    return bundle
