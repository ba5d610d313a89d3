"""What an importer says of the files that it reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from texelflow.graph import Graph
from texelflow.importers.input_types import InputShapes


@dataclass(frozen=True, slots=True)
class Format:
    """A format of models."""

    name: str
    """In the plural, for messages: 'GGUF files'."""

    read: Callable[[Path, InputShapes], Graph]
    """Returns the Graph of a file or folder, given shapes for some inputs by name; raises ExportError.

    Imports what it needs when it is called.
    """

    recognises: Callable[[Path, bytes], bool] | None
    """Whether a file, given its first `importers.MARK_SIZE` bytes, or a folder (no bytes) is of this format.

    May raise OSError. None where files bear no mark: then whatever no other format claims is one.
    """
