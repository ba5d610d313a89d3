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
        raise step.refuse(f"its options lack {', '.join(sorted(missing))}")
    boxes = _decoded(step, options)
    if options.get("use_regular_nms"):
        _regular(step, options, boxes)
    else:
        _fast(step, options, boxes)


def roles_of(node: Node) -> dict[Value, dict[str, Any]]:
    """Return what the results are in a task, if it is this operator; see `texelflow.roles`."""
    if (node.domain, node.operator) != (CUSTOM_DOMAIN, NAME):
        return {}
    # They overlap no more than the model lets them.
    boxes = {"kind": "boxes", "order": "yx", "overlap": 1}
    parts = [{"kind": "boxes", "part": part} for part in ("labels", "scores", "count")]
    return dict(zip(node.outputs, [boxes, *parts], strict=False))


def _decoded(step: Step, options: dict[str, Any]) -> Value:
    """Return boxes [boxes, 4]: centres are moved by anchors' sizes, and sizes multiplied."""
    builder = step.builder
    count = step.raw(0).shape[1]
    encoded = builder.reshape("encoded", builder.slice("coordinates", step.real(0), 2, 0, 4), [count, 4])
    scales = [float(options.get(f"{name}_scale", 1)) for name in "yxhw"]
    scaled = builder.add("Div", "scaled", encoded, builder.constant("scales", "float32", (1, 4), scales))
    anchors = step.real(2)
    centre, size = (builder.slice(name, scaled, 1, first, first + 2) for name, first in (("c", 0), ("s", 2)))
    at, extent = (builder.slice(name, anchors, 1, first, first + 2) for name, first in (("a", 0), ("e", 2)))
    middle = builder.add("Add", "middle", builder.add("Mul", "moved", centre, extent), at)
    whole = builder.add("Mul", "whole", builder.add("Exp", "factor", size), extent)
    half = builder.add("Mul", "half", whole, step.number("a_half", 0.5))
    corners = [builder.add(operator, "corner", middle, half) for operator in ("Sub", "Add")]
    return builder.add("Concat", "boxes", *corners, axis=1)


def _scores(step: Step, options: dict[str, Any]) -> Value:
    """Return scores [boxes, classes] without that of the background, which comes first if there is one."""
    count, given = step.raw(1).shape[1:3]
    classes = int(options["num_classes"])
    if not isinstance(given, int) or not 0 <= given - classes <= 1:
        raise step.refuse(f"it has scores for {given} classes, its options say {classes}")
    scores = step.builder.slice("scores", step.real(1), 2, given - classes, given)
    return step.builder.reshape("score_rows", scores, [count, classes])


def _selected(step: Step, options: dict[str, Any], boxes: Value, scores: Value, most: int) -> Value:
    """Return the best boxes of each class that overlap no better ones: [n, 3] of batch, class and box."""
    builder = step.builder
    # ONNX wants scores above the threshold, here the threshold is enough.
    threshold = _below(float(options["nms_score_threshold"]))
    limits = [
        builder.constant("most", "int64", (1,), [most]),
        builder.constant("overlap", "float32", (1,), [float(options["nms_iou_threshold"])]),
        builder.constant("threshold", "float32", (1,), [threshold]),
    ]
    batched = [
        builder.add("Unsqueeze", "batched", value, builder.vector("first", [0])) for value in (boxes, scores)
    ]
    return builder.add("NonMaxSuppression", "selected", *batched, *limits)


def _fast(step: Step, options: dict[str, Any], boxes: Value) -> None:
    """Of each box its best classes; boxes compete whatever their classes are."""
    builder, most = step.builder, int(options["max_detections"])
    each = min(max(int(options.get("max_classes_per_detection", 1)), 1), int(options["num_classes"]))
    scores = _scores(step, options)
    best, classes = builder.add_all(
        "TopK", ["best", "classes"], scores, builder.vector("each", [each]), axis=1
    )
    highest = builder.slice("highest", best, 1, 0, 1)
    ranked = builder.add("Transpose", "ranked", highest, perm=[1, 0])
    chosen = _selected(step, options, boxes, ranked, most)
    places = builder.add("Gather", "places", chosen, builder.index("box", 2), axis=1)

    def taken(name: str, source: Value, width: int) -> Value:
        rows = builder.add("Gather", name, source, places, axis=0)
        return _filled(step, rows, most, width)

    of_class = [
        builder.reshape("flat", taken(name, value, each), [1, most * each])
        for name, value in (
            ("of_classes", builder.cast("class_numbers", classes, "float32")),
            ("of_scores", best),
        )
    ]
    rows = builder.reshape("single", taken("of_boxes", boxes, 4), [1, most, 1, 4])
    repeated = builder.add("Expand", "repeated", rows, builder.vector("all", [1, most, each, 4]))
    step.finish_raw(builder.reshape("made_boxes", repeated, [1, most * each, 4]))
    step.finish_raw(of_class[0], 1)
    step.finish_raw(of_class[1], 2)
    # A box counts once, however many classes it has.
    step.finish_raw(builder.cast("found", builder.add("Shape", "how_many", places), "float32"), 3)


def _regular(step: Step, options: dict[str, Any], boxes: Value) -> None:
    """Boxes compete within each class; then the best of all are taken."""
    builder, most = step.builder, int(options["max_detections"])
    scores = builder.add("Transpose", "by_class", _scores(step, options), perm=[1, 0])
    each = int(options.get("detections_per_class", 100))
    chosen = _selected(step, options, boxes, scores, each)
    pairs = builder.slice("class_and_box", chosen, 1, 1, 3)
    found = builder.add("GatherND", "found_scores", scores, pairs)
    nothing = builder.constant("nothing", "float32", (most,), [-1.0] * most)
    padded = builder.add("Concat", "padded", found, nothing, axis=0)
    best, order = builder.add_all("TopK", ["best", "order"], padded, builder.vector("most", [most]), axis=0)
    is_there = builder.add("GreaterOrEqual", "is_there", best, step.number("zero", 0.0))
    none = builder.constant("no_pairs", "int64", (most, 2), [0] * (2 * most))
    all_pairs = builder.add(
        "Gather", "best_pairs", builder.add("Concat", "pairs", pairs, none, axis=0), order, axis=0
    )
    mask = builder.cast("mask", is_there, "float32")
    wide = builder.reshape("wide_mask", mask, [most, 1])
    numbers = [
        builder.add("Gather", "number", all_pairs, builder.index("column", at), axis=1) for at in (0, 1)
    ]
    rows = builder.add("Mul", "kept", builder.add("Gather", "rows", boxes, numbers[1], axis=0), wide)
    step.finish_raw(builder.reshape("made_boxes", rows, [1, most, 4]))
    classes = builder.add("Mul", "kept_classes", builder.cast("classes", numbers[0], "float32"), mask)
    step.finish_raw(builder.reshape("made_classes", classes, [1, most]), 1)
    kept = builder.add("Mul", "kept_scores", best, mask)
    step.finish_raw(builder.reshape("made_scores", kept, [1, most]), 2)
    count = builder.reduce("ReduceSum", "count", mask, [0])
    step.finish_raw(builder.reshape("made_count", count, [1]), 3)


def _filled(step: Step, rows: Value, most: int, width: int) -> Value:
    """Return rows, at most so many, with rows of zeros behind them."""
    builder = step.builder
    zeros = builder.constant("zeros", "float32", (most, width), [0.0] * (most * width))
    return builder.slice("filled", builder.add("Concat", "longer", rows, zeros, axis=0), 0, 0, most)


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
    builder = step.builder
    soft = step.name.endswith("V5")
    if soft and (not step.has(5) or step.node.required(5).number != 0):
        raise step.refuse("its sigma is not 0: scores that sink with overlap are not supported")
    [most] = step.integers(2, "number of boxes")[:1]
    boxes = builder.add("Unsqueeze", "boxes", step.real(0), builder.vector("batch", [0]))
    scores = builder.add("Unsqueeze", "scores", step.real(1), builder.vector("class", [0, 1]))
    limits = [builder.reshape("limit", step.real(index), [1]) for index in (3, 4)]
    chosen = builder.add(
        "NonMaxSuppression",
        "selected",
        boxes,
        scores,
        builder.constant("most", "int64", (1,), [most]),
        *limits,
    )
    places = builder.add("Gather", "places", chosen, builder.index("box", 2), axis=1)

    def filled(value: Value, dtype: str) -> Value:
        zeros = builder.constant("zeros", dtype, (most,), [0] * most)
        return builder.slice("filled", builder.add("Concat", "longer", value, zeros, axis=0), 0, 0, most)

    step.finish_raw(filled(builder.cast("indices", places, "int32"), "int32"))
    if soft:
        step.finish_raw(filled(builder.add("Gather", "kept", step.real(1), places, axis=0), "float32"), 1)
    count = builder.cast("count", builder.add("Shape", "how_many", places), "int32")
    step.finish_raw(builder.reshape("made_count", count, []), 2 if soft else 1)
