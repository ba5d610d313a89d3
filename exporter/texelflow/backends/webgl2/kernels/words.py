"""Weights of few bits, four bytes to a whole number: one fetch then brings a matrix, not a quarter of it."""

from __future__ import annotations

from texelflow.backends.webgl2.kernels.kernel import Kernel
from texelflow.backends.webgl2.lowering import Lowering
from texelflow.backends.webgl2.plan.plan import Blocking, PlanTensor
from texelflow.dimensions import floor_divide

BYTES = 4
"""Of a word."""


def words_of(numbers: PlanTensor, lowering: Lowering) -> PlanTensor:
    """Return the words, int32, of blocked bytes: each of four neighbouring pixels, the first one lowest.

    Bytes past the last pixel are zero. All kernels that read the same constant bytes share them.
    """
    assert numbers.axes is not None
    if (made := lowering.words.get(numbers)) is not None:
        return made
    shape = list(numbers.shape)
    [axis] = numbers.axes[3]
    shape[axis] = floor_divide(shape[axis] + BYTES - 1, BYTES)
    blocking = Blocking(numbers.axes, one_group=True)
    kernel = Kernel("words", PlanTensor("int32", tuple(shape), blocking, value=numbers.value))
    kernel.input("numbers", numbers)
    made = lowering.emit(kernel)
    if made.constant:  # what a turn of a loop makes is for that turn
        lowering.words[numbers] = made
    return made
