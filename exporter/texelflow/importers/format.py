"""The description of a format: how its files are recognised, and what reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.input_types import InputShapes


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How a model is to be read."""

    input_shapes: InputShapes = field(default_factory=dict)
    """Shapes for some inputs by name, instead of those that the file declares."""

    signature: str | None = None
    """Which of a model's functions is wanted; None where it has one, or one that is meant by default."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format of models."""

    name: str
    """In the plural, for messages: 'GGUF files'."""

    read: Callable[[Path, ImportOptions], Graph]
    """Returns the Graph of a file or folder; raises ExportError.

    Imports what it needs when it is called.
    """

    recognises: Callable[[Path, bytes], bool] | None
    """Whether a file, given its first `importers.MARK_SIZE` bytes, or a folder (no bytes) is of this format.

    May raise OSError. None where files bear no mark: then whatever no other format claims is one.
    """

    has_signatures: bool = False
    """Whether a model may have several functions, by name."""
