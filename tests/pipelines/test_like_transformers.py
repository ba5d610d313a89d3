"""Pipelines make of numbers what those of Transformers.js recorded (record_transformers.mjs)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

CASES = json.loads(Path(__file__).with_name("recorded_transformers.json").read_text(encoding="utf-8"))
PICTURE = {"picture": [31, 22]}
TAKES_PICTURES = {"image": {"fit": "stretch", "width": 8, "height": 8}}


def names(count: int) -> list[str]:
    """The names that the recording had."""
    return [f"name {index}" for index in range(count)]


def told_as(case: dict[str, Any]) -> dict[str, Any]:
    """What the bundle of a recorded model says, and what it is given."""
    task, outputs = case["task"], case["outputs"]
    name, (shape, _) = next(iter(outputs.items()))
    if task == "object-detection":
        scores = {"kind": "boxes", "part": "scores", "activation": "softmax", "background": case["classes"]}
        boxes = {"kind": "boxes", "form": "centre", "overlap": 1}
        said = {"roles": {"logits": scores, "pred_boxes": boxes}, "options": {"percentage": True}}
        return {
            **said,
            "labels": {"logits": names(case["classes"])},
            "given": PICTURE,
            "input": TAKES_PICTURES,
        }
    if task == "image-classification":
        # Of one class probabilities sum to 1.
        total = sum(found["score"] for found in case["result"])
        role = {"kind": "classes", "activation": "softmax" if abs(total - 1) < 1e-3 else "sigmoid"}
        said = {"roles": {name: role}, "options": {"top_k": 7}, "labels": {name: names(7)}}
        return {**said, "given": PICTURE, "input": TAKES_PICTURES}
    if task == "image-segmentation":
        said = {"roles": {name: {"kind": "mask", "activation": "softmax"}}, "labels": {name: names(shape[1])}}
        return {**said, "given": PICTURE, "input": TAKES_PICTURES}
    kinds = {"feature-extraction": "embedding", "fill-mask": "tokens"}
    role = {"kind": kinds.get(task, "classes")}
    if task in ("token-classification", "text-classification"):
        role["activation"] = "softmax"
    labels = names(shape[-1])
    if task == "token-classification":
        labels[0] = "O"
    options = case.get("options", {"top_k": 4 if task == "fill-mask" else 3})
    return {"roles": {name: role}, "labels": {name: labels}, "given": case["text"], "options": options}


def listed(value: Any) -> tuple[list[Any], list[float]]:
    """The texts and names of a result in order, and its numbers."""
    if isinstance(value, dict):
        value = [item for key in sorted(value) for item in (key, value[key])]
    if isinstance(value, list):
        parts = [listed(item) for item in value]
        return [text for part in parts for text in part[0]], [n for part in parts for n in part[1]]
    return ([], [float(value)]) if isinstance(value, (int, float)) else ([value], [])


@pytest.mark.parametrize("index", range(len(CASES)), ids=[f"{n}-{c['task']}" for n, c in enumerate(CASES)])
def test_results(told: Callable[..., Any], index: int) -> None:
    case = CASES[index]
    answer, expected = told(case["task"], case["outputs"], **told_as(case)), case["result"]
    assert "error" not in answer, answer
    if case["task"] == "image-segmentation":
        pixels = np.full(31 * 22, "?")
        for segment in answer:
            assert segment["score"] is None and segment["mask"].keys() == {
                "width",
                "height",
                "channels",
                "data",
            }
            pixels[np.array(segment["mask"]["data"]) == 255] = segment["label"][-1]
        wrong = sum(a != b for a, b in zip(pixels, expected, strict=True))
        # Where two classes are as good as equal, rounding decides.
        assert wrong <= 2
        return
    if case["task"] == "feature-extraction":
        answer = {"shape": answer["shape"], "data": answer["data"]}
    if case["task"] == "object-detection":
        # Ours are in the order of their scores.
        expected = sorted(expected, key=lambda found: -found["score"])
    (texts, numbers), (wanted_texts, wanted) = listed(answer), listed(expected)
    assert texts == wanted_texts and len(wanted) > 1
    np.testing.assert_allclose(numbers, wanted, rtol=1e-5, atol=1e-6)
