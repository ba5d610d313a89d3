"""What detectors end in: boxes decoded, and those that overlap better ones left out.

Sources: the kernels' documentation (tensorflow/lite/kernels/detection_postprocess.cc) and the box coder of
TensorFlow's object detection API. How many boxes are left depends on the data; all results are filled up
with zeros.
"""

from __future__ import annotations

import struct
from typing import Any

from texelflow.graph import Node, Value
from texelflow.importers.tflite.flexbuffer import read_map
from texelflow.importers.tflite.operators import CUSTOM_DOMAIN, Step, lowers
from texelflow.importers.tflite.operators.convolution import require_rank

NAME = "TFLite_Detection_PostProcess"


@lowers(NAME, inputs=3, custom=True)
def _detection(step: Step) -> None:
    """Inputs: encoded boxes [1, boxes, 4…], scores [1, boxes, classes], anchors [boxes, 4].

    Results: boxes [1, n, 4] of top, left, bottom and right, classes and scores [1, n], and how many [1].
    """
    options = read_map(step.call.operation.custom_options)
    for index, rank in ((0, 3), (1, 3), (2, 2)):
        require_rank(step, index, rank)
    missing = {"max_detections", "num_classes", "nms_iou_threshold", "nms_score_threshold"} - options.keys()
    if missing:
        raise step.fail(f"its options lack {', '.join(sorted(missing))}")
    boxes = _decoded(step, options)
    if options.get("use_regular_nms"):
        _regular(step, options, boxes)
    else:
        _fast(step, options, boxes)


def roles_of(node: Node) -> dict[Value, dict[str, Any]]:
    """Return what the results are in a task, if it is this operator; see `texelflow.options.roles`."""
    if (node.domain, node.operator) != (CUSTOM_DOMAIN, NAME):
        return {}
    # They overlap no more than the model lets them.
    boxes = {"kind": "boxes", "order": "yx", "overlap": 1}
    parts = [{"kind": "boxes", "part": part} for part in ("labels", "scores", "count")]
    return dict(zip(node.outputs, [boxes, *parts], strict=False))


def _decoded(step: Step, options: dict[str, Any]) -> Value:
    """Return boxes [boxes, 4]: centres are moved by anchors' sizes, and sizes multiplied."""
    count = step.raw(0).shape[1]
    encoded = step.reshape("encoded", step.slice("coordinates", step.real(0), 2, 0, 4), [count, 4])
    scales = [float(options.get(f"{name}_scale", 1)) for name in "yxhw"]
    scaled = step.add("Div", "scaled", encoded, step.constant("scales", "float32", (1, 4), scales))
    anchors = step.real(2)
    centre, size = (step.slice(name, scaled, 1, first, first + 2) for name, first in (("c", 0), ("s", 2)))
    at, extent = (step.slice(name, anchors, 1, first, first + 2) for name, first in (("a", 0), ("e", 2)))
    middle = step.add("Add", "middle", step.add("Mul", "moved", centre, extent), at)
    whole = step.add("Mul", "whole", step.add("Exp", "factor", size), extent)
    half = step.add("Mul", "half", whole, step.scalar("a_half", "float32", 0.5))
    corners = [step.add(operator, "corner", middle, half) for operator in ("Sub", "Add")]
    return step.add("Concat", "boxes", *corners, axis=1)


def _scores(step: Step, options: dict[str, Any]) -> Value:
    """Return scores [boxes, classes] without that of the background, which comes first if there is one."""
    count, given = step.raw(1).shape[1:3]
    classes = int(options["num_classes"])
    if not isinstance(given, int) or not 0 <= given - classes <= 1:
        raise step.fail(f"it has scores for {given} classes, its options say {classes}")
    scores = step.slice("scores", step.real(1), 2, given - classes, given)
    return step.reshape("score_rows", scores, [count, classes])


def _selected(step: Step, options: dict[str, Any], boxes: Value, scores: Value, most: int) -> Value:
    """Return the best boxes of each class that overlap no better ones: [n, 3] of batch, class and box."""
    # ONNX wants scores above the threshold, here the threshold is enough.
    threshold = _below(float(options["nms_score_threshold"]))
    limits = [
        step.constant("most", "int64", (1,), [most]),
        step.constant("overlap", "float32", (1,), [float(options["nms_iou_threshold"])]),
        step.constant("threshold", "float32", (1,), [threshold]),
    ]
    batched = [
        step.add("Unsqueeze", "batched", value, step.vector("first", [0])) for value in (boxes, scores)
    ]
    return step.add("NonMaxSuppression", "selected", *batched, *limits)


def _fast(step: Step, options: dict[str, Any], boxes: Value) -> None:
    """Of each box its best classes; boxes compete whatever their classes are."""
    most = int(options["max_detections"])
    each = min(max(int(options.get("max_classes_per_detection", 1)), 1), int(options["num_classes"]))
    scores = _scores(step, options)
    best, classes = step.add_all("TopK", ["best", "classes"], scores, step.vector("each", [each]), axis=1)
    highest = step.slice("highest", best, 1, 0, 1)
    ranked = step.add("Transpose", "ranked", highest, perm=[1, 0])
    chosen = _selected(step, options, boxes, ranked, most)
    places = step.add("Gather", "places", chosen, step.index("box", 2), axis=1)

    def taken(name: str, source: Value, width: int) -> Value:
        rows = step.add("Gather", name, source, places, axis=0)
        return _filled(step, rows, most, width)

    of_class = [
        step.reshape("flat", taken(name, value, each), [1, most * each])
        for name, value in (
            ("of_classes", step.cast("class_numbers", classes, "float32")),
            ("of_scores", best),
        )
    ]
    rows = step.reshape("single", taken("of_boxes", boxes, 4), [1, most, 1, 4])
    repeated = step.add("Expand", "repeated", rows, step.vector("all", [1, most, each, 4]))
    step.finish_raw(step.reshape("made_boxes", repeated, [1, most * each, 4]))
    step.finish_raw(of_class[0], 1)
    step.finish_raw(of_class[1], 2)
    # A box counts once, however many classes it has.
    step.finish_raw(step.cast("found", step.add("Shape", "how_many", places), "float32"), 3)


def _regular(step: Step, options: dict[str, Any], boxes: Value) -> None:
    """Boxes compete within each class; then the best of all are taken."""
    most = int(options["max_detections"])
    scores = step.add("Transpose", "by_class", _scores(step, options), perm=[1, 0])
    each = int(options.get("detections_per_class", 100))
    chosen = _selected(step, options, boxes, scores, each)
    pairs = step.slice("class_and_box", chosen, 1, 1, 3)
    found = step.add("GatherND", "found_scores", scores, pairs)
    nothing = step.constant("nothing", "float32", (most,), [-1.0] * most)
    padded = step.add("Concat", "padded", found, nothing, axis=0)
    best, order = step.add_all("TopK", ["best", "order"], padded, step.vector("most", [most]), axis=0)
    is_there = step.add("GreaterOrEqual", "is_there", best, step.scalar("zero", "float32", 0.0))
    none = step.constant("no_pairs", "int64", (most, 2), [0] * (2 * most))
    all_pairs = step.add(
        "Gather", "best_pairs", step.add("Concat", "pairs", pairs, none, axis=0), order, axis=0
    )
    mask = step.cast("mask", is_there, "float32")
    wide = step.reshape("wide_mask", mask, [most, 1])
    numbers = [step.add("Gather", "number", all_pairs, step.index("column", at), axis=1) for at in (0, 1)]
    rows = step.add("Mul", "kept", step.add("Gather", "rows", boxes, numbers[1], axis=0), wide)
    step.finish_raw(step.reshape("made_boxes", rows, [1, most, 4]))
    classes = step.add("Mul", "kept_classes", step.cast("classes", numbers[0], "float32"), mask)
    step.finish_raw(step.reshape("made_classes", classes, [1, most]), 1)
    kept = step.add("Mul", "kept_scores", best, mask)
    step.finish_raw(step.reshape("made_scores", kept, [1, most]), 2)
    count = step.reduce("ReduceSum", "count", mask, [0])
    step.finish_raw(step.reshape("made_count", count, [1]), 3)


def _filled(step: Step, rows: Value, most: int, width: int) -> Value:
    """Return rows, filled up to a number with rows of zeros."""
    zeros = step.constant("zeros", "float32", (most, width), [0.0] * (most * width))
    return step.slice("filled", step.add("Concat", "longer", rows, zeros, axis=0), 0, 0, most)


def _below(number: float) -> float:
    """Return the next smaller number of 32 bits."""
    bits = struct.unpack("<i", struct.pack("<f", number))[0]
    if not bits & 0x7FFFFFFF:
        return -1.401298464324817e-45
    moved = bits - 1 if bits > 0 else bits + 1
    return float(struct.unpack("<f", struct.pack("<i", moved))[0])


@lowers("NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", inputs=(5, 6))
def _suppression(step: Step) -> None:
    """Inputs: boxes [n, 4], scores [n], most, overlap, threshold; V5 has a sigma, which lowers scores."""
    soft = step.operator.endswith("V5")
    if soft and (not step.has(5) or step.node.required(5).number != 0):
        raise step.fail("its sigma is not 0: scores that sink with overlap are not supported")
    [most] = step.known_integers(2, "number of boxes")[:1]
    boxes = step.add("Unsqueeze", "boxes", step.real(0), step.vector("batch", [0]))
    scores = step.add("Unsqueeze", "scores", step.real(1), step.vector("class", [0, 1]))
    limits = [step.reshape("limit", step.real(index), [1]) for index in (3, 4)]
    chosen = step.add(
        "NonMaxSuppression",
        "selected",
        boxes,
        scores,
        step.constant("most", "int64", (1,), [most]),
        *limits,
    )
    places = step.add("Gather", "places", chosen, step.index("box", 2), axis=1)

    def filled(value: Value, dtype: str) -> Value:
        zeros = step.constant("zeros", dtype, (most,), [0] * most)
        return step.slice("filled", step.add("Concat", "longer", value, zeros, axis=0), 0, 0, most)

    step.finish_raw(filled(step.cast("indices", places, "int32"), "int32"))
    if soft:
        step.finish_raw(filled(step.add("Gather", "kept", step.real(1), places, axis=0), "float32"), 1)
    count = step.cast("count", step.add("Shape", "how_many", places), "int32")
    step.finish_raw(step.reshape("made_count", count, []), 2 if soft else 1)
