"""Detectors' last operators, and those of MediaPipe, in the browser: how many boxes are left is data."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter
from flatbuffers import flexbuffers
from playwright.sync_api import Page
from tflite_models.builder import GraphMaker, ModelMaker, run_litert

from browser_support import PageServer
from bundle_runner import LoadedBundle
from texelflow import export

RANDOM = np.random.default_rng(9)
BOXES, CLASSES = 60, 5


def detector(regular: bool, background: bool, each: int = 1) -> bytes:
    """Boxes and scores to detections, float."""
    maker = ModelMaker()
    graph = maker.main
    anchors = np.concatenate(
        [RANDOM.uniform(0.1, 0.9, (BOXES, 2)), RANDOM.uniform(0.1, 0.4, (BOXES, 2))], axis=1
    ).astype(np.float32)
    boxes = graph.input("boxes", "float32", (1, BOXES, 4))
    scores = graph.input("scores", "float32", (1, BOXES, CLASSES + background))
    builder = flexbuffers.Builder()
    with builder.Map():
        for name, value in (
            ("max_detections", 8),
            ("max_classes_per_detection", each),
            ("detections_per_class", 20),
            ("use_regular_nms", regular),
            ("num_classes", CLASSES),
        ):
            builder.Key(name)
            builder.Bool(value) if isinstance(value, bool) else builder.Int(value)
        for name, number in (
            ("nms_score_threshold", 0.3),
            ("nms_iou_threshold", 0.5),
            *((f"{axis}_scale", scale) for axis, scale in zip("yxhw", (10.0, 10.0, 5.0, 5.0), strict=True)),
        ):
            builder.Key(name)
            builder.Float(number)
    outputs = [graph.output(f"y{index}", "float32", ()) for index in range(4)]
    graph.add(
        "TFLite_Detection_PostProcess",
        [boxes, scores, graph.constant(anchors)],
        outputs,
        custom=bytes(builder.Finish()),
    )
    return maker.content()


def suppression() -> bytes:
    """NON_MAX_SUPPRESSION_V5 without a sigma."""
    maker = ModelMaker()
    graph = maker.main
    inputs = [graph.input("boxes", "float32", (BOXES, 4)), graph.input("scores", "float32", (BOXES,))]
    limits = [
        graph.constant(number) for number in (np.int32(12), np.float32(0.4), np.float32(0.3), np.float32(0))
    ]
    outputs = [
        graph.output(f"y{index}", dtype, ()) for index, dtype in enumerate(("int32", "float32", "int32"))
    ]
    graph.add("NON_MAX_SUPPRESSION_V5", [*inputs, *limits], outputs, "NonMaxSuppressionV5Options")
    return maker.content()


CASES = {
    "fast": (detector(False, True), (4, CLASSES + 1)),
    "fast, two classes each": (detector(False, False, 2), (4, CLASSES)),
    "regular": (detector(True, True), (4, CLASSES + 1)),
    "suppression": (suppression(), None),
}


@pytest.mark.parametrize("name", CASES)
def test_detections(name: str, page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    content, shapes = CASES[name]
    if shapes is None:
        corners = RANDOM.uniform(0, 1, (BOXES, 2))
        sizes = RANDOM.uniform(0.1, 0.5, (BOXES, 2))
        boxes = np.concatenate([corners, corners + sizes], axis=1)
        runs = [{"boxes": boxes.astype(np.float32), "scores": RANDOM.uniform(0, 1, BOXES).astype(np.float32)}]
    else:
        width, classes = shapes
        # In the second run hardly a score is high enough: the rest of the results is empty.
        runs = [
            {
                "boxes": RANDOM.normal(0, 1, (1, BOXES, width)).astype(np.float32),
                "scores": RANDOM.uniform(0, most, (1, BOXES, classes)).astype(np.float32),
            }
            for most in (1, 0.31)
        ]
    expected = run_litert(content, runs)
    (tmp_path / "model.tflite").write_bytes(content)
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    url = page_server.mount(f"/detections/{name}", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle".replace(" ", "%20")) as bundle:
        for feeds, wanted in zip(runs, expected, strict=True):
            made = bundle.run(feeds)
            last = max(wanted)
            count = int(wanted[last].ravel()[0])
            assert int(made[last].ravel()[0]) == count
            for key, array in wanted.items():
                if key != last:
                    found = (
                        min(count * (2 if "two" in name else 1), array.shape[array.ndim > 1])
                        if array.ndim
                        else 0
                    )
                    assert made[key].shape == array.shape
                    axis = int(array.ndim > 1)
                    first = np.take(made[key], range(found), axis), np.take(array, range(found), axis)
                    np.testing.assert_allclose(*first, rtol=1e-4, atol=1e-5)


def _custom(graph: GraphMaker, operator: str, inputs: list[int], outputs: list[int], *numbers: int) -> None:
    graph.add(operator, inputs, outputs, custom=struct.pack(f"<{len(numbers)}i", *numbers) + bytes(64))


def test_mediapipe(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """Pooling with places and back, and points moved by a matrix; what is expected is computed here."""
    maker = ModelMaker()
    graph = maker.main
    x = graph.input("x", "float32", (1, 6, 4, 3))
    largest, places = (
        graph.output("largest", "float32", (1, 3, 2, 3)),
        graph.output("places", "float32", (1, 3, 2, 3)),
    )
    _custom(graph, "MaxPoolingWithArgmax2D", [x], [largest, places], 2, 2, 2, 2, 2)
    back = graph.output("back", "float32", (1, 6, 4, 3))
    _custom(graph, "MaxUnpooling2D", [largest, places], [back], 2, 2, 2, 2, 2)
    points, matrix = graph.input("points", "float32", (1, 5, 3)), graph.input("matrix", "float32", (1, 4, 4))
    _custom(graph, "TransformLandmarks", [points, matrix], [graph.output("moved", "float32", (1, 5, 3))], 3)
    (tmp_path / "model.tflite").write_bytes(maker.content())
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    url = page_server.mount("/mediapipe", tmp_path)
    feeds = {
        name: RANDOM.uniform(-1, 1, shape).astype(np.float32)
        for name, shape in (("x", (1, 6, 4, 3)), ("points", (1, 5, 3)), ("matrix", (1, 4, 4)))
    }
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        made = bundle.run(feeds)
    windows = feeds["x"].reshape(1, 3, 2, 2, 2, 3).transpose(0, 1, 3, 5, 2, 4).reshape(1, 3, 2, 3, 4)
    np.testing.assert_allclose(made["largest"], windows.max(-1))
    np.testing.assert_allclose(made["places"], windows.argmax(-1) + 0.1, rtol=1e-6)
    spread = np.where(np.arange(4) == windows.argmax(-1)[..., None], windows, 0)
    spread = spread.reshape(1, 3, 2, 3, 2, 2).transpose(0, 1, 4, 2, 5, 3).reshape(1, 6, 4, 3)
    np.testing.assert_allclose(made["back"], spread)
    x_y = feeds["points"][..., :2] @ feeds["matrix"][0, :2, :2].T + feeds["matrix"][0, :2, 3]
    np.testing.assert_allclose(made["moved"][..., :2], x_y, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(made["moved"][..., 2], feeds["points"][..., 2])


@pytest.mark.parametrize("way", [1, 2])
def test_transposed(way: int, page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """XNNPACK knows the transposed convolution with a bias, where sizes are multiples of strides."""
    maker = ModelMaker()
    graph = maker.main
    x, y = graph.input("x", "float32", (1, 4, 6, 3)), graph.output("y", "float32", (1, 8, 12, 2))
    weights = graph.constant(RANDOM.uniform(-1, 1, (2, 2, 2, 3)).astype(np.float32))
    bias = graph.constant(RANDOM.uniform(-1, 1, 2).astype(np.float32))
    _custom(graph, "Convolution2DTransposeBias", [x, weights, bias], [y], way, 2, 2)
    content = maker.content()
    feeds = {"x": RANDOM.uniform(-1, 1, (1, 4, 6, 3)).astype(np.float32)}
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], feeds["x"])
    interpreter.invoke()
    expected = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    (tmp_path / "model.tflite").write_bytes(content)
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    url = page_server.mount(f"/transposed/{way}", tmp_path)
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        np.testing.assert_allclose(bundle.run(feeds)["y"], expected, rtol=1e-4, atol=1e-5)


def test_image_moved_by_a_matrix(page_server: PageServer, bundle_page: Page, tmp_path: Path) -> None:
    """TransformTensorBilinear: sampled where the matrix puts centres of pixels, nothing beyond these."""
    maker = ModelMaker()
    graph = maker.main
    inputs = [graph.input("x", "float32", (1, 7, 5, 2)), graph.input("matrix", "float32", (1, 4, 4))]
    graph.add(
        "TransformTensorBilinear", inputs, [graph.output("y", "float32", (1, 6, 8, 2))], custom=bytes(16)
    )
    (tmp_path / "model.tflite").write_bytes(maker.content())
    export(tmp_path / "model.tflite", tmp_path / "bundle")
    url = page_server.mount("/moved", tmp_path)
    matrix = np.eye(4, dtype=np.float32)[None]
    matrix[0, :2] = [[0.6, 0.15, 0, 0.2], [-0.1, 0.9, 0, 0.6]]
    image = RANDOM.uniform(-1, 1, (1, 7, 5, 2)).astype(np.float32)
    expected = np.zeros((1, 6, 8, 2), np.float32)
    for row in range(6):
        for column in range(8):
            across, down = matrix[0, :2, :2] @ (column + 0.5, row + 0.5) + matrix[0, :2, 3] - 0.5
            if 0 <= across <= 4 and 0 <= down <= 6:
                left, top = int(across), int(down)
                for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
                    if y < 7 and x < 5:
                        weight = (1 - abs(down - y)) * (1 - abs(across - x))
                        expected[0, row, column] += weight * image[0, y, x]
    with LoadedBundle(bundle_page, f"{url}/bundle") as bundle:
        made = bundle.run({"x": image, "matrix": matrix})["y"]
    np.testing.assert_allclose(made, expected, rtol=1e-4, atol=1e-5)
