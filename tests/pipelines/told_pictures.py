"""What tests of tasks with pictures tell models to give."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Told = Callable[..., Any]

SIZE = (64, 48)
PICTURE = (200, 120)
GIVEN = {"picture": PICTURE}


def takes(fit: str = "stretch") -> dict[str, Any]:
    """An input that takes pictures of SIZE."""
    return {"image": {"fit": fit, "width": SIZE[0], "height": SIZE[1]}}


def tensor(values: np.ndarray) -> list[Any]:
    """Shape and numbers."""
    return [list(values.shape), values.ravel().astype(float).tolist()]
