"""What normalises, as functions."""

from __future__ import annotations

from texelflow.graph import Value
from texelflow.importers.keras.functions.function import Function, computes


@computes("BatchNorm")
def batch_norm(steps: Function) -> None:
    """(x - mean) / √(variance + epsilon) · scale + offset, along an axis."""
    [axis] = steps.axes_given(6)
    shape: list[int] = [1] * steps.rank
    shape[axis] = -1

    def along(index: int, name: str) -> Value | None:
        given = steps.given(index, name)
        if given is None:
            return None
        return steps.reshape(name, steps.together([steps.x, given])[1], list(shape))

    mean, variance, offset, scale = map(along, range(1, 5), ("mean", "variance", "offset", "scale"))
    if mean is None or variance is None:
        raise steps.fail("it has no mean, or no variance")
    tiny = steps.scalar("tiny", steps.x.dtype, steps.number("epsilon", 1e-3))
    deviation = steps.add("Sqrt", "deviation", steps.add("Add", "some", variance, tiny))
    made = steps.add("Div", "normal", steps.add("Sub", "centred", steps.x, mean), deviation)
    made = made if scale is None else steps.add("Mul", "scaled", made, scale)
    steps.add("Identity", steps.result, made if offset is None else steps.add("Add", "moved", made, offset))


@computes("LayerNorm", "RMSNorm")
def layer_norm(steps: Function) -> None:
    """X by its deviation, or by the root of its mean square, along axes; times gamma, plus beta."""
    x, axes = (
        steps.floats(steps.x),
        steps.axes_given(9) if steps.setting("axis") is not None else [steps.rank - 1],
    )
    if steps.setting("rms_scaling") or axes != list(range(axes[0], steps.rank)):
        raise steps.fail(f"its axes are {axes}; the last ones, and no rms_scaling, are supported")
    is_layer = steps.function == "LayerNorm"
    names = ("gamma", "beta") if is_layer else ("scale",)
    factor, *moved = (steps.given(index, name) for index, name in enumerate(names, 1))
    if is_layer:
        x = steps.add("Sub", "centred", x, steps.reduce("ReduceMean", "mean", x, axes))
    squares = steps.reduce("ReduceMean", "variance", steps.add("Mul", "squares", x, x), axes)
    tiny = steps.scalar("tiny", "float32", steps.number("epsilon", 1e-7))
    made = steps.add(
        "Div", "normal", x, steps.add("Sqrt", "deviation", steps.add("Add", "some", squares, tiny))
    )
    for operator, given in (("Mul", factor), ("Add", moved[0] if moved else None)):
        if given is not None:
            made = steps.add(operator, "made", made, steps.together([steps.x, given])[1])
    steps.add("Identity", steps.result, made)
