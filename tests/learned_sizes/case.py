"""What a case of learned sizes is: a model, and the inputs of its runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

Arrays = dict[str, np.ndarray]
Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class Case:
    """A model in ONNX's text format, and the inputs of its runs."""

    text: str
    feeds: Sequence[Callable[[Generator], Arrays]]
    tolerance: float = 1e-5


def sparse(*shape: int, share: float = 0.4) -> Callable[[Generator], np.ndarray]:
    """Numbers of which a share is not zero."""
    return lambda random: np.where(random.random(shape) < share, random.standard_normal(shape), 0).astype(
        np.float32
    )


def of(**inputs: object) -> Callable[[Generator], Arrays]:
    """Inputs by name: arrays, or what makes them of random numbers."""
    return lambda random: {
        name: value(random) if callable(value) else np.asarray(value) for name, value in inputs.items()
    }


def integers(*numbers: int) -> np.ndarray:
    """An int64 vector."""
    return np.asarray(numbers, np.int64)
