"""Masks, points, pictures and lines of text as many models tell them, against NumPy and Pillow."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from told_pictures import GIVEN, PICTURE, SIZE, Told, takes, tensor


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("activation", ["none", "sigmoid", "softmax"])
def test_masks_of_one_object(told: Told, activation: str, last: bool) -> None:
    """A probability a pixel: at the model's own size as it is, and yes or no from a threshold on."""
    width, height = 20, 10
    share = np.random.default_rng(1).uniform(0.05, 0.95, (height, width)).astype(np.float32)
    logits = np.log(share / (1 - share))
    numbers = {"none": share[None], "sigmoid": logits[None], "softmax": np.stack([logits * 0, logits])}[
        activation
    ]
    foreground = {"foreground": 1} if activation == "softmax" else {}
    laid = numbers.transpose(1, 2, 0) if last else numbers
    role = {"kind": "mask", "activation": activation, **foreground}
    labels = {"m": ["nobody", "person"]} if foreground else {"m": ["person"]}

    def segment(**options: Any) -> np.ndarray:
        said = {"labels": labels, "input": takes(), "options": options}
        (one,) = told(
            "image-segmentation", {"m": tensor(laid[None])}, {"m": role}, {"picture": [40, 20]}, **said
        )
        assert one["label"] == "person" and one["score"] is None
        mask = one["mask"]
        return np.array(mask["data"]).reshape(mask["height"], mask["width"])

    same = segment(size={"width": width, "height": height})
    np.testing.assert_allclose(same, share * 255, atol=0.51)
    # Pillow's bilinear filter takes the same two pixels where pictures become larger.
    from PIL import Image

    larger = np.asarray(Image.fromarray(share).resize((40, 20), Image.Resampling.BILINEAR))
    np.testing.assert_allclose(segment(), larger * 255, atol=0.6)
    assert np.array_equal(
        segment(size={"width": width, "height": height}, threshold=0.5) == 255, share >= 0.5
    )


def test_masks_of_whole_numbers(told: Told) -> None:
    """Nothing lies between two classes."""
    classes = np.array([[0, 0, 3], [0, 5, 5]])
    role = {"kind": "mask"}
    answer = told(
        "image-segmentation",
        {"m": tensor(classes[None])},
        {"m": role},
        {"picture": [6, 4]},
        input=takes(),
        dtypes={"m": "int32"},
    )
    expected = classes.repeat(2, 0).repeat(2, 1)
    assert [one["label"] for one in answer] == ["LABEL_0", "LABEL_3", "LABEL_5"]
    for one in answer:
        mask = np.array(one["mask"]["data"]).reshape(4, 6)
        assert np.array_equal(mask == 255, expected == int(one["label"][-1]))


def test_points(told: Told) -> None:
    """Of each column in any order and unit, with names; none where the object is not there."""
    random = np.random.default_rng(8)
    x, y, z, score = random.uniform(0, 1, (4, 5))
    logits = np.log(score / (1 - score))
    pixels = np.stack([y * SIZE[1], logits, x * SIZE[0], logits * 0, z * SIZE[0]], 1)
    role = {"kind": "keypoints", "columns": ["y", "score", "x", "other", "z"], "unit": "pixel"}
    roles = {
        "p": {**role, "activation": "sigmoid"},
        "q": {"kind": "keypoints", "part": "presence", "activation": "sigmoid", "threshold": 0.5},
    }
    names = [f"point {index}" for index in range(5)]

    def detect(presence: float, **options: float) -> Any:
        outputs = {"p": tensor(pixels[None]), "q": tensor(np.array([[presence]]))}
        said = {"labels": {"p": names}, "input": takes(), "options": options}
        return told("keypoint-detection", outputs, roles, GIVEN, **said)

    (one,) = detect(1)
    assert one["score"] == pytest.approx(1 / (1 + np.exp(-1)))
    points = one["keypoints"]
    assert [point["label"] for point in points] == names
    for key, expected in {
        "x": x * PICTURE[0],
        "y": y * PICTURE[1],
        "z": z * PICTURE[0],
        "score": score,
    }.items():
        np.testing.assert_allclose([point[key] for point in points], expected, rtol=1e-4)
    assert detect(-1) == [] and len(detect(-1, threshold=0.2)) == 1
    plain = told(
        "keypoint-detection",
        {"p": tensor(np.stack([x, y], 1))},
        {"p": {"kind": "keypoints"}},
        GIVEN,
        input=takes(),
    )
    assert plain[0]["score"] is None and plain[0]["keypoints"][0].keys() == {"x", "y"}
    np.testing.assert_allclose([point["x"] for point in plain[0]["keypoints"]], x * PICTURE[0], rtol=1e-4)


def test_heatmaps(told: Told) -> None:
    rows, columns = np.mgrid[:12, :16]
    centres = [(4, 7), (10, 3)]
    maps = np.stack([np.exp(-((columns - cx) ** 2 + (rows - cy) ** 2) / 6) for cx, cy in centres])
    role = {"kind": "keypoints", "part": "heatmaps"}
    (one,) = told("keypoint-detection", {"h": tensor(maps[None])}, {"h": role}, GIVEN, input=takes())
    expected = [((cx + 0.5) / 16 * PICTURE[0], (cy + 0.5) / 12 * PICTURE[1]) for cx, cy in centres]
    np.testing.assert_allclose(
        [(p["x"], p["y"]) for p in one["keypoints"]], expected, atol=PICTURE[0] / 16 / 3
    )


@pytest.mark.parametrize("channels", ["rgb", "bgr", "gray"])
def test_pictures(told: Told, channels: str) -> None:
    values = np.random.default_rng(2).integers(0, 256, (5, 7, 1 if channels == "gray" else 3))
    role = {"kind": "picture", "range": [-1, 1], "channels": channels}
    laid = (values / 255 * 2 - 1).transpose(2, 0, 1)[None]
    answer = told("image-to-image", {"y": tensor(laid)}, {"y": role}, GIVEN, input=takes())
    came = np.array(answer["data"]).reshape(answer["height"], answer["width"], 4)
    assert np.array_equal(
        came[..., :3], np.broadcast_to(values[..., ::-1] if channels == "bgr" else values, (5, 7, 3))
    )


@pytest.mark.parametrize("blank", [0, 4])
@pytest.mark.parametrize("whole", [False, True])
def test_lines_of_text(told: Told, blank: int, whole: bool) -> None:
    """Characters with and without the blank among them; the one behind the last is a space."""
    symbols = ["-", *"abc", " "] if blank == 0 else [*"abc", " ", "-"]
    written_out = "-aa-a b--bc "
    steps = np.eye(5)[[symbols.index(letter) for letter in written_out]] * 8
    labels = symbols if whole else list("abc")
    role = {"kind": "ctc", "blank": blank, "activation": "softmax"}
    answer = told(
        "image-to-text",
        {"t": tensor(steps[:, None])},
        {"t": role},
        GIVEN,
        input=takes(),
        labels={"t": labels},
    )
    assert answer[0]["generated_text"] == "aa bbc " and 0.9 < answer[0]["score"] < 1


def test_what_bundles_do_not_say_is_told(told: Told) -> None:
    """With what to do; a role that the page gives is as good as the bundle's."""
    outputs = {"y": tensor(np.array([[0.2, 0.8]]))}
    for task, kind in {
        "image-classification": "classes",
        "object-detection": "boxes",
        "image-to-text": "ctc",
    }.items():
        answer = told(task, outputs, {}, GIVEN, input=takes())
        assert answer["error"] == "option" and f"--meaning OUTPUT={kind}" in answer["message"], answer
    two = {"y": {"kind": "classes"}, "z": {"kind": "classes"}}
    answer = told("image-classification", {**outputs, "z": outputs["y"]}, two, GIVEN, input=takes())
    assert "several outputs" in answer["message"]
    assert "takes no pictures" in told("image-classification", outputs, {"y": two["y"]}, GIVEN)["message"]
    given = {"settings": {"roles": {"y": two["y"]}, "labels": ["no", "yes"]}, "input": takes()}
    answer = told("image-classification", outputs, {}, GIVEN, **given)
    assert [one["label"] for one in answer] == ["yes", "no"]
    wrong = told("image-recognition", outputs, {}, GIVEN)
    assert wrong["error"] == "option" and "image-classification" in wrong["message"]
    missing = told("image-classification", outputs, {"y": two["y"]}, "/absent.png", input=takes())
    assert missing["error"] == "not-found"
