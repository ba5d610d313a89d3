"""The error for a model that a reference library cannot run."""

from __future__ import annotations

from pathlib import Path

from texelflow.errors import ExportError


class RefusedByReferenceError(ExportError):
    """A library does not run the model with these inputs, which says nothing of the bundle."""

    def __init__(self, library: str, model: Path, error: Exception) -> None:
        super().__init__(
            f"{library} refuses {model} with these inputs, so there is nothing to compare with: {error}"
        )
