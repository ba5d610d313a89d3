"""Small bundles of every kind: what the page is given to spoil, with inputs that an intact one takes."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx

import texelflow
from fuzz.small_models import image_model, token_model
from learned_sizes.branching import BRANCHING
from learned_sizes.computed import COMPUTED
from learned_sizes.looping import LOOPING

TESTS = Path(__file__).resolve().parents[2]
sys.path += [str(TESTS / part) for part in ("runtime", "demo")]

import bundle_builder
import bundles as demo_bundles

Files = dict[str, bytes]


@dataclass(frozen=True)
class Kind:
    """A bundle's files, and an array for each input of a run."""

    files: Files
    feeds: Mapping[str, np.ndarray]


def _floats(*shape: int) -> np.ndarray:
    return np.sin(np.arange(np.prod(shape))).reshape(shape).astype(np.float32)


def _text_model(case: Any, index: int = 0) -> Callable[[Path], tuple[Path, dict[str, np.ndarray]]]:
    def make(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        graph = onnx.parser.parse_graph(case.text)
        model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 18)], ir_version=8)
        onnx.save(model, folder / "model.onnx")
        texelflow.export(folder / "model.onnx", folder / "bundle")
        return folder / "bundle", case.feeds[index](np.random.default_rng(1))

    return make


def _sheet(model: Any, feeds: dict[str, np.ndarray], **options: Any) -> Callable[[Path], Any]:
    def make(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        onnx.save(model().model(), folder / "model.onnx")
        texelflow.export(folder / "model.onnx", folder / "bundle", **options)
        names = [entry["name"] for entry in json.loads((folder / "bundle/graph.json").read_text())["inputs"]]
        return folder / "bundle", dict(zip(names, feeds.values(), strict=True))

    return make


def _built(build: Callable[[Path], object], feeds: dict[str, np.ndarray]) -> Callable[[Path], Any]:
    def make(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        build(folder / "bundle")
        return folder / "bundle", feeds

    return make


def _demo(build: Callable[[Path], Path], shape: tuple[int, ...], **roles: Any) -> Callable[[Path], Any]:
    """A bundle of pictures, whose outputs mean something."""

    def make(folder: Path) -> tuple[Path, dict[str, np.ndarray]]:
        bundle = build(folder)
        graph = json.loads((bundle / "graph.json").read_text())
        for output in graph["outputs"]:
            if output["name"] in roles:
                output["meaning"] = {**output.get("meaning", {}), "role": roles[output["name"]]}
        (bundle / "graph.json").write_text(json.dumps(graph))
        return bundle, {"picture": _floats(*shape)}

    return make


_IMAGE, _TOKENS = {"x": _floats(2, 3, 8, 8)}, {"x": np.array([[1, 2, 3, 4, 5, 6]])}

MAKERS: dict[str, Callable[[Path], tuple[Path, dict[str, np.ndarray]]]] = {
    "image": _sheet(image_model, _IMAGE, image="0..1"),
    "image in 8 bits": _sheet(image_model, _IMAGE, weights="int8"),
    "image in 16 bits": _sheet(image_model, _IMAGE, weights="float16"),
    "tokens": _sheet(token_model, _TOKENS),
    "weights in parts": _built(lambda folder: bundle_builder.add_bundle(folder), {"x": _floats(6)}),
    "blocked": _built(bundle_builder.blocked_bundle, {"x": _floats(1, 5, 6, 7)}),
    "alias": _built(bundle_builder.alias_bundle, {"x": _floats(1, 24, 2, 5)}),
    "states": _built(bundle_builder.stateful_bundle, {"x": _floats(6)}),
    "classes": _demo(
        demo_bundles.colour_classifier, (1, 3, 8, 8), scores={"kind": "classes", "activation": "softmax"}
    ),
    "boxes": _demo(
        demo_bundles.box_detector,
        (1, 3, 16, 24),
        boxes={"kind": "boxes", "part": "boxes", "form": "edges"},
        scores={"kind": "boxes", "part": "scores", "background": 0},
    ),
    "mask": _demo(demo_bundles.red_mask, (1, 3, 16, 24), mask={"kind": "mask", "threshold": 0.5}),
    "picture": _demo(
        demo_bundles.enlarger, (1, 1, 8, 8), larger={"kind": "picture", "range": [0, 1], "channels": "gray"}
    ),
    "points": _demo(demo_bundles.red_mask, (1, 3, 16, 24), mask={"kind": "keypoints", "part": "heatmaps"}),
    **{
        f"{name}": _text_model(cases[name], index)
        for cases, chosen in ((LOOPING, 4), (BRANCHING, 3), (COMPUTED, 6))
        for index, name in [(0, name) for name in list(cases)[:chosen]]
    },
}
"""By name, what makes a bundle in an empty folder; and a run's inputs."""


def make(name: str) -> Kind:
    """Return the bundle of a name."""
    with tempfile.TemporaryDirectory() as folder:
        bundle, feeds = MAKERS[name](Path(folder))
        return Kind({path.name: path.read_bytes() for path in sorted(bundle.iterdir())}, feeds)


def all_kinds() -> Iterator[tuple[str, Kind]]:
    """Yield every bundle with its name."""
    for name in MAKERS:
        yield name, make(name)
