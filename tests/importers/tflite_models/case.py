"""What a case of an operator is: a model of one operation, and inputs for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from tflite_models.builder import ModelMaker, Scale


@dataclass(frozen=True, slots=True)
class In:
    """An input: numbers from `low` to below `high`. A variable is none, but zeros at first."""

    dtype: str
    shape: tuple[int, ...]
    low: float = -2
    high: float = 2
    scale: Scale | None = None
    variable: bool = False
    free: tuple[int, ...] = ()
    """Axes that the file leaves open."""


@dataclass(frozen=True, slots=True)
class Out:
    """An output; its shape matters to few operators."""

    dtype: str = "float32"
    rank: int = 4
    scale: Scale | None = None
    shape: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Const:
    """A constant that is quantised."""

    array: np.ndarray
    scale: Scale | None = None


OMITTED = None


@dataclass(slots=True)
class Case:
    """An operator with its options, and how far results may be from LiteRT's.

    `tolerance` is relative to the largest magnitude of an output (or 1, if that is more); of quantised
    outputs `steps` counts.
    """

    label: str
    operator: str
    inputs: Sequence[In | Const | np.ndarray | None]
    outputs: Sequence[Out] = (Out(),)
    options: str | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    tolerance: float = 1e-5
    steps: int = 1
    runs: int = 1
    version: int = 1
    custom: bytes | None = None
    reference: bool = False

    def content(self) -> bytes:
        """The bytes of the model."""
        maker = ModelMaker()
        graph, positions = maker.main, []
        for index, item in enumerate(self.inputs):
            if item is None:
                positions.append(-1)
            elif isinstance(item, In):
                signature = [-1 if axis in item.free else n for axis, n in enumerate(item.shape)]
                add = graph.tensor if item.variable else graph.input
                more = {"variable": True} if item.variable else {}
                if item.free:
                    more["signature"] = signature
                positions.append(add(f"x{index}", item.dtype, item.shape, scale=item.scale, **more))
            else:
                const = item if isinstance(item, Const) else Const(item)
                positions.append(graph.constant(const.array, const.scale))
        outputs = [
            graph.output(f"y{index}", out.dtype, out.shape or [1] * out.rank, scale=out.scale)
            for index, out in enumerate(self.outputs)
        ]
        graph.add(
            self.operator,
            positions,
            outputs,
            self.options,
            self.version,
            self.custom,
            **self.fields,
        )
        return maker.content()

    def feeds(self, seed: int) -> list[dict[str, np.ndarray]]:
        """Inputs for each run."""
        numbers = np.random.default_rng(seed)
        runs = []
        for _ in range(self.runs):
            feeds = {}
            for index, item in enumerate(self.inputs):
                if isinstance(item, In) and not item.variable:
                    feeds[f"x{index}"] = random_array(numbers, item)
            runs.append(feeds)
        return runs


def random_array(numbers: np.random.Generator, item: In) -> np.ndarray:
    """Random numbers for an input; quantised ones use the whole range."""
    if item.dtype == "bool":
        return numbers.integers(0, 2, item.shape).astype(bool)
    kind = np.dtype(item.dtype)
    if kind.kind == "f":
        return numbers.uniform(item.low, item.high, item.shape).astype(kind)
    low, high = int(item.low), int(item.high)
    if item.scale is not None:
        limits = np.iinfo(kind)
        low, high = max(limits.min, -3000), min(limits.max, 3000)
    return numbers.integers(low, high, item.shape).astype(kind)
