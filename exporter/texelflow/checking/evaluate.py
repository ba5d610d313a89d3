"""How often a bundle is right on labelled examples, beside the model that it was made from."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from texelflow.bundle.reader import read_graph
from texelflow.bundle.types import GraphFile, GraphOutput
from texelflow.checking.browser import BundlePage, open_bundle_page
from texelflow.checking.labelled import Example, read_examples
from texelflow.checking.model_inputs import chosen_signature, first_states, with_constants
from texelflow.checking.references import open_reference
from texelflow.checking.samples import Array
from texelflow.checking.verify import decode_result, send_inputs
from texelflow.errors import ExportError

FEW = 5
"""A class among so many with the highest scores counts as nearly found."""

WORST_CLASSES = 10
"""Classes that are shown."""


@dataclass(frozen=True, slots=True)
class ClassResult:
    """How a class came out: its examples, how many are right, and what others were taken for, with counts."""

    label: int
    name: str
    examples: int
    right: int
    taken_for: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Accuracy:
    """The shares of examples that are right: by the highest score, by one of FEW; and the worst classes."""

    examples: int
    top_1: float
    top_5: float
    worst: list[ClassResult]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy of a bundle and of its model on the same examples; `same` is how often both choose alike."""

    output: str
    classes: int
    bundle: Accuracy
    model: Accuracy | None
    same: float | None
    device: dict[str, Any]


def evaluate(
    bundle: Path,
    data: Path,
    *,
    model: Path | None = None,
    output: str | None = None,
    signature: str | None = None,
    software: bool = False,
) -> Evaluation:
    """Run `bundle` in headless Chromium, and `model` in its own runtime, on labelled examples one by one.

    Args:
        bundle: a folder that `export` made.
        data: the examples, see labelled.py.
        model: the file that the bundle was made from.
        output: the output with a score for each class; without it the one with labels, or the only one.
        signature: which function of a model that has several; without it the one that the bundle was made of.
        software: render with SwiftShader even if there is a GPU.

    Raises:
        ExportError: the data is not as needed, or one of the two cannot be run.
    """
    graph = read_graph(bundle)
    scores, place = _scores_output(graph, output)
    names = list(scores.get("meaning", {}).get("labels", []))
    examples = read_examples(data, graph, names)
    reference = (
        None if model is None else open_reference(model, signature=signature or chosen_signature(graph))
    )
    ours: list[Array] = []
    theirs: list[Array] = []
    with open_bundle_page(bundle, software=software) as page:
        device = page.call("load")["device"]
        for example in examples:
            inputs = example.inputs()
            ours.append(_of_page(page, inputs, place, example, scores["name"]))
            if reference is not None:
                given = with_constants(graph, {**inputs, **first_states(graph, inputs)})
                values = reference.run(given)
                if scores["name"] not in values:
                    raise ExportError(f"{model} has no output {scores['name']!r}: was {bundle} made from it?")
                theirs.append(_first(values[scores["name"]], example, scores["name"]))
    classes = len(ours[0])
    if names and len(names) != classes:
        raise ExportError(
            f"output {scores['name']!r} has {classes} scores for {len(names)} labels: export the bundle with "
            "the labels of its classes"
        )
    if (most := max(example.label for example in examples)) >= classes:
        raise ExportError(f"{data} has class {most}, but output {scores['name']!r} has scores for {classes}")
    labels = [example.label for example in examples]
    same = [int(np.argmax(a)) == int(np.argmax(b)) for a, b in zip(ours, theirs, strict=False)]
    return Evaluation(
        scores["name"],
        classes,
        accuracy(ours, labels, names),
        accuracy(theirs, labels, names) if theirs else None,
        sum(same) / len(same) if same else None,
        device,
    )


def accuracy(scores: list[Array], labels: list[int], names: list[str]) -> Accuracy:
    """Return how often the class of an example has the highest score; of equal ones the first counts."""
    orders = [np.argsort(-values.astype(np.float64), kind="stable") for values in scores]
    first = [int(order[0]) for order in orders]
    near = sum(label in order[:FEW] for label, order in zip(labels, orders, strict=True))
    counts, taken = Counter(labels), Counter(zip(labels, first, strict=True))

    def name(label: int) -> str:
        return names[label] if names else str(label)

    results = [
        ClassResult(
            label,
            name(label),
            count,
            taken[label, label],
            [
                (name(other), times)
                for (true, other), times in taken.most_common()
                if true == label and other != label
            ][:3],
        )
        for label, count in counts.items()
    ]
    results.sort(key=lambda one: (one.right / one.examples, -one.examples, one.label))
    worst = [one for one in results if one.right < one.examples][:WORST_CLASSES]
    right = sum(label == choice for label, choice in zip(labels, first, strict=True))
    return Accuracy(len(labels), right / len(labels), near / len(labels), worst)


def _scores_output(graph: GraphFile, wanted: str | None) -> tuple[GraphOutput, int]:
    """Return the output with the scores, and its place among the outputs."""
    outputs = graph["outputs"]
    if wanted is None:
        floating = [one for one in outputs if one["dtype"].startswith(("float", "bfloat"))]
        labelled = [one for one in floating if "labels" in one.get("meaning", {})]
        candidates = labelled or floating
    else:
        candidates = [one for one in outputs if one["name"] == wanted]
    if len(candidates) != 1:
        names = ", ".join(one["name"] for one in outputs)
        asked = "--output names the one with a score for each class" if wanted is None else f"not {wanted!r}"
        raise ExportError(f"{graph['name']} has the outputs {names}: {asked}")
    return candidates[0], outputs.index(candidates[0])


def _of_page(page: BundlePage, inputs: dict[str, Array], place: int, example: Example, output: str) -> Array:
    """Return the scores that the page computes of inputs."""
    page.call("reset")
    send_inputs(page, inputs)
    described = page.call("run")[place]
    return _first(decode_result(described, base64.b64decode(page.call("take", place))), example, output)


def _first(scores: Array, example: Example, output: str) -> Array:
    """Return the scores of the first of a batch, as a vector; raise ExportError if it is none."""
    shape = [extent for extent in scores.shape[1:] if extent != 1]
    one = scores.reshape(-1) if scores.ndim == 1 else scores[:1].reshape(-1)
    if len(shape) > 1 or len(one) < 2:
        raise ExportError(
            f"{example.name}: output {output!r} has the shape {list(scores.shape)}; a score for each class "
            "is needed: name another with --output"
        )
    return one
