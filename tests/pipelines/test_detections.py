"""Boxes as many models tell them, against NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from told_pictures import GIVEN, PICTURE, SIZE, Told, takes, tensor


def objects(seed: int, count: int = 4) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Boxes that do not overlap, edges in fractions; scores, the best first; and two points each."""
    random = np.random.default_rng(seed)
    left = (np.arange(count) + 0.1) / count
    top = random.uniform(0.1, 0.5, count)
    edges = np.stack(
        [left, top, left + random.uniform(0.1, 0.2, count), top + random.uniform(0.1, 0.4, count)], 1
    )
    points = random.uniform(0.1, 0.9, (count, 4))
    return edges, np.sort(random.uniform(0.6, 0.95, count))[::-1], points


def written(edges: np.ndarray, form: str) -> np.ndarray:
    """Edges as four numbers of a form."""
    sizes = edges[:, 2:] - edges[:, :2]
    first = {"edges": edges[:, :2], "corner": edges[:, :2], "centre": (edges[:, :2] + edges[:, 2:]) / 2}[form]
    return np.concatenate([first, edges[:, 2:] if form == "edges" else sizes], 1)


def found(answer: Any) -> np.ndarray:
    """The edges of what was found."""
    assert "error" not in answer, answer
    return np.array([[one["box"][side] for side in ("xmin", "ymin", "xmax", "ymax")] for one in answer])


@pytest.mark.parametrize("unit", ["fraction", "pixel"])
@pytest.mark.parametrize("order", ["xy", "yx"])
@pytest.mark.parametrize("form", ["edges", "corner", "centre"])
def test_forms_of_boxes(told: Told, form: str, order: str, unit: str) -> None:
    """In parts, with and without points, classes, and a count; and as a table, transposed or not."""
    edges, scores, points = objects(len(form))
    labels = np.array([2, 0, 1, 2])
    numbers = written(edges, form) * (np.tile(SIZE, 2) if unit == "pixel" else 1)
    dots = points * (np.tile(SIZE, 2) if unit == "pixel" else 1)
    if order == "yx":
        numbers, dots = numbers[:, [1, 0, 3, 2]], dots[:, [1, 0, 3, 2]]
    wanted, wanted_points = edges * np.tile(PICTURE, 2), points * np.tile(PICTURE, 2)
    place = {"form": form, "order": order, "unit": unit}
    one_hot = np.eye(3)[labels] * scores[:, None]
    names = ["a", "b", "c"]

    def check(
        outputs: dict[str, np.ndarray], roles: dict[str, Any], count: int = 4, dotted: bool = False
    ) -> None:
        said = {name: {"kind": "boxes", **role} for name, role in roles.items()}
        given = {name: tensor(values) for name, values in outputs.items()}
        labelled = dict.fromkeys(outputs, names)
        answer = told("object-detection", given, said, GIVEN, input=takes(), labels=labelled)
        np.testing.assert_allclose(found(answer), wanted[:count], atol=1e-3)
        assert [one["label"] for one in answer] == [names[label] for label in labels[:count]]
        np.testing.assert_allclose([one["score"] for one in answer], scores[:count], rtol=1e-6)
        assert all(("points" in one) == dotted for one in answer)
        if dotted:
            came = [[axis for point in one["points"] for axis in (point["x"], point["y"])] for one in answer]
            np.testing.assert_allclose(came, wanted_points[:count], atol=1e-3)

    logits = np.log(one_hot.clip(1e-9) / (1 - one_hot.clip(1e-9)))
    check(
        {"b": numbers[None], "s": logits[None]},
        {"b": place, "s": {"part": "scores", "activation": "sigmoid"}},
    )
    padded = np.concatenate([np.ones((4, 1)) * 0.99, one_hot], 1)
    check({"b": numbers, "s": padded}, {"b": place, "s": {"part": "scores", "background": 0}})
    check(
        {"b": numbers[None], "p": dots[None], "s": scores[None], "l": labels[None], "n": np.array([3])},
        {
            "b": place,
            "p": {"part": "points"},
            "s": {"part": "scores"},
            "l": {"part": "labels"},
            "n": {"part": "count"},
        },
        count=3,
        dotted=True,
    )
    table = {"part": "table", **place}
    both = np.concatenate([numbers, dots, one_hot], 1)
    check({"t": both[None]}, {"t": {**table, "points": 2}}, dotted=True)
    check({"t": both.T[None]}, {"t": {**table, "points": 2, "transposed": True}}, dotted=True)
    weighted = np.concatenate([numbers, np.full((4, 1), 0.5), one_hot * 2], 1)
    check({"t": weighted}, {"t": {**table, "columns": "objectness-scores"}})
    listed = np.concatenate([numbers, scores[:, None], labels[:, None]], 1)
    check({"t": listed[None]}, {"t": {**table, "columns": "score-label"}})
    check({"t": listed[None][..., [0, 1, 2, 3, 5, 4]]}, {"t": {**table, "columns": "label-score"}})


@pytest.mark.parametrize("exponential", [False, True])
@pytest.mark.parametrize("offset", [0.0, 0.5])
def test_anchors(told: Told, exponential: bool, offset: float) -> None:
    """Moves that lead from each square to the same boxes, grid by grid, row by row."""
    anchors = [[16, 8, 12], [32, 40]]
    squares = [
        ((column + offset) * side, (row + offset) * side, square)
        for side, *sizes in anchors
        for row in range(-(-SIZE[1] // side))
        for column in range(-(-SIZE[0] // side))
        for square in sizes
    ]
    random = np.random.default_rng(5)
    scale = np.array([10, 5, 4, 2])
    centres = random.uniform(0.2, 0.8, (len(squares), 2)) * SIZE
    sizes = random.uniform(4, 20, (len(squares), 2))
    points = random.uniform(0, 1, (len(squares), 2)) * SIZE
    place, side = np.array([square[:2] for square in squares]), np.array([[square[2]] for square in squares])
    ratio = sizes / side
    moves = np.concatenate([(centres - place) / side, np.log(ratio) if exponential else ratio], 1) * scale
    moves = np.concatenate([moves, (points - place) / side * scale[:2]], 1)
    role = {"kind": "boxes", "anchors": anchors, "offset": offset, "exponential": exponential, "points": 1}
    roles = {"m": {**role, "scale": scale.tolist(), "overlap": 1}, "s": {"kind": "boxes", "part": "scores"}}
    scores = np.linspace(0.9, 0.6, len(squares))
    outputs = {"m": tensor(moves[None]), "s": tensor(scores[None, :, None])}
    answer = told("object-detection", outputs, roles, GIVEN, input=takes())
    ratios = np.array(PICTURE) / SIZE
    expected = np.concatenate([(centres - sizes / 2) * ratios, (centres + sizes / 2) * ratios], 1)
    np.testing.assert_allclose(found(answer), expected[: len(answer)], atol=1e-2)
    came = [(one["points"][0]["x"], one["points"][0]["y"]) for one in answer]
    np.testing.assert_allclose(came, points * ratios, atol=1e-2)
    assert len(answer) == len(squares) == 28
    broken = told("object-detection", {**outputs, "m": tensor(moves[None, 1:])}, roles, GIVEN, input=takes())
    assert broken["error"] == "option" and "28 anchors" in broken["message"]


@pytest.mark.parametrize("likely", [None, 8])
def test_sides_from_anchors(told: Told, likely: int | None) -> None:
    """How far the sides are from the middle of each cell, of two grids that are outputs of their own; also as
    shares of how likely each number of cells is.
    """
    cells = (16, 32)
    random = np.random.default_rng(9)
    outputs, roles, expected = {}, {}, []
    for cell in cells:
        middles = [
            ((column + 0.5) * cell, (row + 0.5) * cell)
            for row in range(-(-SIZE[1] // cell))
            for column in range(-(-SIZE[0] // cell))
        ]
        logits = random.normal(0, 2, (len(middles), 4, likely or 1))
        shares = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
        sides = (shares * np.arange(likely)).sum(-1) if likely else random.uniform(0.2, 3, (len(middles), 4))
        told_sides = logits.reshape(len(middles), -1) if likely else sides
        outputs[f"b{cell}"], outputs[f"s{cell}"] = (
            tensor(told_sides[None]),
            tensor(np.full((1, len(middles), 1), 0.9)),
        )
        roles[f"b{cell}"] = {"kind": "boxes", "form": "sides", **({"distribution": likely} if likely else {})}
        roles[f"s{cell}"] = {"kind": "boxes", "part": "scores"}
        moved = sides * [-cell, -cell, cell, cell]
        expected += [np.tile(middle, 2) + move for middle, move in zip(middles, moved, strict=True)]
    roles["b16"] |= {"anchors": [[16, 16], [32, 32]], "overlap": 1}
    answer = told("object-detection", outputs, roles, GIVEN, input=takes())
    np.testing.assert_allclose(
        found(answer), np.array(expected) * np.tile(np.array(PICTURE) / SIZE, 2), rtol=1e-4, atol=1e-3
    )
    del roles["b16"]["anchors"]
    broken = told("object-detection", outputs, roles, GIVEN, input=takes())
    assert "anchors" in broken["message"]
    if likely:
        roles["b16"] |= {"anchors": [[16, 16], [32, 32]], "distribution": 7}
        assert "32 numbers" in told("object-detection", outputs, roles, GIVEN, input=takes())["message"]


@pytest.mark.parametrize("degrees", [0, 7, -20, 38, 90])
def test_areas_of_a_map(told: Told, degrees: float) -> None:
    """Rectangles drawn into a map, turned, are found with their corners as they are read, grown; specks
    and what is faint are none.
    """
    width, height = 160, 120
    size, angle = np.array([60.0, 16.0]), np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.array([70.0, 58.0])
    pixels = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1) + 0.5
    inside = np.all(np.abs((pixels - centre) @ turn) <= size / 2, -1)
    plane = np.where(inside, 0.9, 0.1)
    plane[4:10, 4:30] = 0.35
    plane[110:112, 140:142] = 0.9
    grow = 1.5
    role = {"kind": "boxes", "part": "map", "level": 0.3, "threshold": 0.5, "grow": grow}
    given = {"picture": (2 * width, 2 * height)}
    image = {"image": {"fit": "stretch", "width": width, "height": height}}
    (one,) = told("object-detection", {"m": tensor(plane[None, None])}, {"m": role}, given, input=image)
    larger = size + grow * size.prod() / size.sum()
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) / 2 * larger @ turn.T + centre
    came = np.array([[point["x"], point["y"]] for point in one["points"]]) / 2
    np.testing.assert_allclose(came, corners, atol=3.5)
    assert one["score"] == pytest.approx(0.9, abs=0.1)
    edges = [*came.min(0), *came.max(0)]
    np.testing.assert_allclose(found([one])[0] / 2, edges, atol=1e-6)


def test_overlaps(told: Told) -> None:
    """The best is kept, or all are merged; the threshold is the bundle's unless another is asked for."""
    edges = np.array([[0.1, 0.1, 0.5, 0.5], [0.12, 0.1, 0.52, 0.5], [0.6, 0.6, 0.9, 0.9]])
    scores = np.array([[0.9], [0.6], [0.4]])
    outputs = {"b": tensor(edges), "s": tensor(scores)}

    def detect(role: dict[str, Any], **options: float) -> Any:
        roles = {"b": {"kind": "boxes", **role}, "s": {"kind": "boxes", "part": "scores"}}
        return told("object-detection", outputs, roles, GIVEN, input=takes(), options=options)

    best = edges[0] * np.tile(PICTURE, 2)
    mean = (edges[0] * 0.9 + edges[1] * 0.6) / 1.5 * np.tile(PICTURE, 2)
    np.testing.assert_allclose(found(detect({})), [best], atol=1e-3)
    np.testing.assert_allclose(found(detect({"merge": "weighted"})), [mean], atol=1e-3)
    assert len(detect({"threshold": 0.3})) == 2 and len(detect({"threshold": 0.3, "overlap": 1})) == 3
    assert len(detect({"threshold": 0.3}, threshold=0.8)) == 1 and len(detect({}, overlap=1)) == 2


@pytest.mark.parametrize("fit", ["contain", "cover"])
def test_places_are_those_of_the_picture(told: Told, fit: str) -> None:
    """Also beyond its edges, where the model's picture was padded."""
    edges = np.array([[0.0, 0.0, 1.0, 1.0]])
    roles = {"b": {"kind": "boxes"}, "s": {"kind": "boxes", "part": "scores"}}
    outputs = {"b": tensor(edges), "s": tensor(np.array([[0.9]]))}
    answer = found(told("object-detection", outputs, roles, GIVEN, input=takes(fit)))
    scales = [PICTURE[axis] / SIZE[axis] for axis in (0, 1)]
    scale = max(scales) if fit == "contain" else min(scales)
    half = np.array(SIZE) * scale / 2
    centre = np.array(PICTURE) / 2
    np.testing.assert_allclose(answer, [[*(centre - half), *(centre + half)]], atol=1e-3)
