"""Writes a bundle that was built: its weights as they are stored, then all its files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from texelflow.pipeline.bundle import Bundle
from texelflow.pipeline.stages import stage

if TYPE_CHECKING:
    from texelflow.bundle.safetensors import WeightEntry


def write(bundle: Bundle, directory: Path, force: bool = False) -> list[str]:
    """Write a bundle to a new folder, see `bundle.writer.write_bundle`; return warnings.

    Raises:
        ExportError: the folder exists, or cannot be written.
        DefectError: Texelflow is at fault.
    """
    with stage("writing the bundle", str(directory)):
        return _write(bundle, directory, force)


def _write(bundle: Bundle, directory: Path, force: bool) -> list[str]:
    from texelflow.bundle.writer import write_bundle

    warnings = [*bundle.summary.warnings]
    entries = _weight_entries(bundle, warnings)
    others = [(other.graph_file, _weight_entries(other, warnings)) for other in bundle.others]
    write_bundle(bundle.graph_file, entries, directory, force, others, bundle.tokenizer)
    return list(dict.fromkeys(warnings))


def _weight_entries(bundle: Bundle, warnings: list[str]) -> list[WeightEntry]:
    """Return the weights as they are stored; what is cut off is added to `warnings`."""
    from texelflow.bundle.float16 import to_float16
    from texelflow.bundle.safetensors import WeightEntry

    entries: list[WeightEntry] = []
    for value in bundle.weights:
        assert value.constant is not None
        dtype, data = value.dtype, value.constant
        if bundle.weights_dtype == "float16" and dtype == "float32":
            dtype, (data, clamped) = "float16", to_float16(data)
            if clamped:
                warnings.append(
                    f"{clamped} of the numbers in weight {value.name!r} exceed 65504, the largest of 16 "
                    "bits, and became it; export with 32-bit weights to keep them"
                )
        shape = tuple(extent for extent in value.shape if isinstance(extent, int))
        entries.append(WeightEntry(value.name, dtype, shape, data))
    return entries
