"""Classes, boxes, masks and keypoints, against NumPy, SciPy, ONNX Runtime and Pillow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
import scipy.special
from onnx import TensorProto, helper
from PIL import Image, ImageDraw, ImageOps

from texelflow.pictures import FITS, placements

Call = Callable[..., Any]


@pytest.mark.parametrize("temperature", [1, 0.3, 4])
def test_softmax(call: Call, temperature: float) -> None:
    for seed, scale in enumerate([1, 50, 1e4]):
        logits = (np.random.default_rng(seed).standard_normal(40) * scale).astype(np.float32)
        expected = scipy.special.softmax(logits.astype(np.float64) / temperature)
        answer = call("ends.softmax(a[0], a[1])", logits.tolist(), temperature)
        np.testing.assert_allclose(answer, expected, rtol=1e-5, atol=1e-12)
    assert call("ends.softmax([])") == []
    assert call("[-800, 0, 800].map(ends.sigmoid)") == [0, 0.5, 1]


def test_top_k(call: Call) -> None:
    """Equals in the order of their indices; no more than there are."""
    rng = np.random.default_rng(3)
    for count, k in [(1, 1), (50, 5), (50, 50), (7, 20), (0, 3), (30, 0)]:
        scores = rng.integers(0, 9, count).astype(np.float32)
        order = np.argsort(-scores, kind="stable")[:k]
        answer = call("ends.topK(a[0], a[1])", scores.tolist(), k)
        assert [(each["index"], each["score"]) for each in answer] == [(i, scores[i]) for i in order]
        assert call("ends.argMax(a[0])", scores.tolist()) == (int(scores.argmax()) if count else -1)


def suppressed(boxes: np.ndarray, scores: np.ndarray, overlap: float, limit: int) -> set[tuple[int, int]]:
    """What ONNX Runtime's NonMaxSuppression keeps: pairs of class and box."""
    node = helper.make_node("NonMaxSuppression", ["boxes", "scores", "limit", "overlap"], ["kept"])
    values = [
        helper.make_tensor("limit", TensorProto.INT64, [1], [limit]),
        helper.make_tensor("overlap", TensorProto.FLOAT, [1], [overlap]),
    ]
    inputs = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, "n", 4]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1, "c", "n"]),
    ]
    output = helper.make_tensor_value_info("kept", TensorProto.INT64, ["k", 3])
    model = helper.make_model(
        helper.make_graph([node], "nms", inputs, [output], values),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    session = onnxruntime.InferenceSession(model.SerializeToString())
    (kept,) = session.run(None, {"boxes": boxes[None], "scores": scores.T[None]})
    return {(int(label), int(box)) for _, label, box in kept}


@pytest.mark.parametrize("overlap", [0.2, 0.5, 0.8])
def test_overlapping_boxes(call: Call, overlap: float) -> None:
    rng = np.random.default_rng(11)
    for classes in (1, 3):
        corner = rng.random((60, 2)).astype(np.float32)
        boxes = np.concatenate([corner, corner + rng.random((60, 2)).astype(np.float32) * 0.5 + 0.01], axis=1)
        labels = rng.integers(0, classes, 60)
        scores = np.zeros((60, classes), np.float32)
        scores[np.arange(60), labels] = rng.random(60) * 0.9 + 0.05
        answer = call(
            "ends.suppressOverlaps(ends.boxesOf(a[0], a[1], {threshold: 0.01}), {overlap: a[2]})",
            boxes.ravel().tolist(),
            scores.ravel().tolist(),
            overlap,
        )
        found = {(box["label"], int(np.abs(boxes[:, 0] - box["left"]).argmin())) for box in answer}
        # The others of each box have no score, which the operator would keep, too.
        kept = {(c, b) for c, b in suppressed(boxes, scores, overlap, 60) if scores[b, c] > 0}
        assert found == kept and 3 < len(found) <= 60
        assert [box["score"] for box in answer] == sorted((box["score"] for box in answer), reverse=True)


def test_boxes_of_each_form(call: Call) -> None:
    edges = np.array([[0.1, 0.2, 0.5, 0.8], [0.0, 0.0, 1.0, 0.5]])
    size = np.array([640, 480, 640, 480])
    corner = np.concatenate([edges[:, :2], edges[:, 2:] - edges[:, :2]], axis=1)
    centre = np.concatenate([(edges[:, :2] + edges[:, 2:]) / 2, corner[:, 2:]], axis=1)
    scores = [0.1, 0.7, 0.6, 0.2]
    for form, numbers in {"edges": edges, "corner": corner, "centre": centre}.items():
        answer = call(
            "ends.boxesOf(a[0], a[1], a[2])",
            (numbers * size).ravel().tolist(),
            scores,
            {"form": form, "size": {"width": 640, "height": 480}},
        )
        found = [[box[side] for side in ("left", "top", "right", "bottom")] for box in answer]
        np.testing.assert_allclose(found, edges, atol=1e-6)
        assert [box["label"] for box in answer] == [1, 0]
        np.testing.assert_allclose([box["score"] for box in answer], [0.7, 0.6], rtol=1e-6)
    assert call("ends.boxesOf([], [])") == []
    assert call(
        "[(() => { try { ends.boxesOf([1, 2, 3, 4], []); return 0 } catch (e) { return e.name } })()]"
    )


@pytest.mark.parametrize("picture", [(300, 200), (200, 300), (321, 123)])
@pytest.mark.parametrize("fit", ["contain", "cover", "stretch"])
def test_points_are_mapped_back(call: Call, picture: tuple[int, int], fit: str) -> None:
    """Pillow makes the model's picture; a square found there is where it was drawn."""
    model = (128, 96)
    image = Image.new("L", picture)
    place = (picture[0] * 0.45, picture[1] * 0.55)
    ImageDraw.Draw(image).rectangle([place[0] - 12, place[1] - 12, place[0] + 12, place[1] + 12], fill=255)
    made = {
        "contain": lambda: ImageOps.pad(image, model),
        "cover": lambda: ImageOps.fit(image, model),
        "stretch": lambda: image.resize(model),
    }[fit]()
    values = np.asarray(made, dtype=np.float64)
    y, x = np.indices(values.shape)
    centre = [(axis * values).sum() / values.sum() + 0.5 for axis in (x, y)]
    answer = call(
        """(() => {
            const [[w, h], [mw, mh], fit, [x, y]] = a;
            const area = ends.placement({fit}, {width: w, height: h}, {width: mw, height: mh});
            const box = {left: x / mw, top: y / mh, right: 2, bottom: 2, score: 1, label: 0};
            const back = ends.boxIn(area, {width: w, height: h}, box);
            const {x: px, y: py} = ends.pointIn(area, {x: x / mw, y: y / mh});
            return [px, py, back.left, back.top, back.right, back.bottom];
        })()""",
        picture,
        model,
        fit,
        centre,
    )
    # Pillow makes whole pixels of sizes and margins.
    np.testing.assert_allclose(answer[:2], place, atol=2)
    assert answer[2:4] == answer[:2] and answer[4:] == list(picture)


@pytest.mark.parametrize("fit", FITS)
def test_placements_are_those_of_the_exporter(call: Call, fit: str) -> None:
    """Whose shaders and `verify` are tested against Pillow, torchvision and transformers."""
    rng = np.random.default_rng(len(fit))
    crops = fit.startswith("crop")
    for case in range(40):
        picture, model = rng.integers(20, 400, 2).tolist(), rng.integers(20, 300, 2).tolist()
        resized = rng.integers(40, 300, 1 + case % 2).tolist() if crops else []
        answer = call(
            """(() => {
                const [fit, [width, height], [across, down], resized] = a;
                return ends.placement({fit, resized}, {width, height}, {width: across, height: down});
            })()""",
            fit,
            picture,
            model,
            resized,
        )
        for axis, (begin, extent) in enumerate([("x", "width"), ("y", "height")]):
            placed = placements(fit, resized, picture, model)[axis]
            # The centre of the first pixel, and the step from one to the next.
            assert answer[begin] == pytest.approx(placed.shift / 2 / placed.parts)
            assert answer[extent] / model[axis] == pytest.approx(placed.step / placed.parts)


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("last", [False, True])
def test_pictures_of_planes(call: Call, channels: int, last: bool) -> None:
    rng = np.random.default_rng(channels)
    picture = rng.integers(0, 256, (6, 9, channels))
    values = (picture / 255 * 2 - 1).astype(np.float32)
    laid = values if last else values.transpose(2, 0, 1)
    answer = call(
        """(() => {
            const planes = ends.planesOf({shape: [1, ...a[1].map(Number)], data: a[0]}, a[2]);
            const {width, height, data} = ends.pictureOf(planes, [-1, 1]);
            return [width, height, data];
        })()""",
        laid.ravel().tolist(),
        [str(extent) for extent in laid.shape],
        channels,
    )
    assert answer[:2] == [9, 6]
    found = np.array(answer[2]).reshape(6, 9, 4)
    expected = np.full((6, 9, 4), 255)
    expected[..., : max(3, channels)] = picture
    assert np.array_equal(found, expected)


def test_masks_are_drawn_over_pictures(call: Call) -> None:
    """As Pillow puts one colour over a picture."""
    mask = np.random.default_rng(2).random((8, 8)).astype(np.float32)
    base = Image.new("RGBA", (8, 8), (10, 200, 30, 255))
    for options in ({"opacity": 1}, {"opacity": 1, "threshold": 0.4}, {"colour": [0, 90, 255]}):
        opacity, threshold = options.get("opacity", 0.5), options.get("threshold")
        share = mask if threshold is None else (mask >= threshold).astype(np.float32)
        layer = Image.new("RGBA", (8, 8), (*options.get("colour", [255, 0, 0]), 0))
        layer.putalpha(Image.fromarray(np.round(share * opacity * 255).astype(np.uint8)))
        expected = np.asarray(Image.alpha_composite(base, layer)).astype(int)
        answer = call(
            """(() => {
                const canvas = new OffscreenCanvas(8, 8);
                const context = canvas.getContext('2d');
                context.fillStyle = 'rgb(10 200 30)';
                context.fillRect(0, 0, 8, 8);
                const mask = ends.maskPicture({width: 8, height: 8, data: a[0]}, a[1]);
                ends.drawPicture(context, mask, {x: 0, y: 0, width: 8, height: 8});
                return context.getImageData(0, 0, 8, 8).data;
            })()""",
            mask.ravel().tolist(),
            options,
        )
        assert np.abs(np.array(answer).reshape(8, 8, 4) - expected).max() <= 2, options


def test_keypoints_are_found_between_pixels(call: Call) -> None:
    """The centres of bells, to a third of a pixel; one at the edge is not moved."""
    width, height = 24, 16
    y, x = np.mgrid[:height, :width]
    centres = [(10.3, 7.8), (3.0, 12.25), (17.75, 4.0)]
    maps = np.stack([np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / 8) for cx, cy in centres]).astype(np.float32)
    corner = np.zeros((1, height, width), np.float32)
    corner[0, 0, 0] = 0.5
    answer = call(
        "ends.keypointsOf(ends.planesOf({shape: a[1].map(Number), data: a[0]}))",
        np.concatenate([maps, corner]).ravel().tolist(),
        [str(extent) for extent in (4, height, width)],
    )
    found = [(point["x"] * width - 0.5, point["y"] * height - 0.5) for point in answer]
    np.testing.assert_allclose(found[:3], centres, atol=0.34)
    np.testing.assert_allclose(found[3], (0, 0), atol=1e-6)
    np.testing.assert_allclose([point["score"] for point in answer], [*maps.max((1, 2)), 0.5])


@pytest.mark.parametrize("degrees", [0, 12, -30, 45])
@pytest.mark.parametrize("size", [(50, 20), (20, 50)])
def test_lines_are_cut_out_by_their_corners(call: Call, size: tuple[int, int], degrees: float) -> None:
    """A rectangle's corners lead to it again; one that is much taller than wide is read downwards."""
    width, height = size
    region = {"x": 100, "y": 70, "width": width, "height": height, "angle": float(np.radians(degrees))}
    answer = call(
        "ends.regionOf({ ...a[1], points: ends.cornersOfLine(a[0]) }, { corners: true })",
        region,
        {"left": 0, "top": 0, "right": 1, "bottom": 1, "score": 1, "label": 0},
    )
    turned = np.radians(degrees + (90 if height > width else 0))
    assert answer == pytest.approx(
        {"x": 100, "y": 70, "width": max(size), "height": min(size), "angle": turned}, abs=1e-4
    )
