"""What the page guesses of outputs that a bundle says nothing of: what they are, and what they are not."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browser_support import REPOSITORY

SCRIPT = """
import { readFileSync } from "node:fs";
import { interpret } from "./run/interpret.js";
const numbers = ({ data, ...rest }) => ({ ...rest, data: Float32Array.from(data) });
const outputs = JSON.parse(readFileSync(0)).map(numbers);
const found = interpret(outputs, { width: 32, height: 32 }, []);
const { boxes = [], mask, top = [] } = found;
console.log(JSON.stringify({
    kind: found.kind,
    boxes,
    mask: mask && [...mask.data],
    top: top.map(({ label, probability }) => [label, probability]),
}));
"""
RANDOM = np.random.default_rng(7)


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("player") / "page"
    dist = REPOSITORY / "dist"
    shutil.copytree(dist / "player", folder)
    for path in dist.glob("texelflow*.js"):
        shutil.copy(path, folder)
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "guess.js").write_text(SCRIPT)
    return folder


def guess(player: Path, *outputs: np.ndarray) -> dict[str, Any]:
    given = [
        {"name": f"y{index}", "dtype": str(one.dtype), "shape": one.shape, "data": one.ravel().tolist()}
        for index, one in enumerate(outputs)
    ]
    told = subprocess.run(
        ["node", "guess.js"], input=json.dumps(given), cwd=player, capture_output=True, text=True, check=True
    ).stdout
    found: dict[str, Any] = json.loads(told)
    return found


def boxes(count: int) -> np.ndarray:
    """Edges of boxes in fractions."""
    corners = np.sort(RANDOM.uniform(0, 1, (count, 2, 2)), axis=1)
    return corners.reshape(1, count, 4).astype(np.float32)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_shares_in_bytes_are_classes(player: Path, dtype: str) -> None:
    shares = np.array([[3, 200, 40, 12]])
    least = np.iinfo(dtype).min
    found = guess(player, (shares + least).astype(dtype))
    assert found["kind"] == "classes"
    assert [label for label, _ in found["top"]] == [1, 2, 3, 0]
    assert found["top"][0][1] == pytest.approx(200 / 255, abs=0.01)
    assert guess(player, RANDOM.integers(least, least + 256, (1, 40)).astype(dtype))["kind"] == "numbers"


def test_places_are_no_scores(player: Path) -> None:
    assert guess(player, RANDOM.uniform(0, 64, (1, 228)).astype(np.float32))["kind"] == "numbers"
    assert guess(player, RANDOM.normal(0, 4, (1, 228)).astype(np.float32))["kind"] == "classes"


@pytest.mark.parametrize("last", [True, False])
def test_a_score_of_each_class_for_each_pixel_is_a_mask(player: Path, last: bool) -> None:
    scores = RANDOM.normal(size=(1, 21, 32, 32)).astype(np.float32)
    given = scores.transpose(0, 2, 3, 1) if last else scores
    found = guess(player, np.ascontiguousarray(given))
    assert found["kind"] == "mask"
    assert found["mask"] == (scores[0].argmax(axis=0) != 0).astype(int).ravel().tolist()
    # Maps of another size are of anything.
    assert guess(player, RANDOM.normal(size=(1, 21, 8, 8)).astype(np.float32))["kind"] == "numbers"


def test_boxes_and_what_they_are_computed_from(player: Path) -> None:
    scores = RANDOM.uniform(0, 0.4, (1, 50, 3)).astype(np.float32)
    scores[0, 7, 2] = 0.9
    edges = boxes(50)
    found = guess(player, edges, scores)
    assert found["kind"] == "boxes"
    (box,) = found["boxes"]
    assert box["label"] == 2
    assert [box[side] for side in ("left", "top", "right", "bottom")] == pytest.approx(edges[0, 7].tolist())
    # Which of two tables has the scores is told by their range.
    landmarks = RANDOM.normal(0, 9, (1, 50, 10)).astype(np.float32)
    assert guess(player, edges, landmarks, scores)["boxes"] == [box]
    # Differences from anchors are no boxes; and of several grids none is the whole.
    offsets = RANDOM.normal(size=(1, 50, 4)).astype(np.float32)
    assert guess(player, offsets, scores)["kind"] == "numbers"
    assert guess(player, edges, scores, boxes(20), scores[:, :20])["kind"] == "numbers"
    assert guess(player, edges, scores, scores * 0.5)["kind"] == "numbers"
