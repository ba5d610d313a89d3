"""What a file says for people and for pages: how pictures are normalised, sounds, what outputs' numbers mean.

A FlatBuffer of its own, named TFLITE_METADATA among the file's metadata, by the public schema
(tensorflow_lite_support/metadata/metadata_schema.fbs); files that it names are in a zip archive at the end of
the model. What is damaged in it is no reason to fail: it is left out.
"""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

from texelflow.dimensions import Dimension, proved_equal
from texelflow.importers.files.zip_members import DAMAGE, MemberError, read_member
from texelflow.importers.tflite.flatbuffer import Content, DamagedError, Table
from texelflow.options import ImageOptions

NAME = "TFLITE_METADATA"
LARGEST = 4 * 2**20
"""Bytes of a file of labels."""

_IMAGE, _AUDIO, _NORMALISATION = 2, 4, 1
_COLOURS = {1: "rgb", 2: "gray"}
_LABELS = (2, 3)
"""The types of files with labels: of an axis, and of values."""

_WHOLE = {"uint8": 0.0, "int8": 128.0}
"""What is subtracted from a pixel where an input takes whole numbers."""


@dataclass(frozen=True, slots=True)
class TensorFacts:
    """What the metadata says about an input or output; `mean` and `deviation` are of pixels from 0 to 255."""

    colours: str | None
    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    labels: str | None
    rate: int
    """Samples a second of a sound of one channel; 0 of what is none."""

    def image(self, name: str, dtype: str) -> ImageOptions | None:
        """Return how pictures become the input, if it is one; mean and deviation of values from 0 to 1."""
        if self.colours is None:
            return None
        count = 1 if self.colours == "gray" else 3
        mean, deviation = self.mean, self.deviation
        if dtype in _WHOLE:
            mean, deviation = (_WHOLE[dtype],), (1.0,)
        if not mean or not deviation or 0 in deviation or {len(mean), len(deviation)} - {1, count}:
            return None
        if not all(map(isfinite, (*mean, *deviation))):
            return None
        means, deviations = (
            tuple(number / 255 for number in (numbers * count)[:count]) for numbers in (mean, deviation)
        )
        return ImageOptions(mean=means, deviation=deviations, channels=self.colours, input=name)

    def sound(self, dtype: str, shape: Sequence[Dimension]) -> dict[str, Any] | None:
        """Return the role of an input of samples, see `texelflow.options.roles`, if it is one."""
        is_one = len(shape) > 0 and all(proved_equal(extent, 1) for extent in shape[:-1])
        return {"kind": "sound", "rate": self.rate} if self.rate and is_one and dtype == "float32" else None


def read_metadata(content: memoryview) -> tuple[list[TensorFacts], list[TensorFacts]]:
    """Return what the metadata says about inputs and outputs of the first subgraph; nothing if damaged."""
    try:
        subgraphs = Content(content).root().tables(3)
        if not subgraphs:
            return [], []
        first = subgraphs[0]
        inputs, outputs = ([_facts(table) for table in first.tables(slot)] for slot in (2, 3))
        return inputs, outputs
    except DamagedError:
        return [], []


def _facts(table: Table) -> TensorFacts:
    properties, colours, rate = table.table(3), None, 0
    if properties is not None and (content := properties.table(1)) is not None:
        kind = properties.number(0, "B")
        if kind == _IMAGE:
            colours = _COLOURS.get(int(content.number(0, "b")))
        elif kind == _AUDIO and content.number(1, "I") == 1:
            rate = int(content.number(0, "I"))
    mean: Sequence[float] = ()
    deviation: Sequence[float] = ()
    for unit in table.tables(4):
        options = unit.table(1)
        if unit.number(0, "B") == _NORMALISATION and options is not None:
            mean, deviation = options.numbers(0, "f") or (), options.numbers(1, "f") or ()
    files = [file.text(0) for file in table.tables(6) if file.number(2, "b") in _LABELS]
    return TensorFacts(colours, tuple(mean), tuple(deviation), files[0] if files else None, rate)


def read_labels(path: Path, name: str) -> list[str] | None:
    """Return the lines of a file in the archive behind the model; None if it is not there, or too large."""
    try:
        with zipfile.ZipFile(path) as archive:
            return read_member(archive, name, LARGEST).decode("utf-8").splitlines()
    except (OSError, MemberError, *DAMAGE):
        return None
