"""Roles that do not fit: every kind, with hostile parameters, on outputs of any shape and type.

What comes of it is a result, or a TexelflowError that says what is wrong; never JavaScript's own error, and
never a hang.
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Page
from told_pictures import takes

import texelflow
from browser_support import REPOSITORY

SCHEMA = json.loads((Path(texelflow.__file__).parent / "bundle/graph.schema.json").read_text())["definitions"]
KINDS = {
    SCHEMA[name]["properties"]["kind"]["const"]: SCHEMA[name]
    for name in (choice["$ref"].split("/")[-1] for choice in SCHEMA["Role"]["anyOf"])
}
CODES = frozenset(re.findall(r"^\| `([\w-]+)` \|", (REPOSITORY / "docs/errors.md").read_text(), re.M))
TASKS = {
    "image-classification": ["classes"],
    "object-detection": ["boxes"],
    "image-segmentation": ["mask"],
    "keypoint-detection": ["keypoints"],
    "image-to-image": ["picture"],
    "image-to-text": ["ctc"],
    "image-feature-extraction": ["embedding"],
    "audio-classification": ["classes", "curve"],
    "audio-tracking": ["curve", "notes"],
    "file-classification": ["classes"],
    "feature-extraction": ["embedding"],
    "text-classification": ["classes"],
    "token-classification": ["classes"],
    "fill-mask": ["tokens"],
    "text-generation": ["tokens"],
}
TRIALS = 30
"""Of each task."""

HOSTILE: tuple[Any, ...] = (
    0,
    -1,
    1,
    0.5,
    3,
    1e9,
    2**53,
    -1e300,
    float("nan"),
    float("inf"),
    "",
    "x",
    None,
    True,
)
HOSTILE += ([], [0], [1, 2, 3], [[1, 2]], {}, {"kind": "classes"})
NUMBERS = (0.0, 1.0, -1.0, 0.3, 0.7, 5.0, 1e30, float("nan"), float("inf"))


def _value(choose: random.Random, schema: dict[str, Any]) -> Any:
    """Something that the schema allows, with its edges."""
    if "$ref" in schema:
        return _value(choose, SCHEMA[schema["$ref"].split("/")[-1]])
    if "enum" in schema:
        return choose.choice(schema["enum"])
    if "const" in schema:
        return schema["const"]
    if schema["type"] == "array":
        count = choose.randint(schema.get("minItems", 0), schema.get("maxItems", 4))
        return [_value(choose, schema["items"]) for _ in range(count)]
    if schema["type"] == "integer":
        return choose.choice((0, 1, 2, 4, 10, 10**9))
    if schema["type"] == "number":
        return choose.choice((0, 1, 0.5, -1, 8000, 1e9, 1e-9, 1e300))
    return choose.choice({"boolean": (True, False), "string": ("", "a.json", "../x")}[schema["type"]])


def role_of(choose: random.Random, kind: str) -> Any:
    """A role as the schema has it; of three, one has a parameter that is of any type or missing."""
    fields = KINDS[kind]["properties"]
    required = KINDS[kind]["required"]
    role = {
        name: _value(choose, schema)
        for name, schema in fields.items()
        if name in required or choose.random() < 0.3
    }
    if choose.random() < 0.35:
        name = choose.choice([each for each in fields if each != "kind"] or ["kind"])
        role[name] = choose.choice(HOSTILE)
    return role


def _output(choose: random.Random) -> tuple[list[Any], str]:
    """Shape and numbers of an output, with an element type."""
    rank = choose.choice((0, 1, 2, 2, 3, 3, 3, 4, 4, 5))
    shape = [choose.choice((0, 1, 1, 2, 3, 4, 5, 6, 8)) for _ in range(rank)]
    if choose.random() < 0.6:
        shape = [extent or 1 for extent in shape]
    size = 1
    for extent in shape:
        size *= extent
    dtype = choose.choice(("float32", "float32", "int32", "int64", "uint8", "bool", "float16"))
    return [shape, [choose.choice(NUMBERS) for _ in range(size)]], dtype


def request_of(task: str, number: int) -> dict[str, Any]:
    """A model of one to three outputs, and what the task is given: the same for the same number."""
    choose = random.Random(f"{task} {number}")
    names = [f"out{index}" for index in range(choose.choice((1, 1, 2, 3)))]
    made = {name: _output(choose) for name in names}
    # The first has a role of the task; others any.
    roles: dict[str, Any] = {name: role_of(choose, choose.choice(list(KINDS))) for name in names}
    roles[names[0]] = role_of(choose, choose.choice(TASKS[task]))
    for name in names[1:]:
        if choose.random() < 0.6:
            roles[name] = role_of(choose, choose.choice(TASKS[task]))
    taken: dict[str, Any] = {}
    given: Any = {"picture": [20, 12]}
    if task.startswith("audio"):
        taken = {"role": role_of(choose, "sound"), "shape": choose.choice(([1, "n"], [1, 8], ["n"], [1, 40]))}
        given = {"samples": [0.1] * choose.choice((0, 1, 100))}
    elif task.startswith("file"):
        taken, given = (
            {"role": role_of(choose, "bytes"), "dtype": choose.choice(("int32", "float32"))},
            "/blank.html",
        )
    elif task.startswith("image") or "detection" in task:
        taken = takes(choose.choice(("stretch", "cover", "contain")))
    else:
        given = "a [MASK] b"
    return {
        "task": task,
        "runs": [{name: tensor for name, (tensor, _) in made.items()}],
        "dtypes": {name: dtype for name, (_, dtype) in made.items()},
        "roles": roles,
        "labels": {name: choose.choice((["a", "b"], [], ["a"])) for name in names},
        "given": given,
        "input": taken,
        "options": {"max_new_tokens": 2},
    }


def test_misfits(pipeline_page: Page) -> None:
    ends: Counter[str] = Counter()
    for task in TASKS:
        requests = [request_of(task, number) for number in range(TRIALS)]
        answers = pipeline_page.evaluate("(requests) => toldModels.runAll(requests)", requests)
        for number, answer in enumerate(answers):
            told = (task, number, requests[number]["roles"], requests[number]["input"], answer)
            assert answer["seconds"] < 10, told
            ends[f"{task}: {answer['error'] or 'result'}"] += 1
            if answer["error"]:
                assert answer["error"] in CODES and 20 < len(answer["message"]) < 2000, told
    for task in TASKS:
        assert ends[f"{task}: option"] >= 3, ends
    assert sum(count for end, count in ends.items() if end.endswith("result")) > 2 * len(TASKS), ends
