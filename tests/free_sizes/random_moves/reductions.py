"""Reductions and normalisations."""

from __future__ import annotations

from free_sizes.random_graphs import DeadEndError, Growing, constantly, known, move, moves_for
from free_sizes.random_moves.choosing import any_float, pick_or_add


@moves_for(
    *"ReduceSum ReduceMean ReduceMax ReduceMin ReduceL1 ReduceL2".split(),
    *"ReduceSumSquare ReduceLogSumExp ReduceProd".split(),
)
def reduction(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    count = int(growing.random.integers(1, source.rank + 1))
    axes = sorted(int(axis) for axis in growing.random.choice(source.rank, count, replace=False))
    keep = int(growing.chance(0.6))
    if (
        operator == "ReduceMean"
    ):  # ONNX leaves the mean of nothing open: 0 in ONNX Runtime, no number elsewhere
        growing.demand_elements(source)
    if operator in ("ReduceMax", "ReduceMin", "ReduceLogSumExp"):
        for axis in axes:
            growing.demand([number > 0 for number in source.shape[axis]])
    shape = [
        constantly(1) if axis in axes else extent
        for axis, extent in enumerate(source.shape)
        if keep or axis not in axes
    ]
    if not shape:
        raise DeadEndError
    growing.node(operator, [source, growing.integers(*axes)], shape, keepdims=keep)


@moves_for("ArgMax", "ArgMin", cost=2)
def arg(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    growing.demand([number > 0 for number in source.shape[axis]])
    keep = int(growing.chance(0.5)) if source.rank > 1 else 1
    shape = [
        constantly(1) if k == axis else extent for k, extent in enumerate(source.shape) if keep or k != axis
    ]
    index = growing.node(operator, [source], shape, "int64", axis=axis, keepdims=keep)
    growing.node("Cast", [index], shape, to=1)


@moves_for("Softmax", "LogSoftmax", "Hardmax")
def softmax(growing: Growing, operator: str) -> None:
    source = any_float(growing)
    growing.node(operator, [source], source.shape, axis=int(growing.random.integers(source.rank)))


@move("CumSum", cost=1)
def cumulative_sum(growing: Growing) -> None:
    source = any_float(growing)
    axis = growing.constant(int(growing.random.integers(source.rank)), "int64")
    attributes = {"exclusive": int(growing.chance(0.3)), "reverse": int(growing.chance(0.3))}
    growing.node("CumSum", [source, axis], source.shape, **attributes)


@move("LayerNormalization", cost=1)
def layer_normalization(growing: Growing) -> None:
    source = pick_or_add(
        growing,
        lambda value: value.rank >= 2 and (known(value.shape[-1]) or 0) >= 2,
        lambda: [growing.free_extent(), growing.free_extent(), 5],
    )
    width = known(source.shape[-1]) or 2
    inputs = [source, growing.weights(width), growing.weights(width)]
    growing.node("LayerNormalization", inputs, source.shape, epsilon=0.01)


@move("LpNormalization", cost=1)
def lp_normalization(growing: Growing) -> None:
    source = any_float(growing)
    axis = int(growing.random.integers(source.rank))
    growing.node("LpNormalization", [source], source.shape, axis=axis, p=2)


@move("MeanVarianceNormalization", cost=1)
def mean_variance_normalization(growing: Growing) -> None:
    """Normalise an input, as ONNX Runtime's difference of two means is void where values vary little."""
    source = growing.pick(
        lambda value: value.rank == 4 and value.name in growing.inputs and known(value.shape[1]) is not None
    )
    growing.demand_elements(source)
    several = [a * b * c > 1 for a, b, c in zip(source.shape[0], *source.shape[2:], strict=True)]
    growing.unasked |= {case for case, holds in enumerate(several) if not holds}
    growing.demand(several)
    growing.node("MeanVarianceNormalization", [source], source.shape)
