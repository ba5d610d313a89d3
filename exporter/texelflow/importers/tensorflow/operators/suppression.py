"""Non-maximum suppression: of boxes that overlap, those with the highest scores."""

from __future__ import annotations

from texelflow.dimensions import proved_equal
from texelflow.graph import Value
from texelflow.importers.tensorflow.lowering import Lowering, lowers


@lowers("NonMaxSuppression", "NonMaxSuppressionV2", "NonMaxSuppressionV3", inputs=(3, 5))
def suppress(steps: Lowering) -> None:
    """The numbers of the boxes that are kept, int32."""
    steps.cast(steps.result, _selected(steps), "int32")


@lowers("NonMaxSuppressionV4", inputs=5, outputs=("selected_indices", "valid_outputs"))
def suppress_v4(steps: Lowering) -> None:
    """The same, filled up with zeros to `max_output_size` if an attribute says so, and how many there are."""
    outputs = steps.node.outputs
    selected = _selected(steps)
    _finish(steps, outputs[0], selected, "int32", bool(steps.attribute("pad_to_max_output_size")))
    if len(outputs) > 1:
        _count(steps, outputs[1], selected)


@lowers("NonMaxSuppressionV5", inputs=6, outputs=("selected_indices", "selected_scores", "valid_outputs"))
def suppress_v5(steps: Lowering) -> None:
    """The same, with scores. Scores that fade where boxes overlap (a sigma above 0) are not supported."""
    [sigma] = steps.node.known(5, "soft_nms_sigma")
    if not isinstance(sigma, int | float) or sigma:
        raise steps.fail(f"its soft_nms_sigma is {sigma}; 0 is supported")
    outputs = steps.node.outputs
    selected, pads = _selected(steps), bool(steps.attribute("pad_to_max_output_size"))
    _finish(steps, outputs[0], selected, "int32", pads)
    if len(outputs) > 1:
        scores = steps.add("Gather", "scores_kept", steps.input(1), selected, axis=0)
        _finish(steps, outputs[1], scores, steps.input(1).dtype, pads)
    if len(outputs) > 2:
        _count(steps, outputs[2], selected)


def _selected(steps: Lowering) -> Value:
    """Return the numbers of the boxes that are kept, int64."""
    boxes, scores = steps.input(0), steps.input(1)
    if len(boxes.shape) != 2 or len(scores.shape) != 1:
        raise steps.fail(f"its boxes are {boxes.type}, its scores {scores.type}; [n, 4] and [n] are needed")
    boxes, scores = (
        value if value.dtype == "float32" else steps.cast("floats", value, "float32")
        for value in (boxes, scores)
    )
    one = steps.add("Unsqueeze", "boxes", boxes, steps.vector("batch", [0]))
    ranked = steps.add("Unsqueeze", "scores", scores, steps.vector("batch_and_class", [0, 1]))
    limits: list[Value] = [steps.as_int64("most", steps.input(2))]
    if steps.count > 3:
        limits += [_number(steps, "overlap", 3)]
    else:
        limits += [steps.scalar("overlap", "float32", steps.number("iou_threshold", 0.5))]
    if steps.count > 4:
        limits += [_number(steps, "least", 4)]
    kept = steps.add("NonMaxSuppression", "kept", one, ranked, *limits)
    column = steps.slice("column", kept, 1, 2, 3)
    return steps.add("Squeeze", "selected", column, steps.vector("axis", [1]))


def _number(steps: Lowering, step: str, index: int) -> Value:
    value = steps.input(index)
    return value if value.dtype == "float32" else steps.cast(step, value, "float32")


def _finish(steps: Lowering, result: Value, values: Value, dtype: str, pads: bool) -> None:
    if pads:
        most = steps.as_int64("size", steps.input(2))
        length = steps.add("Shape", "length", values)
        rest = steps.add("Sub", "rest", most, length)
        begins = steps.vector("begins", [0])
        amounts = steps.add("Concat", "borders", begins, rest, axis=0)
        values = steps.add("Pad", "padded", values, amounts)
    if dtype == "int32":
        steps.cast(result, values, dtype)
    else:
        steps.add("Identity", result, values)


def _count(steps: Lowering, result: Value, selected: Value) -> None:
    count = steps.add("Squeeze", "count", steps.add("Shape", "counted", selected))
    steps.cast(result, count, "int32")


MOST_IMAGES = 64
"""Of a batch: each is suppressed by nodes of its own."""


@lowers(
    "CombinedNonMaxSuppression",
    inputs=6,
    outputs=("nmsed_boxes", "nmsed_scores", "nmsed_classes", "valid_detections"),
)
def combined(steps: Lowering) -> None:
    """The best boxes of each image, which compete within each class; rows of zeros behind them."""
    boxes, scores = steps.input(0), steps.input(1)
    if len(boxes.shape) != 4 or len(scores.shape) != 3:
        raise steps.fail(f"its boxes are {boxes.type}, its scores {scores.type}; 4 and 3 axes are needed")
    images, classes = scores.shape[0], scores.shape[2]
    if not isinstance(images, int) or not isinstance(classes, int) or images > MOST_IMAGES:
        raise steps.fail(f"its scores are {scores.type}; numbers of images and classes are needed (--input)")
    each, size = (steps.known_integers(index, "number of boxes")[0] for index in (2, 3))
    if steps.attribute("pad_per_class"):
        size = min(size, each * classes)
    if not proved_equal(boxes.shape[2], 1) and not proved_equal(boxes.shape[2], classes):
        raise steps.fail(
            f"its boxes are {boxes.type}; one for all of {classes} classes, or one each are needed"
        )
    if steps.attribute("clip_boxes", True):
        limits = (steps.scalar("limit", boxes.dtype, limit) for limit in (0, 1))
        boxes = steps.add("Clip", "clipped", boxes, *limits)
    found = [_best_of(steps, boxes, scores, image, each, size) for image in range(images)]
    for place, result in enumerate(steps.node.outputs):
        parts = [one[place] for one in found]
        steps.add("Concat", result, *parts, axis=0)


def _best_of(
    steps: Lowering, boxes: Value, scores: Value, image: int, each: int, size: int
) -> tuple[Value, Value, Value, Value]:
    """Return boxes [1, size, 4], scores and classes [1, size] and their count [1] of one image."""
    count, shared = scores.shape[1], proved_equal(steps.input(0).shape[2], 1)
    classes = scores.shape[2]
    corners = steps.slice("image_boxes", steps.input(0), 0, image, image + 1)
    by_class = steps.add(
        "Transpose", "by_class", steps.slice("ranked", scores, 0, image, image + 1), perm=[0, 2, 1]
    )
    # Boxes of their own are those of as many images, of one class each.
    competing = steps.add("Transpose", "competing", corners, perm=[0, 2, 1, 3])
    competing = steps.reshape("batched", competing, [1 if shared else classes, count, 4])
    given = by_class if shared else steps.add("Transpose", "given", by_class, perm=[1, 0, 2])
    limits = [
        steps.vector("most", [each]),
        _number(steps, "overlap", 4),
        _number(steps, "least", 5),
    ]
    kept = steps.add("NonMaxSuppression", "kept", competing, given, *limits)
    columns = steps.vector("class_and_box", [1 if shared else 0, 2])
    pairs = steps.add("Gather", "pairs", kept, columns, axis=1)
    rows = steps.reshape("score_rows", by_class, [classes, count])
    nothing = steps.constant("nothing", "float32", (size,), [float("-inf")] * size)
    padded = steps.add("Concat", "padded", steps.add("GatherND", "found", rows, pairs), nothing, axis=0)
    best, order = steps.add_all("TopK", ["best", "order"], padded, steps.vector("size", [size]), axis=0)
    is_there = steps.add("Greater", "is_there", best, steps.scalar("never", "float32", float("-inf")))
    none = steps.constant("no_pairs", "int64", (size, 2), [0] * (2 * size))
    chosen = steps.add(
        "Gather", "best_pairs", steps.add("Concat", "more", pairs, none, axis=0), order, axis=0
    )
    class_of, box_of = (
        steps.add("Gather", "numbers", chosen, steps.index("column", column), axis=1) for column in (0, 1)
    )
    clipped = steps.slice("inside", boxes, 0, image, image + 1)
    if shared:
        flat = steps.reshape("all_boxes", clipped, [count, 4])
        taken = steps.add("Gather", "taken", flat, box_of, axis=0)
    else:
        flat = steps.reshape("all_boxes", clipped, [count, classes, 4])
        box_first = steps.add("Gather", "box_and_class", chosen, steps.vector("turned", [1, 0]), axis=1)
        taken = steps.add("GatherND", "taken", flat, box_first)
    zero = steps.scalar("zero", "float32", 0)
    wide = steps.reshape("wide", is_there, [size, 1])
    made = [
        steps.add("Where", "made", mask, value, zero)
        for mask, value in (
            (wide, taken),
            (is_there, best),
            (is_there, steps.cast("classes", class_of, "float32")),
        )
    ]
    number = steps.add(
        "ReduceSum", "number", steps.cast("there", is_there, "int32"), steps.vector("axis", [0])
    )
    return (
        steps.reshape("made_boxes", made[0], [1, size, 4]),
        steps.reshape("made_scores", made[1], [1, size]),
        steps.reshape("made_classes", made[2], [1, size]),
        steps.reshape("made_count", number, [1]),
    )
