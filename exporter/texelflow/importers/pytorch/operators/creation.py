"""New tensors, and element types."""

from __future__ import annotations

from collections.abc import Sequence

from texelflow.dimensions import Dimension
from texelflow.graph import DTYPES, FLOATING, Value
from texelflow.importers.lowering.typed_lowering import Ref
from texelflow.importers.pytorch.lowering import Step, lowers

NUMBERS = {
    "zeros": 0,
    "ones": 1,
    "empty": 0,
    "empty_permuted": 0,
    "new_zeros": 0,
    "new_ones": 1,
    "new_empty": 0,
}


@lowers("zeros", "ones", "empty.memory_format", "empty_permuted", "new_zeros", "new_ones", "new_empty")
def filled(step: Step) -> None:
    """Zeros or ones; what is empty has zeros."""
    _fill(step, step.scalar("number", step.dtype, NUMBERS[step.base]), step.dimensions("size"))


@lowers("zeros_like", "ones_like", "empty_like", "zero")
def filled_like(step: Step) -> None:
    """Zeros or ones of the shape of a tensor."""
    _fill(step, step.scalar("number", step.dtype, int(step.base == "ones_like")), step.x.shape)


@lowers("full", "new_full")
def full(step: Step) -> None:
    """One number everywhere."""
    _fill(step, step.operand("fill_value", step.dtype), step.dimensions("size"))


@lowers("full_like", "fill.Scalar", "fill.Tensor")
def full_like(step: Step) -> None:
    """One number everywhere, of the shape of a tensor."""
    name = "fill_value" if step.base == "full_like" else "value"
    _fill(step, step.operand(name, step.dtype), step.x.shape)


@lowers("scalar_tensor")
def scalar_tensor(step: Step) -> None:
    """A number as a tensor."""
    _fill(step, step.operand("s", step.dtype), [])


def _fill(step: Step, number: Value, shape: Sequence[Dimension]) -> None:
    if step.dtype not in DTYPES:
        raise step.fail(f"its element type {step.dtype} is not supported")
    step.expand(step.result, number, shape)


@lowers("arange", "arange.start", "arange.start_step")
def arange(step: Step) -> None:
    """Numbers from `start` to before `end`, as far apart as `step`."""
    bounds = [
        step.arguments.get(name, default) for name, default in (("start", 0), ("end", None), ("step", 1))
    ]
    if step.dtype not in FLOATING or all(isinstance(bound, int | Ref) for bound in bounds):
        first, end, by = step.dimension("start", 0), step.dimension("end"), step.dimension("step", 1)
        named = (("first", first), ("last", end), ("by", by))
        step.finish(step.add("Range", "numbers", *(step.index(name, bound) for name, bound in named)))
        return
    floats = (step.number("start", 0), step.number("end"), step.number("step", 1))
    if not floats[2]:
        raise step.fail("its numbers are 0 apart")
    # The count is computed in float64, as PyTorch does; each number from its place, not from the one before.
    count = max(0, -int((floats[0] - floats[1]) / floats[2] // 1))
    places = step.cast("places_typed", step.places("places", count), step.dtype)
    moved = step.add("Mul", "moved", places, step.scalar("by", step.dtype, floats[2]))
    step.add("Add", step.result, moved, step.scalar("first", step.dtype, floats[0]))


@lowers("linspace")
def linspace(step: Step) -> None:
    """So many numbers from `start` to `end`."""
    first, last, count = step.number("start"), step.number("end"), step.integer("steps")
    by = (last - first) / (count - 1) if count > 1 else 0.0
    numbers = [
        first + by * index if index < count // 2 else last - by * (count - 1 - index)
        for index in range(count)
    ]
    step.finish(step.constant("numbers", step.dtype, [count], numbers))


@lowers("eye", "eye.m")
def eye(step: Step) -> None:
    """A matrix with ones on its diagonal."""
    rows = step.dimension("n")
    columns = step.dimension("m") if step.has("m") else rows
    below = step.add("Unsqueeze", "below", step.places("rows", rows), step.vector("axis", [1]))
    step.finish(step.add("Equal", "is_diagonal", below, step.places("columns", columns)))


@lowers("to.dtype", "to.device", "to.dtype_layout", "to.other", "to.prim_Device", "_to_copy", "type_as")
def to(step: Step) -> None:
    """Another element type: fractions are cut off, and all but 0 is true."""
    if step.dtype not in DTYPES:
        raise step.fail(f"its element type {step.dtype} is not supported")
    step.finish(step.x)


@lowers("rand", "randn", "rand_like", "randn_like")
def random(step: Step) -> None:
    """Random numbers, between 0 and 1 or of a normal distribution: the same at each run."""
    from texelflow.graph.onnx_dtypes import onnx_number

    shape = step.x.shape if step.base.endswith("_like") else step.dimensions("size")
    operator = "RandomNormalLike" if step.base.startswith("randn") else "RandomUniformLike"
    zeros = step.expand("zeros", step.scalar("zero", step.dtype, 0), shape)
    step.add(operator, step.result, zeros, dtype=onnx_number(step.dtype))
