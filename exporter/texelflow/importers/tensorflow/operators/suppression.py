"""Non-maximum suppression: of boxes that overlap, those with the highest scores."""

from __future__ import annotations

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
