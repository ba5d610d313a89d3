"""The example inputs and sizes that converting a Python object may need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Examples:
    """How a model is called."""

    input_shapes: Mapping[str, Sequence[int | str]] = field(default_factory=dict)
    """Shapes by the names of inputs."""

    constants: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Numbers that inputs always have, by their names."""

    inputs: Any = None
    """What it is called with: a tuple, one tensor, or a mapping by name; None where that is not given."""

    dynamic_shapes: Any = None
    """Which of the axes of these are free, as torch.export takes it."""
