"""A bundle that was built and is not written yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from texelflow.graph import Value
from texelflow.pipeline.summary import Summary

Progress = Callable[[str, float], None]
"""Called with what is being done, and the fraction done, from 0 to 1."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle before it is written: graph.json without `files`, the constants behind it, and the summary."""

    graph_file: dict[str, Any]
    weights: list[Value]
    weights_dtype: str
    summary: Summary
    others: Sequence[Bundle] = ()
    """What the model is in other cases, if it branches (branching.py)."""
    tokenizer: Sequence[Path] = ()
    """Files that are copied into the bundle."""
