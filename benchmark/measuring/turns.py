"""In which order runtimes take their turns, and whether what they computed is right."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from measuring.chromium import MeasurementError

LARGEST_ERROR = 0.01
"""Relative to the largest magnitude. What is further from ONNX Runtime's result is wrong, and not timed."""


class Turns:
    """Shuffles the runtimes anew for each round, so that none always runs behind the same other one.

    The same seed gives the same orders. `rounds` has those that were given so far.
    """

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)
        self.rounds: list[list[str]] = []

    def shuffle(self, runtimes: Sequence[str]) -> list[str]:
        """Return the order of the next round."""
        order = list(runtimes)
        self._random.shuffle(order)
        self.rounds.append(order)
        return order


def checked(error: float) -> float:
    """Return a relative error if it is small.

    Raises:
        MeasurementError: the result is wrong.
    """
    if error <= LARGEST_ERROR:
        return error
    raise MeasurementError(
        f"wrong result: it differs from ONNX Runtime's by {error:.2g} of the largest value"
    )
